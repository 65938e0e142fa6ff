// Writing back all that is dirty: for sync, or because there is no frame left. Writing in good time is flush.ts.
import { writeBack } from './cache';
import { lockVolume, unlockVolume } from './disk';
import { ext2WriteInode } from './ext2/inode';
import { disk, writeSuper } from './ext2/volume';
import { FS_EXT2, Inode, inodeLimit, inodeSlot } from './inode';
import { dirtyPages, frameTotal, pageNumber, takeFrame } from './page';

/** Puts the inodes that have changed into their blocks. The volume is locked. */
export function writeInodes(): void {
  for (let i: u32 = 0; i < inodeLimit(); i++) {
    const inode = inodeSlot(i);
    if (inode.number && inode.fs == FS_EXT2 && inode.dirty) ext2WriteInode(inode);
  }
}

/** Writes everything that is dirty: files first, then inodes, then the disk's own blocks. */
export function syncAll(): i32 {
  if (!changetype<usize>(disk)) return 0;
  lockVolume();
  let result: i32 = 0;
  for (let i: u32 = 0; i < frameTotal(); i++) {
    const page = pageNumber(i);
    const inode = changetype<Inode>(changetype<usize>(page.owner));
    if (page.dirty && changetype<usize>(inode) && inode.fs == FS_EXT2) {
      const one = writeBack(inode);
      if (one < 0) result = one;
    }
  }
  writeInodes();
  writeSuper();
  const blocks = writeBack(disk);
  unlockVolume();
  return blocks < 0 ? blocks : result;
}

/** A frame, if there is one to be had at all: dirty pages are written back when nothing else is left. May sleep. */
export function takeFrameOrSync(): u32 {
  const frame = takeFrame();
  if (frame || !dirtyPages) return frame;
  syncAll();
  return takeFrame();
}
