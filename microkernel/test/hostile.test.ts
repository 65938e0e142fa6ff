// What a hostile program attempts is refused, and the memory of its victim, frame by frame as the machine sees it,
// stays what it was.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../experiments/runner/project.js';
import type { Boot } from '../../experiments/system.js';
import { bootHere, bootUnderQemu, noQemu, qemu } from '../../kernels/test/boots.js';
import type { Machine } from '../../machine/index.js';
import { readNote } from '../../machine/index.js';
import { imageBytes } from '../../toolchain/driver/images.js';

const ATTEMPTS = [
  'kernel-read',
  'kernel-write',
  'kernel-jump',
  'kip-write',
  'io-port',
  'privileged-instruction',
  'planted-segments',
  'planted-flags',
  'bad-thread-ids',
  'forged-sender',
  'foreign-utcb',
  'oversize-message',
  'sigma0-memory',
  'map-not-owned',
  'bad-fpages',
  'unmap-others',
  'thread-control',
  'thread-delete',
  'space-control',
  'exchange-registers',
];

const boot: Boot = {
  image: 'microkernel',
  modules: ['sigma0', 'root', 'pager', 'service', 'hostile-l4', 'victim'].map((image) => ({ image, args: image })),
  append: 'seed=1 timer=on',
};
const expected = ['hostile begins', ...ATTEMPTS.map((name) => `refused ${name}`), 'hostile ends', 'victim unchanged'];

const RECORD_BYTES = 32;
const NAME_AT = 16;
const PRESENT_USER = 5;
const USER_DIRECTORIES = 768;

/** Where a TCB holds CR3 (kernel/tcb.ts). */
const TCB_DIRECTORY = 0x14;

/** The directory of the component with this name: from the kernel's table to its TCB. */
function directoryOf(machine: Machine, name: string): number {
  const note = readNote(imageBytes('microkernel', projectRoot), 'microkernel');
  const read = (linear: number) => machine.memory.readLinear32(linear) as number;
  const table = read(note?.components as number);
  for (let i = 0; i < read(note?.componentCount as number); i++) {
    const record = table + i * RECORD_BYTES;
    const text = Buffer.from(machine.memory.readLinear(record + NAME_AT, 16) as Uint8Array).toString('latin1');
    if (text.split('\0')[0] === name) return read(read(record) + TCB_DIRECTORY);
  }
  throw new Error(`no component is called ${name}`);
}

/** A hash over all of a space's user pages: their places, rights and contents. */
function spaceHash(machine: Machine, directory: number): string {
  const hash = createHash('sha256');
  const { ram } = machine.memory;
  const word = (physical: number) => machine.memory.read32(physical) as number;
  for (let d = 0; d < USER_DIRECTORIES; d++) {
    const table = word(directory + d * 4);
    if ((table & PRESENT_USER) !== PRESENT_USER) continue;
    for (let p = 0; p < 1024; p++) {
      const entry = word((table & ~0xfff) + p * 4) >>> 0;
      if ((entry & PRESENT_USER) !== PRESENT_USER) continue;
      // Accessed and dirty do not count.
      hash.update(`${d} ${p} ${(entry & ~0x60) >>> 0}\n`);
      const frame = entry - (entry % 4096);
      if (!isOwnUtcb(d, p)) hash.update(ram.subarray(frame, frame + 4096));
    }
  }
  return hash.digest('hex');
}

/** The victim takes part in messages, so its message registers change; nothing else may. */
const isOwnUtcb = (d: number, p: number) => d === 0xbff00000 >>> 22 && p === ((0xbff00000 >>> 12) & 1023);

describe('a hostile program', () => {
  test.each(['pentium-133', 'pentium3-800', 'xeon-p4-2400'])('gets nowhere on %s', (processor) => {
    const hashes: string[] = [];
    let line = '';
    const { lines, status } = bootHere(boot, {
      processor,
      watch: (machine) =>
        machine.observe({
          console: (byte) => {
            line = byte === 10 ? '' : line + String.fromCharCode(byte);
            if (line === 'hostile begins' || line === 'hostile ends') {
              hashes.push(spaceHash(machine, directoryOf(machine, 'victim')));
              hashes.push(kernelHash(machine));
            }
          },
        }),
    });
    expect(lines).toEqual(expected);
    expect(status).toBe(0);
    const [victim, kernel, victimAfter, kernelAfter] = hashes;
    expect(victimAfter).toBe(victim);
    expect(kernelAfter).toBe(kernel);
  });

  test.skipIf(!qemu)(qemu ? 'gets nowhere under QEMU' : `under QEMU (${noQemu})`, () => {
    // TCG does not check null selectors.
    const modules = boot.modules.map(({ image, args }) => ({ image, args: `${args} segments=no` }));
    const lines = bootUnderQemu({ ...boot, modules }).lines;
    expect(lines).toEqual(expected.filter((line) => line !== 'refused planted-segments'));
  });
});

/** The kernel's text, which holds the pages that user level sees, too. */
function kernelHash(machine: Machine): string {
  const TEXT = 0x100000;
  const BYTES = 0x8000;
  return createHash('sha256')
    .update(machine.memory.ram.subarray(TEXT, TEXT + BYTES))
    .digest('hex');
}
