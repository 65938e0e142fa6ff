// The VMM and its two domains, booted on this machine and, where it is installed, on QEMU.
import { describe, expect, test } from 'vitest';
import { bootHere, bootUnderQemu, noQemu, qemu } from '../../kernels/test/boots.js';
import { debatedProcessors } from '../../machine/processors/index.js';
import { type Domains, greeting, vmmBoot } from './boots.js';

const CHECKS = ['identity', 'unknown', 'bss', 'memory', 'protect', 'pipe', 'pointers', 'yield', 'packet'];
const checked = [...CHECKS.map((name) => `checks ${name} ok`), 'checks failures=0'];

const INTERFACE = [
  ...['version', 'not-implemented', 'reservation', 'multicall', 'mapping', 'machine-to-physical', 'read-only', 'pin'],
  ...['gdt', 'descriptor', 'events', 'yield', 'fpu'],
];

const sizes = 'states=warm:6 sizes=4,64,1024,4096';
const scenarios: Record<string, Domains> = {
  'system calls by the direct gate': { programsU: ['null-call states=warm:10'] },
  'system calls by a bounce': { vmm: 'timer=off entry=bounced', programsU: ['null-call states=warm:10'] },
  'page faults by update_va_mapping': { programsU: ['page-fault operations=demand-zero,write-protect states=warm:10'] },
  'page faults by mmu_update': {
    domU: 'paging=mmu_update',
    programsU: ['page-fault operations=demand-zero,write-protect states=warm:10'],
  },
  'events between kernels': { domU: 'bench=ipc-primitive states=warm:10' },
  'pipes in one domain': { programsU: [`service-client ${sizes}`, `service-server ${sizes}`] },
  'a channel between domains': {
    dom0: 'channel=on',
    domU: 'channel=on',
    programsU: [`service-client ${sizes}`],
    programs0: [`service-server ${sizes}`],
  },
  'packets through domain 0': {
    dom0: 'net=on',
    domU: 'net=on',
    programsU: ['packet states=warm:4 sizes=64,1460 batches=1,16'],
  },
};

describe.each([...debatedProcessors, '486dx2-66', 'zen4'])('on %s', (processor) => {
  test.each(['direct', 'bounced'])('system calls (%s) do what they promise', (entry) => {
    for (const timer of ['on', 'off']) {
      const boot = vmmBoot({
        vmm: `timer=${timer} entry=${entry}`,
        dom0: 'net=on',
        domU: 'seed=1 net=on',
        programsU: ['checks'],
      });
      const { status, lines } = bootHere(boot, { processor });
      expect(lines).toEqual([...greeting, ...checked]);
      expect(status).toBe(0);
    }
  });
});

test('every hypercall does what it promises', () => {
  const { status, lines } = bootHere(vmmBoot({ domU: 'bench=interface' }));
  expect(lines).toEqual([...greeting, ...INTERFACE.map((name) => `interface ${name} ok`)]);
  expect(status).toBe(0);
});

describe('bad input', () => {
  const modules = vmmBoot({}).modules;
  const kernel = modules[0] as (typeof modules)[number];
  test.each([
    ['entry=fast', modules, 'vmm: entry= must be direct or bounced, not fast'],
    ['timer=1', modules, 'vmm: timer= must be on or off, not 1'],
    ['domU_mem=2', modules, 'vmm: domU_mem= must be at least 8 (MiB)'],
    ['', [], "vmm: no boot module; the first must be domain 0's kernel"],
    ['', [{ image: 'xen-guest', args: 'xen-guest seed=1' }], 'vmm: no dom0: in boot module xen-guest seed=1'],
    ['', [kernel, { image: 'checks', args: 'checks x=1' }], 'vmm: neither dom0: nor domU: in boot module checks x=1'],
  ])('%s', (append, boot, message) => {
    const { status, lines } = bootHere({ image: 'vmm', modules: boot, append });
    expect(lines).toEqual([message]);
    expect(status).toBe(2);
  });
});

describe('two ways give the same results', () => {
  const result = (name: string) =>
    bootHere(vmmBoot(scenarios[name] as Domains))
      .lines.slice(greeting.length)
      .sort();

  test('direct and bounced system calls', () => {
    expect(result('system calls by a bounce')).toEqual(result('system calls by the direct gate'));
  });
  test('page faults by update_va_mapping and by mmu_update', () => {
    expect(result('page faults by mmu_update')).toEqual(result('page faults by update_va_mapping'));
  });
  test('a service in the same domain and in another', () => {
    expect(result('a channel between domains')).toEqual(result('pipes in one domain'));
  });
});

test('the packets that leave are those of the native kernel', () => {
  const work = 'packet states=warm:4 sizes=64,1460 batches=1,16';
  const native = bootHere({ image: 'native', modules: [{ image: 'packet', args: work }], append: 'timer=off' });
  const { packets } = bootHere(vmmBoot(scenarios['packets through domain 0'] as Domains));
  expect(packets).toHaveLength(2 * 4 * 17);
  expect(packets).toEqual(native.packets);
});

describe.runIf(qemu)(`the same lines and packets under QEMU${qemu ? '' : ` (${noQemu})`}`, () => {
  test.each(Object.keys(scenarios))('%s', (name) => {
    const boot = vmmBoot(scenarios[name] as Domains);
    const here = bootHere(boot);
    const there = bootUnderQemu(boot);
    expect(there.lines.sort()).toEqual(here.lines.sort());
    expect(there.status).toBe(here.status);
    expect(there.packets).toEqual(here.packets);
  });

  test('the interface', () => {
    const { status, lines } = bootUnderQemu(vmmBoot({ vmm: 'timer=on', domU: 'bench=interface' }));
    // With the tick on, the order of the two kernels' lines is a matter of the host's time.
    expect(lines.sort()).toEqual([...greeting, ...INTERFACE.map((name) => `interface ${name} ok`)].sort());
    expect(status).toBe(0);
  });
});
