// What structures of kernels need and AssemblyScript lacks, as a transform of its syntax tree. Decorators on the fields
// of `@unmanaged` classes say it, so that editors check the source as plain TypeScript (guest.d.ts declares them):
//
//   @embedded frame: TrapFrame          the structure itself lies here, not a pointer to it
//   @elements(16) files: Elements<u32>  16 numbers lie here; Structs<T> for structures
//   @volatile status: u32               every access is one access of memory, and stays
//   @offset(12) flags: u32              the build fails unless the field lies there
//   @size(48) class ...                 ... unless the class is so large
//   @bits(`drawing`) class ...          fields are bits of one number, as in a manual's drawing:
//
//       31      12  11       9   8 ... 0
//      |  frame   | available | flags  |
//
// A field of the first two kinds becomes unnamed storage of the same size and alignment, and an accessor that gives its
// address; one of the third kind an accessor pair; bits become one number and an accessor pair each.

import type { Layouts } from '../assembler/index.js';
import { type Bit, parseDrawing } from './drawing.js';
import {
  type Compiler,
  errorAtNode,
  type Node,
  ownSources,
  type Parser,
  parse,
  parseAt,
  type Source,
} from './syntax.js';

interface Name {
  readonly text: string;
}
interface TypeNode extends Node {
  readonly name?: { readonly identifier: Name; readonly next: unknown };
  readonly typeArguments?: readonly TypeNode[] | null;
}
interface Decorator extends Node {
  readonly name: Name;
  readonly args:
    | readonly (Node & { readonly value?: { low: number } | string; readonly parts?: readonly string[] })[]
    | null;
}
interface Member extends Node {
  readonly name: Name;
  readonly flags: number;
  readonly type?: TypeNode | null;
  decorators: readonly Decorator[] | null;
}
interface ClassNode extends Node {
  readonly name: Name;
  readonly members: Member[];
  readonly extendsType: TypeNode | null;
  readonly typeParameters: readonly unknown[] | null;
  decorators: readonly Decorator[] | null;
}
interface Alias extends Node {
  readonly name: Name;
  readonly type?: TypeNode;
}

const SCALARS: Readonly<Record<string, number>> = {
  ...{ u8: 1, i8: 1, bool: 1, u16: 2, i16: 2, u32: 4, i32: 4, usize: 4, isize: 4, u64: 8, i64: 8 },
};
const OWN = new Set(['embedded', 'elements', 'volatile', 'offset', 'size', 'bits']);

interface Extent {
  readonly size: number;
  readonly align: number;
}

/** Rewrites the classes; the layouts of all structures, as they were written, by the names of their classes. */
export function makeStructs(compiler: Compiler, parser: Parser): Layouts {
  return new StructMaker(compiler, ownSources(parser)).run();
}

class StructMaker {
  private readonly classes = new Map<string, ClassNode[]>();
  /** `type Id = u16`: the names of types, by their other names. */
  private readonly aliases = new Map<string, string>();
  private readonly extents = new Map<ClassNode, Extent>();
  private readonly offsets = new Map<ClassNode, ReadonlyMap<string, number>>();

  constructor(
    private readonly compiler: Compiler,
    private readonly sources: readonly Source[],
  ) {}

  run(): Layouts {
    const all = this.sources.flatMap((source) => this.classesOf(source).map((c) => ({ source, c })));
    for (const s of this.sources.flatMap(({ statements }) => statements) as Alias[])
      if (s.kind === this.compiler.NodeKind.TypeDeclaration && s.type?.name)
        this.aliases.set(s.name.text, s.type.name.identifier.text);
    for (const { c } of all) this.classes.set(c.name.text, [...(this.classes.get(c.name.text) ?? []), c]);
    // Sizes first: they come from the fields as they were written.
    const wanted = all.filter(({ c }) =>
      [c, ...c.members].some((m) => m.decorators?.some((d) => OWN.has(d.name.text))),
    );
    for (const { source, c } of all) if (!c.typeParameters) this.extentOf(c, source);
    for (const { source, c } of wanted) this.rewrite(c, source);
    return new Map(
      all.map(({ c }) => [
        c.name.text,
        (this.classes.get(c.name.text) as ClassNode[]).length > 1 ? 'ambiguous' : (this.offsets.get(c) ?? new Map()),
      ]),
    );
  }

  private classesOf(source: Source): ClassNode[] {
    return source.statements.filter((s) => s.kind === this.compiler.NodeKind.ClassDeclaration) as ClassNode[];
  }

  // Sizes, by the rule that AssemblyScript lays fields out by: each at the next multiple of its size

