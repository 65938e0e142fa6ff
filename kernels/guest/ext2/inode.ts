// ext2's inodes: read from the inode table, written back to it, made and removed. The volume is locked by the callers.
import { copyBytes } from '../../lib/bytes';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK } from '../../lib/unix';
import { now } from '../clock';
import { FS_EXT2, Inode, mapSlot, typeOf } from '../inode';
import { giveInode } from './bitmap';
import {
  GROUP_INODE_TABLE,
  INODE_ACCESSED,
  INODE_ACL,
  INODE_CHANGED,
  INODE_DELETED,
  INODE_FLAGS,
  INODE_GENERATION,
  INODE_GID,
  INODE_LINKS,
  INODE_MAP,
  INODE_MODE,
  INODE_MODIFIED,
  INODE_SECTORS,
  INODE_SIZE,
  INODE_UID,
} from './layout';
import { ext2Trim } from './map';
import {
  blockShift,
  blockSize,
  changeBlock,
  groupAt,
  inodeSize,
  inodesPerGroup,
  readBlock,
  releaseBlock,
  volumeWritten,
} from './volume';

/** The inode's place in the inode table, held; 0: it cannot be read. */
function placeOf(number: u32): usize {
  const group = groupAt((number - 1) / inodesPerGroup);
  if (!group) return 0;
  const table = load<u32>(group, GROUP_INODE_TABLE);
  releaseBlock(group);
  const offset = ((number - 1) % inodesPerGroup) * inodeSize;
  const block = readBlock(table + (offset >> blockShift));
  return block ? block + (offset & (blockSize - 1)) : 0;
}

/** Fills an entered inode from the disk; false: it cannot be read. */
export function ext2ReadInode(inode: Inode): bool {
  const at = placeOf(inode.number);
  if (!at) return false;
  inode.mode = load<u16>(at, INODE_MODE);
  inode.links = load<u16>(at, INODE_LINKS);
  inode.size = load<u32>(at, INODE_SIZE);
  inode.uid = load<u16>(at, INODE_UID);
  inode.gid = load<u16>(at, INODE_GID);
  inode.accessed = load<u32>(at, INODE_ACCESSED);
  inode.modified = load<u32>(at, INODE_MODIFIED);
  inode.changed = load<u32>(at, INODE_CHANGED);
  inode.sectors = load<u32>(at, INODE_SECTORS);
  inode.flags = load<u32>(at, INODE_FLAGS);
  inode.generation = load<u32>(at, INODE_GENERATION);
  inode.acl = load<u32>(at, INODE_ACL);
  inode.blockSize = blockSize;
  copyBytes(mapSlot(inode, 0), at + INODE_MAP, 60);
  const type = typeOf(inode);
  if (type == S_IFCHR || type == S_IFBLK) inode.device = load<u32>(mapSlot(inode, 0));
  releaseBlock(at);
  return true;
}

export function ext2WriteInode(inode: Inode): void {
  const at = placeOf(inode.number);
  if (!at) return;
  volumeWritten();
  store<u16>(at, <u16>inode.mode, INODE_MODE);
  store<u16>(at, <u16>inode.links, INODE_LINKS);
  store<u32>(at, inode.size, INODE_SIZE);
  store<u16>(at, <u16>inode.uid, INODE_UID);
  store<u16>(at, <u16>inode.gid, INODE_GID);
  store<u32>(at, inode.accessed, INODE_ACCESSED);
  store<u32>(at, inode.modified, INODE_MODIFIED);
  store<u32>(at, inode.changed, INODE_CHANGED);
  store<u32>(at, inode.sectors, INODE_SECTORS);
  store<u32>(at, inode.flags, INODE_FLAGS);
  store<u32>(at, inode.generation, INODE_GENERATION);
  store<u32>(at, inode.acl, INODE_ACL);
  store<u32>(at, inode.links ? 0 : now(), INODE_DELETED);
  copyBytes(at + INODE_MAP, mapSlot(inode, 0), 60);
  inode.dirty = 0;
  changeBlock(at);
  releaseBlock(at);
}

/** Clears the rest of a new inode's place: what a former owner left there. */
export function ext2ClearInode(number: u32): void {
  const at = placeOf(number);
  if (!at) return;
  memory.fill(at, 0, inodeSize);
  changeBlock(at);
  releaseBlock(at);
}

/** A symbolic link whose text stands in the inode itself has no blocks (but perhaps one of attributes). */
export function isShortLink(inode: Inode): bool {
  return typeOf(inode) == S_IFLNK && inode.size < 60 && inode.sectors == (inode.acl ? blockSize >> 9 : 0);
}

/** The last link and the last reference are gone: its blocks and its number are free. */
export function ext2RemoveInode(inode: Inode): void {
  const directory = typeOf(inode) == S_IFDIR;
  if (inode.fs != FS_EXT2) return;
  const type = typeOf(inode);
  if (!isShortLink(inode) && type != S_IFCHR && type != S_IFBLK) ext2Trim(inode, 0);
  inode.size = 0;
  ext2WriteInode(inode);
  giveInode(inode.number, directory);
}
