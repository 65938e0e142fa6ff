// The back end: one WebAssembly module to IA-32 functions, by calling convention and with symbols (index.ts of the
// assembler states the convention). Steps: lower, select, split into webs, allocate, lay the frame, improve, emit.
import { allocate } from './allocate.js';
import { type EmittedFunction, emitFunction } from './emit.js';
import { foldAddresses } from './fold.js';
import { layFrame } from './frame.js';
import { removeDead } from './liveness.js';
import { Lowering, type Names } from './lower.js';
import type { MachineFunction } from './machine.js';
import { improve } from './peephole.js';
import { Selector } from './select.js';
import { WasmError, type WasmFunction, type WasmModule } from './wasm.js';
import { splitWebs } from './webs.js';

export type { EmittedFunction } from './emit.js';
export type { Names } from './lower.js';

export function compileFunction(module: WasmModule, fn: WasmFunction, names: Names): EmittedFunction {
  let f: MachineFunction;
  try {
    f = new Selector(new Lowering(module, fn, names).run()).run();
  } catch (error) {
    if (error instanceof WasmError) error.cause ??= { function: fn.name, position: fn.start };
    throw error;
  }
  removeDead(f);
  splitWebs(f);
  foldAddresses(f);
  removeDead(f);
  const frame = layFrame(f, allocate(f));
  improve(f, frame);
  return emitFunction(f, frame.depth);
}
