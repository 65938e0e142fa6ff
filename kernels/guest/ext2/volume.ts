// The one ext2 volume: its superblock and group descriptors, and its blocks as the cache holds them. The volume's own
// blocks (superblock, descriptors, bitmaps, inode tables, blocks of block numbers) are pages of the disk; the blocks of a
// file are pages of that file and never looked at as pages of the disk.
//
// The counts of free blocks and inodes live in the superblock and the descriptors and nowhere else.
import { newline, print } from '../../lib/console';
import { S_IFBLK } from '../../lib/unix';
import { diskSectors } from '../../ports/port';
import { getPage, markDirty } from '../cache';
import { now } from '../clock';
import { enterInode, FS_DISK, freeInodeSlot, Inode, noInode } from '../inode';
import { addressOf, dropPage, findPage, Owner, pageAt, setDirty } from '../page';
import {
  GROUP_SIZE,
  INCOMPATIBLE_FILE_TYPE,
  MAGIC,
  READ_ONLY_KNOWN,
  STATE_CLEAN,
  SUPER_AT,
  SUPER_BLOCKS,
  SUPER_BLOCKS_PER_GROUP,
  SUPER_FIRST_BLOCK,
  SUPER_FIRST_INODE,
  SUPER_INCOMPATIBLE,
  SUPER_INODE_SIZE,
  SUPER_INODES_PER_GROUP,
  SUPER_LOG_BLOCK,
  SUPER_MAGIC,
  SUPER_READ_ONLY,
  SUPER_REVISION,
  SUPER_STATE,
  SUPER_WRITE_TIME,
} from './layout';

export const DISK_DEVICE: u32 = 0x0300;

/** The disk, as an inode that owns its pages; null: there is none. */
export let disk: Inode = changetype<Inode>(0);
export let blockSize: u32 = 0;
export let blockShift: u32 = 0;
export let firstBlock: u32 = 0;
export let blockCount: u32 = 0;
export let blocksPerGroup: u32 = 0;
export let inodesPerGroup: u32 = 0;
export let inodeSize: u32 = 0;
export let firstInode: u32 = 0;
export let groupCount: u32 = 0;
export let entriesHaveTypes: bool = false;
/** Has anything been written since the mount? The state says so on the disk. */
let written: bool = false;
let wasClean: bool = false;
/** The superblock, held for good. */
let superblock: usize = 0;

/** Makes the disk known; false: there is none. */
export function diskInit(): bool {
  if (!diskSectors()) return false;
  disk = freeInodeSlot();
  enterInode(disk, FS_DISK, 1);
  disk.mode = S_IFBLK | 0x180;
  disk.device = DISK_DEVICE;
  disk.blockSize = 4096;
  disk.size = diskSectors() << 9;
  disk.links = 1;
  return true;
}

function refuse(why: string): bool {
  print('hda: ');
  print(why);
  newline();
  return false;
}

