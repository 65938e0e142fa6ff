// SpaceControl, Unmap, SystemClock (L4 X.2), and ComponentName, this kernel's one extension (architecture-specific call
// 0): it tells the table of names what a space is. It changes nothing else.

import { fpageBase, fpageShift, isIoFpage } from './fpage';
import { KIP_AREA, KIP_AREA_SHIFT, SHARED_FROM, USER_TOP, UTCB_SHIFT } from './layout';
import { isSigma0, unmapPage } from './mapping';
import { configurePages, pageSlot } from './pages';
import { isPrivileged } from './privilege';
import { Space } from './space';
import { current, lookup, threadNumber, USER_BASE } from './tcb';
import { ERROR_MEMORY, ERROR_PRIVILEGE, ERROR_SPACE, ERROR_UTCB, refuse } from './threads';
import { ticks } from './timeout';

const ERROR_KIP: u32 = 7;
/** Not one of the manual's, which has none for this. */
const ERROR_NOT_IMPLEMENTED: u32 = 15;
const TICK_MICROSECONDS: u64 = 10000;
const UNMAP_FLUSH: u32 = 0x40;

/** EAX space, ECX control, EDX KIP area, ESI UTCB area, EDI redirector (none here). The KIP has one place for all. */
export function spaceControl(): void {
  const frame = current().frame;
  if (!isPrivileged(current().space)) return refuse(ERROR_PRIVILEGE);
  const t = lookup(frame.eax);
  if (!t || threadNumber(frame.eax) < USER_BASE) return refuse(ERROR_SPACE);
  const kip = frame.edx;
  const utcb = frame.esi;
  if (fpageShift(kip) != KIP_AREA_SHIFT || fpageBase(kip, KIP_AREA_SHIFT) != KIP_AREA) return refuse(ERROR_KIP);
  const shift = fpageShift(utcb);
  if (!shift || shift >= 30) return refuse(ERROR_UTCB);
  const base = fpageBase(utcb, shift);
  const size: u32 = 1 << shift;
  if (base >= KIP_AREA || size > KIP_AREA - base || t.space.utcbSize) return refuse(ERROR_UTCB);
  if (!configurePages(t.space, base, size)) return refuse(ERROR_MEMORY);
  frame.eax = 1;
  frame.ecx = 0;
}

/** EAX control: number of fpages - 1 in bits 5..0, flush in bit 6; fpages in MR0 (ESI) up. */
export function unmap(): void {
  const t = current();
  const frame = t.frame;
  store<u32>(t.utcb, frame.esi);
  const count = (frame.eax & 63) + 1;
  for (let i: u32 = 0; i < count; i++) {
    const at = t.utcb + (i << 2);
    const fpage = load<u32>(at);
    store<u32>(at, (fpage & ~15) | unmapFpage(t.space, fpage, (frame.eax & UNMAP_FLUSH) != 0));
  }
  frame.esi = load<u32>(t.utcb);
}

/** The status bits: how the pages were used. */
function unmapFpage(space: Space, fpage: u32, flush: bool): u32 {
  const shift = fpageShift(fpage);
  if (!shift || isIoFpage(fpage)) return 0;
  const base = fpageBase(fpage, shift);
  const pages = shift == 32 ? USER_TOP >> 12 : 1 << (shift - 12);
  let used: u32 = 0;
  for (let i: u32 = 0; i < pages; i++) {
    const page = base + (i << 12);
    if (page >= USER_TOP) break;
    if (isSigma0(space) || pageSlot(space, page, false)) used |= unmapPage(space, page, fpage & 7, flush);
    else i |= 0x3ff;
  }
  return used;
}

/** Microseconds since the start, in steps of a tick, in EDX:EAX. */
export function systemClock(): void {
  const now = <u64>ticks * TICK_MICROSECONDS;
  const frame = current().frame;
  frame.eax = <u32>now;
  frame.edx = <u32>(now >> 32);
}

/** EAX thread, ECX kind | image << 8, EDX, ESI, EBX, EBP: 16 bytes of name. Before the first thread is activated. */
export function componentName(): void {
  const frame = current().frame;
  if (!isPrivileged(current().space)) return refuse(ERROR_PRIVILEGE);
  const t = lookup(frame.eax);
  if (!t || threadNumber(frame.eax) < USER_BASE) return refuse(ERROR_SPACE);
  nameSpace(t.space, frame.ecx, frame.edx, frame.esi, frame.ebx, frame.ebp);
  frame.eax = 1;
}

export function nameSpace(space: Space, what: u32, name0: u32, name1: u32, name2: u32, name3: u32): void {
  space.kind = what & 0xff;
  space.image = what >> 8;
  space.name[0] = name0;
  space.name[1] = name1;
  space.name[2] = name2;
  space.name[3] = name3;
}

/** A slot of the table that this kernel does not fill: the result says so, nothing happens. */
export function notImplemented(): void {
  refuse(ERROR_NOT_IMPLEMENTED);
}