  private extentOf(c: ClassNode, source: Source): Extent {
    const known = this.extents.get(c);
    if (known) return known;
    const drawing = argumentText(decorator(c, 'bits'));
    if (drawing !== undefined) {
      const bits = this.drawing(c, drawing).reduce((most, b) => Math.max(most, b.high + 1), 0);
      const size = bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
      this.extents.set(c, { size, align: size });
      return { size, align: size };
    }
    let [at, align] = [0, 1];
    const offsets = new Map<string, number>();
    if (c.extendsType) {
      const base = this.extentOfType(c.extendsType, source, c);
      [at, align] = [base.size, base.align];
      for (const [field, offset] of this.offsets.get(this.classOf(c.extendsType, source, c)) ?? [])
        if (field !== 'sizeof') offsets.set(field, offset);
    }
    for (const m of this.fieldsOf(c)) {
      const extent = this.extentOfField(m, source);
      at = Math.ceil(at / extent.align) * extent.align;
      offsets.set(m.name.text, at);
      at += extent.size;
      align = Math.max(align, extent.align);
    }
    this.offsets.set(c, offsets.set('sizeof', at));
    this.extents.set(c, { size: at, align });
    return { size: at, align };
  }

  private fieldsOf(c: ClassNode): Member[] {
    const { NodeKind, CommonFlags } = this.compiler;
    return c.members.filter((m) => m.kind === NodeKind.FieldDeclaration && !(m.flags & CommonFlags.Static));
  }

  private extentOfField(m: Member, source: Source): Extent {
    if (!m.type) fail(m, `field '${m.name.text}' needs a type`);
    const elements = decorator(m, 'elements');
    if (elements) {
      const count = argumentNumber(elements);
      if (count === undefined || count < 1) fail(elements, '@elements takes a number from 1 on');
      const [of] = m.type.typeArguments ?? [];
      const list = m.type.name?.identifier.text;
      if (!of || (list !== 'Elements' && list !== 'Structs'))
        fail(m, '@elements is for fields of type Elements<number> or Structs<class> (kernels/lib/elements.ts)');
      const one = list === 'Structs' ? this.structExtent(of, source, m) : this.extentOfType(of, source, m);
      if (one.size % one.align !== 0)
        fail(m, `an element of ${one.size} bytes, aligned to ${one.align}: add fields to fill it up`);
      return { size: one.size * count, align: one.align };
    }
    return decorator(m, 'embedded') ? this.structExtent(m.type, source, m) : this.extentOfType(m.type, source, m);
  }

  /** Of a field as AssemblyScript stores it: a number, or a pointer. */
  private extentOfType(type: TypeNode, source: Source, at: Node): Extent {
    const written = type.name?.identifier.text ?? '';
    const name = this.aliases.get(written) ?? written;
    const size = SCALARS[name];
    if (size !== undefined) return { size, align: size };
    if (at.kind === this.compiler.NodeKind.ClassDeclaration) return this.structExtent(type, source, at);
    if (name === 'f32' || name === 'f64') fail(at, 'guest code has no floating point: use integers');
    return { size: 4, align: 4 };
  }

  private structExtent(type: TypeNode, source: Source, at: Node): Extent {
    const c = this.classOf(type, source, at);
    return this.extentOf(c, this.sources.find((s) => s.statements.includes(c)) as Source);
  }

  private classOf(type: TypeNode, source: Source, at: Node): ClassNode {
    const name = type.name?.identifier.text ?? '';
    const found = this.classes.get(name) ?? [];
    const local = found.filter((c) => this.classesOf(source).includes(c));
    const [only, more] = local.length > 0 ? local : found;
    if (!only) fail(at, `'${name}' is no class of this program: only structures can lie inside of one`);
    if (more) fail(at, `several classes are called '${name}': give the one meant a name of its own`);
    return only;
  }

  private drawing(c: ClassNode, text: string): Bit[] {
    try {
      return parseDrawing(text);
    } catch (error) {
      return fail(decorator(c, 'bits') as Decorator, (error as Error).message);
    }
  }

  // Rewriting

  private rewrite(c: ClassNode, source: Source): void {
    const check = (where: Decorator, test: string, message: string) => {
      source.statements.push(...parseAt(this.compiler, `if (${test}) ERROR(${JSON.stringify(message)});`, where));
    };
    const name = c.name.text;
    const size = decorator(c, 'size');
    if (size)
      check(size, `offsetof<${name}>() != ${argumentNumber(size)}`, `${name} is not ${argumentNumber(size)} bytes`);
    const drawing = argumentText(decorator(c, 'bits'));
    if (drawing !== undefined) this.makeBits(c, source, this.drawing(c, drawing));
    for (const m of drawing === undefined ? this.fieldsOf(c) : []) {
      const offset = decorator(m, 'offset');
      const field = m.name.text;
      const stored = decorator(m, 'embedded') || decorator(m, 'elements') || decorator(m, 'volatile');
      if (offset) {
        const at = argumentNumber(offset);
        const own = stored ? `${field}__0` : field;
        check(offset, `offsetof<${name}>(${JSON.stringify(own)}) != ${at}`, `${name}.${field} does not lie at ${at}`);
      }
      if (stored) c.members.splice(c.members.indexOf(m), 1, ...this.storage(c, m, source));
      else m.decorators = withoutOwn(m.decorators);
    }
    c.decorators = withoutOwn(c.decorators);
  }

