/** The stack (SDM vol. 2: ENTER, LEAVE, POP, POPA, PUSH, PUSHA). ESP moves only when every access has succeeded. */
import { dst, flagsOf, immediate, operation, secondImmediate, src, WORD_OPERAND } from './entry';
import { EAX, EBP, ESP, SEGMENTS, SEGMENT_BYTES, SEGMENT_SELECTOR, SEGMENT_WRITE_END, STACK_MASK } from './generated/state';
import { faulted, linear, moveEsp, peek16, peek32, peekFrame, push16, push32, pushSized, readM16, readM32,
  SS_RECORD, writable, writeM16, writeM32 } from './operands';
import { probeWrite, write16, write32 } from './memory/access';
import { filteredFrameWrite } from './memory/frames';

// @ts-ignore: decorator
@inline export function PUSH_Rd(p: usize): bool { return push32(load<u32>(src(p))); }
// @ts-ignore: decorator
@inline export function PUSH_Id(p: usize): bool { return push32(immediate(p)); }
export function PUSH_Rw(p: usize): bool { return push16(load<u16>(src(p))); }
export function PUSH_Iw(p: usize): bool { return push16(immediate(p) & 0xffff); }

export function PUSH_Md(p: usize): bool {
  const value = readM32(p);
  return !faulted() && push32(value);
}

export function PUSH_Mw(p: usize): bool {
  const value = readM16(p);
  return !faulted() && push16(value);
}

/** A selector is a word: a doubleword that is aligned for one raises no #AC. Its upper half is written as 0. */
export function PUSH_S(p: usize): bool {
  const selector = load<u32>(<usize>SEGMENTS + operation(p) * SEGMENT_BYTES, SEGMENT_SELECTOR);
  const offset = (load<u32>(ESP) - 4) & load<u32>(STACK_MASK);
  const address = linear(SS_RECORD, offset);
  if ((flagsOf(p) & WORD_OPERAND) != 0 || (address & 3) != 2) return pushSized(p, selector);
  if (!writable(SS_RECORD, offset, 4)) return false;
  if (probeWrite(address + 2, 2) == -1) return false;
  write16(address, selector);
  if (faulted()) return false;
  write16(address + 2, 0);
  moveEsp(-4);
  return true;
}

// @ts-ignore: decorator
@inline export function POP_Rd(p: usize): bool {
  const value = peek32(0);
  if (faulted()) return false;
  moveEsp(4);
  store<u32>(dst(p), value);
  return true;
}

export function POP_Rw(p: usize): bool {
  const value = peek16(0);
  if (faulted()) return false;
  moveEsp(2);
  store<u16>(dst(p), value);
  return true;
}

/** A destination based on ESP is addressed with ESP after the pop. */
export function POP_Md(p: usize): bool {
  const value = peek32(0);
  if (faulted()) return false;
  moveEsp(4);
  if (writeM32(p, value)) return true;
  moveEsp(-4);
  return false;
}

export function POP_Mw(p: usize): bool {
  const value = peek16(0);
  if (faulted()) return false;
  moveEsp(2);
  if (writeM16(p, value)) return true;
  moveEsp(-2);
  return false;
}

export function PUSHAD(p: usize): bool {
  const esp = load<u32>(ESP);
  const mask = load<u32>(STACK_MASK);
  const top = esp & mask;
  if (top >= 32 && top - 4 < load<u32>(SS_RECORD, SEGMENT_WRITE_END)) {
    const frame = filteredFrameWrite(linear(SS_RECORD, top - 32), 32);
    if (frame != 0) {
      for (let i: u32 = 0; i < 8; i++) store<u32>(frame + 28 - (i << 2), load<u32>(EAX + (i << 2)));
      moveEsp(-32);
      return true;
    }
  }
  for (let i: u32 = 0; i < 8; i++) {
    const offset = (esp - 4 - (i << 2)) & mask;
    if (!writable(SS_RECORD, offset, 4)) return false;
    write32(linear(SS_RECORD, offset), load<u32>(EAX + (i << 2)));
    if (faulted()) return false;
  }
  moveEsp(-32);
  return true;
}

