// A cache of names: which inode a name in a directory led to. It only remembers what directories say, so whoever changes a
// directory forgets the name first. Long names are not remembered.
import { copyBytes } from '../lib/bytes';
import { Inode } from './inode';
import { addressOf_nameTable } from './stubs';

const LONGEST: u32 = 23;
const ENTRIES: u32 = 512;

@unmanaged
class Name {
  fs: u32;
  directory: u32;
  number: u32;
  length: u8;
  // text: 23 bytes
  text: u8;
}
const NAME_SIZE: u32 = 40;

function place(directory: Inode, name: usize, length: u32): Name {
  let hash = directory.number * 31 + directory.fs + length;
  for (let i: u32 = 0; i < length; i++) hash = hash * 33 + load<u8>(name + i);
  return changetype<Name>(addressOf_nameTable() + ((hash ^ (hash >> 11)) & (ENTRIES - 1)) * NAME_SIZE);
}

function matches(entry: Name, directory: Inode, name: usize, length: u32): bool {
  if (<u32>entry.length != length || entry.directory != directory.number || entry.fs != directory.fs) return false;
  const text = changetype<usize>(entry) + offsetof<Name>('text');
  for (let i: u32 = 0; i < length; i++) if (load<u8>(text + i) != load<u8>(name + i)) return false;
  return true;
}

/** The number that the name is known to lead to; 0: not known. */
export function findName(directory: Inode, name: usize, length: u32): u32 {
  if (length > LONGEST) return 0;
  const entry = place(directory, name, length);
  return entry.number && matches(entry, directory, name, length) ? entry.number : 0;
}

export function rememberName(directory: Inode, name: usize, length: u32, number: u32): void {
  if (length > LONGEST) return;
  const entry = place(directory, name, length);
  entry.fs = directory.fs;
  entry.directory = directory.number;
  entry.number = number;
  entry.length = <u8>length;
  copyBytes(changetype<usize>(entry) + offsetof<Name>('text'), name, length);
}

export function forgetName(directory: Inode, name: usize, length: u32): void {
  if (length > LONGEST) return;
  const entry = place(directory, name, length);
  if (matches(entry, directory, name, length)) entry.number = 0;
}

/** Nothing in this directory is known any more: it goes, and its number may come back. */
export function forgetDirectory(directory: Inode): void {
  for (let i: u32 = 0; i < ENTRIES; i++) {
    const entry = changetype<Name>(addressOf_nameTable() + i * NAME_SIZE);
    if (entry.directory == directory.number && entry.fs == directory.fs) entry.number = 0;
  }
}
