// The native kernel, booted on this machine and, where it is installed, on QEMU.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../experiments/runner/project.js';
import type { Boot } from '../../experiments/system.js';
import { debatedProcessors, processors } from '../../machine/processors/index.js';
import { imageBytes } from '../../toolchain/driver/images.js';
import { bootHere, bootUnderQemu, noQemu, qemu } from './boots.js';

const boot = (append: string, ...programs: string[]): Boot => ({
  image: 'native',
  modules: programs.map((args) => ({ image: args.split(' ')[0] as string, args })),
  append,
});

const CHECKS = ['identity', 'unknown', 'bss', 'memory', 'protect', 'pipe', 'pointers', 'yield', 'packet'];
const checked = [...CHECKS.map((name) => `checks ${name} ok`), 'checks failures=0'];
const entries = (processor: string) =>
  processors[processor].features.includes('sysenter') ? ['int80', 'sysenter'] : ['int80'];

describe.each([...debatedProcessors, '486dx2-66', 'zen4'])('on %s', (processor) => {
  test.each(entries(processor))('system calls by %s do what they promise', (entry) => {
    for (const timer of ['on', 'off']) {
      const { status, lines } = bootHere(boot(`seed=1 entry=${entry} timer=${timer}`, 'checks'), { processor });
      expect(lines).toEqual(['kernel native', ...checked]);
      expect(status).toBe(0);
    }
  });
});

describe('bad input', () => {
  test.each([
    [
      'entry=sysenter',
      'pentium-133',
      'entry=sysenter: not here; allowed: int80, and sysenter where the processor has it',
    ],
    ['entry=wrong', 'pentium3-800', 'entry=wrong: not here; allowed: int80, and sysenter where the processor has it'],
    ['seed=x', 'pentium3-800', 'seed=x: not here; allowed: a decimal number'],
    ['timer=maybe', 'pentium3-800', 'timer=maybe: not here; allowed: on, off, pic, apic'],
    ['timer=apic', 'pentium-133', 'timer=apic: not here; allowed: on, off, pic'],
    ['pages=8k', 'pentium3-800', 'pages=8k: not here; allowed: 4m, 4k'],
    ['global=no', 'pentium3-800', 'global=no: not here; allowed: on, off'],
    ['disk=fast', 'pentium3-800', 'disk=fast: not here; allowed: dma, pio'],
    ['disk=pioneer', 'pentium3-800', 'disk=pioneer: not here; allowed: dma, pio'],
    ['bench=wrong', 'pentium3-800', 'bench=wrong: not here; allowed: ipc-primitive'],
  ])('%s on %s', (append, processor, message) => {
    const { status, lines } = bootHere(boot(append, 'checks'), { processor });
    expect(lines.at(-1)).toBe(message);
    expect(status).toBe(2);
  });

  test('a module that is no program', () => {
    const { status, lines } = bootHere({ image: 'native', modules: [{ image: 'native', args: 'native' }], append: '' });
    expect(lines).toEqual(['kernel native', 'cannot load native']);
    expect(status).toBe(2);
  });
});

describe.each(['int80', 'sysenter'])('a hostile program, by %s', (entry) => {
  const refused = ['kernel-memory', 'io-port', 'privileged-instruction', 'pointer-into-kernel'];
  const survived = ['null-segments', 'direction-flag', 'nested-task-flag'];
  const printed = [
    'kernel native',
    ...refused.map((name) => `refused ${name}`),
    ...survived.map((name) => `survived ${name}`),
  ];
  const hostile = boot(`seed=1 timer=off entry=${entry}`, 'hostile-native');

  test('is refused four times, and the kernel is as it was', () => {
    const at = readOnlyPart(imageBytes('native', projectRoot));
    const hashes: string[] = [];
    const { status, lines } = bootHere(hostile, {
      watch: (machine) => {
        const hash = () => createHash('sha256').update(machine.memory.ram.subarray(at.from, at.to)).digest('hex');
        machine.observe({
          hook: (name) => {
            if (name === '__region_begin' || name === '__region_end') hashes.push(hash());
          },
        });
      },
    });
    expect(lines).toEqual(printed);
    expect(status).toBe(0);
    expect(hashes).toHaveLength(2);
    expect(hashes[1]).toBe(hashes[0]);
  });

  test.runIf(qemu)(`is refused four times under QEMU${qemu ? '' : ` (${noQemu})`}`, () => {
    expect(bootUnderQemu(hostile)).toMatchObject({ status: 0, lines: printed });
  });
});

test('a program that writes where it may not is killed, and the kernel says where', () => {
  const { status, lines } = bootHere(boot('seed=1', 'checks only=crash'));
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/^exception 14 error 00000007 eip 080[0-9a-f]{5} address 08048000, process 1 killed$/);
  expect(status).toBe(1);
});

test('two programs share the processor by the tick', () => {
  const { status, lines } = bootHere(boot('seed=1 timer=on', 'checks', 'checks'));
  expect(lines.slice(1).sort()).toEqual([...checked, ...checked].sort());
  expect(status).toBe(0);
});

test.runIf(qemu)(`a 486, without 4 MiB pages, under QEMU${qemu ? '' : ` (${noQemu})`}`, () => {
  const outcome = bootUnderQemu(boot('seed=1', 'checks'), '486');
  expect(outcome).toMatchObject({ status: 0, lines: ['kernel native', ...checked] });
});

test('a run is a function of its seed', () => {
  const cycles = (seed: number) => bootHere(boot(`seed=${seed}`, 'checks')).cycle;
  expect(cycles(1)).toBe(cycles(1));
  expect(cycles(2)).not.toBe(cycles(1));
});

/** Text and constants of a kernel image, as physical addresses: what nobody may ever write. */
function readOnlyPart(elf: Uint8Array): { from: number; to: number } {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const at = view.getUint32(28, true);
  const readOnly = Array.from({ length: view.getUint16(44, true) }, (_, i) => at + i * 32).filter(
    (header) => view.getUint32(header, true) === 1 && (view.getUint32(header + 24, true) & 2) === 0,
  );
  const physical = readOnly.map((header) => view.getUint32(header + 12, true));
  const ends = readOnly.map((header) => view.getUint32(header + 12, true) + view.getUint32(header + 16, true));
  return { from: Math.min(...physical), to: Math.max(...ends) };
}
