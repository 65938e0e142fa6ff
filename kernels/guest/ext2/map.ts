// Which block of the volume holds block n of a file: twelve numbers in the inode, then a block of numbers, then blocks of
// blocks of numbers (n/4 numbers a block of n bytes). A triple level would begin at 64 MiB with blocks of 1 KiB: files end
// there.
import { Inode, mapSlot } from '../inode';
import { giveBlock, takeBlock } from './bitmap';
import { DIRECT, DOUBLE, SINGLE } from './layout';
import {
  blockShift,
  blockSize,
  blocksPerGroup,
  changeBlock,
  firstBlock,
  inodesPerGroup,
  readBlock,
  releaseBlock,
} from './volume';

/** Block numbers in a block, as a power of two. */
function perBlockShift(): u32 {
  return blockShift - 2;
}

/** The most bytes that a file can have. */
export function largestFile(): u32 {
  const per: u32 = 1 << perBlockShift();
  const blocks = DIRECT + per + per * per;
  return blocks >= 0x7fffffff >> blockShift ? 0x7fffffff : blocks << blockShift;
}

/** Where to look for a free block: behind the file's last one, or in the group of its inode. */
function goalOf(inode: Inode, before: u32): u32 {
  return before ? before + 1 : firstBlock + ((inode.number - 1) / inodesPerGroup) * blocksPerGroup + 1;
}

function take(inode: Inode, before: u32): u32 {
  const block = takeBlock(goalOf(inode, before));
  if (block) {
    inode.sectors += blockSize >> 9;
    inode.dirty = 1;
  }
  return block;
}

/** A block of block numbers, all zero. */
function takeTable(inode: Inode, before: u32): u32 {
  const block = take(inode, before);
  if (!block) return 0;
  const table = readBlock(block);
  if (!table) {
    giveBlock(block);
    inode.sectors -= blockSize >> 9;
    return 0;
  }
  memory.fill(table, 0, blockSize);
  changeBlock(table);
  releaseBlock(table);
  return block;
}

/** Entry `i` of a table of block numbers; with `create`, a new block (a table itself when `isTable`). 0: none. */
function entry(inode: Inode, tableBlock: u32, i: u32, create: bool, isTable: bool): u32 {
  const table = readBlock(tableBlock);
  if (!table) return 0;
  const slot = table + (i << 2);
  let block = load<u32>(slot);
  if (!block && create) {
    const before = i ? load<u32>(slot - 4) : tableBlock;
    block = isTable ? takeTable(inode, before) : take(inode, before);
    if (block) {
      store<u32>(slot, block);
      changeBlock(table);
    }
  }
  releaseBlock(table);
  return block;
}

/** One of the three tables that the inode names. */
function root(inode: Inode, i: u32, create: bool): u32 {
  let block = load<u32>(mapSlot(inode, i));
  if (!block && create) {
    block = takeTable(inode, load<u32>(mapSlot(inode, i - 1)));
    if (block) store<u32>(mapSlot(inode, i), block);
  }
  return block;
}

/**
 * The volume's block that holds block `n` of the file; with `create`, one is taken where there is none. 0: a hole, or no
 * room. The volume is locked.
 */
export function ext2Map(inode: Inode, n: u32, create: bool): u32 {
  if (n < DIRECT) {
    let block = load<u32>(mapSlot(inode, n));
    if (!block && create) {
      block = take(inode, n ? load<u32>(mapSlot(inode, n - 1)) : 0);
      if (block) store<u32>(mapSlot(inode, n), block);
    }
    return block;
  }
  const shift = perBlockShift();
  n -= DIRECT;
  if (n < <u32>(1 << shift)) {
    const table = root(inode, SINGLE, create);
    return table ? entry(inode, table, n, create, false) : 0;
  }
  n -= 1 << shift;
  if (n >> shift >= <u32>(1 << shift)) return 0;
  const top = root(inode, DOUBLE, create);
  if (!top) return 0;
  const table = entry(inode, top, n >> shift, create, true);
  return table ? entry(inode, table, n & ((1 << shift) - 1), create, false) : 0;
}

function give(inode: Inode, block: u32): void {
  giveBlock(block);
  inode.sectors -= blockSize >> 9;
  inode.dirty = 1;
}

/**
 * Gives back what a table of `level` levels names from block `from` of its range on; true: nothing is left in it, and the
 * table itself has been given back.
 */
function trim(inode: Inode, tableBlock: u32, level: u32, from: u32): bool {
  const table = readBlock(tableBlock);
  if (!table) return false;
  const shift = perBlockShift();
  const below = (level - 1) * shift;
  for (let i = from >> below; i < <u32>(1 << shift); i++) {
    const block = load<u32>(table + (i << 2));
    if (!block) continue;
    const inside = i == from >> below ? from & ((1 << below) - 1) : 0;
    if (level > 1 && !trim(inode, block, level - 1, inside)) continue;
    if (level == 1) give(inode, block);
    store<u32>(table + (i << 2), 0);
    changeBlock(table);
  }
  releaseBlock(table);
  if (from) return false;
  give(inode, tableBlock);
  return true;
}

/** Gives back all blocks of the file from block `first` on. The volume is locked. */
export function ext2Trim(inode: Inode, first: u32): void {
  for (let i = first; i < DIRECT; i++) {
    const block = load<u32>(mapSlot(inode, i));
    if (block) give(inode, block);
    store<u32>(mapSlot(inode, i), 0);
  }
  let before = DIRECT;
  for (let level: u32 = 1; level <= 2; level++) {
    const slot = mapSlot(inode, SINGLE + level - 1);
    const range: u32 = 1 << (level * perBlockShift());
    const from = first > before ? first - before : 0;
    if (load<u32>(slot) && from < range && trim(inode, load<u32>(slot), level, from)) store<u32>(slot, 0);
    before += range;
  }
}

/** Block of the volume that holds the file's block, 0: a hole. For the page cache. */
export function ext2Find(inode: Inode, block: u32): u32 {
  return ext2Map(inode, block, false);
}
