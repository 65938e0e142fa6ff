// Globals that are constants in truth. A `const` whose initialiser is the address of a static area (driver/areas.ts) is
// set once, by the start function; the back end reads it as the symbol plus a constant. Where the start function
// does nothing else, it is not needed.
import { skipImmediates } from './skip.js';
import { Reader, type WasmFunction, type WasmModule } from './wasm.js';

/** The module that static areas are imported from. */
export const AREAS = 'areas';

/** An area by the name of its import: `symbol:size:alignment`. */
export function areaOf(name: string): { symbol: string; size: number; align: number } {
  const [symbol, size, align] = name.split(':');
  return { symbol, size: Number(size), align: Number(align) };
}

interface Constant {
  readonly symbol: string | undefined;
  readonly value: number;
}

const [END, CALL, GLOBAL_GET, GLOBAL_SET, I32_CONST, I32_ADD] = [0x0b, 0x10, 0x23, 0x24, 0x41, 0x6a];

export function findConstants(module: WasmModule): void {
  if (module.start === undefined) return;
  const start = module.functions[module.start];
  const found = new Map<number, Constant>();
  const complete = evaluate(module, start, found);
  const sets = new Map<number, number>();
  for (const f of module.functions) if (!f.import) countSets(module, f, sets);
  for (const [index, constant] of found) {
    const g = module.globals[index];
    if (sets.get(index) === 1 && g.exports.length === 0) g.constant = constant;
  }
  if (!complete || [...found.keys()].some((index) => !module.globals[index].constant)) return;
  // An exported start function stays, as the empty function that it is in effect.
  if (start.exports.length === 0) start.isEmpty = true;
  module.start = undefined;
}

/** Follows the start function as long as it does nothing but set globals to constants; tells whether that was all. */
function evaluate(module: WasmModule, f: WasmFunction, found: Map<number, Constant>): boolean {
  const r = new Reader(module.bytes, f.start);
  const stack: Constant[] = [];
  for (;;) {
    const op = r.byte();
    if (op === END) return r.at === f.end;
    if (op === CALL) {
      const callee = module.functions[r.u32()];
      if (callee.import?.module !== AREAS) return false;
      stack.push({ symbol: areaOf(callee.import.name).symbol, value: 0 });
    } else if (op === I32_CONST) stack.push({ symbol: undefined, value: r.s32() });
    else if (op === GLOBAL_GET) {
      const known = found.get(r.u32());
      if (!known) return false;
      stack.push(known);
    } else if (op === I32_ADD) {
      const [y, x] = [stack.pop(), stack.pop()];
      if (!x || !y || (x.symbol && y.symbol)) return false;
      stack.push({ symbol: x.symbol ?? y.symbol, value: (x.value + y.value) | 0 });
    } else if (op === GLOBAL_SET) {
      const value = stack.pop();
      if (!value) return false;
      found.set(r.u32(), value);
    } else return false;
  }
}

function countSets(module: WasmModule, f: WasmFunction, sets: Map<number, number>): void {
  const r = new Reader(module.bytes, f.start);
  while (r.at < f.end) {
    const op = r.byte();
    if (op === GLOBAL_SET) {
      const index = r.u32();
      sets.set(index, (sets.get(index) ?? 0) + 1);
    } else if (op === 0x02 || op === 0x03 || op === 0x04) r.s32();
    else skipImmediates(r, op);
  }
}
