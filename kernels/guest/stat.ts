// What the kernel says of a file: stat in its three forms, access, readlink, statfs, and chmod, chown and utime, which change
// what it says.
import { EACCES, EBADF, EFAULT, EINVAL, ENOENT } from '../lib/callnumbers';
import { S_IFCHR, S_IFIFO, S_IFLNK, S_IFMT } from '../lib/unix';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyFromUser, copyToUser, frameAddress } from '../ports/port';
import { now } from './clock';
import { SUPER_FREE_BLOCKS, SUPER_FREE_INODES, SUPER_INODES } from './ext2/layout';
import { blockCount, blockSize, superField } from './ext2/volume';
import { FILE_CONSOLE, FILE_INODE, FILE_NULL, FILE_PIPE_READ, FILE_PIPE_WRITE, File, fileOf } from './file';
import { isError, putInode } from './filesystem';
import { FS_EXT2, Inode, typeOf } from './inode';
import { CONSOLE_DEVICE, NULL_DEVICE, ZERO_DEVICE } from './open';
import { cachedPages, dropFrame, frameTotal, takeFrame } from './page';
import { linkText, resolveUser } from './path';

const EXT2_DEVICE: u32 = 0x0300;
const TMPFS_DEVICE: u32 = 0x0002;

/** The fields of all forms, before they are laid out. */
@unmanaged
class Status {
  device: u32;
  number: u32;
  mode: u32;
  links: u32;
  uid: u32;
  gid: u32;
  special: u32;
  size: u32;
  blockSize: u32;
  sectors: u32;
  accessed: u32;
  modified: u32;
  changed: u32;
}
const STATUS_SIZE: u32 = 52;

function ofInode(status: Status, inode: Inode): void {
  status.device = inode.fs == FS_EXT2 ? EXT2_DEVICE : TMPFS_DEVICE;
  status.number = inode.number;
  status.mode = inode.mode;
  status.links = inode.links;
  status.uid = inode.uid;
  status.gid = inode.gid;
  status.special = inode.device;
  status.size = inode.size;
  status.blockSize = 4096;
  status.sectors = inode.sectors;
  status.accessed = inode.accessed;
  status.modified = inode.modified;
  status.changed = inode.changed;
}

/** Files that are no file of a file system. */
function ofFile(status: Status, file: File): void {
  if (file.kind == FILE_INODE) return ofInode(status, file.inode);
  memory.fill(changetype<usize>(status), 0, STATUS_SIZE);
  status.links = 1;
  status.blockSize = 4096;
  status.number = (<u32>changetype<usize>(file) >> 5) & 0xffff;
  status.mode = S_IFCHR | 0x1b6;
  if (file.kind == FILE_PIPE_READ || file.kind == FILE_PIPE_WRITE) status.mode = S_IFIFO | 0x180;
  else status.special = file.kind == FILE_CONSOLE ? CONSOLE_DEVICE : file.kind == FILE_NULL ? NULL_DEVICE : ZERO_DEVICE;
  status.accessed = now();
  status.modified = status.accessed;
  status.changed = status.accessed;
}

/** struct stat: 64 bytes. */
function putStatus(status: Status, to: u32): i32 {
  const at = stackSlot(64);
  memory.fill(at, 0, 64);
  store<u32>(at, status.device);
  store<u32>(at, status.number, 4);
  store<u16>(at, <u16>status.mode, 8);
  store<u16>(at, <u16>status.links, 10);
  store<u16>(at, <u16>status.uid, 12);
  store<u16>(at, <u16>status.gid, 14);
  store<u32>(at, status.special, 16);
  store<u32>(at, status.size, 20);
  store<u32>(at, status.blockSize, 24);
  store<u32>(at, status.sectors, 28);
  store<u32>(at, status.accessed, 32);
  store<u32>(at, status.modified, 40);
  store<u32>(at, status.changed, 48);
  return userRange(to, 64) && copyToUser(to, at, 64) == 0 ? 0 : -EFAULT;
}

