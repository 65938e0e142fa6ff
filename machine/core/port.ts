/** IN and OUT (SDM vol. 1, chapter 19): by IOPL, or else by the I/O permission bit map of the TSS. */
import { advance, flagsOf, immediate, operation, WORD_OPERAND } from './entry';
import { ioPrivilege } from './flag-control';
import { VM } from './flags';
import { EVENT_PORT_IN, EVENT_PORT_OUT } from './generated/events';
import { BREAKPOINTS, CPL, EAX, EDX, EFLAGS, SEGMENT_ATTRIBUTES, SEGMENT_BASE, SEGMENT_LIMIT } from './generated/state';
import { portRead, portWrite } from './host';
import { readSystem16 } from './memory/access';
import { chargeEvent } from './memory/charge';
import { watchPort } from './memory/watch';
import { faulted, GP, raise } from './operands';
import { TR_RECORD } from './segments';

/** Offset of the bit map's own offset in a 32-bit TSS. */
const MAP_BASE: u32 = 102;

/** May the current ring access `size` ports from `port` on? If not, #GP(0) is reported. I/O breakpoints look, too. */
export function portAllowed(port: u32, size: u32): bool {
  if (load<u32>(BREAKPOINTS) != 0) watchPort(port, size);
  return (load<u32>(CPL) <= ioPrivilege() && (load<u32>(EFLAGS) & VM) == 0) || mapAllows(port, size);
}

/** The I/O permission bit map; always asked in virtual-8086 mode. */
function mapAllows(port: u32, size: u32): bool {
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
