// A linked image as an ELF32 executable for IA-32 (System V ABI, Intel386 supplement), with the multiboot header
// (multiboot 0.6.96, section 3.1) in kernels. p_vaddr is linear, p_paddr physical.
//
// The file: ELF header, program headers, multiboot header, note, then the sections' bytes, each at an offset congruent
// to its address modulo the page size; symbol table, string tables and section headers at the end.
import { loadOf, PAGE } from '../image.js';
import type { LinkedImage, LinkedSymbol } from './link.js';
import { noteOf } from './note.js';

const HEADER = 52;
const PROGRAM_HEADER = 32;
const SECTION_HEADER = 40;
const SYMBOL = 16;
const PT_LOAD = 1;
const PT_NOTE = 4;
const [X, W, R] = [1, 2, 4];
const SHT = { progbits: 1, symtab: 2, strtab: 3, note: 7, nobits: 8 };
const [SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR] = [1, 2, 4];

interface Part {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly address: number;
  readonly memorySize: number;
  readonly type: number;
  readonly flags: number;
  offset: number;
  link?: number;
  info?: number;
  entrySize?: number;
}

export function writeElf(image: LinkedImage): Uint8Array {
  const { sections } = image.layout;
  const { contents } = image;
  const part = (name: string, bytes: Uint8Array, address: number, type: number, flags: number): Part => ({
    name,
    bytes,
    address,
    memorySize: bytes.length,
    type,
    flags,
    offset: 0,
  });
  const note = part('.note.crossings', noteOf(image), 0, SHT.note, 0);
  const loaded = [
    part('.text', contents.text, sections.text.start, SHT.progbits, SHF_ALLOC | SHF_EXECINSTR),
    part('.rodata', contents.rodata, sections.rodata.start, SHT.progbits, SHF_ALLOC),
    part('.data', withoutTrailingZeros(contents.data), sections.data.start, SHT.progbits, SHF_ALLOC | SHF_WRITE),
  ].filter((p) => p.bytes.length > 0);
  const bss = { ...part('.bss', new Uint8Array(0), sections.bss.start, SHT.nobits, SHF_ALLOC | SHF_WRITE) };
  const bssSize = sections.bss.end - sections.bss.start;
  const names = [...loaded.map((p) => p.name), '.bss'];
  const strings = new StringTable();
  const symbols = symbolTable(image.symbols, strings, (section) => names.indexOf(`.${section}`) + 2);
  const symtab = { ...part('.symtab', symbols.bytes, 0, SHT.symtab, 0), info: symbols.locals, entrySize: SYMBOL };
  const strtab = part('.strtab', strings.bytes(), 0, SHT.strtab, 0);
  const parts: Part[] = [note, ...loaded, { ...bss, memorySize: bssSize }, symtab, strtab];
  symtab.link = parts.indexOf(strtab) + 1;

  const zeroStart = loaded.some((p) => p.name === '.data') ? undefined : sections.data.start;
  const zeroSize = zeroStart === undefined ? 0 : Math.max(sections.bss.end, sections.data.end) - zeroStart;
  const programHeaders = loaded.length + 1 + (zeroSize > 0 ? 1 : 0);
  const multiboot = HEADER + programHeaders * PROGRAM_HEADER;
  let at = multiboot + (image.definition.kind === 'kernel' ? 12 : 0);
  for (const p of parts) {
    if (p.address > 0) at += (p.address - at) & (PAGE - 1);
    else at = (at + 3) & ~3;
    p.offset = at;
    at += p.bytes.length;
  }
  const shstrtab = new StringTable();
  const sectionNames = [...parts.map((p) => p.name), '.shstrtab'].map((name) => shstrtab.add(name));
  const namesPart = { ...part('.shstrtab', shstrtab.bytes(), 0, SHT.strtab, 0), offset: at };
  at = (at + namesPart.bytes.length + 3) & ~3;

  const out = new Uint8Array(at + SECTION_HEADER * (parts.length + 2));
  const view = new DataView(out.buffer);
  for (const p of [...parts, namesPart]) out.set(p.bytes, p.offset);
  writeHeader(view, image.entry, programHeaders, at, parts.length + 2);
  writeProgramHeaders(view, image, note, loaded, zeroSize);
  if (image.definition.kind === 'kernel') writeMultiboot(view, multiboot);
  for (const [i, p] of [...parts, namesPart].entries())
    words(view, at + SECTION_HEADER * (i + 1), [
      sectionNames[i],
      p.type,
      p.flags,
      p.address,
      p.offset,
      p.memorySize,
      p.link ?? 0,
      p.info ?? 0,
      p.address > 0 ? PAGE : 4,
      p.entrySize ?? 0,
    ]);
  return out;
}

