// Every trap on the way from AssemblyScript to an image ends in one message that names the place.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssemblerError, defineStubs, eax, sym } from '../assembler/index.js';
import { compileImage } from '../driver/compile.js';
import { defineImage, type ImageDefinition } from '../image.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'crossings-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const start = defineStubs('start', (a) => {
  a.global('_start');
  a.call('main');
});

function build(files: Record<string, string>, changes: Partial<ImageDefinition> = {}) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return compileImage(
    defineImage({
      name: 'test',
      kind: 'program',
      entry: Object.keys(files)[0],
      base: 0x08048000,
      start: '_start',
      stubs: [start],
      ...changes,
    }),
    root,
  );
}

describe('what AssemblyScript source may not do', () => {
  test('an initialiser that is no constant, when nobody runs it', async () => {
    const files = {
      'init/a.ts':
        'function f(): u32 { return load<u32>(64); }\nexport let x: u32 = f();\nexport function main(): u32 { return x; }\n',
    };
    await expect(build(files)).rejects.toThrow(/init\/a\.ts: .*initialiser that is no constant.*__module_start/s);
  });

  test('noinline of what is no function of the file, of a generic one, as a decorator, inside of a function', async () => {
    const rest = 'export function main(): u32 { return 1; }\n';
    const wrong: [source: string, message: RegExp][] = [
      [`noinline(other);\n${rest}`, /noinline\/a\.ts:1:10: .*functions that this file declares/],
      [`noinline();\n${rest}`, /noinline\/a\.ts:1:1: .*takes names/],
      [
        `function f<T>(x: T): T { return x; }\nnoinline(f);\n${rest}`,
        /noinline\/a\.ts:2:10: .*no(ne)? .*type parameters/,
      ],
      [`@noinline function f(): void {}\n${rest}`, /noinline\/a\.ts:1:1: there is no decorator '@noinline'/],
      [
        `function f(): void {}\nexport function main(): void { noinline(f); }\n`,
        /noinline\/a\.ts:2:32: .*outside of functions/,
      ],
    ];
    for (const [source, message] of wrong) await expect(build({ 'noinline/a.ts': source })).rejects.toThrow(message);
  });

  test('an unknown intrinsic, and a function declared in no known file', async () => {
    const intrinsic = {
      'known/a.ts': "import { frob } from './x86';\nexport function main(): void {\n  frob();\n}\n",
      'known/x86.ts': 'export declare function frob(): void;\n',
    };
    await expect(build(intrinsic)).rejects.toThrow(
      /known\/a\.ts:3:\d+: no intrinsic is called 'frob'; there are: outb/,
    );
    const foreign = {
      'known/b.ts': "import { frob } from './odd';\nexport function main(): void {\n  frob();\n}\n",
      'known/odd.ts': 'export declare function frob(): void;\n',
    };
    await expect(build(foreign)).rejects.toThrow(
      /known\/b\.ts:3:\d+: 'frob' is declared in odd\.ts; .*x86\.ts, hooks\.ts/,
    );
  });

  test('type errors are the compiler’s', async () => {
    await expect(build({ 'type/a.ts': 'export function main(): u32 { return nothing; }\n' })).rejects.toThrow(
      /^type\/a\.ts:1:38: Cannot find name 'nothing'\.\n +1 \| .*nothing; \}\n +\| {38}\^$/,
    );
  });

  test('a missing entry file', async () => {
    const changes = { entry: 'nowhere.ts' };
    await expect(build({ 'x.ts': '' }, changes)).rejects.toThrow('nowhere.ts: there is no such file');
  });
});

describe('what cannot be linked', () => {
  const main = { 'link/a.ts': 'export function main(): void {}\n' };

  test('an undefined symbol names its user and what to do', async () => {
    const stubs = [start, defineStubs('entry', (a) => a.call('handler'))];
    await expect(build(main, { stubs })).rejects.toThrow(
      "symbol 'handler', used by stubs 'entry', is not defined: define it in a stub with global('handler'), or export it from link/a.ts",
    );
  });

  test('a symbol that is defined twice', async () => {
    const stubs = [start, defineStubs('entry', (a) => a.global('main'))];
    await expect(build(main, { stubs })).rejects.toThrow(
      "symbol 'main' is defined twice: by stubs 'entry' and by function link/a/main",
    );
  });

  test('text that does not fit below the data', async () => {
    const stubs = [start, defineStubs('big', (a) => a.space(8192))];
    await expect(build(main, { stubs, textSpace: 4096 })).rejects.toThrow(/set textSpace: 0x[0-9a-f]+ or more/);
  });

  test('bytes in bss', async () => {
    const stubs = [
      start,
      defineStubs('odd', (a) => {
        a.bss();
        a.dd(1);
      }),
    ];
    await expect(build(main, { stubs })).rejects.toThrow("stubs 'odd': bss holds bytes that are not zero");
  });

  test('a definition that cannot be right', () => {
    const good = { name: 'x', kind: 'program', entry: 'a.ts', base: 4096, start: '_start', stubs: [] } as const;
    expect(() => defineImage({ ...good, base: 100 })).toThrow("image 'x': base must be a multiple of 4096 below 2^32");
    expect(() => defineImage({ ...good, name: 'A B' })).toThrow('name must be lower-case letters, digits and hyphens');
  });
});

describe('what cannot be assembled names the stubs', () => {
  const failure = (write: Parameters<typeof defineStubs>[1]) => () => defineStubs('entry', write).assemble();
  test('operands', () => {
    expect(failure((a) => a.mov(eax, 2 ** 33))).toThrow("stubs 'entry': immediate 8589934592 does not fit in 32 bits");
    expect(failure((a) => a.dw(70000))).toThrow("stubs 'entry': immediate 70000 does not fit in 16 bits");
    expect(failure((a) => a.in(eax, eax))).toThrow('the port is a number or dx');
  });
  test('labels', () => {
    expect(
      failure((a) => {
        a.label('x');
        a.label('x');
      }),
    ).toThrow(AssemblerError);
    expect(failure((a) => a.jmp(sym('x', 4)))).toThrow("a jump to 'x' takes no addend");
  });
});
