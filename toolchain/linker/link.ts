// The linker: chunks to an image. It places them, resolves symbols, fills in relocations, and collects what the note
// and the symbol table say.
import type { Section } from '../assembler/assembler.js';
import { type ImageDefinition, PAGE } from '../image.js';
import { type Chunk, LinkError } from './chunk.js';
import { type Layout, layOut, type PlacedChunk, type StaticData } from './layout.js';

export interface LinkedSymbol {
  readonly name: string;
  readonly address: number;
  readonly section: Section;
  readonly size: number;
  readonly global: boolean;
}

export interface LinkedImage {
  readonly definition: ImageDefinition;
  readonly layout: Layout;
  readonly entry: number;
  /** Contents of text, rodata and data from the section's start; bss is zero. */
  readonly contents: Readonly<Record<'text' | 'rodata' | 'data', Uint8Array>>;
  readonly symbols: readonly LinkedSymbol[];
  /** Hook symbols by linear address, in the order of addresses. */
  readonly hooks: readonly (readonly [string, number])[];
  /** Linear address of an instruction and its place in the WebAssembly code, in order. */
  readonly lines: readonly (readonly [number, number])[];
}

/** @param layoutSeed permutes functions, globals and static areas; 0 leaves them as they were compiled */
export function link(d: ImageDefinition, chunks: readonly Chunk[], data: StaticData, layoutSeed = 0): LinkedImage {
  const layout = layOut(d, chunks, data, layoutSeed);
  const symbols = new Symbols(d, layout);
  const contents = {
    text: fill(layout, 'text', d.kind === 'kernel' ? 0xcc : 0x90),
    rodata: fill(layout, 'rodata', 0),
    data: fill(layout, 'data', 0),
  };
  for (const { address, bytes } of data.segments) contents.data.set(bytes, address - layout.sections.data.start);
  for (const placed of layout.chunks) {
    const { section } = placed.chunk;
    if (section !== 'bss') relocate(placed, contents[section], layout.sections[section].start, symbols);
    else if (placed.chunk.code.bytes.some((b) => b !== 0))
      throw new LinkError(`${placed.chunk.origin}: bss holds bytes that are not zero`);
  }
  return {
    definition: d,
    layout,
    entry: symbols.resolve(d.start, undefined, `start of image '${d.name}'`),
    contents,
    symbols: symbols.list(),
    hooks: hooksOf(d, layout, symbols),
    lines: layout.chunks.flatMap(({ chunk, address }) => chunk.code.lines.map(([at, p]) => [address + at, p] as const)),
  };
}

class Symbols {
  private readonly globals = new Map<string, { address: number; origin: string }>();
  private readonly locals = new Map<string, Map<string, number>>();
  private readonly all: LinkedSymbol[] = [];

  constructor(
    private readonly d: ImageDefinition,
    layout: Layout,
  ) {
    for (const [name, address] of layout.constants) this.globals.set(name, { address, origin: 'linker' });
    for (const placed of layout.chunks) this.define(placed);
  }

  private define({ chunk, address }: PlacedChunk): void {
    const { labels, bytes } = chunk.code;
    for (const [index, { name, offset }] of labels.entries()) {
      const at = address + offset;
      const global = chunk.globals.has(name);
      if (global) {
        const other = this.globals.get(name);
        if (other) throw new LinkError(`symbol '${name}' is defined twice: by ${other.origin} and by ${chunk.origin}`);
        this.globals.set(name, { address: at, origin: chunk.origin });
      } else {
        const scope = this.locals.get(chunk.scope) ?? new Map<string, number>();
        this.locals.set(chunk.scope, scope);
        scope.set(name, at);
      }
      if (name.startsWith('.')) continue;
      const end =
        labels.slice(index + 1).find((l) => !l.name.startsWith('.') && l.offset > offset)?.offset ?? bytes.length;
      this.all.push({ name, address: at, section: chunk.section, size: end - offset, global });
    }
  }

  /** @param position of the use in the WebAssembly code */
  resolve(name: string, scope: string | undefined, user: string, position?: number): number {
    const local = scope === undefined ? undefined : this.locals.get(scope)?.get(name);
    const address = local ?? this.globals.get(name)?.address;
    if (address !== undefined) return address;
    const error = new LinkError(
      `symbol '${name}', used by ${user}, is not defined: ` +
        `define it in a stub with global('${name}'), or export it from ${this.d.entry}`,
    );
    error.undefinedSymbol = { name, user, position };
    throw error;
  }

  list(): LinkedSymbol[] {
    return this.all.toSorted((a, b) => a.address - b.address || (a.name < b.name ? -1 : 1));
  }
}

function fill(layout: Layout, section: Section, byte: number): Uint8Array {
  const { start, end } = layout.sections[section];
  return new Uint8Array(end - start).fill(byte);
}

function relocate({ chunk, address }: PlacedChunk, out: Uint8Array, start: number, symbols: Symbols): void {
  const { bytes, relocations } = chunk.code;
  out.set(bytes, address - start);
  const view = new DataView(out.buffer);
  for (const r of relocations) {
    const place = address + r.offset;
    const line = chunk.code.lines.findLast(([at]) => at <= r.offset);
    const target = symbols.resolve(r.symbol, chunk.scope, chunk.origin, line?.[1]) + r.addend;
    view.setInt32(place - start, (r.kind === 'abs32' ? target : target - place) | 0, true);
  }
}

function hooksOf(d: ImageDefinition, layout: Layout, symbols: Symbols): [string, number][] {
  const hooks: [string, number][] = [];
  const page = d.sharedPage && symbols.resolve(d.sharedPage.symbol, undefined, `sharedPage of image '${d.name}'`);
  for (const { chunk, address } of layout.chunks)
    for (const { name, offset } of chunk.code.hooks) {
      const at = address + offset;
      hooks.push([name, at]);
      if (d.sharedPage && page !== undefined && at >= page && at < page + PAGE)
        hooks.push([name, d.sharedPage.at + (at - page)]);
    }
  return hooks.sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
}
