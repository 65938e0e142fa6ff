// One image definition to an ELF file, in two steps: AssemblyScript and back end make objects, and the linker makes an
// image of them, in one layout or another.
import { basename, dirname } from 'node:path/posix';
import { readModule, WasmError, type WasmModule } from '../backend/wasm.js';
import { type DebugInfo, debugOf } from '../debug/info.js';
import { SourceMap } from '../debug/source-map.js';
import { type ImageDefinition, staticDataOf } from '../image.js';
import { type Chunk, LinkError, stubChunks } from '../linker/chunk.js';
import { writeElf } from '../linker/elf.js';
import type { StaticData } from '../linker/layout.js';
import { type LinkedImage, link } from '../linker/link.js';
import { mapOf } from '../linker/map.js';
import { MODULE_START, moduleChunks, runtimeChunks } from '../linker/objects.js';
import { compileAssemblyScript } from './asc.js';
import { CompileError, errorAt, type Place, placeIn } from './compile-error.js';
import type { FunctionTable } from './functions.js';
import { assembleStubs, useInStubs } from './stub-errors.js';

/** Everything that a link needs; plain data, apart from the stubs of the definition, which are chunks already. */
export interface ImageObjects {
  readonly definition: ImageDefinition;
  readonly chunks: readonly Chunk[];
  readonly data: StaticData;
  /** JSON. */
  readonly sourceMap: string;
}

export interface CompiledObjects {
  readonly objects: ImageObjects;
  /** Project files that determine the image, with their contents; null for files that were looked for and not found. */
  readonly reads: ReadonlyMap<string, string | null>;
}

export interface BuiltImage {
  readonly elf: Uint8Array;
  readonly linked: LinkedImage;
  /** Sizes and places of sections and symbols, as text. */
  readonly map: string;
  /** Functions, frames and lines by address. */
  readonly debug: DebugInfo;
}

export async function compileObjects(d: ImageDefinition, root: string): Promise<CompiledObjects> {
  const memoryBase = staticDataOf(d);
  const aliases = d.aliases ?? {};
  const { wasm, sourceMap, reads, dataEnd, tables, layouts } = await compileAssemblyScript({
    root,
    entry: d.entry,
    aliases,
    memoryBase,
  });
  const module = readModule(wasm);
  checkData(d, module, memoryBase);
  const stubs = assembleStubs(d, root, layouts).flatMap(stubChunks);
  const compiled = compileModule(d, module, tables, new SourceMap(sourceMap), reads);
  if (module.start !== undefined) checkStart(d, module, stubs);
  const chunks = [...stubs, ...compiled];
  const data = { segments: module.data, end: dataEnd };
  const definition = { ...d, stubs: [] };
  return { objects: { definition, chunks: [...chunks, ...runtimeChunks(chunks)], data, sourceMap }, reads };
}

/** @param layoutSeed permutes functions, globals and static areas; 0: the order in which they were compiled */
export function linkObjects(objects: ImageObjects, layoutSeed = 0): BuiltImage {
  const linked = link(objects.definition, objects.chunks, objects.data, layoutSeed);
  const debug = debugOf(linked, new SourceMap(objects.sourceMap));
  return { elf: writeElf(linked), linked, map: mapOf(linked), debug };
}

export type CompiledImage = BuiltImage & CompiledObjects;

export async function compileImage(d: ImageDefinition, root: string): Promise<CompiledImage> {
  const compiled = await compileObjects(d, root);
  try {
    return { ...linkObjects(compiled.objects), ...compiled };
  } catch (error) {
    throw (error instanceof LinkError && locatedLink(error, d, root, compiled)) || error;
  }
}

/** An undefined symbol, with the place of its first use. */
function locatedLink(
  error: LinkError,
  d: ImageDefinition,
  root: string,
  { objects, reads }: CompiledObjects,
): CompileError | undefined {
  const { name, user, position } = error.undefinedSymbol ?? {};
  if (name === undefined) return undefined;
  if (user?.startsWith('stubs')) {
    const use = useInStubs(d, root, name);
    return (
      use && new CompileError(use.message.replace(/stubs '[^']*': symbol '[^']*' is not defined/, () => error.message))
    );
  }
  const place = position === undefined ? undefined : new SourceMap(objects.sourceMap).inProject(position);
  return place && errorAt(place, error.message, reads.get(place.file)?.split('\n')[place.line - 1]);
}

function compileModule(
  d: ImageDefinition,
  module: WasmModule,
  tables: readonly FunctionTable[],
  sourceMap: SourceMap,
  reads: ReadonlyMap<string, string | null>,
): Chunk[] {
  try {
    return moduleChunks(module, tables);
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    const at = error.cause as { function: string; position: number } | undefined;
    const place = at && (sourceMap.inProject(at.position) ?? declarationOf(at.function, reads));
    if (!place) throw new CompileError(`${d.entry}: ${error.message}${at ? ` (in ${at.function})` : ''}`);
    const text = reads.get(place.file)?.split('\n')[place.line - 1];
    throw errorAt(place, `${error.message} (in ${at.function})`, text);
  }
}

/** Where a function `file/name` is declared: for code that all came from the library. */
function declarationOf(name: string, reads: ReadonlyMap<string, string | null>): Place | undefined {
  const file = `${dirname(name)}.ts`;
  const text = reads.get(file);
  const position = text?.search(new RegExp(`\\bfunction ${basename(name)}\\b`)) ?? -1;
  return text && position >= 0 ? placeIn(file, text, position) : undefined;
}

/** The compiler ignores a memory base that it does not understand, without a word. */
function checkData(d: ImageDefinition, module: WasmModule, memoryBase: number): void {
  for (const { address } of module.data)
    if (address < memoryBase)
      throw new CompileError(
        `${d.entry}: static data at 0x${address.toString(16)}, below 0x${memoryBase.toString(16)}`,
      );
}

/** Initialisers that are no constants need code to run before anything else. */
function checkStart(d: ImageDefinition, module: WasmModule, stubs: readonly Chunk[]): void {
  if (stubs.some((c) => c.code.relocations.some((r) => r.symbol === MODULE_START))) return;
  const { name } = module.functions[module.start as number];
  throw new CompileError(
    `${d.entry}: some global has an initialiser that is no constant (${name}), and no stub of image '${d.name}' ` +
      `calls ${MODULE_START}: call it first, or make the initialisers constants`,
  );
}
