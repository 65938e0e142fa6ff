/**
 * Descriptors and the hidden parts of segment registers (SDM vol. 3, chapters 3 and 5).
 *
 *     high word   31-24 base | 23 G | 22 D/B | 20 AVL | 19-16 limit | 15 P | 14-13 DPL | 12 S | 11-8 type | 7-0 base
 *     low word    31-16 base | 15-0 limit
 *
 * A record's `attributes` is the high word with its base and limit bits cleared; 0 is a null selector. In real and in
 * virtual-8086 mode a selector is a paragraph, and nothing is looked up (`loadPlain`).
 */
import { BREAKPOINTS, CODE_WIDTH, CPL, CR0, EFLAGS, FETCH_END, FETCH_LINE, GDTR_BASE, GDTR_LIMIT, SEGMENT_ATTRIBUTES,
  SEGMENT_BASE, SEGMENT_BYTES, SEGMENT_LIMIT, SEGMENT_READ_END, SEGMENT_SELECTOR, SEGMENT_WRITE_END, SEGMENTS,
  STACK_MASK } from './generated/state';
import { CS_NUMBER, LDTR_NUMBER, SS_NUMBER, TR_NUMBER } from './generated/state';
import { EVENT_LOAD_DATA_SEGMENT, EVENT_LOAD_NULL_SEGMENT, EVENT_LOAD_STACK_SEGMENT } from './generated/events';
import { TF, VM } from './flags';
import { chargeEvent } from './memory/charge';
import { readSystem64, readSystem8, writeSystem8 } from './memory/access';
import { faulted, GP, NP, raise, SS } from './operands';

export const PRESENT: u32 = 0x8000;
export const NOT_SYSTEM: u32 = 0x1000;
export const CODE: u32 = 0x0800;
/** Conforming (code) or expand-down (data). */
export const CONFORMING: u32 = 0x0400;
/** Readable (code) or writable (data). */
export const ACCESSIBLE: u32 = 0x0200;
export const ACCESSED: u32 = 0x0100;
export const BIG: u32 = 0x400000;
const GRANULAR: u32 = 0x800000;
const ATTRIBUTES: u32 = 0x00f0ff00;

/** How far from the limit an EIP must stay to need no check: a granule and the longest instruction. */
const FETCH_MARGIN: u32 = 64;

// @ts-ignore: decorator
@inline export function recordOf(number: u32): usize { return <usize>SEGMENTS + number * SEGMENT_BYTES; }
export const CS_RECORD: usize = SEGMENTS + CS_NUMBER * SEGMENT_BYTES;
const SS_RECORD: usize = SEGMENTS + SS_NUMBER * SEGMENT_BYTES;
export const LDTR_RECORD: usize = SEGMENTS + LDTR_NUMBER * SEGMENT_BYTES;
export const TR_RECORD: usize = SEGMENTS + TR_NUMBER * SEGMENT_BYTES;

/** The descriptor that `readDescriptor` found. */
export let descriptorLow: u32 = 0;
export let descriptorHigh: u32 = 0;
let descriptorAddress: u32 = 0;

// @ts-ignore: decorator
@inline export function dplOf(high: u32): u32 { return (high >> 13) & 3; }

/**
 * Reads the descriptor of a non-null selector. A selector outside its table raises `vector` with the selector (and
 * `external`) as error code; a page fault may arise, too.
 */
// @ts-ignore: decorator
@inline export function readDescriptor(selector: u32, vector: u32, external: u32): bool {
  const local = (selector & 4) != 0;
  const offset = selector & ~7;
  if (local && load<u32>(LDTR_RECORD, SEGMENT_ATTRIBUTES) == 0) return raise(vector, (selector & ~3) | external);
  const base = local ? load<u32>(LDTR_RECORD, SEGMENT_BASE) : load<u32>(GDTR_BASE);
  const limit = local ? load<u32>(LDTR_RECORD, SEGMENT_LIMIT) : load<u32>(GDTR_LIMIT);
  if (offset + 7 > limit) return raise(vector, (selector & ~3) | external);
  descriptorAddress = base + offset;
  const descriptor = readSystem64(descriptorAddress);
  descriptorLow = <u32>descriptor;
  descriptorHigh = <u32>(descriptor >> 32);
  return !faulted();
}

/** Sets the accessed bit of the descriptor read last, if it is clear. */
// @ts-ignore: decorator
@inline export function markAccessed(): bool { return (descriptorHigh & ACCESSED) != 0 || setAccessed(); }

