/** Segment registers by MOV, POP and LxS (SDM vol. 2: LDS/LES/LFS/LGS/LSS, MOV, POP). */
import { advance, dst, flagsOf, operation, srcNumber, WORD_OPERAND } from './entry';
import { inhibitInterrupts } from './flag-control';
import { COUNTER_INSTRUCTIONS } from './generated/counters';
import { CS_NUMBER, ESP, SEGMENT_SELECTOR, SS_NUMBER, STACK_MASK, STACK_SHADOW } from './generated/state';
import { faulted, peek16, raise, readM16, readMAt, UNDEFINED, writeM16 } from './operands';
import { loadDataSegment, loadStackSegment, recordOf } from './segments';

const SEGMENT_COUNT: u32 = 6;

/** By number; false after a fault. Loading SS holds interrupts and debug traps off for one instruction. */
function loadSegment(number: u32, selector: u32): bool {
  if (number != SS_NUMBER) return loadDataSegment(number, selector);
  if (!loadStackSegment(selector)) return false;
  inhibitInterrupts();
  store<u32>(STACK_SHADOW, load<u32>(COUNTER_INSTRUCTIONS));
  return true;
}

export function MOV_SR(p: usize): void {
  const number = srcNumber(p);
  if (number >= SEGMENT_COUNT || number == CS_NUMBER) raise(UNDEFINED, 0);
  else if (loadSegment(number, load<u16>(dst(p)))) advance(p);
}

export function MOV_SM(p: usize): void {
  const number = srcNumber(p);
  if (number >= SEGMENT_COUNT || number == CS_NUMBER) {
    raise(UNDEFINED, 0);
    return;
  }
  const selector = readM16(p);
  if (!faulted() && loadSegment(number, selector)) advance(p);
}

export function MOV_RS(p: usize): bool {
  const number = srcNumber(p);
  if (number >= SEGMENT_COUNT) return raise(UNDEFINED, 0);
  const selector = load<u32>(recordOf(number), SEGMENT_SELECTOR);
  if ((flagsOf(p) & WORD_OPERAND) != 0) store<u16>(dst(p), selector);
  else store<u32>(dst(p), selector);
  return true;
}

export function MOV_MS(p: usize): bool {
  const number = srcNumber(p);
  if (number >= SEGMENT_COUNT) return raise(UNDEFINED, 0);
  return writeM16(p, load<u32>(recordOf(number), SEGMENT_SELECTOR));
}

export function POP_S(p: usize): void {
  const word = (flagsOf(p) & WORD_OPERAND) != 0;
  // A word is read whatever the operand size.
  const selector = peek16(0);
  const esp = load<u32>(ESP);
  const mask = load<u32>(STACK_MASK);
  if (faulted() || !loadSegment(operation(p), selector)) return;
  // The width of the stack that was popped from counts, not that of a new SS (test386.asm on real processors).
  store<u32>(ESP, (esp & ~mask) | ((esp + (word ? 2 : 4)) & mask));
  advance(p);
}

/** LSS loads both halves of the stack pointer: nothing has to wait (SDM vol. 2, MOV and LSS). */
function loadFar(p: usize): void {
  const size: u32 = (flagsOf(p) & WORD_OPERAND) != 0 ? 2 : 4;
  const offset = readMAt(p, 0, size);
  if (faulted()) return;
  const selector = readMAt(p, size, 2);
  if (faulted()) return;
  const number = operation(p);
  if (!(number == SS_NUMBER ? loadStackSegment(selector) : loadDataSegment(number, selector))) return;
  if (size == 2) store<u16>(dst(p), offset);
  else store<u32>(dst(p), offset);
  advance(p);
}

export function LES(p: usize): void { loadFar(p); }
export function LDS(p: usize): void { loadFar(p); }
export function LSS(p: usize): void { loadFar(p); }
export function LFS(p: usize): void { loadFar(p); }
export function LGS(p: usize): void { loadFar(p); }
