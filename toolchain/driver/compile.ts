// One image definition to an ELF file: AssemblyScript, back end, stubs, linker.
import { readModule, WasmError, type WasmModule } from '../backend/wasm.js';
import { type ImageDefinition, staticDataOf } from '../image.js';
import { type Chunk, stubChunks } from '../linker/chunk.js';
import { writeElf } from '../linker/elf.js';
import { type LinkedImage, link } from '../linker/link.js';
import { mapOf } from '../linker/map.js';
import { MODULE_START, moduleChunks, runtimeChunks } from '../linker/objects.js';
import { CompileError, compileAssemblyScript } from './asc.js';
import { SourceMap } from './source-map.js';

export interface CompiledImage {
  readonly elf: Uint8Array;
  readonly linked: LinkedImage;
  /** Sizes and places of sections and symbols, as text. */
  readonly map: string;
  readonly sourceMap: SourceMap;
  /** Project files that determine the image, with their contents; null for files that were looked for and not found. */
  readonly reads: ReadonlyMap<string, string | null>;
}

export async function compileImage(d: ImageDefinition, root: string): Promise<CompiledImage> {
  const memoryBase = staticDataOf(d);
  const {
    wasm,
    sourceMap: json,
    reads,
    dataEnd,
  } = await compileAssemblyScript({
    root,
    entry: d.entry,
    aliases: d.aliases ?? {},
    memoryBase,
  });
  const sourceMap = new SourceMap(json);
  const module = readModule(wasm);
  checkData(d, module, memoryBase);
  const stubs = d.stubs.flatMap((s) => stubChunks(s.assemble()));
  const compiled = compileModule(d, module, sourceMap);
  if (module.start !== undefined) checkStart(d, module, stubs);
  const chunks = [...stubs, ...compiled];
  const linked = link(d, [...chunks, ...runtimeChunks(chunks)], { segments: module.data, end: dataEnd });
  return { elf: writeElf(linked), linked, map: mapOf(linked), sourceMap, reads };
}

function compileModule(d: ImageDefinition, module: WasmModule, sourceMap: SourceMap): Chunk[] {
  try {
    return moduleChunks(module);
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    const at = error.cause as { function: string; position: number } | undefined;
    const place = at && sourceMap.inProject(at.position);
    const where = place ? `${place.file}:${place.line}` : d.entry;
    throw new CompileError(`${where}: ${error.message}${at ? ` (in ${at.function})` : ''}`);
  }
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
