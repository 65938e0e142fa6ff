// The back end: one WebAssembly module to IA-32 functions, by calling convention and with symbols (index.ts of the
// assembler states the convention). Steps: lower, select, move what is cold, split live ranges (into webs, before
// constants are needed, around calls), allocate, split what lies in the frame around loops, lay the frame, improve, emit.
import { allocate } from './allocate.js';
import { moveColdBlocks } from './cold.js';
import { type EmittedFunction, emitFunction } from './emit.js';
import { cutBehindEndless } from './endless.js';
import { foldAddresses } from './fold.js';
import { layFrame } from './frame.js';
import type { IrFunction } from './ir.js';
import { removeDead } from './liveness.js';
import { noteDepths } from './loops.js';
import { Lowering, type Names } from './lower.js';
import { improve } from './peephole.js';
import { propagateCopies } from './propagate.js';
import { unrollRecursion } from './recursion.js';
import { Selector } from './select.js';
import { separateCalls } from './separate.js';
import { sinkConstants } from './sink.js';
import { splitAtLoops } from './split.js';
import { WasmError, type WasmFunction, type WasmModule } from './wasm.js';
import { splitWebs } from './webs.js';

export type { EmittedFunction } from './emit.js';
export type { Names } from './lower.js';

export function compileFunctions(
  module: WasmModule,
  functions: readonly WasmFunction[],
  names: Names,
): EmittedFunction[] {
  const lowered = functions.map((fn) => located(fn, () => new Lowering(module, fn, names).run()));
  for (const ir of lowered) unrollRecursion(ir);
  cutBehindEndless(lowered);
  return lowered.map((ir, i) => located(functions[i], () => generate(ir)));
}

/** Notes the function in an error. */
function located<T>(fn: WasmFunction, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof WasmError) error.cause ??= { function: fn.name, position: fn.start };
    throw error;
  }
}

function generate(ir: IrFunction): EmittedFunction {
  const f = new Selector(ir).run();
  noteDepths(f);
  moveColdBlocks(f);
  removeDead(f);
  splitWebs(f);
  foldAddresses(f);
  removeDead(f);
  sinkConstants(f);
  separateCalls(f);
  allocate(f);
  splitAtLoops(f);
  propagateCopies(f);
  improve(f, layFrame(f));
  return emitFunction(f);
}