/** struct stat64: 96 bytes. */
function putStatus64(status: Status, to: u32): i32 {
  const at = stackSlot(96);
  memory.fill(at, 0, 96);
  store<u32>(at, status.device);
  store<u32>(at, status.number, 12);
  store<u32>(at, status.mode, 16);
  store<u32>(at, status.links, 20);
  store<u32>(at, status.uid, 24);
  store<u32>(at, status.gid, 28);
  store<u32>(at, status.special, 32);
  store<u32>(at, status.size, 44);
  store<u32>(at, status.blockSize, 52);
  store<u32>(at, status.sectors, 56);
  store<u32>(at, status.accessed, 64);
  store<u32>(at, status.modified, 72);
  store<u32>(at, status.changed, 80);
  store<u32>(at, status.number, 88);
  return userRange(to, 96) && copyToUser(to, at, 96) == 0 ? 0 : -EFAULT;
}

function statPath(path: u32, to: u32, followLast: bool, wide: bool): i32 {
  const inode = resolveUser(path, followLast);
  if (isError(inode)) return <i32>inode;
  const status = changetype<Status>(stackSlot(STATUS_SIZE));
  ofInode(status, changetype<Inode>(inode));
  putInode(changetype<Inode>(inode));
  return wide ? putStatus64(status, to) : putStatus(status, to);
}

function statFile(fd: u32, to: u32, wide: bool): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  const status = changetype<Status>(stackSlot(STATUS_SIZE));
  ofFile(status, file);
  return wide ? putStatus64(status, to) : putStatus(status, to);
}

export function sysStat(path: u32, to: u32, _c: u32): i32 {
  return statPath(path, to, true, false);
}

export function sysLstat(path: u32, to: u32, _c: u32): i32 {
  return statPath(path, to, false, false);
}

export function sysFstat(fd: u32, to: u32, _c: u32): i32 {
  return statFile(fd, to, false);
}

export function sysStat64(path: u32, to: u32, _c: u32): i32 {
  return statPath(path, to, true, true);
}

export function sysLstat64(path: u32, to: u32, _c: u32): i32 {
  return statPath(path, to, false, true);
}

export function sysFstat64(fd: u32, to: u32, _c: u32): i32 {
  return statFile(fd, to, true);
}

/** access(path, mode): for the superuser, who may do all but execute what nobody may execute */
export function sysAccess(path: u32, mode: u32, _c: u32): i32 {
  if (mode & ~7) return -EINVAL;
  const inode = resolveUser(path, true);
  if (isError(inode)) return <i32>inode;
  const bits = changetype<Inode>(inode).mode;
  putInode(changetype<Inode>(inode));
  return mode & 1 && !(bits & 0x49) && (bits & S_IFMT) != 0x4000 ? -EACCES : 0;
}

/** readlink(path, to, size) */
export function sysReadlink(path: u32, to: u32, size: u32): i32 {
  if (<i32>size <= 0) return -EINVAL;
  const found = resolveUser(path, false);
  if (isError(found)) return <i32>found;
  const inode = changetype<Inode>(found);
  let result: i32 = -EINVAL;
  if (typeOf(inode) == S_IFLNK) {
    const frame = takeFrame();
    result = -ENOENT;
    if (frame) {
      result = linkText(inode, frameAddress(frame));
      if (result > 0) {
        result = min(result, <i32>size);
        if (!userRange(to, result) || copyToUser(to, frameAddress(frame), result) < 0) result = -EFAULT;
      }
      dropFrame(frame);
    }
  }
  putInode(inode);
  return result;
}

function change(inode: Inode, mode: u32): void {
  inode.mode = (inode.mode & S_IFMT) | (mode & 0xfff);
  inode.changed = now();
  inode.dirty = 1;
}

/** chmod(path, mode) */
export function sysChmod(path: u32, mode: u32, _c: u32): i32 {
  const inode = resolveUser(path, true);
  if (isError(inode)) return <i32>inode;
  change(changetype<Inode>(inode), mode);
  putInode(changetype<Inode>(inode));
  return 0;
}

