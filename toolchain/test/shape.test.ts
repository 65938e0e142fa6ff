// The shape of compiled functions: where registers are saved, where cold code lies, what is called directly.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { defineStubs } from '../assembler/index.js';
import { type CompiledImage, compileImage } from '../driver/compile.js';
import { defineImage } from '../image.js';
import { disassemble } from './disassembler.js';

const SOURCE = `
import { other } from './stubs';

export function early(p: usize): u32 {
  if (load<u32>(p) == 0) return 7;
  return other(load<u32>(p, 4)) + load<u32>(p, 8);
}

export function shared(p: usize): void {
  for (let q = load<usize>(p); q; q = load<usize>(q, 4)) other(<u32>q);
  store<u32>(p, 1);
}

function stop(code: u32): void { for (;;) other(code); }
export function last(p: usize): u32 {
  let value: u32 = 0;
  for (let q = p; q; q = load<usize>(q, 4)) {
    value = load<u32>(q);
    if (value > 1000) stop(value);
  }
  return value;
}

function first(x: u32): u32 { return x > 9 ? first(other(x)) + first(x - 9) : x; }
let chosen = first;
export function table(x: u32): u32 {
  return call_indirect<u32>(1, x) + call_indirect<u32>(x & 1, x) + chosen.index;
}

export function loops(p: usize, n: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < n; i++) store<u32>(p + i * 4, i);
  for (let i: u32 = 0; i < n; i++) sum += load<u32>(p + i * 8);
  return sum;
}

export function account(p: usize, x: u64): void { store<u64>(p, load<u64>(p, 16) + x, 16); }
`;
const BASE = 0x08048000;

const stubs = defineStubs('start', (a) => {
  a.global('_start');
  a.ret();
  a.global('other');
  a.ret();
});

let image: CompiledImage;
beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), 'crossings-'));
  writeFileSync(join(root, 'stubs.ts'), 'export declare function other(x: u32): u32;\n');
  writeFileSync(join(root, 'main.ts'), SOURCE);
  const d = defineImage({
    name: 'test',
    kind: 'program',
    entry: 'main.ts',
    base: BASE,
    start: '_start',
    stubs: [stubs],
  });
  image = await compileImage(d, root);
  rmSync(root, { recursive: true });
});

/** The instructions of a function, and the depth of its frame before each. */
function compiled(name: string): { code: string[]; depths: number[] } {
  const { linked, debug } = image;
  const f = debug.functions.find((other) => other.name === name);
  if (!f) throw new Error(`no function ${name}`);
  const names = new Map(linked.symbols.map((s) => [s.address, s.name]));
  const read = disassemble(linked.contents.text.subarray(f.address - BASE, f.address - BASE + f.size), f.address);
  return {
    code: read.map(({ mnemonic, opStr }) => `${mnemonic} ${names.get(Number(opStr)) ?? opStr}`.trim()),
    depths: read.map(({ address }) => f.frames?.findLast(([at]) => at <= Number(address) - f.address)?.[1] ?? 0),
  };
}

test('a way that makes no call saves no register, and the frame is known on both', () => {
  const { code, depths } = compiled('early');
  const [branch, push, call] = ['j', 'push', 'call'].map((start) => code.findIndex((i) => i.startsWith(start)));
  expect(branch).toBeLessThan(push);
  expect(push).toBeLessThan(call);
  expect(code[call]).toBe('call other');
  expect(depths[branch]).toBe(0);
  expect(depths[call]).toBe(4);
  expect(code.filter((i) => i === 'ret')).toHaveLength(2);
  for (const [k, i] of code.entries()) if (i === 'ret') expect(depths[k]).toBe(0);
});

test('what both ways go on to runs without the frame', () => {
  const { code, depths } = compiled('shared');
  const stored = code.findIndex((i) => /^mov dword ptr \[\w+\], 1$/.test(i));
  expect(stored).toBeGreaterThan(code.findIndex((i) => i.startsWith('pop')));
  expect(depths[stored]).toBe(0);
  expect(code.slice(stored)).toEqual([code[stored], 'ret']);
});

test('a call that never returns lies behind the function, and nothing is saved for it', () => {
  const { code } = compiled('last');
  expect(code.filter((i) => i.startsWith('push'))).toEqual([]);
  expect(code.findIndex((i) => i.startsWith('call'))).toBeGreaterThan(code.indexOf('ret'));
  expect(code.at(-1)).toMatch(/^(ud2|jmp .*)$/);
});

test('a function is called directly where its place in the table is a constant', () => {
  const calls = compiled('table').code.filter((i) => i.startsWith('call'));
  expect(calls).toHaveLength(2);
  expect(calls[0]).toMatch(/^call .*first$/);
  expect(calls[1]).toMatch(/^call dword ptr \[\w+\*4 \+ 0x/);
});

test('a constant is set behind the loop that does not need it', () => {
  const { code } = compiled('loops');
  const stored = code.findIndex((i) => i.startsWith('mov dword ptr'));
  expect(stored).toBeGreaterThan(0);
  expect(code.slice(0, stored).filter((i) => i.startsWith('xor'))).toHaveLength(1);
  expect(code.slice(stored).filter((i) => i.startsWith('xor')).length).toBeGreaterThanOrEqual(2);
});

test('64 bits are added to memory in place', () => {
  const { code } = compiled('account');
  expect(code).toEqual(['add dword ptr [eax + 0x10], edx', 'adc dword ptr [eax + 0x14], ecx', 'ret']);
});
