// WebAssembly's control instructions, calls, and accesses to locals, by opcode. Everything else is in operators.ts.
import { callFunction, callIndirect } from './calls.js';
import type { Lowering } from './lower.js';

export const CONTROL: Record<number, (l: Lowering) => void> = {
  0: (l) => l.trap(),
  1: () => undefined, // nop
  2: (l) => l.openBlock('block'),
  3: (l) => l.openBlock('loop'),
  4: (l) => l.openBlock('if'),
  5: (l) => l.openElse(),
  11: (l) => l.closeBlock(),
  12: (l) => l.jump(l.r.u32()),
  13: (l) => l.branchIf(),
  14: (l) => l.branchTable(),
  15: (l) => l.returnNow(),
  16: callFunction,
  17: callIndirect,
  26: (l) => void l.popValue(),
  32: (l) => l.getLocal(),
  33: (l) => l.setLocal(false),
  34: (l) => l.setLocal(true),
};