/** fchmod(fd, mode) */
export function sysFchmod(fd: u32, mode: u32, _c: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  if (file.kind == FILE_INODE) change(file.inode, mode);
  return 0;
}

function own(inode: Inode, uid: u32, gid: u32): void {
  if (<i32>uid != -1 && uid != 0xffff) inode.uid = uid & 0xffff;
  if (<i32>gid != -1 && gid != 0xffff) inode.gid = gid & 0xffff;
  inode.changed = now();
  inode.dirty = 1;
}

/** chown(path, user, group) */
export function sysChown(path: u32, uid: u32, gid: u32): i32 {
  const inode = resolveUser(path, true);
  if (isError(inode)) return <i32>inode;
  own(changetype<Inode>(inode), uid, gid);
  putInode(changetype<Inode>(inode));
  return 0;
}

/** fchown(fd, user, group) */
export function sysFchown(fd: u32, uid: u32, gid: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  if (file.kind == FILE_INODE) own(file.inode, uid, gid);
  return 0;
}

/** utime(path, { accessed, modified } or 0 for now) */
export function sysUtime(path: u32, times: u32, _c: u32): i32 {
  const pair = stackSlot(8);
  store<u32>(pair, now());
  store<u32>(pair + 4, now());
  if (times && (!userRange(times, 8) || copyFromUser(pair, times, 8) < 0)) return -EFAULT;
  return setTimes(path, load<u32>(pair), load<u32>(pair + 4));
}

/** utimes(path, two timevals or 0 for now) */
export function sysUtimes(path: u32, times: u32, _c: u32): i32 {
  const pair = stackSlot(16);
  store<u32>(pair, now());
  store<u32>(pair + 8, now());
  if (times && (!userRange(times, 16) || copyFromUser(pair, times, 16) < 0)) return -EFAULT;
  return setTimes(path, load<u32>(pair), load<u32>(pair + 8));
}

function setTimes(path: u32, accessed: u32, modified: u32): i32 {
  const found = resolveUser(path, true);
  if (isError(found)) return <i32>found;
  const inode = changetype<Inode>(found);
  inode.accessed = accessed;
  inode.modified = modified;
  inode.changed = now();
  inode.dirty = 1;
  putInode(inode);
  return 0;
}

/** struct statfs: sixteen words. */
function putVolume(fs: u32, to: u32): i32 {
  const at = stackSlot(64);
  memory.fill(at, 0, 64);
  const onDisk = fs == FS_EXT2;
  store<u32>(at, onDisk ? 0xef53 : 0x01021994);
  store<u32>(at, onDisk ? blockSize : 4096, 4);
  store<u32>(at, onDisk ? blockCount : frameTotal() >> 1, 8);
  const free = onDisk ? superField(SUPER_FREE_BLOCKS) : <u32>max(<i32>((frameTotal() >> 1) - cachedPages), 0);
  store<u32>(at, free, 12);
  store<u32>(at, free, 16);
  store<u32>(at, onDisk ? superField(SUPER_INODES) : 2048, 20);
  store<u32>(at, onDisk ? superField(SUPER_FREE_INODES) : 1024, 24);
  store<u32>(at, 255, 36);
  return userRange(to, 64) && copyToUser(to, at, 64) == 0 ? 0 : -EFAULT;
}

/** statfs(path, to) */
export function sysStatfs(path: u32, to: u32, _c: u32): i32 {
  const inode = resolveUser(path, true);
  if (isError(inode)) return <i32>inode;
  const fs = changetype<Inode>(inode).fs;
  putInode(changetype<Inode>(inode));
  return putVolume(fs, to);
}

/** fstatfs(fd, to) */
export function sysFstatfs(fd: u32, to: u32, _c: u32): i32 {
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  return putVolume(file.kind == FILE_INODE ? file.inode.fs : 0, to);
}
