// Where the fields of structures lie, as they are written: before any class is rewritten, and before the compiler lays
// them out by the same rule, each field at the next multiple of its size.
import { type Bit, parseDrawing } from './drawing.js';
import type { Meaning, Names } from './names.js';
import { type Compiler, errorAtNode, type Node, type Source } from './syntax.js';

export interface Name extends Node {
  readonly text: string;
}
export interface TypeNode extends Node {
  readonly name?: { readonly identifier: Name; readonly next: { readonly identifier: Name } | null };
  readonly typeArguments?: readonly TypeNode[] | null;
  readonly isNullable?: boolean;
}
export interface Decorator extends Node {
  readonly name: Name;
  readonly args:
    | readonly (Node & { readonly value?: { low: number } | string; readonly parts?: readonly string[] })[]
    | null;
}
export interface Member extends Node {
  readonly name: Name;
  readonly flags: number;
  readonly type?: TypeNode | null;
  decorators: readonly Decorator[] | null;
}
export interface ClassNode extends Node {
  readonly name: Name;
  readonly members: Member[];
  readonly extendsType: TypeNode | null;
  readonly typeParameters: readonly unknown[] | null;
  decorators: readonly Decorator[] | null;
}
export interface Alias extends Node {
  readonly type: TypeNode;
}

const SCALARS: Readonly<Record<string, number>> = {
  ...{ u8: 1, i8: 1, bool: 1, u16: 2, i16: 2, u32: 4, i32: 4, usize: 4, isize: 4, u64: 8, i64: 8 },
};
/** A larger field would be better off as a static area, with its address in the structure. */
const MOST_BYTES = 0x10000;

interface Extent {
  readonly size: number;
  readonly align: number;
}

/** Sizes and offsets, found as they are asked for. */
export class StructLayouts {
  private readonly extents = new Map<ClassNode, Extent>();
  private readonly offsets = new Map<ClassNode, ReadonlyMap<string, number>>();
  /** Classes whose size is being found: one that comes up again lies inside of itself. */
  private readonly busy: ClassNode[] = [];

  constructor(
    private readonly compiler: Compiler,
    private readonly names: Names,
  ) {}

  /** By the fields' names; `sizeof`: how large it is. Undefined for bits of a number. */
  offsetsOf(c: ClassNode): ReadonlyMap<string, number> | undefined {
    return this.offsets.get(c);
  }

  extentOf({ node: c, source }: Meaning<ClassNode>): Extent {
    const known = this.extents.get(c);
    if (known) return known;
    if (this.busy.includes(c)) {
      const round = [...this.busy.slice(this.busy.indexOf(c)), c].map(({ name }) => name.text).join(' in ');
      fail(
        c.name,
        `'${c.name.text}' lies inside of itself (${round}): have a pointer there, a field without @embedded`,
      );
    }
    this.busy.push(c);
    const extent = this.measure(c, source);
    this.busy.pop();
    this.extents.set(c, extent);
    return extent;
  }

