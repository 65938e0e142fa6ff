// Segment descriptors, gates and the task-state segment (Intel SDM vol. 3, chapters 3, 5, 6 and 7), written as pairs of
// 32-bit words.
//
//   segment   high: base 31..24 | G D 0 A | limit 19..16 | P DPL S type | base 23..16     low: base 15..0 | limit 15..0
//   gate      high: offset 31..16 | P DPL 0 type | 0                                      low: selector | offset 15..0

import { Elements } from './elements';

/** A segment descriptor or a gate, as its two words. */
@unmanaged
@size(8)
export class Descriptor {
  low: u32;
  high: u32;
}

export const TYPE_TSS: u32 = 0x89;
export const TYPE_INTERRUPT_GATE: u32 = 0x8e00;
export const TYPE_TRAP_GATE: u32 = 0x8f00;
/** Present, code, readable; present, data, writable: to be or-ed with DPL << 5. */
export const TYPE_CODE: u32 = 0x9a;
export const TYPE_DATA: u32 = 0x92;
/** Granularity 4 KiB, 32-bit segment. */
export const SEGMENT_FLAGS_FLAT: u32 = 0xc;

/** `limit` in units of the granularity in `flags` (the four bits G D 0 A). */
export function setSegment(at: usize, base: u32, limit: u32, type: u32, flags: u32): void {
  const d = changetype<Descriptor>(at);
  d.low = (base << 16) | (limit & 0xffff);
  d.high = (base & 0xff000000) | (flags << 20) | (limit & 0xf0000) | (type << 8) | ((base >> 16) & 0xff);
}

export function setGate(at: usize, selector: u32, offset: u32, type: u32, dpl: u32): void {
  const d = changetype<Descriptor>(at);
  d.low = (selector << 16) | (offset & 0xffff);
  d.high = (offset & 0xffff0000) | type | (dpl << 13);
}

/** The operand of LGDT and LIDT: 16 bits of limit, 32 bits of base; `at` has 6 bytes. */
export function setTablePointer(at: usize, base: u32, bytes: u32): void {
  store<u16>(at, <u16>(bytes - 1));
  store<u32>(at + 2, base);
}

/** The 32-bit task-state segment. */
@unmanaged
@size(104)
export class TaskState {
  link: u32;
  esp0: u32;
  ss0: u32;
  esp1: u32;
  ss1: u32;
  /** What only hardware task switches use. */
  @elements(20) private registers: Elements<u32>;
  /** The high half is the offset of the I/O permission map. */
  @offset(100) ioMap: u32;
}
export const TASK_STATE_SIZE: u32 = 104;
