// Where everything lies in an image, in linear addresses:
//
//   base                  text: stubs, then compiled functions
//   next page             rodata: jump tables, the table of function pointers, read-only data of stubs
//   ... up to staticData  data: globals, then data of stubs; it ends where the static data begin
//   staticData            data: AssemblyScript's static data, at addresses that were fixed when it was compiled
//   next page             bss of stubs, then the static areas of zeros
//
// Every section starts on a page of its own. Text and rodata must end before the data begin.
import { SECTIONS, type Section } from '../assembler/assembler.js';
import { type ImageDefinition, loadOf, PAGE, staticDataOf } from '../image.js';
import { type Chunk, LinkError } from './chunk.js';

export interface StaticData {
  readonly segments: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  /** First address behind all static data, zero areas included. */
  readonly end: number;
}

export interface PlacedChunk {
  readonly chunk: Chunk;
  readonly address: number;
}

export interface SectionBounds {
  readonly start: number;
  /** Behind the last byte used. */
  readonly end: number;
}

export interface Layout {
  readonly sections: Readonly<Record<Section, SectionBounds>>;
  readonly chunks: readonly PlacedChunk[];
  /** Linker constants (kernels/lib/linker.ts). */
  readonly constants: ReadonlyMap<string, number>;
}

const pageUp = (address: number): number => Math.ceil(address / PAGE) * PAGE;

/** @param layoutSeed 0: in the order in which they were compiled; else movable chunks in an order that it determines */
export function layOut(d: ImageDefinition, given: readonly Chunk[], data: StaticData, layoutSeed = 0): Layout {
  const chunks = layoutSeed === 0 ? given : permuted(given, layoutSeed);
  const placed: PlacedChunk[] = [];
  const place = (section: Section, start: number): number => {
    let at = start;
    for (const chunk of chunks) {
      if (chunk.section !== section) continue;
      at = Math.ceil(at / chunk.code.align) * chunk.code.align;
      placed.push({ chunk, address: at });
      at += chunk.code.bytes.length;
    }
    return at;
  };
  const textEnd = place('text', d.base);
  const rodataStart = pageUp(textEnd);
  const rodataEnd = place('rodata', rodataStart);
  const staticData = staticDataOf(d);
  const ownData = pageUp(sizeOf(chunks, 'data'));
  const dataStart = staticData - ownData;
  if (pageUp(rodataEnd) > dataStart) {
    const needed = pageUp(rodataEnd) - d.base + ownData;
    throw new LinkError(
      `image '${d.name}': text and rodata need more than the address space set aside for them; ` +
        `set textSpace: 0x${needed.toString(16)} or more in its definition`,
    );
  }
  place('data', dataStart);
  const dataEnd = Math.max(staticData, data.end);
  const bssStart = pageUp(dataEnd);
  const bssEnd = place('bss', bssStart);
  if (pageUp(bssEnd) > 2 ** 32) throw new LinkError(`image '${d.name}' does not end below 4 GiB`);
  const sections = {
    text: { start: d.base, end: textEnd },
    rodata: { start: rodataStart, end: rodataEnd },
    data: { start: dataStart, end: dataEnd },
    bss: { start: bssStart, end: bssEnd },
  };
  const constants = new Map<string, number>();
  for (const [name, { start, end }] of Object.entries(sections)) {
    constants.set(`__${name}_start`, start);
    constants.set(`__${name}_end`, pageUp(end) >>> 0);
  }
  constants.set('__image_end', pageUp(bssEnd) >>> 0);
  constants.set('__load_offset', (d.base - loadOf(d)) >>> 0);
  return { sections, chunks: placed, constants };
}

/** Movable chunks exchange their places among themselves, section by section. */
function permuted(chunks: readonly Chunk[], seed: number): Chunk[] {
  const out = [...chunks];
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  const below = (n: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
  for (const section of SECTIONS) {
    const places = out.flatMap((c, i) => (c.movable && c.section === section ? [i] : []));
    for (let n = places.length; n > 1; n--) {
      const [i, k] = [places[n - 1], places[below(n)]];
      [out[i], out[k]] = [out[k], out[i]];
    }
  }
  return out;
}

function sizeOf(chunks: readonly Chunk[], section: Section): number {
  let size = 0;
  for (const { section: s, code } of chunks)
    if (s === section) size = Math.ceil(size / code.align) * code.align + code.bytes.length;
  return size;
}
