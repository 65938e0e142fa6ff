// The mapping database: who got which frame from whom, so that a mapping can be taken back with all that came of it.
//
// Each frame has a list of its mappings in pre-order, each with its depth: a mapping's descendants follow it directly
// and are deeper.
//
//   frame 0x2000:  sigma0 2000 (0) -> root 2000 (1) -> pager 2000 (2) -> program 40000000 (3) -> driver 2000 (2)
//
// Mapping inserts behind the source, one deeper; granting renames the source; unmapping removes the row of deeper
// followers. sigma0 owns every frame that the kernel does not: its own mappings (depth 0) come into being when it hands
// a frame on. All are of 4 KiB: a larger fpage is as many mappings.

import { Elements } from '../../kernels/lib/elements';
import { __image_end, __text_start } from '../../kernels/lib/linker';
import {
  FRAME_MASK,
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_NO_CACHE,
  PAGE_PRESENT,
  PAGE_USER,
  PAGE_WRITE,
  PageEntry,
  pageEntry,
} from '../../kernels/lib/paging';
import { RIGHT_EXECUTE, RIGHT_READ, RIGHT_WRITE } from './fpage';
import { window } from './layout';
import { MAPPING_WORD, pageSlot, writeEntry } from './pages';
import { allocateCell, allocateFrame, freeCell, isKernelFrame, ramEnd } from './pool';
import { isMappable, Space } from './space';

@unmanaged
class Mapping {
  next: Mapping | null;
  previous: Mapping | null;
  space: Space;
  /** Page address; the depth in the low 12 bits. */
  place: u32;
  frame: u32;
}

/** In `place`. */
const DEPTH: u32 = 0xfff;

/** One list head a frame of RAM; the last one is shared by all frames of devices, where `frame` tells them apart. */
let heads: Elements<Mapping | null> = changetype<Elements<Mapping | null>>(0);
let sigma0: usize = 0;

/** Takes the frames for the list heads; false: out of memory. */
export function mappingInit(): bool {
  const bytes = ((ramEnd >> 12) + 1) << 2;
  // At boot the pool hands out neighbouring frames.
  for (let done: u32 = 0; done < bytes; done += 0x1000) {
    const frame = allocateFrame();
    if (!frame) return false;
    if (!done) heads = changetype<Elements<Mapping | null>>(window(frame));
  }
  return true;
}

export function setSigma0(space: Space): void {
  sigma0 = changetype<usize>(space);
}

export function isSigma0(space: Space): bool {
  return changetype<usize>(space) == sigma0;
}

/** In `heads`. */
function headOf(frame: u32): u32 {
  return min(frame, ramEnd) >> 12;
}

/** sigma0's mapping of a frame, which has no page-table entry; it comes first among the frame's. */
function findRoot(frame: u32): Mapping | null {
  let at = heads[headOf(frame)];
  while (at && (at.frame != frame || at.place & DEPTH)) at = at.next;
  return at;
}

function mappingAt(slot: usize): Mapping | null {
  return changetype<Mapping | null>(load<u32>(slot + MAPPING_WORD));
}

function setMapping(slot: usize, m: Mapping): void {
  store<u32>(slot + MAPPING_WORD, changetype<usize>(m));
}

/** A new mapping behind `source`, or at the head of the frame's list; null: out of memory, or too deep. */
function insert(source: Mapping | null, space: Space, page: u32, frame: u32): Mapping | null {
  const cell = source && (source.place & DEPTH) == DEPTH ? 0 : allocateCell();
  if (!cell) return null;
  const m = changetype<Mapping>(cell);
  m.space = space;
  m.frame = frame;
  m.previous = source;
  if (source) {
    m.place = page | ((source.place & DEPTH) + 1);
    m.next = source.next;
    source.next = m;
  } else {
    m.place = page;
    m.next = heads[headOf(frame)];
    heads[headOf(frame)] = m;
  }
  const next = m.next;
  if (next) next.previous = m;
  return m;
}

function remove(m: Mapping): void {
  const next = m.next;
  const previous = m.previous;
  if (previous) previous.next = next;
  else heads[headOf(m.frame)] = next;
  if (next) next.previous = previous;
  freeCell(changetype<usize>(m));
}

/** The mapping that this one came of; null for sigma0's. */
function parentOf(m: Mapping): Mapping | null {
  const depth = m.place & DEPTH;
  let at = m.previous;
  while (at && (at.place & DEPTH) >= depth) at = at.previous;
  return at;
}

/** sigma0's mapping of a frame; null: the frame is the kernel's. */
function root(frame: u32): Mapping | null {
  if (isKernelFrame(frame, __text_start(), __image_end())) return null;
  const space = changetype<Space>(sigma0);
  const m = findRoot(frame);
  return m ? m : insert(null, space, frame, frame);
}

