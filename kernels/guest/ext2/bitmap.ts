// Taking and giving back blocks and inodes: a bitmap of each in every group, and counts in the group's descriptor and in
// the superblock. A block is looked for from a goal on, so that a file that grows stays in one piece; an inode in its
// directory's group, a directory in the group with the most free inodes.
import {
  GROUP_BLOCK_BITMAP,
  GROUP_DIRECTORIES,
  GROUP_FREE_BLOCKS,
  GROUP_FREE_INODES,
  GROUP_INODE_BITMAP,
  SUPER_FREE_BLOCKS,
  SUPER_FREE_INODES,
} from './layout';
import {
  blockCount,
  blocksPerGroup,
  changeBlock,
  firstBlock,
  firstInode,
  forgetBlock,
  groupAt,
  groupCount,
  inodesPerGroup,
  readBlock,
  releaseBlock,
  superAdd,
  superField,
} from './volume';

/** First clear bit of `bitmap` from `from` up to `end`, or `end`. */
function clearBit(bitmap: usize, from: u32, end: u32): u32 {
  let at = from;
  while (at < end) {
    const word = ~load<u32>(bitmap + ((at >> 5) << 2)) & (~0 << (at & 31));
    if (word) return min((at & ~31) + ctz(word), end);
    at = (at & ~31) + 32;
  }
  return end;
}

function setBit(bitmap: usize, bit: u32): void {
  store<u8>(bitmap + (bit >> 3), <u8>(<u32>load<u8>(bitmap + (bit >> 3)) | (1 << (bit & 7))));
  changeBlock(bitmap);
}

function dropBit(bitmap: usize, bit: u32): void {
  store<u8>(bitmap + (bit >> 3), <u8>(<u32>load<u8>(bitmap + (bit >> 3)) & ~(1 << (bit & 7))));
  changeBlock(bitmap);
}

/** Changes a 16-bit count of a group's descriptor. */
function groupAdd(descriptor: usize, field: usize, change: i32): void {
  store<u16>(descriptor + field, <u16>(<i32>load<u16>(descriptor + field) + change));
  changeBlock(descriptor);
}

/** A free block at `goal` or behind it, else the first before it; 0: the volume is full, or a bitmap cannot be read. */
export function takeBlock(goal: u32): u32 {
  if (!superField(SUPER_FREE_BLOCKS)) return 0;
  const start = goal > firstBlock && goal < blockCount ? goal - firstBlock : 0;
  const startGroup = start / blocksPerGroup;
  for (let n: u32 = 0; n <= groupCount; n++) {
    const group = (startGroup + n) % groupCount;
    const found = takeIn(group, n ? 0 : start % blocksPerGroup);
    if (found) return found;
  }
  return 0;
}

function takeIn(group: u32, from: u32): u32 {
  const descriptor = groupAt(group);
  if (!descriptor) return 0;
  let found: u32 = 0;
  if (load<u16>(descriptor, GROUP_FREE_BLOCKS)) {
    const bitmap = readBlock(load<u32>(descriptor, GROUP_BLOCK_BITMAP));
    if (bitmap) {
      const start = firstBlock + group * blocksPerGroup;
      const end = min(blocksPerGroup, blockCount - start);
      const bit = clearBit(bitmap, from, end);
      if (bit < end) {
        setBit(bitmap, bit);
        groupAdd(descriptor, GROUP_FREE_BLOCKS, -1);
        superAdd(SUPER_FREE_BLOCKS, -1);
        found = start + bit;
      }
      releaseBlock(bitmap);
    }
  }
  releaseBlock(descriptor);
  return found;
}

export function giveBlock(block: u32): void {
  forgetBlock(block);
  const group = (block - firstBlock) / blocksPerGroup;
  const descriptor = groupAt(group);
  if (!descriptor) return;
  const bitmap = readBlock(load<u32>(descriptor, GROUP_BLOCK_BITMAP));
  if (bitmap) {
    dropBit(bitmap, (block - firstBlock) % blocksPerGroup);
    groupAdd(descriptor, GROUP_FREE_BLOCKS, 1);
    superAdd(SUPER_FREE_BLOCKS, 1);
    releaseBlock(bitmap);
  }
  releaseBlock(descriptor);
}

function roomiestGroup(): u32 {
  let found: u32 = 0;
  let most: u32 = 0;
  for (let group: u32 = 0; group < groupCount; group++) {
    const descriptor = groupAt(group);
    if (!descriptor) continue;
    const free = <u32>load<u16>(descriptor, GROUP_FREE_INODES);
    releaseBlock(descriptor);
    if (free <= most) continue;
    most = free;
    found = group;
  }
  return found;
}

/** A free inode's number; 0: none. */
export function takeInode(near: u32, directory: bool): u32 {
  if (!superField(SUPER_FREE_INODES)) return 0;
  const startGroup = directory ? roomiestGroup() : (near - 1) / inodesPerGroup;
  for (let n: u32 = 0; n < groupCount; n++) {
    const group = (startGroup + n) % groupCount;
    const descriptor = groupAt(group);
    if (!descriptor) continue;
    let found: u32 = 0;
    const bitmap = load<u16>(descriptor, GROUP_FREE_INODES) ? readBlock(load<u32>(descriptor, GROUP_INODE_BITMAP)) : 0;
    if (bitmap) {
      const bit = clearBit(bitmap, group ? 0 : firstInode - 1, inodesPerGroup);
      if (bit < inodesPerGroup) {
        setBit(bitmap, bit);
        groupAdd(descriptor, GROUP_FREE_INODES, -1);
        if (directory) groupAdd(descriptor, GROUP_DIRECTORIES, 1);
        superAdd(SUPER_FREE_INODES, -1);
        found = group * inodesPerGroup + bit + 1;
      }
      releaseBlock(bitmap);
    }
    releaseBlock(descriptor);
    if (found) return found;
  }
  return 0;
}

export function giveInode(number: u32, directory: bool): void {
  const descriptor = groupAt((number - 1) / inodesPerGroup);
  if (!descriptor) return;
  const bitmap = readBlock(load<u32>(descriptor, GROUP_INODE_BITMAP));
  if (bitmap) {
    dropBit(bitmap, (number - 1) % inodesPerGroup);
    groupAdd(descriptor, GROUP_FREE_INODES, 1);
    if (directory) groupAdd(descriptor, GROUP_DIRECTORIES, -1);
    superAdd(SUPER_FREE_INODES, 1);
    releaseBlock(bitmap);
  }
  releaseBlock(descriptor);
}
