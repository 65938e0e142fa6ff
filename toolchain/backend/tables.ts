// Static tables of functions (driver/functions.ts): which functions are in them, as the module's exports say, and calls
// through them. A table is a run of addresses in read-only data; `call(n, ...)` is a call of entry n with what follows.
import { binary, constant, type Expr } from './ir.js';
import type { WasmModule } from './wasm.js';

/** The module that `call` is imported from; the function's name is the table's symbol. */
export const TABLES = 'functions';

export interface FunctionTable {
  readonly index: number;
  readonly symbol: string;
  readonly length: number;
}

const PREFIX = '__functions_';
export const entryName = (table: FunctionTable, entry: number): string => `${PREFIX}${table.index}_${entry}`;

/** Takes the entries' names off the functions, and notes the functions of each table in the module, by its symbol. */
export function takeTables(module: WasmModule, tables: readonly FunctionTable[]): void {
  const exported = new Map<string, number>();
  for (const f of module.functions) {
    for (const name of f.exports) if (name.startsWith(PREFIX)) exported.set(name, f.index);
    f.exports.splice(0, f.exports.length, ...f.exports.filter((name) => !name.startsWith(PREFIX)));
  }
  for (const t of tables)
    module.functionTables.set(
      t.symbol,
      Array.from({ length: t.length }, (_, i) => exported.get(entryName(t, i)) as number),
    );
}

/** What to call for entry `index` of a table: the function itself where it is known, else the address in the table. */
export function entryOf(module: WasmModule, symbol: string, index: Expr): number | Expr | undefined {
  const table = module.functionTables.get(symbol) as readonly number[];
  if (index.kind === 'const') return table[index.value];
  const address = binary('add', binary('shl', index, constant(2)), constant(0, symbol));
  return { kind: 'load', size: 4, signed: false, address, offset: 0 };
}