function withoutTrailingZeros(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.findLastIndex((b) => b !== 0) + 1);
}

function words(view: DataView, at: number, values: number[]): void {
  for (const [i, v] of values.entries()) view.setUint32(at + 4 * i, v, true);
}

function writeHeader(
  view: DataView,
  entry: number,
  programHeaders: number,
  sectionsAt: number,
  sections: number,
): void {
  words(view, 0, [0x464c457f, 0x00010101]);
  words(view, 16, [(3 << 16) | 2, 1, entry, HEADER, sectionsAt, 0]); // ET_EXEC, EM_386, version, entry, tables, flags
  const halves = [HEADER, PROGRAM_HEADER, programHeaders, SECTION_HEADER, sections, sections - 1];
  for (const [i, v] of halves.entries()) view.setUint16(40 + 2 * i, v, true);
}

function writeProgramHeaders(view: DataView, image: LinkedImage, note: Part, loaded: Part[], zeroSize: number): void {
  const { base } = image.definition;
  const { bss, data } = image.layout.sections;
  const physical = (address: number) => (address - base + loadOf(image.definition)) >>> 0;
  const rows = loaded.map((p) => {
    const flags = R | (p.flags & SHF_WRITE ? W : 0) | (p.flags & SHF_EXECINSTR ? X : 0);
    const size = p.name === '.data' ? Math.max(bss.end, data.end) - data.start : p.bytes.length;
    return [PT_LOAD, p.offset, p.address, physical(p.address), p.bytes.length, size, flags, PAGE];
  });
  if (zeroSize > 0) rows.push([PT_LOAD, 0, data.start, physical(data.start), 0, zeroSize, R | W, PAGE]);
  rows.push([PT_NOTE, note.offset, 0, 0, note.bytes.length, note.bytes.length, R, 4]);
  for (const [i, row] of rows.entries()) words(view, HEADER + i * PROGRAM_HEADER, row);
}

/** Magic, flags (modules on page boundaries, memory information), checksum. */
function writeMultiboot(view: DataView, at: number): void {
  const [magic, flags] = [0x1badb002, 3];
  words(view, at, [magic, flags, -(magic + flags)]);
}

class StringTable {
  private readonly pieces: Uint8Array[] = [new Uint8Array(1)];
  private size = 1;
  add(text: string): number {
    const at = this.size;
    const bytes = new TextEncoder().encode(`${text}\0`);
    this.pieces.push(bytes);
    this.size += bytes.length;
    return at;
  }
  bytes(): Uint8Array {
    const out = new Uint8Array(this.size);
    let at = 0;
    for (const p of this.pieces) {
      out.set(p, at);
      at += p.length;
    }
    return out;
  }
}

/** Local symbols come first, as the ABI wants; `locals` is the index of the first global one. */
function symbolTable(symbols: readonly LinkedSymbol[], strings: StringTable, indexOf: (section: string) => number) {
  const ordered = [...symbols.filter((s) => !s.global), ...symbols.filter((s) => s.global)];
  const bytes = new Uint8Array(SYMBOL * (ordered.length + 1));
  const view = new DataView(bytes.buffer);
  for (const [i, s] of ordered.entries()) {
    const at = SYMBOL * (i + 1);
    words(view, at, [strings.add(s.name), s.address, s.size]);
    view.setUint8(at + 12, ((s.global ? 1 : 0) << 4) | (s.section === 'text' ? 2 : 1));
    view.setUint16(at + 14, indexOf(s.section), true);
  }
  return { bytes, locals: 1 + ordered.filter((s) => !s.global).length };
}