function setAccessed(): bool {
  writeSystem8(descriptorAddress + 5, ((descriptorHigh | ACCESSED) >> 8) & 0xff);
  descriptorHigh |= ACCESSED;
  return !faulted();
}

/** Sets or clears the busy bit of a TSS descriptor in the GDT. */
export function setBusy(selector: u32, busy: bool): bool {
  if ((selector & ~3) == 0) return true;
  const address = load<u32>(GDTR_BASE) + (selector & ~7) + 5;
  const type = readSystem8(address);
  if (faulted()) return false;
  writeSystem8(address, busy ? type | 2 : type & ~2);
  return !faulted();
}

// @ts-ignore: decorator
@inline export function baseOf(low: u32, high: u32): u32 {
  return (low >> 16) | ((high & 0xff) << 16) | (high & 0xff000000);
}

// @ts-ignore: decorator
@inline export function limitOf(low: u32, high: u32): u32 {
  const limit = (low & 0xffff) | (high & 0xf0000);
  return (high & GRANULAR) != 0 ? (limit << 12) | 0xfff : limit;
}

/** Fills a segment record from a descriptor. */
// @ts-ignore: decorator
@inline export function fillSegment(number: u32, selector: u32, low: u32, high: u32): void {
  const s = recordOf(number);
  const attributes = high & ATTRIBUTES;
  const limit = limitOf(low, high);
  store<u32>(s, selector, SEGMENT_SELECTOR);
  store<u32>(s, attributes, SEGMENT_ATTRIBUTES);
  store<u32>(s, baseOf(low, high), SEGMENT_BASE);
  store<u32>(s, limit, SEGMENT_LIMIT);
  setEnds(s, attributes, limit);
  if (number == SS_NUMBER) store<u32>(STACK_MASK, (high & BIG) != 0 ? 0xffffffff : 0xffff);
  else if (number == CS_NUMBER) codeChanged();
}

/** A null selector: any use faults. */
export function nullSegment(number: u32, selector: u32): void {
  const s = recordOf(number);
  store<u32>(s, selector, SEGMENT_SELECTOR);
  store<u32>(s, 0, SEGMENT_ATTRIBUTES);
  store<u32>(s, 0, SEGMENT_BASE);
  store<u32>(s, 0, SEGMENT_LIMIT);
  setEnds(s, 0, 0);
}

/** Where accesses need no check: see operands.ts. */
// @ts-ignore: decorator
@inline function setEnds(s: usize, attributes: u32, limit: u32): void {
  const code = (attributes & CODE) != 0;
  const simple = attributes != 0 && limit >= 3 && (code || (attributes & CONFORMING) == 0);
  const end = limit - 2;
  store<u32>(s, simple && (!code || (attributes & ACCESSIBLE) != 0) ? end : 0, SEGMENT_READ_END);
  store<u32>(s, simple && !code && (attributes & ACCESSIBLE) != 0 ? end : 0, SEGMENT_WRITE_END);
}

// @ts-ignore: decorator
@inline function codeChanged(): void {
  store<u32>(CODE_WIDTH, (load<u32>(CS_RECORD, SEGMENT_ATTRIBUTES) & BIG) != 0 ? 0 : 0x80000000);
  store<u32>(FETCH_LINE, 0xffffffff);
  updateFetchEnd();
}

/** EIPs below FETCH_END run at full speed; single-stepping and breakpoints leave none. */
// @ts-ignore: decorator
@inline export function updateFetchEnd(): void {
  const limit = load<u32>(CS_RECORD, SEGMENT_LIMIT);
  let end: u32 = 0;
  if ((load<u32>(EFLAGS) & TF) == 0 && load<u32>(BREAKPOINTS) == 0) {
    if (limit == 0xffffffff) end = 0xffffffff;
    else if (limit > FETCH_MARGIN) end = limit - FETCH_MARGIN;
  }
  store<u32>(FETCH_END, end);
}

/** CS at a privilege level: the selector's RPL becomes the CPL. The descriptor was checked by the caller. */
// @ts-ignore: decorator
@inline export function loadCode(selector: u32, cpl: u32, low: u32, high: u32): void {
  fillSegment(CS_NUMBER, (selector & ~3) | cpl, low, high);
}

// ---- real and virtual-8086 mode

const PE: u32 = 1;
/** Data, writable, accessed, present; in virtual-8086 mode of ring 3, as everything there. */
const PLAIN_DATA: u32 = 0x00009300;
const VIRTUAL_DATA: u32 = 0x0000f300;

