/*
 * Data accesses by linear address, with the rights of the ring in force, or as the processor itself makes them to
 * descriptor tables, task-state segments and inner stacks (the `System` forms: supervisor rights).
 *
 * A fault leaves its vector in FAULT_VECTOR (CR2 and FAULT_CODE beside it) and returns 0: WebAssembly has no exceptions
 * here. Nothing is written when any byte of a write would fault. Two steps:
 *
 *     fast   the filter knows the granule: load or store at once
 *     touch  the exact model, one granule: TLB or walk, rights, L1D or below; then the filter learns the granule
 */
import { CONFIG_L1D_SHIFT, CONFIG_RAM_BYTES } from '../generated/config';
import { EVENT_DEVICE_READ, EVENT_DEVICE_WRITE, EVENT_MISALIGNED, EVENT_SPLIT_LINE } from '../generated/events';
import { CLOCK_FILTER_HALF, DATA_FILTER, RAM_BASE } from '../generated/layout';
import { BREAKPOINTS, CR0, FAULT_VECTOR } from '../generated/state';
import { mmioRead, mmioWrite } from '../host';
import { refusesMisaligned } from './alignment';
import { ALIASES, touchData, unfilterLine } from './cache';
import { chargeEvent } from './charge';
import { EMPTY, installSlot, slotOffset, SYSTEM } from './filter';
import { isCode, noticeWrite } from './granules';
import { LINE_MODIFIED, reference } from './lines';
import { DATA, DIRTY, findEntry, flagsOf, isFresh, LARGE, noteFiltered, physicalBy } from './tlb';
import { entryAgain, entryFor, mappedBy, NOT_PAGED, REFUSED, renewEntry } from './translate';
import { permits, rightsFor } from './walk';
import { watchData } from './watch';

/** What `touch` returns instead of a host address. */
export const FAULTED: i32 = -1;
export const DEVICE: i32 = -2;

/** Physical address that `touch` found last in no RAM. */
let touchedPhysical: u32 = 0;

// ---- reads

export function read8(la: u32): u32 {
  return readByte(la, load<u32>(CLOCK_FILTER_HALF));
}

export function read16(la: u32): u32 {
  return readWord(la, load<u32>(CLOCK_FILTER_HALF));
}

// @ts-ignore: decorator
@inline export function read32(la: u32): u32 {
  const slot = DATA_FILTER + load<u32>(CLOCK_FILTER_HALF) + slotOffset(la);
  return load<u32>(slot) == (la & 0xffffffe3) ? load<u32>(la + load<u32>(slot, 8)) : readSlow32(la);
}

export function readSystem8(la: u32): u32 {
  return readByte(la, SYSTEM);
}

export function readSystem16(la: u32): u32 {
  return readWord(la, SYSTEM);
}

export function readSystem32(la: u32): u32 {
  const slot = DATA_FILTER + slotOffset(la);
  if (load<u32>(slot) == (la & 0xffffffe3)) return load<u32>(la + load<u32>(slot, 8));
  return readSlow(la, 4, SYSTEM);
}

/** Two doublewords side by side, the first in the low half: a gate or a descriptor. 0 after a fault. */
// @ts-ignore: decorator
@inline export function readSystem64(la: u32): u64 {
  const slot = DATA_FILTER + slotOffset(la);
  return load<u32>(slot) == (la & 0xffffffe7) ? load<u64>(la + load<u32>(slot, 8)) : readSystemSlow64(la);
}

function readSystemSlow64(la: u32): u64 {
  const low = readSystem32(la);
  if (load<i32>(FAULT_VECTOR) >= 0) return 0;
  return <u64>low | (<u64>readSystem32(la + 4) << 32);
}

function readByte(la: u32, half: u32): u32 {
  const slot = DATA_FILTER + half + slotOffset(la);
  if (load<u32>(slot) == (la & 0xffffffe0)) return load<u8>(la + load<u32>(slot, 8));
  return readSlow(la, 1, half);
}

