// The shape of compiled functions: where registers are saved, where cold code lies, what is called directly.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineStubs } from '../assembler/index.js';
import { compileImage } from '../driver/compile.js';
import { defineImage } from '../image.js';
import { disassemble } from './disassembler.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'crossings-'));
  writeFileSync(join(root, 'stubs.ts'), 'export declare function other(x: u32): u32;\n');
});
afterAll(() => rmSync(root, { recursive: true }));

const stubs = defineStubs('start', (a) => {
  a.global('_start');
  a.call('main');
  a.global('other');
  a.ret();
});

/** The instructions of `main`, and the depth of its frame before each. */
async function compile(body: string): Promise<{ code: string[]; depths: number[] }> {
  writeFileSync(join(root, 'main.ts'), `import { other } from './stubs';\n${body}`);
  const base = 0x08048000;
  const d = defineImage({ name: 'test', kind: 'program', entry: 'main.ts', base, start: '_start', stubs: [stubs] });
  const { linked, debug } = await compileImage(d, root);
  const main = debug.functions.find((f) => f.name === 'main');
  if (!main) throw new Error('no main');
  const names = new Map(linked.symbols.map((s) => [s.address, s.name]));
  const read = disassemble(
    linked.contents.text.subarray(main.address - base, main.address - base + main.size),
    main.address,
  );
  return {
    code: read.map(({ mnemonic, opStr }) => `${mnemonic} ${names.get(Number(opStr)) ?? opStr}`.trim()),
    depths: read.map(({ address }) => main.frames?.findLast(([at]) => at <= Number(address) - main.address)?.[1] ?? 0),
  };
}

test('a way that makes no call saves no register, and the frame is known on both', async () => {
  const { code, depths } = await compile(`
    export function main(p: usize): u32 {
      if (load<u32>(p) == 0) return 7;
      return other(load<u32>(p, 4)) + load<u32>(p, 8);
    }`);
  const [branch, push, call] = ['j', 'push', 'call'].map((start) => code.findIndex((i) => i.startsWith(start)));
  expect(branch).toBeLessThan(push);
  expect(push).toBeLessThan(call);
  expect(code[call]).toBe('call other');
  expect(depths[branch]).toBe(0);
  expect(depths[call]).toBe(4);
  expect(code.filter((i) => i === 'ret')).toHaveLength(2);
  for (const [k, i] of code.entries()) if (i === 'ret') expect(depths[k]).toBe(0);
});

test('what both ways go on to runs without the frame', async () => {
  const { code, depths } = await compile(`
    export function main(p: usize): void {
      for (let q = load<usize>(p); q; q = load<usize>(q, 4)) other(<u32>q);
      store<u32>(p, 1);
    }`);
  const stored = code.findIndex((i) => /^mov dword ptr \[\w+\], 1$/.test(i));
  expect(stored).toBeGreaterThan(code.findIndex((i) => i.startsWith('pop')));
  expect(depths[stored]).toBe(0);
  expect(code.slice(stored)).toEqual([code[stored], 'ret']);
});

test('a call that never returns lies behind the function, and nothing is saved for it', async () => {
  const { code } = await compile(`
    function stop(code: u32): void { for (;;) other(code); }
    export function main(p: usize): u32 {
      let last: u32 = 0;
      for (let q = p; q; q = load<usize>(q, 4)) {
        last = load<u32>(q);
        if (last > 1000) stop(last);
      }
      return last;
    }`);
  expect(code.filter((i) => i.startsWith('push'))).toEqual([]);
  expect(code.slice(code.indexOf('ret') + 1).at(-1)).toMatch(/^(ud2|jmp .*)$/);
  expect(code.findIndex((i) => i.startsWith('call'))).toBeGreaterThan(code.indexOf('ret'));
});

test('a function is called directly where its place in the table is a constant', async () => {
  const { code } = await compile(`
    function first(x: u32): u32 { return x > 9 ? first(other(x)) + first(x - 9) : x; }
    let chosen = first;
    export function main(x: u32): u32 {
      return call_indirect<u32>(1, x) + call_indirect<u32>(x & 1, x) + chosen.index;
    }`);
  const calls = code.filter((i) => i.startsWith('call'));
  expect(calls).toHaveLength(2);
  expect(calls[0]).toMatch(/^call .*first$/);
  expect(calls[1]).toMatch(/^call dword ptr \[\w+\*4 \+ 0x/);
});

test('a constant is set behind the loop that does not need it', async () => {
  const { code } = await compile(`
    export function main(p: usize, n: u32): u32 {
      let sum: u32 = 0;
      for (let i: u32 = 0; i < n; i++) store<u32>(p + i * 4, i);
      for (let i: u32 = 0; i < n; i++) sum += load<u32>(p + i * 8);
      return sum;
    }`);
  const stored = code.findIndex((i) => i.startsWith('mov dword ptr'));
  expect(stored).toBeGreaterThan(0);
  expect(code.slice(0, stored).filter((i) => i.startsWith('xor'))).toHaveLength(1);
  expect(code.slice(stored).filter((i) => i.startsWith('xor')).length).toBeGreaterThanOrEqual(2);
});
