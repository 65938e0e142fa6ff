/**
 * Upward REP MOVS and REP STOS by whole granules. The first write to a granule goes through the model, after which the
 * rest are free if L1D holds the line, or repeat what the first did if it does not. A source granule must be one that the
 * filter answers for: reading it again changes nothing (memory/filter.ts). Where a segment limit or a misalignment is
 * near, or operands overlap, iterations go one by one. Registers, memory, counters and cycles are the same.
 */
import { flagsOf, issue, segment, WORD_ADDRESS } from './entry';
import { DF } from './flags';
import { CONFIG_DRAIN_L2, CONFIG_DRAIN_MEMORY, CONFIG_L2_LATENCY, CONFIG_L3_LATENCY,
  CONFIG_MEMORY_LATENCY } from './generated/config';
import { RAM_BASE } from './generated/layout';
import { BREAKPOINTS, EAX, ECX, EDI, EFLAGS, ESI, FETCH_HOST, SEGMENT_READ_END, SEGMENT_WRITE_END } from './generated/state';
import { DEVICE, FAULTED } from './memory/access';
import { filteredRead, filteredWrite } from './memory/frames';
import { passedCycles } from './memory/passed-writes';
import { holdsGranule, locateStore, passStores, touchForStore, touchNextStore, touchSameStore } from './memory/stores';
import { bufferWrites } from './memory/write-buffer';
import { ES_RECORD, linear } from './operands';

/** Iterations between two looks at interrupts and devices, whether they go one by one or not. */
export const CHUNK: u32 = 128;
/** More iterations of STOS than can be left to the end of a page. */
export const LONG: u32 = 1024;
/** `bulk` reports a fault by it. */
export const FAULT_IN_BULK: u32 = 0xffffffff;

/**
 * Does as many iterations of MOVS or STOS, `most` at most, as can go together. Returns their number, 0
 * where a single iteration must go first, FAULT_IN_BULK after a fault.
 */
export function bulk(p: usize, moves: bool, size: u32, ticks: u32, most: u32): u32 {
  if (load<u32>(BREAKPOINTS) != 0 || (flagsOf(p) & WORD_ADDRESS) != 0 || (load<u32>(EFLAGS) & DF) != 0) return 0;
  const edi = load<u32>(EDI);
  const target = linear(ES_RECORD, edi);
  const room = most << 2;
  if ((target & (size - 1)) != 0 || edi + room >= load<u32>(ES_RECORD, SEGMENT_WRITE_END) || edi + room < edi) return 0;
  return moves ? moveGranule(p, target, size, most, ticks) : storeGranules(target, size, most, ticks);
}

/** MOVS, `most` iterations at most, to the end of the granule of source or destination. */
function moveGranule(p: usize, target: u32, size: u32, most: u32, ticks: u32): u32 {
  const s = segment(p);
  const esi = load<u32>(ESI);
  const origin = linear(s, esi);
  const room = most << 2;
  if ((origin & (size - 1)) != 0 || esi + room >= load<u32>(s, SEGMENT_READ_END) || esi + room < esi) return 0;
  const from = filteredRead(origin);
  if (from == 0) return 0;
  const granule = min<u32>(32 - (target & 31), 32 - (origin & 31));
  // Unsigned: ECX may be 2^31 or more.
  let n = min<u32>(min<u32>(granule / size, load<u32>(ECX)), most);
  let to = filteredWrite(target);
  let again = false;
  if (to == 0) {
    const host = touchForStore(target);
    if (host == FAULTED) return FAULT_IN_BULK;
    if (host == DEVICE) return 0;
    to = <u32>host;
    again = !holdsGranule;
    // The write may have cost the source its place, and operands that overlap repeat a pattern.
    if (filteredRead(origin) != from || overlaps(from, to, n * size)) n = 1;
  } else if (overlaps(from, to, n * size)) return 0;
  const bytes = n * size;
  copy(to, from, bytes);
  if (again) {
    issue(ticks);
    touchSameStore(n - 1, ticks);
  } else issue(n * ticks);
  store<u32>(ESI, esi + bytes);
  store<u32>(EDI, load<u32>(EDI) + bytes);
  store<u32>(ECX, load<u32>(ECX) - n);
  return n;
}

