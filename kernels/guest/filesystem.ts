// From a number to an inode and back, for both file systems: getting one, letting go of it, making one, and the two trees
// there are at the start.
import { EIO, ENFILE, ENOSPC } from '../lib/callnumbers';
import { S_IFDIR } from '../lib/unix';
import { dropPages, writeBack } from './cache';
import { now } from './clock';
import { addEntry } from './directory';
import { lockVolume, unlockVolume } from './disk';
import { takeInode } from './ext2/bitmap';
import { ext2ClearInode, ext2ReadInode, ext2RemoveInode, ext2WriteInode } from './ext2/inode';
import { blockSize } from './ext2/volume';
import {
  enterInode,
  FS_EXT2,
  FS_TMPFS,
  findInode,
  freeInodeSlot,
  holdInode,
  Inode,
  leaveInode,
  noInode,
  typeOf,
  unusedInode,
} from './inode';

/** A value of a function that returns an address or a negative error number. */
export function isError(value: usize): bool {
  return value > 0xfffff000;
}

/** Root of all paths. */
export let root: Inode = changetype<Inode>(0);

export function setRoot(inode: Inode): void {
  root = inode;
}

let nextTmpfs: u32 = 1;
const dot: usize = memory.data(4, 4);

/** A free slot, made by forgetting an inode if it must; null: all are in use. */
function slot(): Inode {
  const free = freeInodeSlot();
  if (changetype<usize>(free)) return free;
  const victim = unusedInode();
  if (!changetype<usize>(victim)) return noInode();
  lockVolume();
  victim.references++;
  writeBack(victim);
  if (victim.dirty) ext2WriteInode(victim);
  const again = --victim.references != 0;
  if (!again) {
    dropPages(victim, 0);
    leaveInode(victim);
  }
  unlockVolume();
  return again ? noInode() : victim;
}

/** The inode with a new reference, or an error. */
export function getInode(fs: u32, number: u32): usize {
  let inode = findInode(fs, number);
  if (changetype<usize>(inode) && fs != FS_EXT2) return changetype<usize>(holdInode(inode));
  if (fs != FS_EXT2) return -EIO;
  lockVolume();
  let result: usize = -EIO;
  inode = findInode(fs, number);
  if (changetype<usize>(inode)) result = changetype<usize>(holdInode(inode));
  else {
    inode = slot();
    if (!changetype<usize>(inode)) result = -ENFILE;
    else {
      enterInode(inode, fs, number);
      if (ext2ReadInode(inode) && inode.links) result = changetype<usize>(inode);
      else leaveInode(inode);
    }
  }
  unlockVolume();
  return result;
}

/** Lets go of an inode; without links and references it is gone. */
export function putInode(inode: Inode): void {
  if (--inode.references || inode.links) return;
  inode.references = 1;
  if (inode.fs == FS_TMPFS) {
    dropPages(inode, 0);
    leaveInode(inode);
    return;
  }
  lockVolume();
  dropPages(inode, 0);
  ext2RemoveInode(inode);
  leaveInode(inode);
  unlockVolume();
}

/** A new file of the same file system as `directory`, in it by no name yet: one link, one reference. Or an error. */
export function makeInode(directory: Inode, mode: u32): usize {
  const inode = slot();
  if (!changetype<usize>(inode)) return -ENFILE;
  if (directory.fs == FS_TMPFS) enterInode(inode, FS_TMPFS, nextTmpfs++);
  else {
    // The slot is reserved while the bitmap is read.
    enterInode(inode, FS_EXT2, 0xffffffff);
    const number = takeInode(directory.number, (mode & 0xf000) == S_IFDIR);
    leaveInode(inode);
    if (!number) return -ENOSPC;
    enterInode(inode, FS_EXT2, number);
    ext2ClearInode(number);
  }
  inode.mode = mode;
  inode.links = 1;
  inode.blockSize = directory.fs == FS_TMPFS ? 4096 : blockSize;
  inode.accessed = now();
  inode.modified = inode.accessed;
  inode.changed = inode.accessed;
  inode.dirty = 1;
  return changetype<usize>(inode);
}

/** The two names that every directory begins with. 0 or an error. */
export function fillDirectory(directory: Inode, parent: Inode): i32 {
  store<u16>(dot, 0x2e2e);
  const own = addEntry(directory, dot, 1, directory.number, S_IFDIR);
  if (own < 0) return own;
  directory.links = 2;
  return addEntry(directory, dot, 2, parent.number, S_IFDIR);
}

/** The root of a new tree in memory. */
export function makeTmpfs(): Inode {
  const inode = slot();
  enterInode(inode, FS_TMPFS, nextTmpfs++);
  inode.mode = S_IFDIR | 0x1ed;
  inode.blockSize = 4096;
  inode.accessed = now();
  inode.modified = inode.accessed;
  inode.changed = inode.accessed;
  if (fillDirectory(inode, inode) < 0) unreachable();
  return inode;
}

/** `tree` appears where `at` is; both stay referenced. */
export function mount(tree: Inode, at: Inode): void {
  at.mounted = tree;
  tree.covers = at;
}

export function isDirectory(inode: Inode): bool {
  return typeOf(inode) == S_IFDIR;
}
