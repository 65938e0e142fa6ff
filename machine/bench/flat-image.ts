/**
 * A flat multiboot image out of one stub module: header with load addresses, then its sections one behind another, all
 * at their physical addresses. For guests of a few dozen instructions, in tests and benchmarks; kernels go through the
 * linker.
 */
import { type Assembler, type StubCode, type Stubs, sym } from '../../toolchain/assembler/index.js';

export interface FlatImage {
  readonly bytes: Uint8Array;
  /** Physical (and linear) address of each label. */
  readonly symbols: ReadonlyMap<string, number>;
  /** Hook symbols, for those who want to watch. */
  readonly hooks: readonly (readonly [name: string, address: number])[];
}

const MAGIC = 0x1badb002;
const LOAD_ADDRESSES = 0x10000;
const HEADER_BYTES = 32;

/**
 * @param entry label of the first instruction
 * @param base physical address of the image's first byte
 * @throws Error naming an undefined symbol
 */
export function flatImage(stubs: Stubs, entry: string, base = 0x100000): FlatImage {
  const { sections } = stubs.assemble();
  const starts: number[] = [];
  let end = base + HEADER_BYTES;
  for (const { code } of sections) {
    end = Math.ceil(end / Math.max(16, code.align)) * Math.max(16, code.align);
    starts.push(end);
    end += code.bytes.length;
  }
  const symbols = labelsOf(sections, starts, 'labels');
  const find = (name: string): number => {
    const address = symbols.find(([label]) => label === name)?.[1];
    if (address === undefined) throw new Error(`stubs '${stubs.name}': symbol '${name}' is not defined`);
    return address;
  };
  const bytes = new Uint8Array(end - base);
  const view = new DataView(bytes.buffer);
  const header = [MAGIC, LOAD_ADDRESSES, -(MAGIC + LOAD_ADDRESSES), base, base, end, end, find(entry)];
  header.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  sections.forEach(({ code }, i) => {
    bytes.set(code.bytes, starts[i] - base);
    for (const { offset, kind, symbol, addend } of code.relocations) {
      const place = starts[i] + offset;
      view.setUint32(place - base, find(symbol) + addend - (kind === 'rel32' ? place : 0), true);
    }
  });
  return { bytes, symbols: new Map(symbols), hooks: labelsOf(sections, starts, 'hooks') };
}

function labelsOf(
  sections: StubCode['sections'],
  starts: readonly number[],
  list: 'labels' | 'hooks',
): (readonly [string, number])[] {
  return sections.flatMap(({ code }, i) => code[list].map(({ name, offset }) => [name, starts[i] + offset] as const));
}

/**
 * Tables of a guest's own, as data: a GDT with flat code at 08h and data at 10h, an empty IDT, and what LGDT and LIDT take
 * (`gdtPointer`, `idtPointer`).
 */
export function flatTables(a: Assembler): void {
  a.align(8);
  a.label('gdt');
  a.dd(0, 0, 0xffff, 0x00cf9b00, 0xffff, 0x00cf9300);
  a.label('gdtPointer');
  a.dw(23);
  a.dd(sym('gdt'));
  a.label('idtPointer');
  a.dw(256 * 8 - 1);
  a.dd(sym('idt'));
  a.align(8);
  a.label('idt');
  a.space(256 * 8);
}
