// Files that exist in memory only, beyond what they share with those of a disk: files without a name, for shared anonymous
// memory and for the programs that the boot loader brought.
import { copyBytes } from '../lib/bytes';
import { S_IFREG } from '../lib/unix';
import { blankPage } from './cache';
import { isError, makeInode, putInode } from './filesystem';
import { Inode, noInode } from './inode';
import { addressOf, dropPage } from './page';

/** The root of a tree in memory, which every such file belongs to. */
let tree: Inode = changetype<Inode>(0);

export function tmpfsInit(inode: Inode): void {
  tree = inode;
}

/** A file of `size` bytes with no name, one reference; null: no room. */
export function makeMemoryFile(size: u32): Inode {
  const made = makeInode(tree, S_IFREG | 0x1ff);
  if (isError(made)) return noInode();
  const inode = changetype<Inode>(made);
  inode.links = 0;
  inode.size = size;
  return inode;
}

/** A file with no name that holds `length` bytes from `from`; null: no room. */
export function makeMemoryCopy(from: usize, length: u32): Inode {
  const inode = makeMemoryFile(length);
  if (!changetype<usize>(inode)) return inode;
  for (let at: u32 = 0; at < length; at += 4096) {
    const page = blankPage(inode, at >> 12);
    if (!changetype<usize>(page)) {
      putInode(inode);
      return noInode();
    }
    copyBytes(addressOf(page), from + at, min(length - at, 4096));
    dropPage(page);
  }
  return inode;
}