// @ts-ignore: decorator
@inline export function protectedMode(): bool { return (load<u32>(CR0) & PE) != 0; }

/** Do selectors name paragraphs here? */
export function plainSegments(): bool { return (load<u32>(CR0) & PE) == 0 || (load<u32>(EFLAGS) & VM) != 0; }

/** The segment at paragraph `selector`. Real mode keeps limit and width as they were (SDM vol. 3, 9.9.2). */
export function loadPlain(number: u32, selector: u32): void {
  const virtual = (load<u32>(EFLAGS) & VM) != 0;
  const s = recordOf(number);
  const limit = virtual ? 0xffff : load<u32>(s, SEGMENT_LIMIT);
  const attributes = virtual ? VIRTUAL_DATA : PLAIN_DATA | (load<u32>(s, SEGMENT_ATTRIBUTES) & BIG);
  fillSegment(number, selector, (selector << 20) | 0xffff, ((selector >> 12) & 0xff) | attributes);
  store<u32>(s, limit, SEGMENT_LIMIT);
  setEnds(s, attributes, limit);
  if (number == CS_NUMBER) updateFetchEnd();
}

/**
 * Loads DS, ES, FS or GS (SDM vol. 2, MOV). False after a fault.
 */
export function loadDataSegment(number: u32, selector: u32): bool {
  if (plainSegments()) {
    loadPlain(number, selector);
    chargeEvent(EVENT_LOAD_DATA_SEGMENT);
    return true;
  }
  if ((selector & ~3) == 0) {
    nullSegment(number, selector);
    chargeEvent(EVENT_LOAD_NULL_SEGMENT);
    return true;
  }
  if (!readDescriptor(selector, GP, 0)) return false;
  const high = descriptorHigh;
  const code = (high & CODE) != 0;
  if ((high & NOT_SYSTEM) == 0 || (code && (high & ACCESSIBLE) == 0)) return raise(GP, selector & ~3);
  const conforming = code && (high & CONFORMING) != 0;
  const dpl = dplOf(high);
  if (!conforming && (dpl < (selector & 3) || dpl < load<u32>(CPL))) return raise(GP, selector & ~3);
  if ((high & PRESENT) == 0) return raise(NP, selector & ~3);
  if (!markAccessed()) return false;
  fillSegment(number, selector, descriptorLow, descriptorHigh);
  chargeEvent(EVENT_LOAD_DATA_SEGMENT);
  return true;
}

/**
 * Checks a stack selector for privilege level `cpl`; `vector` is #GP, or #TS for a stack from a TSS. The descriptor is
 * left in descriptorLow and -High.
 */
// @ts-ignore: decorator
@inline export function checkStack(selector: u32, cpl: u32, vector: u32, external: u32): bool {
  if ((selector & ~3) == 0) return raise(vector, external);
  if (!readDescriptor(selector, vector, external)) return false;
  const high = descriptorHigh;
  const code = (selector & ~3) | external;
  if ((selector & 3) != cpl || dplOf(high) != cpl) return raise(vector, code);
  if ((high & (NOT_SYSTEM | CODE | ACCESSIBLE)) != (NOT_SYSTEM | ACCESSIBLE)) return raise(vector, code);
  if ((high & PRESENT) == 0) return raise(SS, code);
  return markAccessed();
}

/** Loads SS by MOV, POP or LSS. */
export function loadStackSegment(selector: u32): bool {
  if (plainSegments()) {
    loadPlain(SS_NUMBER, selector);
    chargeEvent(EVENT_LOAD_STACK_SEGMENT);
    return true;
  }
  if (!checkStack(selector, load<u32>(CPL), GP, 0)) return false;
  fillSegment(SS_NUMBER, selector, descriptorLow, descriptorHigh);
  chargeEvent(EVENT_LOAD_STACK_SEGMENT);
  return true;
}

/**
 * After a return to an outer ring: data segments that the outer ring may not use become null (SDM vol. 2, IRET).
 */
// @ts-ignore: decorator
@inline export function dropInnerSegments(cpl: u32): void {
  dropInner(0, cpl);
  dropInner(3, cpl);
  dropInner(4, cpl);
  dropInner(5, cpl);
}

// @ts-ignore: decorator
@inline function dropInner(number: u32, cpl: u32): void {
  const attributes = load<u32>(recordOf(number), SEGMENT_ATTRIBUTES);
  if (attributes == 0) return;
  if ((attributes & CODE) != 0 && (attributes & CONFORMING) != 0) return;
  if (dplOf(attributes) < cpl) nullSegment(number, 0);
}