/** Maps a frame into sigma0 itself, at its own address. */
export function mapSigma0(frame: u32): bool {
  const space = changetype<Space>(sigma0);
  const slot = pageSlot(space, frame, true);
  if (!slot || !isMappable(space, frame) || !root(frame)) return false;
  writeEntry(space, slot, frame, frame | PAGE_PRESENT | PAGE_USER | PAGE_WRITE | cacheBits(frame));
  return true;
}

function cacheBits(frame: u32): u32 {
  return frame < ramEnd ? 0 : PAGE_NO_CACHE;
}

/** Maps or grants one page with `rights` at most; false: nothing there, not allowed, or out of memory. */
export function mapPage(from: Space, source: u32, to: Space, page: u32, rights: u32, grant: bool): bool {
  if (!isMappable(to, page) || !(isSigma0(from) || isMappable(from, source))) return false;
  let frame = source;
  let writable: bool = true;
  let parent: Mapping | null = null;
  const sourceSlot = pageSlot(from, source, false);
  if (isSigma0(from)) parent = root(frame);
  else if (sourceSlot) {
    const entry = load<PageEntry>(sourceSlot);
    if (!entry.present) return false;
    frame = entry.address;
    writable = entry.writable;
    parent = mappingAt(sourceSlot);
  }
  if (!parent) return false;
  const slot = pageSlot(to, page, true);
  if (!slot) return false;
  const old = load<PageEntry>(slot);
  let bits = PAGE_PRESENT | PAGE_USER | cacheBits(frame);
  if (writable && rights & RIGHT_WRITE) bits |= PAGE_WRITE;
  if (old.present) {
    if (old.mark) return false;
    if (old.address == frame) {
      // The same frame again extends the rights, if it comes from where the page has it from; else nothing changes.
      const mapping = mappingAt(slot);
      if (mapping && parentOf(mapping) == parent) writeEntry(to, slot, page, old.word | bits);
      return true;
    }
    unmapPage(to, page, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE, true);
  }
  let m: Mapping | null = parent;
  if (grant && !isSigma0(from)) {
    parent.space = to;
    parent.place = page | (parent.place & DEPTH);
    writeEntry(from, sourceSlot, source, 0);
  } else m = insert(parent, to, page, frame);
  if (!m) return false;
  setMapping(slot, m);
  writeEntry(to, slot, page, frame | bits);
  return true;
}

/**
 * Takes `rights` away from all mappings that came of this page, and with `flush` from the page itself. The result is
 * what has been done through them since the last time: RIGHT_READ when accessed, RIGHT_WRITE when written.
 */
export function unmapPage(space: Space, page: u32, rights: u32, flush: bool): u32 {
  let m: Mapping | null = null;
  if (isSigma0(space)) m = findRoot(page);
  else {
    const slot = isMappable(space, page) ? pageSlot(space, page, false) : 0;
    if (slot && load<PageEntry>(slot).present) m = mappingAt(slot);
  }
  if (!m) return 0;
  const depth = m.place & DEPTH;
  let used: u32 = 0;
  let at = m.next;
  while (at && (at.place & DEPTH) > depth) {
    const next = at.next;
    used |= revoke(at, rights);
    at = next;
  }
  if (flush) used |= revoke(m, rights);
  return used;
}

/** Takes rights from one mapping; without the right to read it ceases to exist. */
function revoke(m: Mapping, rights: u32): u32 {
  const page = m.place & FRAME_MASK;
  const slot = pageSlot(m.space, page, false);
  const entry = slot ? load<PageEntry>(slot) : pageEntry(0);
  const used = (entry.accessed ? RIGHT_READ : 0) | (entry.dirty ? RIGHT_WRITE : 0);
  if (rights & RIGHT_READ) {
    if (entry.present) writeEntry(m.space, slot, page, 0);
    remove(m);
  } else if (entry.present) {
    const mask = rights & RIGHT_WRITE ? ~(PAGE_WRITE | PAGE_ACCESSED | PAGE_DIRTY) : ~(PAGE_ACCESSED | PAGE_DIRTY);
    writeEntry(m.space, slot, page, entry.word & mask);
  }
  return used;
}

/** Unmaps whatever a dying space still has, and what others got from it. */
export function unmapAll(space: Space): void {
  for (let table: u32 = 0; table < 0x300; table++) {
    for (let i: u32 = 0; i < 1024; i++) {
      const page = (table << 22) | (i << 12);
      const slot = pageSlot(space, page, false);
      if (!slot) break;
      const entry = load<PageEntry>(slot);
      if (entry.present && !entry.mark) unmapPage(space, page, RIGHT_READ, true);
    }
  }
}
