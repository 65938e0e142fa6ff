// rename: one step under the volume's lock, as the calls of namecalls.ts; what has the new name goes.
import { EBUSY, EINVAL, EISDIR, EMLINK, ENOENT, ENOTDIR, EXDEV } from '../lib/callnumbers';
import { S_IFDIR } from '../lib/unix';
import { stackSlot } from '../lib/x86';
import { addEntry, findEntry, PLACE_SIZE, Place, removeEntry, retarget } from './directory';
import { lockVolume, unlockVolume } from './disk';
import { getInode, isDirectory, isError, putInode } from './filesystem';
import { Inode } from './inode';
import { dropName, isDots, MOST_LINKS, mayRemove, touch } from './namecalls';
import { forgetDirectory, forgetName } from './names';
import { dropPage } from './page';
import { getText, lookup, putText, WALK_SIZE, Walk, walkTo } from './path';

const dots: usize = memory.data(4, 4);

/** rename(from, to) */
export function sysRename(from: u32, to: u32, _c: u32): i32 {
  const source = getText(from);
  if (isError(source)) return <i32>source;
  const target = getText(to);
  let result = <i32>target;
  if (!isError(target)) {
    const old = changetype<Walk>(stackSlot(WALK_SIZE));
    const wanted = changetype<Walk>(stackSlot(WALK_SIZE));
    lockVolume();
    result = walkTo(source, old);
    if (result == 0) {
      result = walkTo(target, wanted);
      if (result == 0) {
        result = renameWalked(old, wanted);
        putInode(wanted.directory);
      }
      putInode(old.directory);
    }
    unlockVolume();
    putText(target);
  }
  putText(source);
  return result;
}

function renameWalked(old: Walk, wanted: Walk): i32 {
  if (!old.length || !wanted.length || isDots(old) || isDots(wanted)) return -EBUSY;
  if (old.directory.fs != wanted.directory.fs) return -EXDEV;
  const found = lookup(old.directory, old.name, old.length);
  if (isError(found)) return <i32>found;
  const inode = changetype<Inode>(found);
  const there = lookup(wanted.directory, wanted.name, wanted.length);
  let result: i32 = 0;
  if (isError(there) && <i32>there != -ENOENT) result = <i32>there;
  else {
    const victim = changetype<Inode>(isError(there) ? 0 : there);
    result = mayRename(old, wanted, inode, victim);
    if (result == 0 && victim != inode) result = move(old, wanted, inode, victim);
    if (changetype<usize>(victim)) putInode(victim);
  }
  putInode(inode);
  return result;
}

function mayRename(old: Walk, wanted: Walk, inode: Inode, victim: Inode): i32 {
  if (changetype<usize>(inode.covers)) return -EBUSY;
  const directory = isDirectory(inode);
  if (!directory && (old.trailing || (wanted.trailing && !changetype<usize>(victim)))) return -ENOTDIR;
  if (directory) {
    const inside = isInside(wanted.directory, inode);
    if (inside) return inside;
  }
  if (!changetype<usize>(victim)) {
    return directory && old.directory != wanted.directory && wanted.directory.links >= MOST_LINKS ? -EMLINK : 0;
  }
  if (victim == inode) return 0;
  if (directory && !isDirectory(victim)) return -ENOTDIR;
  if (!directory && isDirectory(victim)) return -EISDIR;
  return isDirectory(victim) ? mayRemove(victim, true, false) : 0;
}

/** Is `directory` `ancestor` or somewhere below it? -EINVAL if so, 0 if not, or another error. */
function isInside(directory: Inode, ancestor: Inode): i32 {
  let number = directory.number;
  store<u16>(dots, 0x2e2e);
  while (true) {
    if (number == ancestor.number) return -EINVAL;
    const found = getInode(ancestor.fs, number);
    if (isError(found)) return <i32>found;
    const place = changetype<Place>(stackSlot(PLACE_SIZE));
    const up = findEntry(changetype<Inode>(found), dots, 2, place);
    const above = up == 1 ? load<u32>(place.entry) : 0;
    if (up == 1) dropPage(place.page);
    putInode(changetype<Inode>(found));
    if (!above || above == number) return 0;
    number = above;
  }
}

function move(old: Walk, wanted: Walk, inode: Inode, victim: Inode): i32 {
  const place = changetype<Place>(stackSlot(PLACE_SIZE));
  forgetName(old.directory, old.name, old.length);
  forgetName(wanted.directory, wanted.name, wanted.length);
  if (changetype<usize>(victim)) {
    if (findEntry(wanted.directory, wanted.name, wanted.length, place) != 1) return -ENOENT;
    retarget(wanted.directory, place, inode.number, inode.mode);
    dropName(wanted.directory, victim);
  } else {
    const error = addEntry(wanted.directory, wanted.name, wanted.length, inode.number, inode.mode);
    if (error < 0) return error;
  }
  if (findEntry(old.directory, old.name, old.length, place) != 1) return -ENOENT;
  removeEntry(old.directory, place);
  if (isDirectory(inode) && old.directory != wanted.directory) {
    store<u16>(dots, 0x2e2e);
    if (findEntry(inode, dots, 2, place) == 1) retarget(inode, place, wanted.directory.number, S_IFDIR);
    forgetDirectory(inode);
    old.directory.links--;
    wanted.directory.links++;
    old.directory.dirty = 1;
    wanted.directory.dirty = 1;
  }
  touch(inode);
  return 0;
}
