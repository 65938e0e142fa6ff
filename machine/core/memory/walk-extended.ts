/*
 * The page walk under PAE: a pointer kept in the processor, page directory, page table, of 64-bit entries (Intel SDM
 * vol. 3, 4.4); pages of 4 KiB and 2 MiB; no-execute under EFER.NXE.
 *
 *     31    30 29          21 20          12 11            0
 *     +-------+--------------+--------------+--------------+     entry: as without PAE, and 63 NX, 12-35 frame
 *     |pointer|  directory   |    table     |    offset    |
 *     +-------+--------------+--------------+--------------+     error code: as without PAE, and 4 instruction fetch
 *
 * Physical addresses have 36 bits, of which RAM uses 29 here: frames beyond 4 GiB are found at an address where nothing
 * answers.
 */
import { CONFIG_RAM_BYTES } from '../generated/config';
import { RAM_BASE } from '../generated/layout';
import { CR4, EFER, PDPTE } from '../generated/state';
import { CR4_PAE } from './directory-pointers';
import { DIRTY, EXECUTABLE, GLOBAL, LARGE, USER, WRITABLE } from './tlb';
import {
  beginWalk, CODE_PRESENT, CODE_RESERVED, CODE_USER, CODE_WRITE, endWalk, mark, permits, recall, touchEntry,
  translateQuiet, walk, walkAgain,
} from './walk';

const PRESENT: u64 = 1;
const NO_EXECUTE_ENABLE: u32 = 0x800;
const CR4_PGE: u32 = 0x80;
const CODE_FETCH: u32 = 0x10;
/** Bits 36-62; bit 63 too without NXE. Bits 13-20 of a 2 MiB entry. */
const RESERVED_HIGH: u32 = 0x7ffffff0;
const NO_EXECUTE_HIGH: u32 = 0x80000000;
const LARGE_RESERVED: u32 = 0x001fe000;
/** Where frames beyond 4 GiB are found: the last 2 MiB below it. */
const NOWHERE: u32 = 0xffe00000;

function readEntry64(physical: u32): u64 {
  return physical < load<u32>(CONFIG_RAM_BYTES) ? load<u64>(RAM_BASE + physical) : u64.MAX_VALUE;
}

// @ts-ignore: decorator
@inline function protects(): bool { return (load<u32>(EFER) & NO_EXECUTE_ENABLE) != 0; }

function malformed(entry: u64): bool {
  const high = <u32>(entry >> 32);
  return (high & (protects() ? RESERVED_HIGH : RESERVED_HIGH | NO_EXECUTE_HIGH)) != 0;
}

/** W, U and X of an entry, X as a right. */
// @ts-ignore: decorator
@inline function rightsOf(entry: u64): u32 {
  return (<u32>entry & (WRITABLE | USER)) | (<i64>entry < 0 ? 0 : EXECUTABLE);
}

/** Physical address of entry `number` in the table that `entry` points to; that of no RAM beyond 4 GiB. */
// @ts-ignore: decorator
@inline function entryAt(entry: u64, number: u32): u32 {
  return ((entry >> 32) & 0xf) != 0 ? NOWHERE : (<u32>entry & 0xfffff000) + (number << 3);
}

// @ts-ignore: decorator
@inline function frameOf(entry: u64, mask: u32): u32 {
  return ((entry >> 32) & 0xf) != 0 ? NOWHERE : <u32>entry & mask;
}

function allowed(rights: u32, write: bool, user: bool, fetches: bool): bool {
  return permits(rights, write, user) && (!fetches || (rights & EXECUTABLE) != 0);
}

/** As `walk`; `fetches`: the access is an instruction fetch. */
function walkExtended(la: u32, write: bool, user: bool, fetches: bool): i32 {
  let code = (write ? CODE_WRITE : 0) | (user ? CODE_USER : 0);
  if (fetches && protects()) code |= CODE_FETCH;
  const pointer = load<u64>(PDPTE + ((la >> 30) << 3));
  if ((pointer & PRESENT) == 0) return code;
  const directoryEntry = entryAt(pointer, (la >> 21) & 511);
  touchEntry(directoryEntry);
  const pde = readEntry64(directoryEntry);
  if ((pde & PRESENT) == 0) return code;
  if (malformed(pde)) return code | CODE_PRESENT | CODE_RESERVED;
  if ((<u32>pde & LARGE) != 0) {
    if ((<u32>pde & LARGE_RESERVED) != 0) return code | CODE_PRESENT | CODE_RESERVED;
    const rights = rightsOf(pde);
    if (!allowed(rights, write, user, fetches)) return code | CODE_PRESENT;
    const entry = mark(directoryEntry, <u32>pde, write);
    recall(frameOf(pde, 0xffe00000), rights | (entry & (DIRTY | global())) | LARGE);
    return -1;
  }
  const tableEntry = entryAt(pde, (la >> 12) & 511);
  touchEntry(tableEntry);
  const pte = readEntry64(tableEntry);
  if ((pte & PRESENT) == 0) return code;
  if (malformed(pte)) return code | CODE_PRESENT | CODE_RESERVED;
  const rights = rightsOf(pde) & rightsOf(pte);
  if (!allowed(rights, write, user, fetches)) return code | CODE_PRESENT;
  mark(directoryEntry, <u32>pde, false);
  const entry = mark(tableEntry, <u32>pte, write);
  recall(frameOf(pte, 0xfffff000), rights | (entry & (DIRTY | global())));
  return -1;
}

// @ts-ignore: decorator
@inline function global(): u32 { return (load<u32>(CR4) & CR4_PGE) != 0 ? GLOBAL : 0; }

/** As `translateQuiet`. */
function translateExtended(la: u32): i64 {
  const pointer = load<u64>(PDPTE + ((la >> 30) << 3));
  if ((pointer & PRESENT) == 0) return -1;
  const pde = readEntry64(entryAt(pointer, (la >> 21) & 511));
  if ((pde & PRESENT) == 0 || malformed(pde)) return -1;
  if ((<u32>pde & LARGE) != 0) {
    recall(0, rightsOf(pde));
    return <i64>(frameOf(pde, 0xffe00000) | (la & 0x1fffff));
  }
  const pte = readEntry64(entryAt(pde, (la >> 12) & 511));
  if ((pte & PRESENT) == 0 || malformed(pte)) return -1;
  recall(0, rightsOf(pde) & rightsOf(pte));
  return <i64>(frameOf(pte, 0xfffff000) | (la & 0xfff));
}

// ---- by whichever tables are in force

// @ts-ignore: decorator
@inline export function walkInForce(la: u32, write: bool, user: bool, fetches: bool): i32 {
  // Only walks without PAE are remembered, and a change of CR4.PAE forgets them.
  if (walkAgain(la, write, user)) return -1;
  if ((load<u32>(CR4) & CR4_PAE) == 0) return walk(la, write, user);
  beginWalk();
  const outcome = walkExtended(la, write, user, fetches);
  endWalk();
  return outcome;
}

/** Where the page tables map `la`, or -1, without any effect; the rights are left in walkedFlags. */
export function translateInForce(la: u32): i64 {
  return (load<u32>(CR4) & CR4_PAE) != 0 ? translateExtended(la) : translateQuiet(la);
}