/** Would a step read what an earlier one wrote? */
function overlaps(from: u32, to: u32, bytes: u32): bool {
  return from < to && from + bytes > to;
}

/**
 * STOS, `most` iterations at most, up to the end of the page; in the page that the code was fetched from, up to the next
 * look at it (`most` ends at one). The first iteration in a granule goes through the model, and the others are free if
 * the line is in L1D after it; the filter learns nothing of a page that is only cleared. Writes that go past L1D wait in
 * the write buffer together, those of one kind that follow each other.
 */
function storeGranules(target: u32, size: u32, most: u32, ticks: u32): u32 {
  const host = locateStore(target);
  if (host == FAULTED) return FAULT_IN_BULK;
  if (host == DEVICE) return 0;
  let to = <u32>host;
  if (((to ^ load<u32>(FETCH_HOST)) & ~0xfff) == 0) most = ((most - 1) & (CHUNK - 1)) + 1;
  const left = min<u32>(min<u32>(load<u32>(ECX), most), (0x1000 - (target & 0xfff)) / size);
  let waiting: u32 = 0;
  let kind: u32 = 0;
  for (let done: u32 = 0; done < left; ) {
    const bytes = (left - done) * size;
    const whole = (to & 31) == 0 && bytes >= 32;
    let n: u32 = whole ? 32 / size : min<u32>((32 - (to & 31)) / size, left - done);
    const passed = passStores(to - RAM_BASE, whole ? bytes >> 5 : 1, n);
    if (waiting != 0 && (passed == 0 || passedCycles != kind)) {
      bufferWrites(waiting, kind, ticks);
      waiting = 0;
    }
    if (passed != 0) {
      kind = passedCycles;
      n *= passed;
      waiting += n;
    } else {
      touchNextStore(to - RAM_BASE);
      issue(n * ticks);
    }
    done += n;
    to += n * size;
  }
  if (waiting != 0) bufferWrites(waiting, kind, ticks);
  fill(<u32>host, left * size, size);
  store<u32>(EDI, load<u32>(EDI) + left * size);
  store<u32>(ECX, load<u32>(ECX) - left);
  return left;
}

/** Cycles that LONG iterations of STOS cannot take, translation and a full write buffer included. */
export function longest(ticks: u32): i64 {
  const stall = max(max(load<u32>(CONFIG_L2_LATENCY), load<u32>(CONFIG_L3_LATENCY)), load<u32>(CONFIG_MEMORY_LATENCY));
  const drain = max(load<u32>(CONFIG_DRAIN_L2), load<u32>(CONFIG_DRAIN_MEMORY));
  return <i64>(LONG + 64) * (ticks + 4 * (stall + drain));
}

/** Upwards; no source byte is one that an earlier step has written. */
function copy(to: u32, from: u32, bytes: u32): void {
  const end = to + bytes;
  for (; to + 8 <= end; to += 8, from += 8) store<u64>(to, load<u64>(from));
  for (; to < end; to++, from++) store<u8>(to, load<u8>(from));
}

/** The accumulator's low `size` bytes, over and over; `bytes` is a multiple of `size`. */
function fill(to: u32, bytes: u32, size: u32): void {
  let pattern = load<u32>(EAX);
  if (size == 1) pattern = (pattern & 0xff) * 0x01010101;
  else if (size == 2) pattern = (pattern & 0xffff) * 0x00010001;
  const end = to + bytes;
  const sixteen = i32x4.splat(pattern);
  for (; to + 64 <= end; to += 64) {
    v128.store(to, sixteen);
    v128.store(to, sixteen, 16);
    v128.store(to, sixteen, 32);
    v128.store(to, sixteen, 48);
  }
  for (; to + 4 <= end; to += 4) store<u32>(to, pattern);
  for (; to < end; to++, pattern >>= 8) store<u8>(to, pattern);
}