function readWord(la: u32, half: u32): u32 {
  const slot = DATA_FILTER + half + slotOffset(la);
  if (load<u32>(slot) == (la & 0xffffffe1)) return load<u16>(la + load<u32>(slot, 8));
  return readSlow(la, 2, half);
}

/** Mostly the first read of a page after a flush. */
function readSlow32(la: u32): u32 {
  const half = load<u32>(CLOCK_FILTER_HALF);
  if (((la & 3) | load<u32>(BREAKPOINTS)) != 0) return readSlow(la, 4, half);
  if (<i32>load<u32>(CR0) >= 0) return readBy32(NOT_PAGED, la, half);
  const known = findEntry(DATA, la);
  if (known != 0) return readBy32(known, la, half);
  const entry = entryAgain(DATA, la, half != SYSTEM, true);
  // Fresh, and in RAM: nothing for the filter, and nothing more to look at.
  return entry != 0 ? load<u32>(touchFrame(physicalBy(entry, la))) : readBy32(0, la, half);
}

/** `known`: the TLB entry of the page, or 0 where it has none and with paging off. */
function readBy32(known: u32, la: u32, half: u32): u32 {
  let entry = known;
  if (<i32>load<u32>(CR0) < 0) {
    const user = half != SYSTEM;
    if (known != 0 && permits(flagsOf(known), false, user)) reference(known, load<u32>(known));
    else entry = renewEntry(DATA, la, false, user, known);
    if (entry == REFUSED) return 0;
  }
  const host = touchMapped(entry, la, false, half);
  return host >= 0 ? load<u32>(host) : readDevice(4);
}

function readDevice(size: u32): u32 {
  chargeEvent(EVENT_DEVICE_READ);
  return mmioRead(touchedPhysical, size);
}

function readSlow(la: u32, size: u32, half: u32): u32 {
  if (load<u32>(BREAKPOINTS) != 0) watchData(la, size, false);
  if ((la & (size - 1)) != 0 && refusesMisaligned(half)) return 0;
  if (crossesGranule(la, size)) return readAcross(la, size, half);
  if ((la & (size - 1)) != 0) chargeEvent(EVENT_MISALIGNED);
  const host = touchRead(la, half);
  if (host == FAULTED) return 0;
  if (host == DEVICE) return readDevice(size);
  return loadSized(<u32>host, size);
}

function readAcross(la: u32, size: u32, half: u32): u32 {
  chargeAcross(la, size);
  const first = touchRead(la, half);
  if (first == FAULTED) return 0;
  const physical = first >= 0 ? first - RAM_BASE : touchedPhysical;
  const boundary = (la + size - 1) & ~31;
  const second = touchRead(boundary, half);
  if (second == FAULTED) return 0;
  if (first == DEVICE || second == DEVICE) {
    chargeEvent(EVENT_DEVICE_READ);
    return mmioRead(physical, size);
  }
  const split = boundary - la;
  let value: u32 = 0;
  for (let i: u32 = 0; i < size; i++) {
    value |= <u32>load<u8>(i < split ? <u32>first + i : <u32>second + i - split) << (i << 3);
  }
  return value;
}

// ---- writes

export function write8(la: u32, value: u32): void {
  const half = load<u32>(CLOCK_FILTER_HALF);
  const slot = DATA_FILTER + half + slotOffset(la);
  if (load<u32>(slot, 4) == (la & 0xffffffe0)) store<u8>(la + load<u32>(slot, 8), value);
  else writeSlow(la, 1, value, half);
}

export function write16(la: u32, value: u32): void {
  writeWord(la, value, load<u32>(CLOCK_FILTER_HALF));
}

export function write32(la: u32, value: u32): void {
  writeDouble(la, value, load<u32>(CLOCK_FILTER_HALF));
}

