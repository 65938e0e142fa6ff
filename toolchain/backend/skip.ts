// Code after an unconditional branch is never reached, but has to be read: up to the `else` or `end` that follows it.
import type { Reader } from './wasm.js';

const [BLOCK, LOOP, IF, ELSE, END] = [0x02, 0x03, 0x04, 0x05, 0x0b];

/** Leaves the reader at the matching `else` or `end`. */
export function skipUnreachable(r: Reader, blockType: () => void): void {
  for (let nesting = 0; ; ) {
    const start = r.at;
    const op = r.byte();
    if ((op === END || op === ELSE) && nesting === 0) {
      r.at = start;
      return;
    }
    if (op === BLOCK || op === LOOP || op === IF) {
      blockType();
      nesting++;
    } else if (op === END) nesting--;
    else skipImmediates(r, op);
  }
}

/** Core specification, section 5.4: what follows an opcode. */
export function skipImmediates(r: Reader, op: number): void {
  const isAccess = op >= 0x28 && op <= 0x3e;
  const isVariable = op >= 0x20 && op <= 0x24;
  if (op === 0x0e) {
    r.list(() => r.u32());
    r.u32();
  } else if (op === 0x11 || isAccess) {
    r.u32();
    r.u32();
  } else if (op === 0x0c || op === 0x0d || op === 0x10 || isVariable || op === 0x3f || op === 0x40) r.u32();
  else if (op === 0x41) r.s32();
  else if (op === 0x42) r.s64();
  else if (op === 0x1c) r.list(() => r.type());
  else if (op === 0xfc) r.at += r.u32() === 10 ? 2 : 1;
}
