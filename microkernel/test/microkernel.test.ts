// The microkernel and its servers: the same programs must give the lines they give on bare hardware, here and under
// QEMU; and what the kernel promises about IPC is checked by a program that speaks L4.
import { describe, expect, test } from 'vitest';
import type { Boot, BuildOptions, ModuleWorkloadId } from '../../experiments/system.js';
import { microkernel } from '../../experiments/systems/microkernel.js';
import { native } from '../../experiments/systems/native.js';
import { bootHere, bootUnderQemu, noQemu, qemu } from '../../kernels/test/boots.js';

const STATES = 'states=first:1,warm:6,polluted-4:3';
const ARGUMENTS: Record<ModuleWorkloadId, string> = {
  'null-call': STATES,
  'page-fault': `operations=demand-zero,write-protect ${STATES}`,
  service: `sizes=4,64,252,1024,4096 ${STATES}`,
  packet: `sizes=64,1460 batches=1,16 ${STATES}`,
  'ipc-primitive': STATES,
};

const options = (workload: ModuleWorkloadId, variant: string): BuildOptions => ({
  workload,
  variant,
  seed: 3,
  timer: true,
  arguments: ARGUMENTS[workload],
});

/** A boot of programs of our own choice beside the usual servers. */
function bootOf(programs: { image: string; args: string }[], append = 'seed=1', driver = false): Boot {
  const servers = ['sigma0', 'root', 'pager', 'service', ...(driver ? ['e1000'] : [])];
  return {
    image: 'microkernel',
    modules: [...servers.map((image) => ({ image, args: image })), ...programs],
    append,
  };
}

const SAME_PROGRAMS: [ModuleWorkloadId, string, string][] = [
  ['null-call', 'ipc', 'int80'],
  ['page-fault', 'pager', 'handler'],
  ['service', 'ipc', 'pipe'],
  ['packet', 'server', 'in-kernel'],
  ['ipc-primitive', 'same-space', 'threads'],
  ['ipc-primitive', 'other-space', 'threads'],
];

describe('programs print what they print on bare hardware', () => {
  test.each(SAME_PROGRAMS)('%s, %s', (workload, variant, nativeVariant) => {
    const here = bootHere(microkernel.build(options(workload, variant)));
    const there = bootHere(native.build(options(workload, nativeVariant)));
    expect(here.status).toBe(0);
    // The native kernel says its own name first.
    const programs = there.lines.filter((line) => !line.startsWith('kernel '));
    expect(here.lines.toSorted()).toEqual(programs.toSorted());
    expect(here.packets).toEqual(there.packets);
  });
});

describe.skipIf(!qemu)(qemu ? 'under QEMU' : `under QEMU (${noQemu})`, () => {
  test.each(SAME_PROGRAMS)('%s, %s', (workload, variant) => {
    const boot = microkernel.build(options(workload, variant));
    const here = bootHere(boot);
    const there = bootUnderQemu(boot);
    expect(there.status).toBe(0);
    // The tick of another machine falls elsewhere, so two programs may end in the other order.
    expect(there.lines.toSorted()).toEqual(here.lines.toSorted());
    expect(there.packets).toEqual(here.packets);
  });
});

describe('L4 X.2', () => {
  const lines = [
    'kernel-interface',
    'utcb',
    'timeout-zero',
    'timeout-period',
    'words',
    'local-id',
    'map',
    'map-more',
    'status',
    'unmap',
    'grant',
    'flush',
    'thread-switch',
  ];
  const expected = [...lines.map((name) => `l4-checks ${name} ok`), 'l4-checks failures=none'];
  const boot = (append: string) => bootOf([{ image: 'l4-checks', args: 'l4-checks threads=2' }], append);

  test.each(['pentium-133', 'pentium3-800', 'xeon-p4-2400'])('on %s', (processor) => {
    expect(bootHere(boot('seed=1'), { processor }).lines).toEqual(expected);
  });

  test('by the gate, where there is SYSENTER too', () => {
    expect(bootHere(boot('seed=1 entry=int')).lines).toEqual(expected);
  });

  test.skipIf(!qemu)(qemu ? 'under QEMU' : `under QEMU (${noQemu})`, () => {
    expect(bootUnderQemu(boot('seed=1')).lines).toEqual(expected);
  });
});