export function writeSystem8(la: u32, value: u32): void {
  writeSlow(la, 1, value, SYSTEM);
}

export function writeSystem16(la: u32, value: u32): void {
  writeWord(la, value, SYSTEM);
}

export function writeSystem32(la: u32, value: u32): void {
  writeDouble(la, value, SYSTEM);
}

function writeWord(la: u32, value: u32, half: u32): void {
  const slot = DATA_FILTER + half + slotOffset(la);
  if (load<u32>(slot, 4) == (la & 0xffffffe1)) store<u16>(la + load<u32>(slot, 8), value);
  else writeSlow(la, 2, value, half);
}

function writeDouble(la: u32, value: u32, half: u32): void {
  const slot = DATA_FILTER + half + slotOffset(la);
  if (load<u32>(slot, 4) == (la & 0xffffffe3)) store<u32>(la + load<u32>(slot, 8), value);
  else writeSlow(la, 4, value, half);
}

function writeSlow(la: u32, size: u32, value: u32, half: u32): void {
  if (load<u32>(BREAKPOINTS) != 0) watchData(la, size, true);
  if ((la & (size - 1)) != 0 && refusesMisaligned(half)) return;
  if (crossesGranule(la, size)) {
    writeAcross(la, size, value, half);
    return;
  }
  if ((la & (size - 1)) != 0) chargeEvent(EVENT_MISALIGNED);
  const host = touchWrite(la, half);
  if (host == FAULTED) return;
  if (host == DEVICE) {
    chargeEvent(EVENT_DEVICE_WRITE);
    mmioWrite(touchedPhysical, size, value);
    return;
  }
  if (size == 4) store<u32>(<u32>host, value);
  else if (size == 2) store<u16>(<u32>host, value);
  else store<u8>(<u32>host, value);
}

function writeAcross(la: u32, size: u32, value: u32, half: u32): void {
  chargeAcross(la, size);
  const boundary = (la + size - 1) & ~31;
  const first = touchWrite(la, half);
  if (first == FAULTED) return;
  const physical = first >= 0 ? first - RAM_BASE : touchedPhysical;
  const second = touchWrite(boundary, half);
  if (second == FAULTED) return;
  if (first == DEVICE || second == DEVICE) {
    chargeEvent(EVENT_DEVICE_WRITE);
    mmioWrite(physical, size, value);
    return;
  }
  const split = boundary - la;
  for (let i: u32 = 0; i < size; i++) {
    store<u8>(i < split ? <u32>first + i : <u32>second + i - split, value >> (i << 3));
  }
}

// ---- read-modify-write, and checks before a write

/**
 * Where a later write of `size` bytes at `la` goes, rights checked and charged as a write: a host address; -1 on a
 * fault; -2 if it must go through write8/16/32 (device memory, or bytes on both sides of a granule), which cannot fault
 * any more.
 */
export function probeWrite(la: u32, size: u32): i32 {
  return probe(la, size, false, load<u32>(CLOCK_FILTER_HALF));
}

export function probeSystemWrite(la: u32, size: u32): i32 {
  return probe(la, size, false, SYSTEM);
}

/** The same for an operand that is read first: charged as a read and a write, faults as a write. */
export function probeModify(la: u32, size: u32): i32 {
  return probe(la, size, true, load<u32>(CLOCK_FILTER_HALF));
}

function probe(la: u32, size: u32, reads: bool, half: u32): i32 {
  const slot = DATA_FILTER + half + slotOffset(la);
  if (load<u32>(slot, 4) == (la & (0xffffffe0 | (size - 1)))) return la + load<u32>(slot, 8);
  if (load<u32>(BREAKPOINTS) != 0) watchData(la, size, true);
  if ((la & (size - 1)) != 0 && refusesMisaligned(half)) return FAULTED;
  if (crossesGranule(la, size)) {
    chargeAcross(la, size);
    if (touchFor(la, reads, half) == FAULTED) return FAULTED;
    return touchFor((la + size - 1) & ~31, reads, half) == FAULTED ? FAULTED : DEVICE;
  }
  if ((la & (size - 1)) != 0) chargeEvent(EVENT_MISALIGNED);
  return touchFor(la, reads, half);
}