  private storage(c: ClassNode, m: Member, source: Source): Member[] {
    const field = m.name.text;
    const at = `changetype<usize>(this) + offsetof<${c.name.text}>("${field}__0")`;
    const type = m.type as TypeNode;
    const typeText = source.text.slice(type.range.start, type.range.end);
    const { size, align } = this.extentOfField(m, source);
    const unit = `u${8 * align}`;
    const parts = Array.from({ length: Math.floor(size / align) }, (_, i) => `${field}__${i}: ${unit};`);
    const rest = Array.from({ length: size % align }, (_, i) => `${field}__r${i}: u8;`);
    if (!decorator(m, 'volatile'))
      return this.members(
        `${[...parts, ...rest].join(' ')} get ${field}(): ${typeText} { return changetype<${typeText}>(${at}); }`,
        m,
      );
    if (size > 4) fail(m, '@volatile is for numbers of at most 32 bits');
    const bits = 8 * size;
    const load = `__vload${bits}`;
    const store = `__vstore${bits}`;
    this.declare(source, `@external("x86", "vload${bits}") declare function ${load}(at: usize): u32;`, load);
    this.declare(
      source,
      `@external("x86", "vstore${bits}") declare function ${store}(at: usize, value: u32): void;`,
      store,
    );
    return this.members(
      `${parts.join(' ')} get ${field}(): ${typeText} { return <${typeText}>${load}(${at}); }` +
        ` set ${field}(value: ${typeText}) { ${store}(${at}, <u32>value); }`,
      m,
    );
  }

  private makeBits(c: ClassNode, source: Source, bits: readonly Bit[]): void {
    const { size } = this.extentOf(c, source);
    const number = `u${8 * size}`;
    const code: string[] = [`bits__: ${number};`];
    const fields = this.fieldsOf(c);
    for (const m of fields) {
      const field = m.name.text;
      const bit = bits.find((b) => b.name === field);
      if (!bit) fail(m, `'${field}' is not in the drawing; there are: ${bits.map((b) => b.name).join(', ')}`);
      const type = m.type as TypeNode;
      const typeText = source.text.slice(type.range.start, type.range.end);
      const width = bit.high - bit.low + 1;
      const mask = width === 32 ? 0xffffffff : 2 ** width - 1;
      const get = `(<u32>this.bits__ >> ${bit.low}) & ${mask}`;
      const value = `(<u32>value & ${mask}) << ${bit.low}`;
      const keep = (~(mask << bit.low) >>> 0).toString();
      code.push(`get ${field}(): ${typeText} { return <${typeText}>(${get}); }`);
      code.push(
        `set ${field}(value: ${typeText}) { this.bits__ = <${number}>((<u32>this.bits__ & ${keep}) | (${value})); }`,
      );
    }
    for (const m of fields) c.members.splice(c.members.indexOf(m), 1);
    c.members.unshift(...this.members(code.join(' '), c));
  }

  private readonly declared = new Map<Source, Set<string>>();

  private declare(source: Source, text: string, name: string): void {
    const names = this.declared.get(source) ?? new Set<string>();
    this.declared.set(source, names);
    if (names.has(name)) return;
    names.add(name);
    source.statements.push(...parse(this.compiler, text, source.normalizedPath));
  }

  private members(text: string, at: Node): Member[] {
    return (parseAt(this.compiler, `@unmanaged class C { ${text} }`, at)[0] as ClassNode).members;
  }
}

function fail(at: Node, message: string): never {
  throw errorAtNode(at, message);
}

const decorator = (m: { decorators: readonly Decorator[] | null }, name: string): Decorator | undefined =>
  m.decorators?.find((d) => d.name.text === name);

const withoutOwn = (all: readonly Decorator[] | null): readonly Decorator[] | null => {
  const left = all?.filter((d) => !OWN.has(d.name.text)) ?? [];
  return left.length > 0 ? left : null;
};

function argumentNumber(d: Decorator): number | undefined {
  const value = d.args?.[0]?.value;
  return typeof value === 'object' ? value.low >>> 0 : undefined;
}

function argumentText(d: Decorator | undefined): string | undefined {
  const arg = d?.args?.[0];
  if (!arg) return undefined;
  return typeof arg.value === 'string' ? arg.value : arg.parts?.join('');
}