describe('the checks of all systems', () => {
  // Not among them: pipes are not served here, and a bad pointer is the program's own fault, not the kernel's -EFAULT.
  const names = ['identity', 'unknown', 'memory', 'protect', 'yield', 'packet'];

  test('hold', () => {
    const { lines, status } = bootHere(
      bootOf([{ image: 'checks', args: `checks only=${names.join(',')}` }], 'seed=1', true),
    );
    expect(status).toBe(0);
    expect(lines.at(-1)).toBe('checks failures=0');
    expect(lines.filter((line) => line.endsWith(' ok'))).toHaveLength(names.length + 1);
  });
});

describe('the fast path', () => {
  /** How often hooks were reached in each of the program's measured regions. */
  function count(workload: ModuleWorkloadId, variant: string): Map<string, number>[] {
    const regions: Map<string, number>[] = [];
    let seen: Map<string, number> | null = null;
    const { status } = bootHere(microkernel.build({ ...options(workload, variant), timer: false }), {
      watch: (machine) =>
        machine.observe({
          hook: (name) => {
            if (name === '__region_begin') {
              seen = new Map();
              regions.push(seen);
            }
            if (name === '__region_end') seen = null;
            seen?.set(name, (seen.get(name) ?? 0) + 1);
          },
        }),
    });
    expect(status).toBe(0);
    return regions;
  }

  test('carries null calls: two IPCs each', () => {
    for (const seen of count('null-call', 'ipc')) {
      expect(seen.get('__ipc_slow')).toBeUndefined();
      expect(seen.get('__work_ipc')).toBe(2);
    }
  });

  test('carries messages of all sizes between programs, once their buffers have been touched', () => {
    const repetitions = 10;
    const regions = count('service', 'ipc');
    expect(regions).toHaveLength(5 * repetitions);
    // The last answer does not wait for another request: it is no reply-and-wait, so not for the fast path.
    for (const seen of regions.slice(0, -1).filter((_, i) => i % repetitions !== 0)) {
      expect(seen.get('__ipc_slow')).toBeUndefined();
      expect(seen.get('__work_ipc')).toBe(2);
    }
  });

  test('leaves page faults to the slow path: the fault, and the answer with its map item', () => {
    for (const seen of count('page-fault', 'pager')) {
      expect(seen.get('__ipc_slow')).toBe(2);
      expect(seen.get('__work_fault')).toBe(1);
    }
  });
});

describe('a boot that cannot be', () => {
  const servers = (names: string[]) => names.map((image) => ({ image, args: image }));
  const refused: [string, Boot['modules'], string, string][] = [
    ['no root task', servers(['sigma0']), '', 'microkernel: needs modules: sigma0, root task, servers, programs'],
    ['an unknown way in', servers(['sigma0', 'root']), 'entry=gate', 'microkernel: entry= is int or sysenter'],
    ['no pager', servers(['sigma0', 'root', 'service']), '', 'root: needs the servers pager and service'],
    ['no program', servers(['sigma0', 'root', 'pager', 'service']), '', 'root: there is no program to run'],
  ];

  test.each(refused)('%s: ends with one message', (_, modules, append, message) => {
    const { status, lines } = bootHere({ image: 'microkernel', modules, append });
    expect(status).not.toBe(0);
    expect(lines).toEqual([message]);
  });

  test('too little memory: says how much', () => {
    const boot = bootOf([{ image: 'null-call', args: 'null-call' }]);
    expect(bootHere(boot, { memoryMiB: 32 }).lines).toEqual(['microkernel: needs 48 MiB of memory']);
  });
});
