// Frames, and what each is used as.
//
// A frame has an owner, a count of references, a type and a count of uses as that type. The type is what keeps a guest
// from writing its own page tables: at any time a frame is a level-1 table, a level-2 table, a GDT page, *or* writable,
// never two of these. A frame may take another type only when no use of the present one is left; becoming a table
// means that every entry is validated first (pagetable.ts), and each entry then holds references to what it maps.
//
// A translation may outlive its last use in the TLB. So a frame remembers when its last use ended, in TLB flushes, and
// if none has happened since, taking a new type flushes.
//
// A frame's record is four words, of which the third says what it is used as, and how often (FrameUse).

import { readCr3, writeCr3 } from '../kernels/lib/x86';
import { FRAME_TABLE } from './layout';

export const OWNER_VMM: u32 = 1;

export const TYPE_L1: u32 = 1 << 29;
export const TYPE_L2: u32 = 2 << 29;
export const TYPE_GDT: u32 = 5 << 29;
export const TYPE_WRITABLE: u32 = 7 << 29;
export const PINNED: u32 = 1 << 28;
export const VALIDATED: u32 = 1 << 27;

/** What a frame is used as: one of the TYPE_ constants, with how often in its low bits. */
@word
@bits(`
    31 29     28         27      26 0
  |  kind | pinned | validated | uses |
`)
@unmanaged
export class FrameUse {
  readonly pinned: bool;
  readonly validated: bool;
  readonly uses: u32;

  /** One of the TYPE_ constants: kind, where it stands in the word. */
  get type(): u32 {
    return changetype<u32>(this) & (7 << 29);
  }
  /** Once more, or with a negative number once less. */
  plus(uses: i32): FrameUse {
    return changetype<FrameUse>(changetype<u32>(this) + uses);
  }
  with(bits: u32): FrameUse {
    return changetype<FrameUse>(changetype<u32>(this) | bits);
  }
  without(bits: u32): FrameUse {
    return changetype<FrameUse>(changetype<u32>(this) & ~bits);
  }
}

/** The use that a frame of this type begins with: none. */
export function unused(type: u32): FrameUse {
  return changetype<FrameUse>(type);
}

@unmanaged
@size(16)
export class Frame {
  /** Address of a Domain, OWNER_VMM, or 0. */
  owner: u32;
  references: u32;
  use: FrameUse;
  /** The flush clock when the last use ended. */
  flushedAt: u32;
}

/** Frames of memory; a frame number from here up is a device's, or nothing. */
export let frameCount: u32 = 0;
/** How often the TLB has been emptied. */
export let flushClock: u32 = 1;

export function frameInfo(frame: u32): Frame {
  return changetype<Frame>(FRAME_TABLE + (frame << 4));
}

export function setFrameCount(count: u32): void {
  frameCount = count;
}

export function flushTlb(): void {
  flushClock++;
  writeCr3(readCr3());
}

/** Loads CR3, which empties the TLB of all but the VMM's global entries. */
export function loadDirectory(cr3: u32): void {
  flushClock++;
  writeCr3(cr3);
}

export function getFrame(frame: u32, owner: u32): bool {
  if (frame >= frameCount) return false;
  const info = frameInfo(frame);
  if (info.owner != owner) return false;
  info.references++;
  return true;
}

export function putFrame(frame: u32): void {
  frameInfo(frame).references--;
}
