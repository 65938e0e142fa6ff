// What structures of kernels need and AssemblyScript lacks, as a transform of its syntax tree. Decorators on the fields
// of `@unmanaged` classes say it, so that editors check the source as plain TypeScript (guest.d.ts declares them;
// decorators.ts has looked at where they stand):
//
//   @embedded frame: TrapFrame          the structure itself lies here, not a pointer to it
//   @elements(16) files: Elements<u32>  16 numbers lie here; Structs<T> for structures
//   @volatile status: u32               every access is one access of memory, and stays
//   @offset(12) flags: u32              the build fails unless the field lies there
//   @size(48) class ...                 ... unless the class is so large
//   @bits(`drawing`) class ...          fields are bits of one number, as in a manual's drawing (bits.ts)
//   @word @bits(`drawing`) class ...    ... of a value: an object of the class is the number itself
//
// A field of the first two kinds becomes unnamed storage of the same size, and an accessor that gives its address; one of
// the third kind an accessor pair.

import type { Layouts } from '../assembler/index.js';
import { accessors } from './bits.js';
import { isOwn } from './decorators.js';
import { type Bit, isNamed } from './drawing.js';
import type { Meaning, Names } from './names.js';
import {
  type Alias,
  argumentText,
  type ClassNode,
  type Decorator,
  decorator,
  fail,
  isWord,
  type Member,
  StructLayouts,
  type TypeNode,
} from './struct-layouts.js';
import { type Compiler, type Node, ownSources, type Parser, parse, parseAt, type Source, walk } from './syntax.js';

interface Call extends Node {
  readonly expression?: { readonly text?: string };
  readonly typeArguments?: readonly TypeNode[] | null;
  readonly args?: readonly (Node & { value?: unknown })[];
}

/** Rewrites the classes; the layouts of all structures, as they were written, by the names of their classes. */
export function makeStructs(compiler: Compiler, parser: Parser, names: Names): Layouts['structures'] {
  return new StructMaker(compiler, ownSources(parser), names).run();
}

class StructMaker {
  private readonly layouts: StructLayouts;

  constructor(
    private readonly compiler: Compiler,
    private readonly sources: readonly Source[],
    private readonly names: Names,
  ) {
    this.layouts = new StructLayouts(compiler, names);
  }

  run(): Layouts['structures'] {
    const all = this.sources.flatMap((source) => this.classesOf(source).map((node) => ({ source, node })));
    const byName = new Map<string, number>();
    for (const { node } of all) byName.set(node.name.text, (byName.get(node.name.text) ?? 0) + 1);
    // Sizes first: they come from the fields as they were written.
    const wanted = all.filter(({ node }) =>
      [node, ...node.members].some((m) => m.decorators?.some((d) => isOwn(d.name.text))),
    );
    for (const c of all) if (!c.node.typeParameters) this.layouts.extentOf(c);
    for (const source of this.sources) if (source.text.includes('offsetof')) this.renameOffsets(source);
    for (const { source, node } of wanted) this.rewrite(node, source);
    return new Map(
      all.map(({ node }) => [
        node.name.text,
        (byName.get(node.name.text) as number) > 1 ? 'ambiguous' : (this.layouts.offsetsOf(node) ?? new Map()),
      ]),
    );
  }

  private classesOf(source: Source): ClassNode[] {
    return source.statements.filter((s) => s.kind === this.compiler.NodeKind.ClassDeclaration) as ClassNode[];
  }

  /** `offsetof<C>('field')` of a field that becomes storage: that of the storage. */
  private renameOffsets(source: Source): void {
    walk(source.statements, (node) => {
      const { expression, typeArguments, args } = node as Call;
      const [type, name] = [typeArguments?.[0], args?.[0]];
      if (expression?.text !== 'offsetof' || !type || typeof name?.value !== 'string') return node;
      const field = name.value;
      let c = this.layouts.meaningOf(type, source) as Meaning<ClassNode> | undefined;
      while (c?.node.kind === this.compiler.NodeKind.ClassDeclaration) {
        const member = this.layouts.fieldsOf(c.node).find((m) => m.name.text === field);
        if (member && decorator(c.node, 'bits')) fail(name, `'${field}' is bits of a number, and has no offset`);
        if (member && isStored(member)) name.value = `${field}__0`;
        c = member || !c.node.extendsType ? undefined : this.layouts.classOf(c.node.extendsType, c.source, node);
      }
      return node;
    });
  }

  // Rewriting

