// Decorators, tables of functions, compile-time asserts and areas where they cannot be: each is an error that names file,
// line and column, shows the line, and says what is allowed. None is ignored, and none ends in a trace of the toolchain.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Assembler, al, ax, bl, cl, defineStubs, eax, ebx, es, mem, mem8, sym } from '../assembler/index.js';
import { makeAreas } from '../driver/areas.js';
import { makeAsserts } from '../driver/asserts.js';
import { compileImage } from '../driver/compile.js';
import { checkDecorators } from '../driver/decorators.js';
import { checkDialect } from '../driver/dialect.js';
import { makeTables } from '../driver/functions.js';
import { definitionHash } from '../driver/keys.js';
import { Names } from '../driver/names.js';
import { makeStructs } from '../driver/structs.js';
import { type Compiler, ownSources, type Parser } from '../driver/syntax.js';
import { defineImage } from '../image.js';

let compiler: Compiler;
let root: string;
beforeAll(async () => {
  compiler = (await import('assemblyscript')) as unknown as Compiler;
  root = mkdtempSync(join(tmpdir(), 'crossings-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** As the build does it, up to where the compiler itself begins. */
function messageOf(source: string): string {
  const parser = new compiler.Parser();
  parser.parseFile(source, 'a.ts', true);
  parser.parseFile(OTHER, 'other.ts', false);
  parser.parseFile('export declare function outl(port: u32, value: u32): void;\n', 'x86.ts', false);
  const names = new Names(compiler, ownSources(parser));
  try {
    transform(parser, names);
  } catch (error) {
    return (error as Error).message;
  }
  return 'it goes on';
}

function transform(parser: Parser, names: Names): void {
  checkDialect(compiler, parser);
  checkDecorators(compiler, ownSources(parser), names);
  makeAsserts(compiler, parser);
  makeTables(compiler, parser, 'a.ts', names);
  makeStructs(compiler, parser, names);
  makeAreas(compiler, parser, names);
}

const OTHER = `
export const COUNT: u32 = 3;
export type Word = u16;
export type Step = (n: u32) => u32;
@unmanaged export class Pair { a: u16; b: u32; }
`;
const IMPORTS = "import { COUNT, Pair as Two, Step, Word } from './other';\nimport { outl } from './x86';\n";
const field = (text: string) => `@unmanaged class P { a: u32; }\n@unmanaged class A { x: u32; ${text} }\n`;
const drawn = (text: string, drawing = ' 7    4 3 1     0\n|high  |low|flag |', more = '') =>
  `@bits(\`\n${drawing}\`)\n@unmanaged class A ${more}{ ${text} }\n`;
const table = (text: string, type = '(n: u32) => u32') =>
  `function f(n: u32): u32 { return n; }\nfunction g(a: u32, b: u32): u32 { return a + b; }\nfunction h(n: u64): u32 { return 1; }\n` +
  `function v(n: u32): void {}\nfunction b(n: u8): u32 { return n; }\nfunction t<T>(n: T): u32 { return 1; }\n` +
  `const N: u32 = 1;\n${text.replace('functions(', `functions<${type}>(`)}\n`;

/** What is wrong, the source with » before the place that the error must name, and what the error says. */
const SAMPLES: [what: string, source: string, says: RegExp][] = [
  ['an unknown decorator', field('»@packed y: u32;'), /no decorator '@packed'; there are: @embedded,.*@word/],
  ['one of a field at a class', '»@embedded @unmanaged class A { x: u32; }\n', /is for fields/],
  ['one of a field at a method', field('»@offset(4) f(): void {}'), /is for fields/],
  ['one of a field at a static field', field('»@volatile static y: u32;'), /not static ones/],
  ['one of a field at a function', '»@volatile function f(): void {}\n', /is for fields/],
  ['one of a class at a field', field('»@size(4) y: u32;'), /is for classes.*@size\(48\)/],
  ['in a namespace', 'namespace N { @unmanaged class A { »@volatile x: u32; } }\n', /among the statements of a file/],
  ['twice', field('@offset(4) »@offset(4) y: u32;'), /stands here twice/],
  ['an argument where none is taken', field('@volatile(»3) y: u32;'), /takes nothing/],
  ['no argument', field('»@elements y: Elements<u32>;'), /takes a number from 1 on/],
  ['no elements', field('@elements(»0) y: Elements<u32>;'), /takes a number from 1 on/],
  ['an argument that is no constant', 'let n: u32 = 3;\n@unmanaged @size(»n) class A { x: u32; }\n', /or a constant/],
  ['a fraction', field('@offset(»1.5) y: u32;'), /takes a number from 0 on/],
  ['one argument too many', field('@offset(4, »8) y: u32;'), /takes a number/],
  ['two ways to be stored', field('@embedded »@volatile y: P;'), /cannot be had together/],
  ['a number inside', field('»@embedded y: u32;'), /'u32' is no class/],
  ['a pointer that may be null inside', field('@embedded y: »P | null;'), /always there/],
  ['an unknown class inside', field('»@embedded y: Q;'), /'Q' is no class/],
  [
    'itself inside',
    '@unmanaged class »A { @embedded y: A; }\n',
    /'A' lies inside of itself \(A in A\): have a pointer/,
  ],
  [
    'itself inside, around a corner',
    '@unmanaged class »A { @embedded y: B; }\n@unmanaged class B { @embedded y: A; }\n',
    /A in B in A/,
  ],
  ['itself as its base', '@unmanaged class »A extends A { x: u32; }\n', /inside of itself/],
  ['a row of no row', field('»@elements(2) y: u32;'), /Elements<number> or Structs<class>/],
  [
    'too large a row',
    field('»@elements(0x10000000) y: Elements<u32>;'),
    /1073741824 bytes.*at most 65536: keep it in a static/,
  ],
  ['a volatile structure', field('»@volatile y: P;'), /numbers of at most 32 bits/],
  ['a volatile u64', field('»@volatile y: u64;'), /numbers of at most 32 bits/],
  ['a generic class', '@unmanaged class »A<T> { @offset(0) x: u32; }\n', /generic/],
  ['a field with an initial value', field('»y: u32 = 5;'), /nothing ever stores.*set the field by a function/],
  ['a constructor', field('»constructor() { this.x = 1; }'), /nothing ever calls/],
  ['no drawing', '»@bits() @unmanaged class A { x: u32; }\n', /takes one drawing/],
  ['a number for a drawing', '»@bits(3) @unmanaged class A { x: u32; }\n', /takes one drawing/],
  [
    'bits that overlap',
    `»${drawn('high: u8;', ' 7    4 5 1     0\n|high  |low|flag |')}`,
    /'low' begins at bit 5 and not at 3/,
  ],
  ['bits that are not drawn', drawn('»middle: u8;'), /there are: high, low, flag/],
  [
    'a type too small for its bits',
    drawn('»high: bool;'.replace('»high: ', 'high: »')),
    /4 bits \(7\.\.4\): its type can be u8, u16, u32 or an enum/,
  ],
  ['bits with a sign', drawn('low: »i8;'), /3 bits/],
  ['bits of 64', drawn('flag: »u64;'), /1 bit \(0\): its type can be bool, u8/],
  ['bits of a structure', drawn('»@volatile low: u8;'), /fields of memory, and 'low' is bits/],
  [
    'bits on a base',
    `@unmanaged class B { x: u32; }\n${drawn('low: u8;', undefined, 'extends »B ')}`,
    /extends no other/,
  ],
  ['an offset of bits', `${drawn('low: u8;')}staticAssert(offsetof<A>(»'low') == 0, 'text');\n`, /has no offset/],
  ['a word without a drawing', '@word @unmanaged class »A { x: u32; }\n', /classes with @bits/],
  [
    'a word as memory',
    `@word ${drawn('low: u8;').replace('class A', 'class W')}${field('»@embedded w: W;')}`,
    /a @word, a number itself: W or/,
  ],
  [
    'words as memory',
    `@word ${drawn('low: u8;').replace('class A', 'class W')}${field('»@elements(2) w: Structs<W>;')}`,
    /Elements<W>/,
  ],
  ['no type of a table', table('const T = »functions<>(f);').replace('<>', ''), /takes the type/],
  ['an empty table', table('const T = »functions();'), /takes names of functions/],
  ['a table in a variable', table('»let T = functions(f);'), /by a const of its own/],
  ['a table in a function', table('function m(): void { const T = »functions(f); }'), /among the statements/],
  ['a number in a table', table('const T = functions(f, »3);'), /takes names of functions/],
  ['a constant in a table', table('const T = functions(f, »N);'), /'N' is no function/],
  ['an unknown function in a table', table('const T = functions(»nothing);'), /no function of this file/],
  ['a generic function in a table', table('const T = functions(»t);'), /generic/],
  [
    'an intrinsic in a table',
    IMPORTS + table('const T = functions(»outl);'),
    /has no address: write a function around it/,
  ],
  ['too many arguments in a table', table('const T = functions(f, »g);'), /it takes 2 arguments, and calls pass 1/],
  ['a wide argument in a table', table('const T = functions(»h);'), /argument 1 is u64, and calls pass u32/],
  ['a narrow argument in a table', table('const T = functions(»b);'), /argument 1 is u8, and calls pass u32/],
  ['no result in a table', table('const T = functions(»v);'), /it returns void, and callers expect u32/],
  ['a table twice', table('const T = functions(f);\nconst »T = functions(f);'), /'T' is declared twice/],
  [
    'an entry that is kept',
    table('const T = functions(f);\nfunction m(): void { const k = »T[0]; }'),
    /T\[n\]\(\.\.\.\)/,
  ],
  [
    'an entry that is set',
    table('const T = functions(f);\nfunction m(): void { »T[0] = f; }'),
    /is called, and nothing else/,
  ],
  ['an assert without a text', '»staticAssert(1 == 1);\n', /takes a condition and a text/],
  ['an assert with a number', '»staticAssert(1 == 1, 3);\n', /takes a condition and a text/],
  ['an assert in a function', "function m(): void { »staticAssert(true, 'x'); }\n", /outside of functions and blocks/],
  ['an assert in a block', "if (true) { »staticAssert(true, 'x'); }\n", /outside of functions and blocks/],
  ['an area of no size', 'const a: usize = memory.data(»-4);\n', /a size from 1 on/],
  ['an area aligned oddly', 'const a: usize = memory.data(4, »3);\n', /power of two/],
];

test.each(SAMPLES)('%s', (_, marked, says) => {
  const at = marked.indexOf('»');
  const source = marked.replace('»', '');
  const line = source.slice(0, at).split('\n').length;
  const column = at - source.lastIndexOf('\n', at - 1);
  const [first, shown, mark] = messageOf(source).split('\n');
  expect(first).toMatch(says);
  expect(first.startsWith(`a.ts:${line}:${column}: `), first).toBe(true);
  expect(shown).toBe(`${String(line).padStart(4)} | ${source.split('\n')[line - 1]}`);
  expect(mark.indexOf('^') - 7).toBe(column - 1);
});

test('what looks like them and is allowed', () => {
  const source = `${IMPORTS}
const SLOTS: u32 = COUNT * 4;
enum Kind { A, B }
@unmanaged @size(SLOTS * 4 + 12) class A {
  @elements(SLOTS) row: Elements<u32>;
  @embedded two: Two;
  @volatile word: Word;
}
type Pair = Two;
@word ${drawn('low: u8;').replace('class A', 'class W')}
@unmanaged @size(24) class B { tag: u8; word: W; @embedded pair: Pair; @elements(2) words: Elements<W>; }
${drawn('high: Kind; low: u8; flag: bool; get twice(): u32 { return 2 * this.low; }').replace('class A', 'class D')}
staticAssert(offsetof<A>('word') == SLOTS * 4 + 8, 'an offset of storage');
function f(n: u32): u32 { return n; }
function none(): u32 { return 0; }
function pair(p: Two): u32 { return p.b; }
const STEPS = functions<Step>(f, none, pair);
function m(n: u32): u32 { return STEPS[n](n) + STEPS.length; }
const area: usize = memory.data(SLOTS * 4, 64);
`;
  expect(messageOf(source)).toBe('it goes on');
});

test('constants by their names alone', () => {
  const parser = new compiler.Parser();
  parser.parseFile('const ONE: u32 = 1; const SAME: u32 = ONE + 1; const ODD: u32 = 1; let v: u32 = 2;', 'a.ts', true);
  parser.parseFile('const SAME: u32 = 2; const ODD: u32 = 3; const FAR: u32 = load<u32>(4);', 'b.ts', false);
  const names = new Names(compiler, ownSources(parser));
  expect(['ONE', 'SAME', 'ODD', 'FAR', 'v', 'none'].map((name) => names.constant(name))).toEqual([
    ...[1, 2, 'ambiguous'],
    ...[undefined, undefined, undefined],
  ]);
});

const start = defineStubs('start', (a) => {
  a.global('_start');
  a.call('__module_start');
  a.call('main');
});

async function built(source: string, write: (a: Assembler) => void = () => undefined): Promise<string> {
  writeFileSync(join(root, 'a.ts'), source);
  const d = { name: 'test', kind: 'program', entry: 'a.ts', base: 0x08048000, start: '_start' } as const;
  const stubs = [start, defineStubs('more', write)];
  return compileImage(defineImage({ ...d, stubs }), root).then(
    () => 'it is built',
    (error: Error) => error.message,
  );
}

test('an assert that fails, and one of what nobody knows before the code runs', async () => {
  const head = 'let x: u32 = 3;\nexport function main(): u32 { return ++x; }\n';
  expect(await built(`${head}staticAssert(1 == 2, 'one is two');\n`)).toMatch(/^a\.ts:3:1: one is two\n/);
  expect(await built(`${head}staticAssert(x == 3, 'three');\n`)).toMatch(
    /^a\.ts:3:1: staticAssert takes a condition of/,
  );
});

test('intrinsics: too large a slot, other arguments, a value', async () => {
  const x86 = "import { stackSlot, outl } from './x86';\n";
  writeFileSync(
    join(root, 'x86.ts'),
    'export declare function stackSlot(n: u32): usize;\nexport declare function outl(a: u32): void;\n',
  );
  const main = (line: string) => `${x86}export function main(): void {\n  ${line}\n}\n`;
  expect(await built(main('store<u32>(stackSlot(8192), 1);'))).toMatch(
    /^a\.ts:3:\d+: stackSlot takes a constant from 1 to/,
  );
  expect(await built(main('outl(3);'))).toMatch(/^a\.ts:3:\d+: 'outl' is declared with other arguments than it has/);
});

test('an undefined symbol is shown where it is used first: in a stub, in a function', async () => {
  const main = 'export function main(): void {}\n';
  const message = await built(main, (a) => {
    a.nop();
    a.jmp('nowhere');
  });
  expect(message).toMatch(
    /misuse\.test\.ts:\d+:\d+: .*symbol 'nowhere', used by stubs 'more', is not defined: define it/,
  );
  expect(message.split('\n')[1]).toMatch(/\| +a\.jmp\('nowhere'\);$/);
  writeFileSync(join(root, 'stubs.ts'), 'export declare function missing(): void;\n');
  expect(await built("import { missing } from './stubs';\nexport function main(): void {\n  missing();\n}\n")).toMatch(
    /^a\.ts:3:\d+: symbol 'missing', used by function a\/main, is not defined/,
  );
});

test('stubs that ask for another field or constant are another definition', () => {
  const keyOf = (write: (a: Assembler) => void) => {
    const d = { name: 'test', kind: 'program', entry: 'a.ts', base: 0x08048000, start: '_start' } as const;
    return definitionHash(defineImage({ ...d, stubs: [defineStubs('more', write)] }), 'tool', root);
  };
  const uses = ['struct.a', 'struct.b', 'A', 'B'].map((name) =>
    keyOf((a) => a.mov(eax, name.startsWith('s') ? a.struct<string>('T')[name.slice(7)] : a.constant(name))),
  );
  expect(new Set(uses).size).toBe(4);
  const swapped = (first: number) =>
    keyOf((a) => {
      const both = [a.constant('A'), a.constant('B')];
      a.mov(eax, both[first]);
    });
  expect(swapped(0)).not.toBe(swapped(1));
});

/** What an instruction cannot be: each names the stubs and says what is wrong. */
const INSTRUCTIONS: [says: string, write: (a: Assembler) => void][] = [
  ['immediate 8589934592 does not fit in 32 bits: -2147483648 to 4294967295', (a) => a.push(2 ** 33)],
  ['immediate 4294967297 does not fit in 32 bits', (a) => a.add(ebx, 2 ** 32 + 1)],
  ['immediate 300 does not fit in 8 bits: -128 to 255', (a) => a.mov(mem8({ base: eax }), 300)],
  ['immediate NaN does not fit', (a) => a.mov(eax, Number.NaN)],
  ['the displacement 8589934592 of an address', (a) => a.mov(eax, mem({ base: ebx, disp: 2 ** 33 }))],
  ['the displacement NaN of an address', (a) => a.mov(eax, mem({ base: ebx, disp: Number.NaN }))],
  ['imul', (a) => a.imul(al, bl)],
  ['immediate 8589934592 does not fit', (a) => a.imul(eax, ebx, 2 ** 33)],
  ['mov eax, bl: the sizes differ', (a) => a.mov(eax, bl)],
  ['push: al has not 16 or 32 bits', (a) => a.push(al)],
  ['pop: al has not 16 or 32 bits', (a) => a.pop(al)],
  ['call: ax has not 32 bits', (a) => a.callIndirect(ax)],
  ['jmp: an operand in memory of 8 bits has not 32 bits', (a) => a.jmpIndirect(mem8({ base: eax }))],
  ['bswap: ax has not 32 bits', (a) => a.bswap(ax)],
  ['bsf: al has not', (a) => a.bsf(al, eax)],
  ['bt: bit 40 of 32: 0 to 31', (a) => a.bt(eax, 40)],
  ['bts: al has not', (a) => a.bts(al, 3)],
  ['shl: a count is from 0 to 31, or cl; not 40', (a) => a.shl(eax, 40)],
  ['shld: a count is from 0 to 31', (a) => a.shld(eax, ebx, 32)],
  ['shrd: the count is a number or cl', (a) => a.shrd(eax, ebx, al)],
  ['movzx: ax is no larger than the source', (a) => a.movzx(ax, ax)],
  ['movsx: cl is no larger than the source', (a) => a.movsx(cl, bl)],
  ['mov es: al has not 16 or 32 bits', (a) => a.mov(es, al)],
  ["label 'x' is defined twice", (a) => [a.label('x'), a.data(), a.label('x')]],
  ['an area of 1000000000000 bytes: 0 to', (a) => a.space(1e12)],
  ['alignment 3 is no power of two', (a) => a.align(3)],
  ["the address of 'x' does not fit in 16 bits", (a) => a.mov(ax, sym('x'))],
];

test.each(INSTRUCTIONS)('%s', (says, write) => {
  expect(() => defineStubs('entry', write).assemble()).toThrow(`stubs 'entry': ${says}`);
});