  private measure(c: ClassNode, source: Source): Extent {
    // As AssemblyScript keeps objects: it takes the number for a pointer.
    if (isWord(c)) return { size: 4, align: 4 };
    const drawing = argumentText(decorator(c, 'bits'));
    if (drawing !== undefined) {
      const bits = this.drawing(c, drawing).reduce((most, b) => Math.max(most, b.high + 1), 0);
      const size = bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
      return { size, align: size };
    }
    let [at, align] = [0, 1];
    const offsets = new Map<string, number>();
    if (c.extendsType) {
      const base = this.classOf(c.extendsType, source, c);
      ({ size: at, align } = this.extentOf(base));
      for (const [field, offset] of this.offsets.get(base.node) ?? [])
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
    return { size: at, align };
  }

  fieldsOf(c: ClassNode): Member[] {
    const { NodeKind, CommonFlags } = this.compiler;
    return c.members.filter((m) => m.kind === NodeKind.FieldDeclaration && !(m.flags & CommonFlags.Static));
  }

  extentOfField(m: Member, source: Source): Extent {
    if (!m.type) fail(m, `field '${m.name.text}' needs a type`);
    const elements = decorator(m, 'elements');
    const isInside = elements ?? decorator(m, 'embedded');
    if (isInside && m.type.isNullable)
      fail(m.type, `what lies inside of a structure is always there: without '| null'`);
    const extent = elements ? this.extentOfRow(m, m.type, elements, source) : this.extentOfOne(m, m.type, source);
    if (extent.size > MOST_BYTES)
      fail(
        isInside ?? m,
        `'${m.name.text}' has ${extent.size} bytes, and a field at most ${MOST_BYTES}: keep it in a static area, ` +
          'memory.data(size, alignment), and its address here',
      );
    return extent;
  }

  private extentOfOne(m: Member, type: TypeNode, source: Source): Extent {
    return decorator(m, 'embedded')
      ? this.extentOf(this.classOf(type, source, m))
      : this.extentOfType(type, source, type);
  }

  private extentOfRow(m: Member, type: TypeNode, elements: Decorator, source: Source): Extent {
    const count = this.names.valueOf(source, elements.args?.[0]) as number;
    const [of] = type.typeArguments ?? [];
    const list = type.name?.identifier.text;
    if (!of || (list !== 'Elements' && list !== 'Structs'))
      fail(m, '@elements is for fields of type Elements<number> or Structs<class> (kernels/lib/elements.ts)');
    const one = list === 'Structs' ? this.extentOf(this.classOf(of, source, m)) : this.extentOfType(of, source, of);
    if (one.size % one.align !== 0)
      fail(m, `an element of ${one.size} bytes, aligned to ${one.align}: add fields to fill it up`);
    return { size: one.size * count, align: one.align };
  }

  /** Of a field as AssemblyScript stores it: a number, or a pointer. */
  private extentOfType(type: TypeNode, source: Source, at: Node): Extent {
    const name = type.name?.identifier.text ?? '';
    const size = SCALARS[name];
    if (size !== undefined) return { size, align: size };
    if (name === 'f32' || name === 'f64') fail(at, 'guest code has no floating point: use integers');
    const meaning = this.meaningOf(type, source);
    if (meaning?.node.kind === this.compiler.NodeKind.TypeDeclaration)
      return this.extentOfType((meaning.node as Alias).type, meaning.source, at);
    if (meaning && isWord(meaning.node)) return this.extentOf(meaning as Meaning<ClassNode>);
    return { size: 4, align: 4 };
  }

  meaningOf({ name }: TypeNode, source: Source): Meaning | undefined {
    return name && this.names.find(source, name.identifier.text, name.next?.identifier.text);
  }

  classOf(type: TypeNode, source: Source, at: Node): Meaning<ClassNode> {
    const meaning = this.meaningOf(type, source);
    if (meaning?.node.kind === this.compiler.NodeKind.TypeDeclaration)
      return this.classOf((meaning.node as Alias).type, meaning.source, at);
    if (meaning?.node.kind !== this.compiler.NodeKind.ClassDeclaration) {
      const name = source.text.slice(type.range.start, type.range.end);
      fail(at, `'${name}' is no class that stands in this file or is imported: only structures lie inside of one`);
    }
    const { name } = meaning.node as ClassNode;
    if (isWord(meaning.node))
      fail(at, `'${name.text}' is a @word, a number itself: ${name.text} or Elements<${name.text}>`);
    return meaning as Meaning<ClassNode>;
  }

  drawing(c: ClassNode, text: string): Bit[] {
    try {
      return parseDrawing(text);
    } catch (error) {
      return fail(decorator(c, 'bits') as Decorator, (error as Error).message);
    }
  }

  isNumber(type: TypeNode, source: Source): boolean {
    const { NodeKind } = this.compiler;
    if (SCALARS[type.name?.identifier.text ?? '']) return true;
    const meaning = this.meaningOf(type, source);
    if (meaning?.node.kind === NodeKind.TypeDeclaration)
      return this.isNumber((meaning.node as Alias).type, meaning.source);
    return meaning?.node.kind === NodeKind.EnumDeclaration;
  }
}

export function fail(at: Node, message: string): never {
  throw errorAtNode(at, message);
}

export const decorator = (m: { decorators: readonly Decorator[] | null }, name: string): Decorator | undefined =>
  m.decorators?.find((d) => d.name.text === name);

export const isWord = (node: Node): boolean => !!decorator(node as ClassNode, 'word');
export function argumentText(d: Decorator | undefined): string | undefined {
  const arg = d?.args?.[0];
  if (!arg) return undefined;
  return typeof arg.value === 'string' ? arg.value : arg.parts?.join('');
}