  private rewrite(c: ClassNode, source: Source): void {
    const check = (where: Decorator, test: string, message: string) => {
      source.statements.push(...parseAt(this.compiler, `if (${test}) ERROR(${JSON.stringify(message)});`, where));
    };
    const name = c.name.text;
    const bytes = (d: Decorator) => this.names.valueOf(source, d.args?.[0]) as number;
    if (c.typeParameters)
      fail(c.name, `'${name}' is generic: its layout is not known here, so it can have no such decorators`);
    const size = decorator(c, 'size');
    const drawing = argumentText(decorator(c, 'bits'));
    if (size && isWord(c)) fail(size, '@size is for memory, and an object of a @word class is a number');
    if (size) {
      const now = this.layouts.extentOf({ node: c, source }).size;
      check(size, `offsetof<${name}>() != ${bytes(size)}`, `${name} is not ${bytes(size)} bytes but ${now}`);
    }
    if (isWord(c) && drawing === undefined)
      fail(c.name, '@word is for classes with @bits: what else would the number be?');
    if (drawing !== undefined) this.makeBits(c, source, this.layouts.drawing(c, drawing));
    for (const m of drawing === undefined ? this.layouts.fieldsOf(c) : []) {
      const offset = decorator(m, 'offset');
      const field = m.name.text;
      const stored = isStored(m);
      if (offset) {
        const [at, now] = [bytes(offset), this.layouts.offsetsOf(c)?.get(field)];
        const own = stored ? `${field}__0` : field;
        const message = `${name}.${field} does not lie at ${at} but at ${now}`;
        check(offset, `offsetof<${name}>(${JSON.stringify(own)}) != ${at}`, message);
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
    const { size } = this.layouts.extentOfField(m, source);
    const from = this.layouts.offsetsOf(c)?.get(field) as number;
    if (!decorator(m, 'volatile'))
      return this.members(
        `${storageUnits(field, from, size)} get ${field}(): ${typeText} { return changetype<${typeText}>(${at}); }`,
        m,
      );
    if (size > 4 || !this.layouts.isNumber(type, source)) fail(m, '@volatile is for numbers of at most 32 bits');
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
      `${field}__0: u${bits}; get ${field}(): ${typeText} { return <${typeText}>${load}(${at}); }` +
        ` set ${field}(value: ${typeText}) { ${store}(${at}, <u32>value); }`,
      m,
    );
  }

  private makeBits(c: ClassNode, source: Source, bits: readonly Bit[]): void {
    if (c.extendsType) fail(c.extendsType, 'a class with @bits is one number, and extends no other');
    const fields = this.layouts.fieldsOf(c);
    const code = fields.map((m) => {
      const field = m.name.text;
      const bit = bits.find((b) => b.name === field);
      if (!bit)
        fail(
          m,
          `'${field}' is not in the drawing; there are: ${bits
            .filter(isNamed)
            .map((b) => b.name)
            .join(', ')}`,
        );
      const own = m.decorators?.find((d) => isOwn(d.name.text));
      if (own) fail(own, `@${own.name.text} is for fields of memory, and '${field}' is bits of a number`);
      if (!m.type) fail(m, `field '${field}' needs a type`);
      this.checkBits(bit, m.type, source);
      return accessors(
        bit,
        source.text.slice(m.type.range.start, m.type.range.end),
        this.layouts.extentOf({ node: c, source }).size,
        isWord(c),
      );
    });
    for (const m of fields) c.members.splice(c.members.indexOf(m), 1);
    const storage = isWord(c) ? '' : `bits__: u${8 * this.layouts.extentOf({ node: c, source }).size};`;
    c.members.unshift(...this.members([storage, ...code].join(' '), c));
  }

  /** Can the type hold the bits, and say no more than they do? */
  private checkBits({ name, high, low }: Bit, type: TypeNode, source: Source): void {
    const { NodeKind } = this.compiler;
    const width = high - low + 1;
    let meant = { type, source };
    for (let m = this.layouts.meaningOf(type, source); m; m = this.layouts.meaningOf(meant.type, meant.source)) {
      if (m.node.kind === NodeKind.EnumDeclaration) return;
      if (m.node.kind !== NodeKind.TypeDeclaration) break;
      meant = { type: (m.node as Alias).type, source: m.source };
    }
    const most = { bool: 1, u8: 8, u16: 16, u32: 32, usize: 32 }[meant.type.name?.identifier.text ?? ''] ?? 0;
    if (width > most)
      fail(
        type,
        `'${name}' has ${width} bit${width > 1 ? 's' : ''} (${high === low ? low : `${high}..${low}`}): its type can be ` +
          `${width === 1 ? 'bool, ' : ''}${[8, 16, 32]
            .filter((n) => n >= width)
            .map((n) => `u${n}`)
            .join(', ')} or an enum`,
      );
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

const isStored = (m: Member): boolean => ['embedded', 'elements', 'volatile'].some((name) => decorator(m, name));

/** Fields that take up `size` bytes from an offset on: few, since large rows are common. */
function storageUnits(field: string, from: number, size: number): string {
  const units: string[] = [];
  for (let at = from; at < from + size; ) {
    const unit = [8, 4, 2, 1].find((n) => at % n === 0 && at + n <= from + size) as number;
    units.push(`${field}__${units.length}: u${8 * unit};`);
    at += unit;
  }
  return units.join(' ');
}

const withoutOwn = (all: readonly Decorator[] | null): readonly Decorator[] | null => {
  const left = all?.filter((d) => !isOwn(d.name.text)) ?? [];
  return left.length > 0 ? left : null;
};
