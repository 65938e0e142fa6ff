/** Guests that do not do what they should: each leaves a cell that says what happened and where, and no number. */
import { expect, test } from 'vitest';
import { type BootSpec, bootsOf } from '../runner/boots.js';
import { materialsOf } from '../runner/images.js';
import { measureBoot } from '../runner/measure.js';
import { projectSurroundings } from '../runner/outside.js';

const selection = {
  experiments: ['null-call'],
  systems: ['native' as const],
  processors: ['pentium3-800'],
  seeds: 1,
  timer: 'on' as const,
  overrides: {},
};
const [spec] = bootsOf(selection, projectSurroundings());
const { core, images } = materialsOf(spec);

/** Multiboot with load addresses in its header: header, load, end of data, end of bss, entry (Multiboot 0.6.96, 3.1). */
function flatImage(...code: number[]): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  const flags = 0x10000;
  const words = [0x1badb002, flags, -(0x1badb002 + flags), 0x100000, 0x100000, 0, 0, 0x100020];
  for (const [index, word] of words.entries()) view.setUint32(4 * index, word, true);
  bytes.set(code, 32);
  return bytes;
}

function outcome(image: Uint8Array, change: Partial<BootSpec> = {}): string {
  const boot = { image: 'kernel', modules: [], append: '' };
  const { cells } = measureBoot({ ...spec, boot, ...change }, { core, images: { kernel: image }, disk: null });
  expect(cells.every(({ status, n }) => status === 'failed' && n === 0)).toBe(true);
  return cells[0].reason!;
}

const place = 'null-call/null-call on native (int80), pentium3-800, seed 1: ';

test('a triple fault', () => {
  const reason = outcome(flatImage(0x0f, 0x0b)); // ud2, without an IDT
  expect(reason).toContain(`${place}triple fault of the guest at cycle `);
  expect(reason).toContain('it had printed nothing');
});

test('a guest that never ends', () => {
  const reason = outcome(flatImage(0xeb, 0xfe), { budget: 1_000_000 }); // jmp to itself
  expect(reason).toContain(`${place}the guest did not end within its budget: at cycle 1000`);
  expect(reason).toContain('step 1 of 11, repetition 1 of 1');
});

test('a guest that halts for ever', () => {
  expect(outcome(flatImage(0xfa, 0xf4))).toContain(`${place}the guest halted for ever at cycle `); // cli, hlt
});

test('a guest that ends with a status of its own', () => {
  // mov al, 7; out 0xF4, al
  expect(outcome(flatImage(0xb0, 0x07, 0xe6, 0xf4))).toContain(`${place}the guest ended with status 7 at cycle `);
});

test('an image that is none', () => {
  expect(outcome(new Uint8Array(64))).toContain(`${place}kernel image`);
});

test('a guest that measures nothing', () => {
  const program = spec.boot.modules[0];
  const boot = { ...spec.boot, modules: [{ ...program, args: 'null-call states=warm:1' }] };
  const { cells } = measureBoot({ ...spec, boot }, { core, images, disk: null });
  expect(cells[0].status).toBe('failed');
  expect(cells[0].reason).toContain('the run ended before all repetitions were seen: at step 2 of 11');
});
