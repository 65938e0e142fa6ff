// The shape of compiled functions: where registers are saved, where cold code lies, what is called directly.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { defineStubs } from '../assembler/index.js';
import { type CompiledImage, compileImage } from '../driver/compile.js';
import { defineImage } from '../image.js';
import { disassemble } from './disassembler.js';

const SOURCE = `
import { other } from './stubs';
import { likely, unlikely, vstore8, vstore16 } from './x86';

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

export function nests(p: usize, n: u32, rounds: u32): u32 {
  const a = load<u32>(p), b = load<u32>(p, 4), c = load<u32>(p, 8), d = load<u32>(p, 12);
  const e = load<u32>(p, 16), f = load<u32>(p, 20), g = load<u32>(p, 24), h = load<u32>(p, 28);
  let sum: u32 = 0;
  do {
    let k = n;
    do sum = (((sum ^ a) + b) ^ c) + d; while (--k);
    k = n;
    do sum = (((sum ^ e) + f) ^ g) + h; while (--k);
  } while (--rounds);
  return sum;
}

export function tree(p: usize): u32 {
  let sum: u32 = load<u32>(p, 8);
  for (let q = load<usize>(p); q; q = load<usize>(q, 4)) sum += tree(q);
  return sum;
}

export function rare(p: usize): u32 {
  if (unlikely(load<u32>(p) == 0)) store<u32>(p, 1, 4);
  if (likely(load<u32>(p, 12) != 0)) store<u32>(p, 2, 4);
  else store<u32>(p, 3, 4);
  return load<u32>(p, 8);
}

export function fails(p: usize): i32 {
  if (load<u32>(p) == 0) return -22;
  store<u32>(p, 1);
  return 0;
}

export function within(p: usize, x: u32, y: u32): void { if (x < 5 && y > 7) store<u32>(p, 1); }

export function narrow(p: usize, x: u32): void {
  vstore16(p, x & 0xffff);
  vstore8(p + 2, <u8>x);
}

function often(x: u32): u32 { return (x << 3) ^ (x >> 5); }
function copied(x: u32): u32 { return (x << 5) ^ (x >> 3); }
noinline(often);
export function users(x: u32): u32 { return often(x) + often(x + 1) + copied(x) + copied(x + 2); }

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
  writeFileSync(join(root, 'x86.ts'), readFileSync('kernels/lib/x86.ts', 'utf8'));
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
function compiled(name: string): { code: string[]; depths: number[]; addresses: number[] } {
  const { linked, debug } = image;
  const f = debug.functions.find((other) => other.name === name);
  if (!f) throw new Error(`no function ${name}`);
  const names = new Map(linked.symbols.map((s) => [s.address, s.name]));
  const read = disassemble(linked.contents.text.subarray(f.address - BASE, f.address - BASE + f.size), f.address);
  return {
    code: read.map(({ mnemonic, opStr }) => `${mnemonic} ${names.get(Number(opStr)) ?? opStr}`.trim()),
    addresses: read.map(({ address }) => Number(address)),
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

test('loops that use other values than each other have theirs in registers, with more values than there are', () => {
  const { code, addresses } = compiled('nests');
  const loops = code.flatMap((i, k) => {
    const start = addresses.indexOf(Number(i.split(' ')[1]));
    return i.startsWith('j') && start >= 0 && start < k ? [code.slice(start, k)] : [];
  });
  const inner = loops.filter((loop) => !loop.some((i) => i.startsWith('j')));
  expect(inner).toHaveLength(2);
  for (const loop of inner) expect(loop.filter((i) => i.includes('['))).toEqual([]);
  expect(code.some((i) => i.includes('[esp'))).toBe(true);
});

test('a small function that calls itself has one level of the recursion in it', () => {
  const { code } = compiled('tree');
  expect(code.filter((i) => i.startsWith('call'))).toEqual(['call tree']);
  expect(code.filter((i) => i.includes('+ 8]'))).toHaveLength(2);
});

test('what is said to be unlikely lies behind the function', () => {
  const { code } = compiled('rare');
  const end = code.indexOf('ret');
  const storeOf = (n: number) => code.findIndex((i) => i.startsWith('mov dword ptr') && i.endsWith(`+ 4], ${n}`));
  expect(storeOf(2)).toBeLessThan(end);
  expect(storeOf(1)).toBeGreaterThan(end);
  expect(storeOf(3)).toBeGreaterThan(end);
});

test('so does what only returns a negative number', () => {
  const { code } = compiled('fails');
  expect(code.indexOf('mov eax, 0xffffffea')).toBeGreaterThan(code.indexOf('ret'));
});

test('two conditions are two branches, of which the second may be left out', () => {
  const { code } = compiled('within');
  expect(code.filter((i) => /^(set|and|test|movzx)/.test(i))).toEqual([]);
  expect(code.filter((i) => /^j/.test(i))).toHaveLength(2);
});

test('a narrow volatile store takes the low bytes as they are', () => {
  expect(compiled('narrow').code.filter((i) => i.startsWith('movzx'))).toEqual([]);
});

test('64 bits are added to memory in place', () => {
  const { code } = compiled('account');
  expect(code).toEqual(['add dword ptr [eax + 0x10], edx', 'adc dword ptr [eax + 0x14], ecx', 'ret']);
});

test('noinline functions are called, and others as short are copied', () => {
  const calls = compiled('users').code.filter((i) => i.startsWith('call'));
  expect(calls).toHaveLength(2);
  for (const call of calls) expect(call).toMatch(/^call .*often$/);
});
