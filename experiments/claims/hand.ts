import type { Cell } from '../schema.js';
import { ratio, type Selector, type View } from '../view.js';
import type { Claim } from './claim.js';

const from = 'Hand, Warfield, Fraser, Kotsovinos, Magenheimer (HotOS X, 2005)';
const xen = 'Barham et al. (SOSP 2003)';

const nullCall = (system: Selector['system'], variant: string): Selector => ({
  experiment: 'null-call',
  system,
  variant,
});
const demandZero = (system: Selector['system'], variant: string): Selector => ({
  experiment: 'page-fault',
  system,
  variant,
  operation: 'demand-zero',
});

/** Ways into ring 0 that the program itself causes; ticks of the timer are not its doing. */
const entries = ['intToRing0', 'exceptionToRing0', 'sysenter'];

/** Protection domains that a fault entered beside program, guest kernel, and VMM or microkernel. */
function others(view: View, selector: Selector): number | undefined {
  const cell = view.find(selector);
  return cell === undefined ? undefined : otherComponents(cell).length;
}

/** A kernel's own code counts to it at any privilege level: entry stubs run in ring 3. */
export function otherComponents(cell: Cell): string[] {
  const kernels = new Set(cell.ledger.filter(({ cpl }) => cpl === 0).map(({ component }) => component));
  const program = cell.ledger.find((row) => row.cpl === 3 && lastName(row.component) === cell.experiment)?.component;
  const domain = program?.includes('/') ? program.slice(0, program.lastIndexOf('/')) : undefined;
  const names = new Set<string>();
  for (const { component, cpl, cause } of cell.ledger) {
    if (kernels.has(component) || cause === 'idle' || component === program) continue;
    if (cpl === 1 && domain !== undefined && component.startsWith(`${domain}/`)) continue;
    names.add(component);
  }
  return [...names].sort();
}

function lastName(component: string): string {
  return component.slice(component.lastIndexOf('/') + 1);
}

