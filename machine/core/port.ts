/** IN and OUT (SDM vol. 1, chapter 19): by IOPL, or else by the I/O permission bit map of the TSS. */
import { advance, flagsOf, immediate, operation, WORD_OPERAND } from './entry';
import { ioPrivilege } from './flag-control';
import { EVENT_PORT_IN, EVENT_PORT_OUT } from './generated/events';
import { CPL, EAX, EDX, SEGMENT_ATTRIBUTES, SEGMENT_BASE, SEGMENT_LIMIT } from './generated/state';
import { portRead, portWrite } from './host';
import { readSystem16 } from './memory/access';
import { chargeEvent } from './memory/charge';
import { faulted, GP, raise } from './operands';
import { TR_RECORD } from './segments';

/** Offset of the bit map's own offset in a 32-bit TSS. */
const MAP_BASE: u32 = 102;

/** May the current ring access `size` ports from `port` on? If not, #GP(0) is reported. */
export function portAllowed(port: u32, size: u32): bool {
  if (load<u32>(CPL) <= ioPrivilege()) return true;
  const limit = load<u32>(TR_RECORD, SEGMENT_LIMIT);
  const wide = (load<u32>(TR_RECORD, SEGMENT_ATTRIBUTES) & 0x0800) != 0;
  if (!wide || limit < MAP_BASE + 1) return raise(GP, 0);
  const base = load<u32>(TR_RECORD, SEGMENT_BASE);
  const map = readSystem16(base + MAP_BASE);
  if (faulted()) return false;
  const at = map + (port >> 3);
  if (at + 1 > limit) return raise(GP, 0);
  const bits = readSystem16(base + at);
  if (faulted()) return false;
  return ((bits >> (port & 7)) & ((1 << size) - 1)) == 0 ? true : raise(GP, 0);
}

export function portSize(p: usize): u32 {
  if (operation(p) == 0) return 1;
  return (flagsOf(p) & WORD_OPERAND) != 0 ? 2 : 4;
}

function input(p: usize, port: u32): void {
  const size = portSize(p);
  if (!portAllowed(port, size)) return;
  chargeEvent(EVENT_PORT_IN);
  const value = portRead(port, size);
  if (size == 1) store<u8>(EAX, value);
  else if (size == 2) store<u16>(EAX, value);
  else store<u32>(EAX, value);
  advance(p);
}

function output(p: usize, port: u32): void {
  const size = portSize(p);
  if (!portAllowed(port, size)) return;
  chargeEvent(EVENT_PORT_OUT);
  const eax = load<u32>(EAX);
  portWrite(port, size, size == 1 ? eax & 0xff : size == 2 ? eax & 0xffff : eax);
  advance(p);
}

export function IN_Ib(p: usize): void { input(p, immediate(p)); }
export function OUT_Ib(p: usize): void { output(p, immediate(p)); }
export function IN_DX(p: usize): void { input(p, load<u16>(EDX)); }
export function OUT_DX(p: usize): void { output(p, load<u16>(EDX)); }
