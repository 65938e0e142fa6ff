/**
 * The stack of an inner ring, before anything of the processor's state has changed (SDM vol. 3, 5.8.5 and 6.12.1): its
 * pointer from the TSS, its descriptor checked, room for all that will be pushed, the pushes with supervisor rights, and
 * only then the commit.
 */
import { ESP, SEGMENT_ATTRIBUTES, SEGMENT_BASE, SEGMENT_LIMIT, SEGMENT_SELECTOR, SS_NUMBER } from './generated/state';
import { readSystem16, readSystem32, writeSystem16, writeSystem32 } from './memory/access';
import { filteredSystemFrame, filteredSystemFrameWrite } from './memory/frames';
import { faulted, raise, SS, TS } from './operands';
import { baseOf, BIG, checkStack, CONFORMING, descriptorHigh, descriptorLow, fillSegment, limitOf,
  TR_RECORD } from './segments';

/** Bit 3 of a TSS's type: 32 bits. */
export const WIDE_TSS: u32 = 0x0800;

let innerEsp: u32 = 0;
let innerSelector: u32 = 0;
let innerLow: u32 = 0;
let innerHigh: u32 = 0;

/** Base, top and mask of the new stack. */
let stackBase: u32 = 0;
let stackTop: u32 = 0;
let stackMask: u32 = 0;

/** Reads and checks the stack of ring `level`, with room for `bytes`. False after #TS, #SS or a page fault. */
// @ts-ignore: decorator
@inline export function openInnerStack(level: u32, bytes: u32, external: u32): bool {
  const wide = (load<u32>(TR_RECORD, SEGMENT_ATTRIBUTES) & WIDE_TSS) != 0;
  const size: u32 = wide ? 8 : 4;
  const offset: u32 = (wide ? 4 : 2) + level * size;
  const code = (load<u32>(TR_RECORD, SEGMENT_SELECTOR) & ~3) | external;
  // Pointer and selector: six bytes, or four.
  if (offset + (wide ? 5 : 3) > load<u32>(TR_RECORD, SEGMENT_LIMIT)) return raise(TS, code);
  const address = load<u32>(TR_RECORD, SEGMENT_BASE) + offset;
  if (!readPointer(address, wide) || !checkStack(innerSelector, level, TS, external)) return false;
  innerLow = descriptorLow;
  innerHigh = descriptorHigh;
  return hasRoom(bytes) ? true : raise(SS, (innerSelector & ~3) | external);
}

/** Stack pointer and selector, side by side. */
// @ts-ignore: decorator
@inline function readPointer(address: u32, wide: bool): bool {
  const pair = wide ? filteredSystemFrame(address, 8) : 0;
  if (pair != 0) {
    innerEsp = load<u32>(pair);
    innerSelector = load<u16>(pair, 4);
    return true;
  }
  innerEsp = wide ? readSystem32(address) : readSystem16(address);
  if (faulted()) return false;
  innerSelector = readSystem16(address + (wide ? 4 : 2));
  return !faulted();
}

// @ts-ignore: decorator
@inline function hasRoom(bytes: u32): bool {
  const limit = limitOf(innerLow, innerHigh);
  stackBase = baseOf(innerLow, innerHigh);
  stackMask = (innerHigh & BIG) != 0 ? 0xffffffff : 0xffff;
  stackTop = innerEsp & stackMask;
  const first = (stackTop - bytes) & stackMask;
  const last = (stackTop - 1) & stackMask;
  if ((innerHigh & CONFORMING) != 0) return first > limit && last >= first;
  return last <= limit && first <= last;
}

export function pushInner(wide: bool, value: u32): bool {
  stackTop = (stackTop - (wide ? 4 : 2)) & stackMask;
  if (wide) writeSystem32(stackBase + stackTop, value);
  else writeSystem16(stackBase + stackTop, value);
  return !faulted();
}

/** Host address of `bytes` bytes pushed at once, where writing them changes nothing of the memory model; else 0. */
export function pushInnerFrame(bytes: u32): u32 {
  const frame = filteredSystemFrameWrite(stackBase + stackTop - bytes, bytes);
  if (frame != 0) stackTop -= bytes;
  return frame;
}

/** The inner stack becomes the current one; ESP of a small stack keeps its upper half. */
// @ts-ignore: decorator
@inline export function commitInnerStack(): void {
  fillSegment(SS_NUMBER, innerSelector, innerLow, innerHigh);
  store<u32>(ESP, (innerEsp & ~stackMask) | stackTop);
}
