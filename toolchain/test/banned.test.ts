// Each feature of TypeScript or AssemblyScript that guest code cannot have: the error names file, line and column, shows the
// line with a mark below it, and says what to write instead.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineStubs } from '../assembler/index.js';
import { compileImage } from '../driver/compile.js';
import { complaintOf, type Diagnostic } from '../driver/diagnostics.js';
import { BANNED, checkDialect } from '../driver/dialect.js';
import type { Compiler } from '../driver/syntax.js';
import { defineImage } from '../image.js';

let root: string;
let compiler: Compiler;
beforeAll(async () => {
  compiler = (await import('assemblyscript')) as unknown as Compiler;
  root = mkdtempSync(join(tmpdir(), 'crossings-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const start = defineStubs('start', (a) => {
  a.global('_start');
  a.call('__module_start');
  a.call('main');
});

/** As compileImage does it, but without AssemblyScript's library, for as long as that is not needed to find the error. */
async function messageOf(source: string): Promise<string> {
  const parser = new compiler.Parser() as Parsing;
  try {
    parser.parseFile(source, 'a.ts', true);
    const complaint = complaintOf(parser.diagnostics, new Map([['a.ts', source]]));
    if (complaint) return complaint.message;
    checkDialect(compiler, parser);
  } catch (error) {
    return (error as Error).message;
  }
  return compiled(source);
}
type Parsing = InstanceType<Compiler['Parser']> & { readonly diagnostics: readonly Diagnostic[] };

async function compiled(source: string): Promise<string> {
  writeFileSync(join(root, 'a.ts'), source);
  const d = {
    name: 'test',
    kind: 'program',
    entry: 'a.ts',
    base: 0x08048000,
    start: '_start',
    stubs: [start],
  } as const;
  return compileImage(defineImage(d), root).then(
    () => 'it compiles',
    (error: Error) => error.message,
  );
}

const pair = '@unmanaged class A { f(): u32 { return 1; } }\n';
const inMain = (line: string) => `export function main(n: u32, s: string): u32 {\n  ${line}\n  return 0;\n}\n`;

/** Feature, source with » before the place that the error must name, and what to write instead. */
const SAMPLES: [feature: string, source: string, instead: RegExp][] = [
  ['throw', inMain('if (n) »throw new Error("x");'), /return an error number/],
  ['try', inMain('»try { n++; } catch (e) { n--; }'), /test what the function returns/],
  ['new', `${pair}${inMain('const a = »new A();')}`, /memory\.data.*changetype.*@embedded/],
  ['a class with a collector', `»class A { x: u32; }\n${inMain('')}`, /@unmanaged before the class/],
  ['an interface', `»interface I { f(): u32; }\n${inMain('')}`, /functions<F>/],
  ['an abstract method', `@unmanaged abstract class A { »abstract f(): u32; }\n${inMain('')}`, /functions<F>/],
  [
    'an overriding method',
    `${pair}@unmanaged class B extends A { »f(): u32 { return 2; } }\n${inMain('')}`,
    /another name/,
  ],
  ['a constructor', `@unmanaged class A { »constructor() {} }\n${inMain('')}`, /set the fields by a function/],
  [
    'a field with an initial value',
    `@unmanaged class A { »x: u32 = 3; }\n${inMain('')}`,
    /set the field by a function/,
  ],
  ['instanceof', `${pair}${inMain('if (»changetype<A>(n) instanceof A) n++;')}`, /field that says what it is/],
  ['typeof', inMain('if (»typeof n == "number") n++;'), /name the type/],
  ['a template string', inMain('s = »`a`;'), /print its pieces/],
  ['a string put together', inMain('s = »s + "x";'), /print its pieces/],
  [
    'strings put together',
    'export function main(s: string, t: string): string {\n  return »s + t;\n}\n',
    /build no strings/,
  ],
  ['an array literal', inMain('const a = »[1, 2];'), /memory\.data<u32>\(\[1, 2, 3\]\)/],
  ['an object literal', inMain('const a = »{ x: 1 };'), /class with @unmanaged/],
  ['a regular expression', inMain('if (»/a/.test(s)) n++;'), /byte by byte/],
  ['an array type', 'export function main(a: »u32[]): u32 {\n  return a[0];\n}\n', /@elements/],
  ['a map', 'export function main(a: »Map<u32, u32>): u32 {\n  return a.get(0);\n}\n', /memory\.data/],
  ['a typed array', 'export function main(a: »Uint8Array): u32 {\n  return a[0];\n}\n', /memory\.data/],
  ['a floating-point type', inMain('n = <u32>(<»f64>n);'), /integers/],
  ['a floating-point number', inMain('n = n * »0.5;'), /integers/],
  ['an object of the host', inMain('»console.log(s);'), /kernels\/lib/],
  ['assert', inMain('»assert(n == 3);'), /staticAssert/],
  ['a spread argument', inMain('main(»...n);'), /one by one/],
  ['a rest parameter', 'export function main(»...n: u32[]): u32 {\n  return 0;\n}\n', /one by one/],
  ['for-of', inMain('»for (const c of s) n++;'), /i < n; i\+\+/],
  ['a closure', inMain('const f = (x: u32): u32 => x + »n; f(1);'), /as arguments/],
  ['a class in a function', inMain('const c = »class { x: u32; };'), /@unmanaged/],
  ['a generator', 'export function» * main(): u32 {\n  return 1;\n}\n', /takes the next step/],
  ['yield', inMain('»yield 1;'), /takes the next step/],
  ['async', '»export async function main(): void {}\n', /interrupt comes/],
  ['await', inMain('»await main(1, s);'), /interrupt comes/],
  ['destructuring', inMain('»const [a, b] = n;'), /fields one by one/],
  ['optional chaining', inMain('n = s?».length;'), /test for null/],
  ['??', inMain('n = n ?»? 3;'), /test for null/],
  ['a bigint', inMain('n = 3»n;'), /u64/],
  ['delete', inMain('»delete s.length;'), /store 0/],
  ['any', 'export function main(a: »any): u32 {\n  return 0;\n}\n', /usize/],
];

const seen = new Set<string>();
test.each(SAMPLES)('%s', async (_, marked, instead) => {
  const at = marked.indexOf('»');
  const source = marked.replace('»', '');
  const line = source.slice(0, at).split('\n').length;
  const column = at - source.lastIndexOf('\n', at - 1);
  const text = source.split('\n')[line - 1];
  const message = await messageOf(source);
  const [first, shown, mark] = message.split('\n');
  seen.add(first);
  expect(first).toMatch(new RegExp(`^a\\.ts:${line}:${column}: .*Instead: .*${instead.source}`));
  expect(shown).toBe(`${String(line).padStart(4)} | ${text}`);
  expect(mark.indexOf('^') - 7).toBe(column - 1);
});

test('the build says the same', async () => {
  for (const name of ['throw', 'a generator']) {
    const [source] = SAMPLES.filter(([n]) => n === name).map(([, marked]) => marked.replace('»', ''));
    expect(await compiled(source)).toBe(await messageOf(source));
  }
});

test('every rule has a sample', () => {
  const missing = BANNED.filter(({ what }) => ![...seen].some((m) => m.includes(`: ${what}. Instead: `)));
  expect(missing.map(({ what }) => what)).toEqual([]);
});

test('what looks like them and is allowed', async () => {
  const source = `
const numbers: usize = memory.data<u32>([1, 2, 3]);
let calls: ((n: u32) => u32) | null = null;
function twice(n: u32): u32 { return 2 * n; }
enum Kind { A, B }
export function main(n: u32, s: string): u32 {
  const next = (x: u32): u32 => x + 1;
  function inner(x: u32): u32 { return x * 3; }
  calls = twice;
  for (let i = 0; i < s.length; i++) n += s.charCodeAt(i);
  return next(load<u32>(numbers)) + inner(n) + calls!(n) + (n == Kind.B ? 1 : 0) + (s == 'x' ? 1 : 0);
}
`;
  expect(await messageOf(source)).toBe('it compiles');
});