/** A write probe; with `reads` the line is read first, so that a processor without write-allocation has it in L1D. */
// @ts-ignore: decorator
@inline function touchFor(la: u32, reads: bool, half: u32): i32 {
  if (!reads) return touchWrite(la, half);
  const entry = entryFor(DATA, la, true, half != SYSTEM);
  if (entry == REFUSED) return FAULTED;
  const physical = mappedBy(entry, la);
  if (physical < load<u32>(CONFIG_RAM_BYTES)) touchData(physical, false);
  return touchMapped(entry, la, true, half);
}

// ---- the model, one granule

function touchRead(la: u32, half: u32): i32 {
  return touch(la, false, half);
}

function touchWrite(la: u32, half: u32): i32 {
  return touch(la, true, half);
}

// @ts-ignore: decorator
@inline function touch(la: u32, write: bool, half: u32): i32 {
  const entry = entryFor(DATA, la, write, half != SYSTEM);
  return entry == REFUSED ? FAULTED : touchMapped(entry, la, write, half);
}

// @ts-ignore: decorator
@inline function touchFrame(physical: u32): u32 {
  touchData(physical, false);
  return RAM_BASE + physical;
}

/** `entry` lets the access pass. */
// @ts-ignore: decorator
@inline function touchMapped(entry: u32, la: u32, write: bool, half: u32): i32 {
  const physical = mappedBy(entry, la);
  if (physical >= load<u32>(CONFIG_RAM_BYTES)) {
    touchedPhysical = physical;
    return DEVICE;
  }
  const line = touchData(physical, write);
  if (write && isCode(physical)) noticeWrite(physical & ~31, 32);
  if (line != 0 && (entry == NOT_PAGED || !isFresh(entry))) filterGranule(la, physical, line, half, entry);
  return RAM_BASE + physical;
}

/** Lets the filter answer for the granule of `la` from now on. */
// @ts-ignore: decorator
@inline function filterGranule(la: u32, physical: u32, line: u32, half: u32, entry: u32): void {
  // While data are watched, no access may go by unseen.
  if (load<u32>(BREAKPOINTS) != 0) return;
  const granule = la & ~31;
  const alias = (la & 0xfffff000) | 1;
  const known = load<u32>(line, ALIASES);
  if (known != alias) {
    if (known != 0) unfilterLine(line);
    store<u32>(line, alias, ALIASES);
  }
  const writable = (load<u32>(line) & LINE_MODIFIED) != 0 && !isCode(physical) && mayWrite(entry, half);
  if (entry != NOT_PAGED && (flagsOf(entry) & LARGE) == 0) noteFiltered(entry, la);
  installSlot(DATA_FILTER + half + slotOffset(la), granule, writable ? granule : EMPTY, RAM_BASE + physical - la);
}

// @ts-ignore: decorator
@inline function mayWrite(entry: u32, half: u32): bool {
  if (entry == NOT_PAGED) return true;
  const needed = rightsFor(true, half != SYSTEM) | DIRTY;
  return (flagsOf(entry) & needed) == needed;
}

// ---- helpers

function crossesGranule(la: u32, size: u32): bool {
  return (la & 31) + size > 32;
}

function chargeAcross(la: u32, size: u32): void {
  const shift = load<u32>(CONFIG_L1D_SHIFT);
  chargeEvent(la >> shift != (la + size - 1) >> shift ? EVENT_SPLIT_LINE : EVENT_MISALIGNED);
}

function loadSized(host: u32, size: u32): u32 {
  if (size == 4) return load<u32>(host);
  return size == 2 ? load<u16>(host) : load<u8>(host);
}
