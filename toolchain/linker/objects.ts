// A compiled WebAssembly module as chunks: functions, jump tables, globals, the table of function pointers.
//
// Symbols: an exported function or mutable global is known by its export names; anything else by its internal name,
// which only compiled code uses.
import { Assembler } from '../assembler/assembler.js';
import { Fragment } from '../assembler/fragment.js';
import { compileFunctions } from '../backend/compile.js';
import { AREAS, areaOf, findConstants } from '../backend/globals.js';
import { RUNTIME } from '../backend/runtime.js';
import { type FunctionTable, takeTables } from '../backend/tables.js';
import { WasmError, type WasmModule } from '../backend/wasm.js';
import { type Chunk, stubChunks } from './chunk.js';

/** Modules of functions without code of their own. */
const EXPANDED = ['x86', 'hooks', 'linker'];
const TABLE = '__function_table';
const NULL_FUNCTION = '__null_function';
/** Boot code calls this once before anything compiled; it runs initialisers that are not constants. */
export const MODULE_START = '__module_start';

export function moduleChunks(module: WasmModule, tables: readonly FunctionTable[] = []): Chunk[] {
  findConstants(module);
  takeTables(module, tables);
  const functionNames = uniqueNames(module.functions);
  const globalNames = uniqueNames(module.globals);
  const names = {
    function: (index: number) => functionNames[index],
    global: (index: number) => globalNames[index],
    table: TABLE,
  };
  const chunks: Chunk[] = [];
  // The library comes last, so that an error in it is reported where the project's code calls it.
  const isLibrary = (name: string) => (name.startsWith('~lib/') ? 1 : 0);
  const functions = module.functions
    .filter((fn) => !fn.import && !fn.isEmpty)
    .sort((a, b) => isLibrary(a.name) - isLibrary(b.name));
  for (const [i, { name, text, tables }] of compileFunctions(module, functions, names).entries()) {
    const fn = functions[i];
    const others = fn.exports.filter((e) => e !== name);
    const labels = [...text.labels, ...others.map((e) => ({ name: e, offset: 0 }))];
    const origin = `function ${fn.name}`;
    const globals = new Set([name, ...others]);
    chunks.push({ section: 'text', code: { ...text, labels }, scope: name, globals, origin, movable: true });
    if (tables) chunks.push({ section: 'rodata', code: tables, scope: name, globals: new Set(), origin });
  }
  for (const f of module.functions) if (f.import?.module === AREAS) chunks.push(areaChunk(f.import.name));
  for (const [index, g] of module.globals.entries()) {
    if (!g.mutable || (g.constant && module.start === undefined)) continue;
    const f = new Fragment();
    f.align(4, 0);
    for (const name of new Set([globalNames[index], ...g.exports])) f.label(name);
    f.dword(g.init.low);
    if (g.type === 'i64') f.dword(g.init.high);
    const globals = new Set([globalNames[index], ...g.exports]);
    const origin = `global ${g.name}`;
    chunks.push({ section: 'data', code: f.finish(), scope: globalNames[index], globals, origin, movable: true });
  }
  chunks.push(...tableChunks(module, functionNames), ...startChunks(module, functionNames));
  for (const [symbol, entries] of module.functionTables)
    chunks.push(
      ...staticTable(
        symbol,
        entries.map((index) => module.functions[index].import?.name ?? functionNames[index]),
      ),
    );
  return chunks;
}

function areaChunk(name: string): Chunk {
  const { symbol, size, align } = areaOf(name);
  const code = { bytes: new Uint8Array(size), relocations: [], labels: [{ name: symbol, offset: 0 }], hooks: [] };
  const origin = `area ${symbol}`;
  return {
    section: 'bss',
    code: { ...code, lines: [], align },
    scope: symbol,
    globals: new Set([symbol]),
    origin,
    movable: true,
  };
}

function uniqueNames(things: readonly { name: string; exports: string[] }[]): string[] {
  const taken = new Set(things.flatMap((t) => t.exports));
  return things.map((t) => {
    if (t.exports.length > 0) return t.exports[0];
    let name = t.name;
    for (let n = 2; taken.has(name); n++) name = `${t.name}#${n}`;
    taken.add(name);
    return name;
  });
}

/** Entries that are not set lead to an instruction that faults. */
function tableChunks(module: WasmModule, functionNames: string[]): Chunk[] {
  if (module.tableSize === 0) return [];
  const entries = new Array<string>(module.tableSize).fill(NULL_FUNCTION);
  for (const e of module.elements)
    for (const [i, fn] of e.functions.entries()) {
      const from = module.functions[fn].import?.module;
      if (from && EXPANDED.includes(from))
        throw new WasmError(
          `'${functionNames[fn]}' is used as a value, but is expanded where it is called: write a function around it`,
        );
      entries[e.offset + i] = functionNames[fn];
    }
  const a = new Assembler('function table');
  a.global(NULL_FUNCTION);
  a.ud2();
  a.rodata();
  a.align(4);
  a.global(TABLE);
  for (const name of entries) a.dd({ kind: 'symbol', name, addend: 0 });
  return stubChunks(a.finish());
}

function staticTable(symbol: string, entries: readonly string[]): Chunk[] {
  const a = new Assembler(`table ${symbol}`);
  a.rodata();
  a.align(16);
  a.global(symbol);
  for (const name of entries) a.dd({ kind: 'symbol', name, addend: 0 });
  return stubChunks(a.finish());
}

function startChunks(module: WasmModule, functionNames: string[]): Chunk[] {
  const a = new Assembler('module start');
  a.global(MODULE_START);
  if (module.start === undefined) a.ret();
  else a.jmp(functionNames[module.start]);
  return stubChunks(a.finish());
}

/** Those helpers that some chunk refers to, directly or through another helper. */
export function runtimeChunks(chunks: readonly Chunk[]): Chunk[] {
  const referenced = new Set(chunks.flatMap((c) => c.code.relocations.map((r) => r.symbol)));
  return RUNTIME.map((stubs) => stubs.assemble())
    .filter((code) => [...code.globals].some((name) => referenced.has(name)))
    .flatMap(stubChunks);
}
