// Inodes in memory: what the kernel knows of a file, whichever file system it is of. One of a file system and a number
// exists once, and is found in a table. Nobody refers to a file by anything else: a path ends at an inode, a descriptor's
// File holds one, and so do a mapped region and a cached page (by its Owner part, which comes first).
//
// An inode without references stays, with its pages, until its slot is wanted; one without links goes at once.
import { Page } from './page';
import { addressOf_inodeTable } from './stubs';

export const FS_EXT2: u32 = 1;
/** Files that exist in memory only, in as many trees as there are roots. */
export const FS_TMPFS: u32 = 2;
/** The disk itself, whose pages are its blocks in order. */
export const FS_DISK: u32 = 3;

@unmanaged
export class Inode {
  firstPage: Page;
  pageCount: u32;
  hashNext: Inode;
  references: u32;
  fs: u32;
  number: u32;
  mode: u32;
  links: u32;
  size: u32;
  uid: u32;
  gid: u32;
  /** Of a device: major << 8 | minor. */
  device: u32;
  accessed: u32;
  modified: u32;
  changed: u32;
  /** Room taken, in 512-byte sectors. */
  sectors: u32;
  /** ext2's flags. */
  flags: u32;
  /** Differs from what its file system has. */
  dirty: u32;
  /** Bytes of a block, and of a directory's unit. */
  blockSize: u32;
  /** Root of the tree mounted here, and what a root covers. */
  mounted: Inode;
  covers: Inode;
  /** Regions and descriptors that write, and those that execute, exclude each other. */
  writers: u32;
  executors: u32;
  /** tmpfs: the directory it is in. */
  parent: u32;
  generation: u32;
  acl: u32;
  unused0: u32;
  // map: ext2's 15 block numbers, or the text of a short symbolic link
  map: u32;
}

const INODE_SIZE: u32 = 192;
const MAX_INODES: u32 = 2048;
const BUCKETS: u32 = 512;
const buckets: usize = memory.data(512 * 4, 64);
let hand: u32 = 0;

export function noInode(): Inode {
  return changetype<Inode>(0);
}

export function inodeLimit(): u32 {
  return MAX_INODES;
}

/** Slot i; number 0: free. */
export function inodeSlot(i: u32): Inode {
  return changetype<Inode>(addressOf_inodeTable() + i * INODE_SIZE);
}

/** Address of ext2's block number i of the fifteen. */
export function mapSlot(inode: Inode, i: u32): usize {
  return changetype<usize>(inode) + offsetof<Inode>('map') + (i << 2);
}

function bucket(fs: u32, number: u32): usize {
  return buckets + (((number * 3 + fs) & (BUCKETS - 1)) << 2);
}

/** The inode, with no new reference; null: not in memory. */
export function findInode(fs: u32, number: u32): Inode {
  let inode = load<Inode>(bucket(fs, number));
  while (changetype<usize>(inode) && (inode.number != number || inode.fs != fs)) inode = inode.hashNext;
  return inode;
}

/** A free slot; null: all are in use. Slots whose inode nobody refers to must have been emptied before. */
export function freeInodeSlot(): Inode {
  for (let n: u32 = 0; n < MAX_INODES; n++) {
    hand = (hand + 1) & (MAX_INODES - 1);
    if (!inodeSlot(hand).number) return inodeSlot(hand);
  }
  return noInode();
}

/** An inode that could be written back and forgotten: on a disk, no references, nothing mounted. Null: none. */
export function unusedInode(): Inode {
  for (let n: u32 = 0; n < MAX_INODES; n++) {
    hand = (hand + 1) & (MAX_INODES - 1);
    const inode = inodeSlot(hand);
    if (inode.number && inode.fs == FS_EXT2 && !inode.references && !changetype<usize>(inode.mounted)) return inode;
  }
  return noInode();
}

/** Fills a free slot and enters it into the table, with one reference. */
export function enterInode(inode: Inode, fs: u32, number: u32): void {
  memory.fill(changetype<usize>(inode), 0, INODE_SIZE);
  inode.fs = fs;
  inode.number = number;
  inode.references = 1;
  const slot = bucket(fs, number);
  inode.hashNext = load<Inode>(slot);
  store<Inode>(slot, inode);
}

/** Takes an inode without pages out of the table; its slot is free. */
export function leaveInode(inode: Inode): void {
  let slot = bucket(inode.fs, inode.number);
  while (load<Inode>(slot) != inode) slot = changetype<usize>(load<Inode>(slot)) + offsetof<Inode>('hashNext');
  store<Inode>(slot, inode.hashNext);
  inode.number = 0;
}

export function holdInode(inode: Inode): Inode {
  inode.references++;
  return inode;
}

/** How many are referred to. */
export function inodesInUse(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < MAX_INODES; i++) if (inodeSlot(i).number && inodeSlot(i).references) n++;
  return n;
}

export function typeOf(inode: Inode): u32 {
  return inode.mode & 0xf000;
}
