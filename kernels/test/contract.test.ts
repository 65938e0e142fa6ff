// The port contract (kernels/ports/README.md): one suite for every port. What a port does not have yet is skipped by the
// suite itself, with the reason, and those reasons stand here.
import { describe, expect, test } from 'vitest';
import type { Boot } from '../../experiments/system.js';
import { vmmBoot } from '../../vmm/test/boots.js';
import { bootHere, bootUnderQemu, noQemu, qemu } from './boots.js';

const CHECKS = ['start', 'frames', 'spaces', 'batches', 'copies', 'switches', 'time', 'disk'];

/** The suite's lines when it passes, with the checks that are skipped and why. */
const passed = (skips: Readonly<Record<string, string>> = {}): string[] => [
  ...CHECKS.map((name) => `contract ${name} ${name in skips ? `skipped: ${skips[name]}` : 'ok'}`),
  'contract failures=0',
];

const native = (append: string): Boot => ({
  image: 'native-contract',
  modules: [],
  append: `bench=contract ${append}`,
});
/** 1 MiB that is no file system: the checks use it sector by sector. */
const disk = () => new Uint8Array(1 << 20).fill(0x5a);

describe('native', () => {
  test.each([
    ['486dx2-66', ''],
    ['pentium3-800', 'pages=4k'],
    ['xeon-p4-2400', 'global=off'],
    ['pentium3-800', 'disk=pio'],
  ])('keeps the contract on %s, %s', (processor, append) => {
    const outcome = bootHere(native(append), { processor, disk: disk(), memoryMiB: 32 });
    expect(outcome.lines).toEqual(['kernel native', ...passed()]);
    expect(outcome.status).toBe(0);
    expect(Buffer.compare(outcome.disk as Uint8Array, disk())).toBe(0);
  });

  test('skips what the machine does not have', () => {
    const { lines } = bootHere(native('timer=off'));
    expect(lines.slice(1)).toEqual(passed({ time: 'timer=off', disk: 'no block device' }));
  });

  test.runIf(qemu)(`keeps it under QEMU${qemu ? '' : ` (${noQemu})`}`, () => {
    const outcome = bootUnderQemu(native(''), 'qemu32', disk());
    expect(outcome).toMatchObject({ status: 0, lines: ['kernel native', ...passed()] });
  });
});

describe('xen', () => {
  test('keeps the contract', () => {
    // In the domain whose end is the machine's.
    const boot = vmmBoot({ vmm: 'timer=on', domU: 'bench=contract' });
    const modules = boot.modules.map(({ image, args }) =>
      args.includes('domU:')
        ? { image: 'xen-contract', args: args.replace('xen-guest', 'xen-contract') }
        : { image, args },
    );
    const { lines } = bootHere({ ...boot, modules });
    const said = lines.filter((line) => line.startsWith('contract'));
    expect(said).toEqual(passed({ time: 'the VMM gives a blocked domain no ticks', disk: 'no block device' }));
  });
});
