// Hook symbols: labels of zero bytes, reached by exactly the paths that call them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineStubs } from '../assembler/index.js';
import { compileImage } from '../driver/compile.js';
import { defineImage } from '../image.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'crossings-'));
  writeFileSync(join(root, 'hooks.ts'), 'export declare function __work_fault(): void;\n');
});
afterAll(() => rmSync(root, { recursive: true }));

const start = defineStubs('start', (a) => {
  a.global('_start');
  a.call('main');
});

/** The code of `main`, and the offsets in it of the hooks. */
async function compile(body: string): Promise<{ code: number[]; hooks: number[] }> {
  writeFileSync(join(root, 'main.ts'), `import { __work_fault } from './hooks';\n${body}`);
  const base = 0x08048000;
  const d = defineImage({ name: 'test', kind: 'program', entry: 'main.ts', base, start: '_start', stubs: [start] });
  const { linked } = await compileImage(d, root);
  const main = linked.symbols.find((s) => s.name === 'main') as { address: number; size: number };
  const at = main.address - base;
  return {
    code: [...linked.contents.text.subarray(at, at + main.size)],
    hooks: linked.hooks.map(([, address]) => address - main.address),
  };
}

test('a hook is a label between two stores, which stay two', async () => {
  const { code, hooks } = await compile(
    'export function main(): void { store<u32>(4096, 1); __work_fault(); store<u32>(4096, 2); }',
  );
  // mov dword [4096], imm32: C7 05, address, immediate; ret
  const store = (v: number) => [0xc7, 0x05, 0, 0x10, 0, 0, v, 0, 0, 0];
  expect(code).toEqual([...store(1), ...store(2), 0xc3]);
  expect(hooks).toEqual([10]);
});

test('a hook at the end of a branch is not reached by the path around the branch', async () => {
  const { code, hooks } = await compile(
    'export function main(x: u32): void { if (load<u32>(4096) == x) { __work_fault(); } store<u32>(4096, 2); }',
  );
  expect(hooks).toHaveLength(1);
  const [hook] = hooks;
  expect(code[hook]).toBe(0x90);
  // The branch before it (75, JNE) leads behind the NOP.
  expect(code.slice(hook - 2, hook)).toEqual([0x75, 1]);
});
