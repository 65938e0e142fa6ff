// The linker's unit: a run of bytes of one section, with its labels and the places to fill in.

import type { Section } from '../assembler/assembler.js';
import type { Assembled, StubCode } from '../assembler/index.js';

export interface Chunk {
  readonly section: Section;
  readonly code: Assembled;
  /** Labels that are not global are seen by chunks of the same scope only. */
  readonly scope: string;
  readonly globals: ReadonlySet<string>;
  /** For messages: who wrote it. */
  readonly origin: string;
  /** May stand anywhere in its section: a layout seed decides. Stubs stay in the order of their modules. */
  readonly movable?: boolean;
}

/** What cannot be linked: undefined or doubly defined symbols, sections that do not fit. */
export class LinkError extends Error {
  override name = 'LinkError';
  /** A symbol that is not defined, and who uses it: a chunk's origin, and the place in the WebAssembly code, if it has one. */
  undefinedSymbol?: { readonly name: string; readonly user: string; readonly position?: number };
}

export function stubChunks(stubs: StubCode): Chunk[] {
  const origin = `stubs '${stubs.name}'`;
  return stubs.sections.map(({ section, code }) => ({ section, code, scope: origin, globals: stubs.globals, origin }));
}
