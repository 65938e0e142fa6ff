// Calls: of compiled functions, through the table, and of what is only declared. Where a function is declared says what
// it is: in x86.ts an intrinsic, in hooks.ts a label, in linker.ts a constant, in stubs.ts assembly.
// Calls through a static table (tables.ts) take its entry, or, where the index is known, are calls of the function itself.
import { AREAS, areaOf } from './globals.js';
import { binary, constant, type Expectation, type Expr, unary } from './ir.js';
import type { Lowering } from './lower.js';
import { entryOf, TABLES } from './tables.js';
import type { FunctionType, WasmFunction } from './wasm.js';

/** Functions of x86.ts that tell of a condition what is to be expected, and are nothing when they run. */
export const EXPECTATIONS: readonly Expectation[] = ['likely', 'unlikely'];

const isOneOf = <T extends string>(names: readonly T[], name: string): name is T => names.some((n) => n === name);

export function callFunction(l: Lowering): void {
  const callee = l.module.functions[l.r.u32()];
  const args = popArguments(l, callee.type);
  if (callee.name.startsWith('~lib/rt/') || callee.import?.module === 'env')
    l.fail(`guest code has no runtime (${callee.name}). Instead: ${insteadOf(callee, l.fn.name)}`);
  if (!callee.import) return l.call(l.names.function(callee.index), callee.type, args);
  const { module, name } = callee.import;
  if (module === TABLES) return callEntry(l, name, callee.type, args);
  if (name.startsWith('addressOf_') && (module === 'stubs' || module === 'linker'))
    l.push(constant(0, name.slice('addressOf_'.length)));
  else if (module === AREAS) l.push(constant(0, areaOf(name).symbol));
  else if (module === 'linker') l.push(constant(0, name));
  else if (module === 'stubs') l.call(name, callee.type, args);
  else if (module === 'x86' && isOneOf(EXPECTATIONS, name)) l.push(unary(name, args[0]));
  else {
    l.settle((e) => e.kind === 'load');
    if (module === 'hooks') return l.emit({ kind: 'hook', name });
    if (module !== 'x86')
      l.fail(
        `'${name}' is declared in ${module}.ts; functions are declared in x86.ts, hooks.ts, linker.ts or stubs.ts`,
      );
    const results = l.resultRegisters(callee.type);
    l.emit({ kind: 'intrinsic', name, args, results });
    l.pushRegisters(results);
  }
}

export function callIndirect(l: Lowering): void {
  const type = l.module.types[l.r.u32()];
  l.r.u32();
  const index = l.pop();
  const args = popArguments(l, type);
  const address = binary('add', binary('shl', index, constant(2)), constant(0, l.names.table));
  l.call({ kind: 'load', size: 4, signed: false, address, offset: 0 }, type, args);
}

/** `call(n, ...)` of a table: the type and the arguments are those of its function, with n before them. */
function callEntry(l: Lowering, symbol: string, type: FunctionType, [index, ...args]: Expr[]): void {
  const entry = entryOf(l.module, symbol, index);
  if (entry === undefined) {
    const { length } = l.module.functionTables.get(symbol) as readonly number[];
    return l.fail(`'${symbol}' has ${length} ${length === 1 ? 'entry' : 'entries'}, from 0`);
  }
  const target = typeof entry === 'number' ? l.functionName(entry) : entry;
  l.call(target, { ...type, params: type.params.slice(1) }, args);
}

/** What to write in place of what calls into AssemblyScript's library. */
function insteadOf({ name, import: from }: WasmFunction, caller: string): string {
  if (/string/i.test(name + caller)) return 'strings are literals only; print their pieces one by one';
  if (from?.module === 'env' && from.name === 'abort')
    return 'build no strings; index rows by Elements or Structs (@elements), which check nothing; test for errors yourself';
  return 'take memory.data(size) and changetype, or put a structure into another (@embedded)';
}

function popArguments(l: Lowering, type: FunctionType): Expr[] {
  const args: Expr[] = [];
  for (let n = type.params.length; n > 0; n--) args.unshift(...l.popValue());
  return args;
}
