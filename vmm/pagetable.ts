// Page tables of guests, in direct paging: the processor walks the guest's own tables, so each entry is checked before it
// is written, and holds references to what it maps for as long as it stands.
//
// A level-1 entry may map a frame of the domain's own; read-only without more, writable if the frame can be had as
// TYPE_WRITABLE. Device memory (frames above all memory, but for the APICs') is for the privileged domain. A frame of
// another domain is mapped by grants only, and such an entry goes away by unmap_grant_ref only.
// A level-2 entry maps a frame of the domain's own that can be had as a level-1 table. Neither may be global, and no
// guest maps 4 MiB pages. Slots from FIRST_VMM_SLOT on are filled by the VMM when a table becomes a level-2 table.

import { Descriptor } from '../kernels/lib/descriptors';
import { Elements, Structs } from '../kernels/lib/elements';
import { __work_pte, __work_validated } from '../kernels/lib/hooks';
import { PageEntry, pageEntry } from '../kernels/lib/paging';
import { unlikely } from '../kernels/lib/x86';
import { Domain } from './domain';
import {
  flushClock,
  flushTlb,
  frameCount,
  frameInfo,
  getFrame,
  PINNED,
  putFrame,
  TYPE_GDT,
  TYPE_L1,
  TYPE_L2,
  TYPE_WRITABLE,
  unused,
  VALIDATED,
} from './frame';
import {
  FIRST_VMM_SLOT,
  FRAME_MASK,
  LINEAR_TABLES,
  PER_DOMAIN,
  PTE_A,
  PTE_D,
  PTE_G,
  PTE_P,
  PTE_PS,
  PTE_RW,
} from './layout';
import { mapFrame, unmapFrame } from './mapcache';
import { descriptorAllowed } from './segments';

const ENTRIES: u32 = 1024;
const DESCRIPTORS: u32 = 512;
const FORBIDDEN: u32 = PTE_G | PTE_PS;
const IO_APIC_FRAME: u32 = 0xfec00;
const LOCAL_APIC_FRAME: u32 = 0xfee00;

/** The VMM's own page directory: where the slots of every level-2 table come from. */
let vmmDirectory: Elements<u32> = changetype<Elements<u32>>(0);

export function setVmmDirectory(directory: Elements<u32>): void {
  vmmDirectory = directory;
}

function deviceAllowed(frame: u32, domain: u32): bool {
  return changetype<Domain>(<usize>domain).privileged != 0 && frame != IO_APIC_FRAME && frame != LOCAL_APIC_FRAME;
}

function getL1Entry(entry: PageEntry, domain: u32): bool {
  if (!entry.present) return true;
  __work_validated();
  if (unlikely((entry.word & FORBIDDEN) != 0)) return false;
  const frame = entry.frame;
  if (unlikely(frame >= frameCount)) return deviceAllowed(frame, domain);
  if (unlikely(!getFrame(frame, domain))) return false;
  if (entry.writable && !getType(frame, TYPE_WRITABLE)) {
    putFrame(frame);
    return false;
  }
  return true;
}

export function putL1Entry(entry: PageEntry, domain: u32): void {
  if (!entry.present) return;
  const frame = entry.frame;
  if (frame >= frameCount || frameInfo(frame).owner != domain) return;
  if (entry.writable) putType(frame);
  putFrame(frame);
}

/** An entry that a grant made. */
export function isForeign(entry: PageEntry, domain: u32): bool {
  if (!entry.present) return false;
  const frame = entry.frame;
  return frame < frameCount && frameInfo(frame).owner != domain;
}

/** Writes the level-1 entry at `place` if it is allowed; the VMM's linear address of the entry. */
export function setL1Entry(place: usize, value: u32, domain: u32): bool {
  const entry = pageEntry(value);
  const old = load<PageEntry>(place);
  if (entry.present) {
    if (old.present && ((old.word ^ value) & (FRAME_MASK | PTE_RW)) == 0) {
      if ((value & FORBIDDEN) != 0) return false;
      __work_pte();
      store<u32>(place, value);
      return true;
    }
    if (isForeign(old, domain) || !getL1Entry(entry, domain)) return false;
  } else if (isForeign(old, domain)) return false;
  __work_pte();
  store<u32>(place, value);
  putL1Entry(old, domain);
  return true;
}

function getL2Entry(entry: PageEntry, domain: u32): bool {
  if (!entry.present) return true;
  __work_validated();
  if ((entry.word & FORBIDDEN) != 0) return false;
  const frame = entry.frame;
  if (!getFrame(frame, domain)) return false;
  if (!getType(frame, TYPE_L1)) {
    putFrame(frame);
    return false;
  }
  return true;
}

function putL2Entry(entry: PageEntry): void {
  if (!entry.present) return;
  putType(entry.frame);
  putFrame(entry.frame);
}