export const handClaims: Claim[] = [
  {
    id: 'C1',
    title: 'Virtual machine monitors have had more uptake, and deliver what microkernels aimed for',
    from,
    basis: ['A'],
    test: 'none by a machine model',
    criterion: 'none',
    structural: false,
    untestable: 'a statement on uptake and aims; only the claims below can be tested',
  },
  {
    id: 'C2',
    title: 'Pragmatism over purity: the VMM interface was chosen for low porting cost',
    from,
    basis: ['A', 'M'],
    test: 'entries, guest-visible structures, and lines changed in one guest to run on each kernel',
    criterion: 'the VMM port changes fewer guest lines',
    structural: false,
    missing: 'the guest as an L4 server (its port) is not built',
  },
  {
    id: 'C3',
    title: 'Liability inversion: in a microkernel system a faulty server damages parties that do not control it',
    from,
    basis: ['S'],
    test: 'kill or hang pager, disk and network server; which tasks stop, does the kernel block',
    criterion: 'blast radius outside the own clients > 0 on L4 and 0 on Xen for the same fault',
    structural: false,
    missing: 'fault injection is not built',
  },
  {
    id: 'C4',
    title: 'No external pager is on the path of a page fault of a guest of a VMM',
    from,
    basis: ['S'],
    test:
      'protection domains entered for a demand-zero fault, in {program, guest kernel, VMM or microkernel, others}, on ' +
      'both sides',
    criterion: '*others* is empty on the VMM and is not on the microkernel',
    structural: true,
    combine: 'all',
    tests: [
      {
        id: 'vmm-others',
        quantity: 'others entered on the VMM, demand-zero fault',
        unit: 'count',
        criterion: { equals: 0 },
        proposed: false,
        structural: true,
        measure: (view) => others(view, demandZero('vmm', 'update_va_mapping')),
      },
      {
        id: 'microkernel-others',
        quantity: 'others entered on the microkernel, demand-zero fault',
        unit: 'count',
        criterion: { above: 0 },
        proposed: false,
        structural: true,
        measure: (view) => others(view, demandZero('microkernel', 'pager')),
      },
    ],
    notes: [
      'True by construction: it says where the handler sits, not what it costs (see the page-fault table).',
      'Multi-server structure only. With the guest as one L4 server both sides enter three domains (R7, R8): not built.',
    ],
  },
  {
    id: 'C5',
    title: 'A storage service in a VM of its own puts only its clients at its mercy',
    from,
    basis: ['S', 'M'],
    test: 'crash the storage VM with k clients and m others; restart it',
    criterion: 'k stop, m do not, the VMM goes on',
    structural: false,
    missing: 'block devices and fault injection are not built',
  },
  {
    id: 'C6',
    title: 'External paging is open to circular wait under memory pressure',
    from,
    basis: ['M'],
    test: 'let the memory of the pager be pageable; add memory pressure',
    criterion: 'the cycle hangs on L4 and has no analogue on Xen with static partitioning',
    structural: false,
    missing: 'paging to disk is not built',
  },
  {
    id: 'C7',
    title: 'Make IPC performance irrelevant: communication between VMs is rare beside microkernel IPC',
    from,
    basis: ['S'],
    test: 'protection-domain crossings per null call, fork, exec, page fault, file read, packet',
    criterion: 'switches between components a unit of work at least 5 times fewer on Xen (proposed here)',
    structural: false,
    missing: 'fork, exec and files run on native alone yet',
    partial: 'null call, page fault, IPC and packet only',
  },
  {
    id: 'C8',
    title: 'Asynchronous events and bulk transfer make the latency of the control path matter little',
    from,
    basis: ['S'],
    test: 'multiply event-channel cost and IPC cost by 1 to 16; slow-down of network and of a build-like mix',
    criterion: 'elasticity < 0.1 on Xen against > 0.3 on L4 (proposed here)',
    structural: false,
    missing: 'stretched paths and the build workload are not built',
  },
  {
    id: 'C9',
    title: 'Isolation is the common case, so synchronous IPC is not needed as a primitive',
    from,
    basis: ['S', 'M'],
    test: 'synchronous RPC on rings and events against native IPC, in a workload mix',
    criterion: 'the loss is small for the mix',
    structural: false,
    missing: 'a workload mix is not built; the micro-benchmark is the service family of `ipc`',
  },
  {
    id: 'C10',
    title: 'Batching and deferred notification amortise crossings',
    from: `${from}; ${xen}`,
    basis: ['S', 'P'],
    test: 'crossings per packet over batches of 1 to 64',
    criterion: 'crossings fall about as 1/batch; the latency added is reported',
    structural: false,
    missing: 'the sweep over batches is not built; the driver experiment shows batch 1 and 16',
  },
  {
    id: 'C11',
    title: 'Batched, validated page-table updates cost little in whole applications',
    from: xen,
    basis: ['P'],
    test: 'fork, exec and mmap with batching on and off, against a build mix',
    criterion: 'micro ratios > 1.3 and a build mix < 1.06',
    structural: false,
    missing: 'fork, exec and the build workload run on native alone yet',
  },
  {
    id: 'C12',
    title: 'System calls go straight to the guest kernel and need no entry of the VMM',
    from: xen,
    basis: ['P'],
    test: 'null call: entries of the VMM, and time against native; then without the direct gate (R7)',
    criterion: 'no VMM entry (structural), and direct / native int 0x80 < 1.1 (proposed here; published: 1.02)',
    structural: false,
    combine: 'all',
    tests: [
      {
        id: 'entries',
        quantity: 'entries of ring 0 a null call, direct gate',
        unit: 'count',
        criterion: { equals: 0 },
        proposed: false,
        structural: true,
        measure: (view) => view.events(nullCall('vmm', 'direct'), entries),
      },
      {
        id: 'ratio',
        quantity: 'null call, VMM direct / native int 0x80, warm busy cycles',
        unit: 'ratio of cycles',
        criterion: { below: 1.1 },
        proposed: true,
        structural: false,
        measure: (view) => ratio(view.busy(nullCall('vmm', 'direct')), view.busy(nullCall('native', 'int80'))),
      },
    ],
  },
  {
    id: 'C13',
    title: 'Treat the operating system as a component: existing applications and drivers are kept',
    from,
    basis: ['S'],
    test: 'an unmodified driver in domain 0, in a driver domain, and in a driver OS on L4',
    criterion: 'lines changed and features kept favour Xen',
    structural: false,
    missing: 'driver domains and a driver OS on L4 are not built',
  },
  {
    id: 'C14',
    title: 'VMMs give research a familiar place to build novel systems',
    from,
    basis: ['A', 'S'],
    test: 'proxy only: lines and interfaces a new block service must implement',
    criterion: 'fewer on the VMM; weak evidence either way',
    structural: false,
    missing: 'block services are not built',
  },
  {
    id: 'C15',
    title: 'Performance isolation holds against hostile neighbours and for 128 domains',
    from: xen,
    basis: ['P'],
    test: 'victims beside a fork bomb and a disk hog; 128 compute-bound domains',
    criterion: 'losses near the published 4%, 2% and 7.5%',
    structural: false,
    missing: 'many domains are not built',
  },
  {
    id: 'C16',
    title: 'A crash of a driver domain leaves other operating systems intact',
    from: 'Fraser et al. (2004)',
    basis: ['A'],
    test: 'crash the driver domain, restart it; outage and lost requests',
    criterion: 'guests survive, with the state of the ring replayed',
    structural: false,
    missing: 'driver domains and fault injection are not built',
  },
];