/** Reads the superblock. False: no file system that this kernel can write without harm; it says why on the console. */
export function mountVolume(): bool {
  const page = getPage(disk, 0);
  if (!changetype<usize>(page)) return refuse('cannot be read');
  superblock = addressOf(page) + SUPER_AT;
  if (<u32>load<u16>(superblock, SUPER_MAGIC) != MAGIC) return refuse('no ext2 file system');
  const revision = load<u32>(superblock, SUPER_REVISION);
  const incompatible = revision ? load<u32>(superblock, SUPER_INCOMPATIBLE) : 0;
  if (incompatible & ~INCOMPATIBLE_FILE_TYPE) return refuse('has features that this kernel does not know');
  if (revision && load<u32>(superblock, SUPER_READ_ONLY) & ~READ_ONLY_KNOWN) {
    return refuse('has features that this kernel cannot keep up');
  }
  const log = load<u32>(superblock, SUPER_LOG_BLOCK);
  if (log > 2) return refuse('has blocks above 4 KiB');
  blockShift = 10 + log;
  blockSize = 1 << blockShift;
  firstBlock = load<u32>(superblock, SUPER_FIRST_BLOCK);
  blockCount = load<u32>(superblock, SUPER_BLOCKS);
  blocksPerGroup = load<u32>(superblock, SUPER_BLOCKS_PER_GROUP);
  inodesPerGroup = load<u32>(superblock, SUPER_INODES_PER_GROUP);
  inodeSize = revision ? load<u16>(superblock, SUPER_INODE_SIZE) : 128;
  firstInode = revision ? load<u32>(superblock, SUPER_FIRST_INODE) : 11;
  entriesHaveTypes = (incompatible & INCOMPATIBLE_FILE_TYPE) != 0;
  if (!blocksPerGroup || !inodesPerGroup || inodeSize < 128 || blockCount > diskSectors() / (blockSize >> 9)) {
    return refuse('has a superblock that cannot be right');
  }
  groupCount = (blockCount - firstBlock + blocksPerGroup - 1) / blocksPerGroup;
  wasClean = (load<u16>(superblock, SUPER_STATE) & STATE_CLEAN) != 0;
  return true;
}

export function superField(field: usize): u32 {
  return load<u32>(superblock + field);
}

/** Adds `change` to a count in the superblock. */
export function superAdd(field: usize, change: i32): void {
  volumeWritten();
  store<u32>(superblock + field, load<u32>(superblock + field) + change);
  touchSuper();
}

function touchSuper(): void {
  markDirty(pageAt(superblock), SUPER_AT, SUPER_AT + 1024);
}

/** The volume is about to differ: it is not clean until unmountVolume. */
export function volumeWritten(): void {
  if (written) return;
  written = true;
  store<u16>(superblock, <u16>(<u32>load<u16>(superblock, SUPER_STATE) & ~(<u32>STATE_CLEAN)), SUPER_STATE);
  touchSuper();
}

/** Before a sync. */
export function writeSuper(): void {
  if (!written) return;
  store<u32>(superblock, now(), SUPER_WRITE_TIME);
  touchSuper();
}

/** The last sync follows: the volume is clean again. */
export function markClean(): void {
  if (!written || !wasClean) return;
  written = false;
  store<u16>(superblock, <u16>(<u32>load<u16>(superblock, SUPER_STATE) | STATE_CLEAN), SUPER_STATE);
  touchSuper();
}

/** A block of the volume, where the kernel sees it, held; 0: out of memory, or the disk failed. */
export function readBlock(block: u32): usize {
  const at = block << blockShift;
  const page = getPage(disk, at >> 12);
  return changetype<usize>(page) ? addressOf(page) + (at & 0xfff) : 0;
}

/** Lets go of the block that a byte at `address` is in. */
export function releaseBlock(address: usize): void {
  dropPage(pageAt(address));
}

/** The block with a byte at `address` has been changed. */
export function changeBlock(address: usize): void {
  const at = <u32>address & 0xfff & ~(blockSize - 1);
  markDirty(pageAt(address), at, at + blockSize);
}

/** The block is no longer the volume's own: what is in the cache must not go to the disk. */
export function forgetBlock(block: u32): void {
  const at = block << blockShift;
  const page = findPage(changetype<Owner>(changetype<usize>(disk)), at >> 12);
  if (!changetype<usize>(page)) return;
  const mask = ((1 << (blockSize >> 9)) - 1) << ((at & 0xfff) >> 9);
  setDirty(page, <u8>(<u32>page.dirty & ~mask));
  dropPage(page);
}

/** Descriptor of a block group, held; 0: see readBlock. */
export function groupAt(group: u32): usize {
  const perBlock = blockSize / GROUP_SIZE;
  const block = readBlock(firstBlock + 1 + group / perBlock);
  return block ? block + (group % perBlock) * GROUP_SIZE : 0;
}

export function noDisk(): bool {
  return disk == noInode();
}
