// What a hostile guest kernel, and a hostile program under a guest kernel, must be refused; and that whoever they aimed
// at is as before: domain 0's memory, the VMM's text and constants, its gates.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../experiments/runner/project.js';
import { bootHere, bootUnderQemu, noQemu, qemu } from '../../kernels/test/boots.js';
import type { Machine } from '../../machine/index.js';
import { imageBytes } from '../../toolchain/driver/images.js';
import { greeting, vmmBoot } from './boots.js';

const KERNEL_ATTEMPTS = [
  ...['foreign-frame', 'vmm-frame', 'device-frame', 'writable-page-table', 'vmm-slot', 'forged-page-table'],
  'stale-translation',
  ...['descriptors', 'segment-limit', 'forged-grants', 'forged-ports', 'bad-pointers'],
];
const PROGRAM_ATTEMPTS = ['vmm-memory', 'kernel-memory', 'hypercall', 'privileged-instruction'];

const MEBIBYTE = 0x100000;
const DOMAIN_0 = { from: 20 * MEBIBYTE, to: 36 * MEBIBYTE };
const DOMAIN_U = 36 * MEBIBYTE;
const KERNEL_BASE = 0xc0000000;
const GATES = 256;
const SYSTEM_CALL = 0x80;
const VMM_CODE = 0xe008;

/** Text and constants of an image, as linear addresses. */
function readOnlyPart(name: string): { from: number; to: number } {
  const elf = imageBytes(name, projectRoot);
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const at = view.getUint32(28, true);
  const headers = Array.from({ length: view.getUint16(44, true) }, (_, i) => at + i * 32);
  const readOnly = headers.filter((h) => view.getUint32(h, true) === 1 && (view.getUint32(h + 24, true) & 2) === 0);
  const starts = readOnly.map((h) => view.getUint32(h + 8, true));
  const ends = readOnly.map((h) => view.getUint32(h + 8, true) + view.getUint32(h + 20, true));
  return { from: Math.min(...starts), to: Math.max(...ends) };
}

const vmm = readOnlyPart('vmm');
const guest = readOnlyPart('xen-guest');

/** Gates of the processor, but for the one of system calls, which goes with the running domain. */
function gates(machine: Machine): Uint8Array {
  const table = machine.memory.readLinear(machine['core'].get('idtrBase') >>> 0, GATES * 8) as Uint8Array;
  return table.filter((_, i) => i >> 3 !== SYSTEM_CALL);
}

function victims(machine: Machine): Record<string, string> {
  const { ram } = machine.memory;
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const domainU = DOMAIN_U - KERNEL_BASE;
  return {
    'domain 0': hash(ram.subarray(DOMAIN_0.from, DOMAIN_0.to)),
    vmm: hash(machine.memory.readLinear(vmm.from, vmm.to - vmm.from) as Uint8Array),
    'guest kernel': hash(ram.subarray(domainU + guest.from, domainU + guest.to)),
    gates: hash(gates(machine)),
  };
}

/** Boots, and takes the victims' state when the attempts begin and when they have ended. */
function attack(boot: Parameters<typeof bootHere>[0]) {
  const states: Record<string, string>[] = [];
  const outcome = bootHere(boot, {
    watch: (machine) =>
      void machine.observe({
        hook: (name) => {
          if (name === '__region_begin' || name === '__region_end') states.push(victims(machine));
        },
      }),
  });
  return { ...outcome, states };
}

describe('a hostile guest kernel', () => {
  const boot = vmmBoot({ domU: 'bench=hostile' });
  const gate = [
    'using a gate into ring 0',
    `vmm: domain 1 crashed: bad selector, ${VMM_CODE.toString(16).padStart(8, '0')}`,
  ];

  test(`is refused ${KERNEL_ATTEMPTS.length} times, then stopped, and its victims are as they were`, () => {
    const { status, lines, states, machine } = attack(boot);
    const refused = KERNEL_ATTEMPTS.map((name) => `refused ${name}`);
    expect(lines).toEqual([...greeting, ...refused, 'hostile all refused', ...gate]);
    expect(status).toBe(1);
    expect(states).toHaveLength(2);
    expect(states[1]).toEqual(states[0]);
    expect(victims(machine)).toEqual(states[0]);
  });

  test('is given no gate into ring 0', () => {
    const { machine } = attack(boot);
    const at = (machine['core'].get('idtrBase') >>> 0) + SYSTEM_CALL * 8;
    expect(machine.memory.readLinear(at, 8)).toEqual(new Uint8Array(8));
  });

  test.runIf(qemu)(`is refused under QEMU, which checks no segment limits${qemu ? '' : ` (${noQemu})`}`, () => {
    const { status, lines } = bootUnderQemu(vmmBoot({ domU: 'bench=hostile limits=off' }));
    const refused = KERNEL_ATTEMPTS.filter((name) => name !== 'segment-limit').map((name) => `refused ${name}`);
    expect(lines).toEqual([...greeting, ...refused, 'hostile all refused', ...gate]);
    expect(status).toBe(1);
  });
});

describe('a hostile program', () => {
  const boot = vmmBoot({ programsU: ['hostile-vmm'] });
  const lines = [...greeting, ...PROGRAM_ATTEMPTS.map((name) => `refused ${name}`)];

  test(`is refused ${PROGRAM_ATTEMPTS.length} times, and its victims are as they were`, () => {
    const { states, ...outcome } = attack(boot);
    expect(outcome).toMatchObject({ status: 0, lines });
    expect(states).toHaveLength(2);
    expect(states[1]).toEqual(states[0]);
  });

  test.runIf(qemu)(`is refused under QEMU${qemu ? '' : ` (${noQemu})`}`, () => {
    expect(bootUnderQemu(boot)).toMatchObject({ status: 0, lines });
  });
});