export function PUSHA(p: usize): bool {
  const esp = load<u32>(ESP);
  const mask = load<u32>(STACK_MASK);
  for (let i: u32 = 0; i < 8; i++) {
    const offset = (esp - 2 - (i << 1)) & mask;
    if (!writable(SS_RECORD, offset, 2)) return false;
    write16(linear(SS_RECORD, offset), load<u16>(EAX + (i << 2)));
    if (faulted()) return false;
  }
  moveEsp(-16);
  return true;
}

/** Values read before any register is written, so that a fault leaves all as they were. */
const POPPED: usize = memory.data(32, 4);

export function POPAD(p: usize): bool {
  const frame = peekFrame(0, 32);
  if (frame != 0) {
    for (let i: u32 = 0; i < 8; i++) if (i != 4) store<u32>(EAX + (i << 2), load<u32>(frame + 28 - (i << 2)));
    moveEsp(32);
    return true;
  }
  for (let i: u32 = 0; i < 8; i++) {
    store<u32>(POPPED + ((7 - i) << 2), peek32(i << 2));
    if (faulted()) return false;
  }
  for (let i: u32 = 0; i < 8; i++) if (i != 4) store<u32>(EAX + (i << 2), load<u32>(POPPED + (i << 2)));
  moveEsp(32);
  return true;
}

export function POPA(p: usize): bool {
  for (let i: u32 = 0; i < 8; i++) {
    store<u32>(POPPED + ((7 - i) << 2), peek16(i << 1));
    if (faulted()) return false;
  }
  for (let i: u32 = 0; i < 8; i++) if (i != 4) store<u16>(EAX + (i << 2), load<u32>(POPPED + (i << 2)));
  moveEsp(16);
  return true;
}

/** ENTER size, level: the display of outer frames is copied for levels above 0. */
export function ENTER(p: usize): bool {
  const size = immediate(p);
  const level = secondImmediate(p) & 31;
  const width: u32 = (flagsOf(p) & WORD_OPERAND) != 0 ? 2 : 4;
  const esp = load<u32>(ESP);
  if (!pushSized(p, load<u32>(EBP))) return false;
  const frame = load<u32>(ESP);
  for (let i: u32 = 1; i < level; i++) {
    const depth = load<u32>(EBP) - i * width - frame;
    const value = width == 2 ? peek16(depth + (frame - load<u32>(ESP))) : peek32(depth + (frame - load<u32>(ESP)));
    if (faulted() || !pushSized(p, value)) {
      store<u32>(ESP, esp);
      return false;
    }
  }
  if (level > 0 && !pushSized(p, frame)) {
    store<u32>(ESP, esp);
    return false;
  }
  const mask = load<u32>(STACK_MASK);
  const end = (load<u32>(ESP) - size) & mask;
  // The new top must be one that could be written to.
  if (!writable(SS_RECORD, end, width) || probeWrite(linear(SS_RECORD, end), width) == -1) {
    store<u32>(ESP, esp);
    return false;
  }
  store<u32>(ESP, (esp & ~mask) | end);
  if (width == 2) store<u16>(EBP, frame);
  else store<u32>(EBP, frame);
  return true;
}

export function LEAVE(p: usize): bool {
  const value = peek32(load<u32>(EBP) - load<u32>(ESP));
  if (faulted()) return false;
  moveEsp(load<u32>(EBP) - load<u32>(ESP) + 4);
  store<u32>(EBP, value);
  return true;
}

export function LEAVE_w(p: usize): bool {
  const value = peek16(load<u32>(EBP) - load<u32>(ESP));
  if (faulted()) return false;
  moveEsp(load<u32>(EBP) - load<u32>(ESP) + 2);
  store<u16>(EBP, value);
  return true;
}