/** Writes slot `slot` of the level-2 table at `place` if it is allowed. */
export function setL2Entry(place: usize, slot: u32, value: u32, domain: u32): bool {
  if (slot >= FIRST_VMM_SLOT) return false;
  const old = load<PageEntry>(place);
  if ((value & old.word & PTE_P) != 0 && ((old.word ^ value) & FRAME_MASK) == 0) {
    if ((value & FORBIDDEN) != 0) return false;
    __work_pte();
    store<u32>(place, value);
    return true;
  }
  if (!getL2Entry(pageEntry(value), domain)) return false;
  __work_pte();
  store<u32>(place, value);
  putL2Entry(old);
  return true;
}

/** Takes the references of every entry; if one is refused, gives back those taken. */
function validateTable(frame: u32, type: u32, domain: u32): bool {
  const page = mapFrame(frame);
  const table = changetype<Elements<PageEntry>>(page);
  let valid: bool = false;
  if (type == TYPE_L1) valid = validateL1(table, domain);
  else if (type == TYPE_L2) valid = validateL2(table, frame, domain);
  else if (type == TYPE_GDT) valid = validateGdt(changetype<Structs<Descriptor>>(page));
  unmapFrame(page);
  return valid;
}

function invalidateTable(frame: u32, type: u32, domain: u32): void {
  if (type == TYPE_GDT) return;
  const page = mapFrame(frame);
  const table = changetype<Elements<PageEntry>>(page);
  if (type == TYPE_L1) putL1Entries(table, ENTRIES, domain);
  else putL2Entries(table, FIRST_VMM_SLOT);
  unmapFrame(page);
}

function validateL1(table: Elements<PageEntry>, domain: u32): bool {
  for (let i: u32 = 0; i < ENTRIES; i++) {
    if (!getL1Entry(table[i], domain)) {
      putL1Entries(table, i, domain);
      return false;
    }
  }
  return true;
}

function putL1Entries(table: Elements<PageEntry>, count: u32, domain: u32): void {
  for (let i: u32 = 0; i < count; i++) putL1Entry(table[i], domain);
}

function validateL2(table: Elements<PageEntry>, frame: u32, domain: u32): bool {
  for (let i: u32 = 0; i < FIRST_VMM_SLOT; i++) {
    if (!getL2Entry(table[i], domain)) {
      putL2Entries(table, i);
      return false;
    }
  }
  const own = changetype<Elements<u32>>(table);
  for (let i = FIRST_VMM_SLOT; i < ENTRIES; i++) own[i] = vmmDirectory[i];
  own[LINEAR_TABLES >> 22] = (frame << 12) | PTE_P | PTE_RW | PTE_A | PTE_D;
  own[PER_DOMAIN >> 22] = changetype<Domain>(<usize>domain).perDomainEntry;
  return true;
}

function putL2Entries(table: Elements<PageEntry>, count: u32): void {
  for (let i: u32 = 0; i < count; i++) putL2Entry(table[i]);
}

function validateGdt(table: Structs<Descriptor>): bool {
  for (let i: u32 = 0; i < DESCRIPTORS; i++) {
    if (!descriptorAllowed(table[i].low, table[i].high)) return false;
  }
  return true;
}

/** Uses the frame as `type`; false if it is used as another, or is no valid table. */
export function getType(frame: u32, type: u32): bool {
  const info = frameInfo(frame);
  const now = info.use;
  if (now.uses != 0) {
    if (unlikely(now.type != type)) return false;
    info.use = now.plus(1);
    return true;
  }
  if (now.type != type && info.flushedAt == flushClock) flushTlb();
  info.use = unused(type).plus(1);
  if (type != TYPE_WRITABLE) {
    if (!validateTable(frame, type, info.owner)) {
      info.use = unused(type);
      return false;
    }
    info.use = info.use.with(VALIDATED);
  }
  return true;
}

export function putType(frame: u32): void {
  const info = frameInfo(frame);
  const left = info.use.plus(-1);
  info.use = left;
  if (left.uses != 0) return;
  const type = left.type;
  if (type != TYPE_WRITABLE) {
    invalidateTable(frame, type, info.owner);
    info.use = unused(type);
  }
  info.flushedAt = flushClock;
}

/** Holds a table in its type without any use: -1 if it cannot be had, 0 done, 1 it was pinned before. */
export function pin(frame: u32, type: u32, owner: u32): i32 {
  if (!getFrame(frame, owner)) return -1;
  if (!getType(frame, type)) {
    putFrame(frame);
    return -1;
  }
  const info = frameInfo(frame);
  if (info.use.pinned) {
    putType(frame);
    putFrame(frame);
    return 1;
  }
  info.use = info.use.with(PINNED);
  return 0;
}

export function unpin(frame: u32, owner: u32): bool {
  if (frame >= frameCount) return false;
  const info = frameInfo(frame);
  if (info.owner != owner || !info.use.pinned) return false;
  info.use = info.use.without(PINNED);
  putType(frame);
  putFrame(frame);
  return true;
}
