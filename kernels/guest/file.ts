// Open files and descriptors. A File is what open makes: a kind, an object, a position; a descriptor is one of its holders,
// and fork and dup make more. What each kind does is decided in transfer.ts.
import { EBADF, EMFILE, FD_CHANNEL_READ, FD_CHANNEL_WRITE, FD_PACKET } from '../lib/callnumbers';
import { O_ACCESS, O_RDWR, O_WRONLY } from '../lib/unix';
import { putInode } from './filesystem';
import { Inode, noInode } from './inode';
import { closeReader, closeWriter, createPipe, Pipe } from './pipe';
import { fileSlot, MAX_FILES, setCloseOnExec } from './process';
import { addressOf_fileTable } from './stubs';
import { Process } from './task';
import { self } from './thread';

@unmanaged
export class File {
  references: u32;
  kind: u32;
  /** As given to open. */
  flags: u32;
  /** Of files, directories and the disk; null for others. */
  inode: Inode;
  pipe: Pipe;
  position: u32;
  next: File;
  unused: u32;
}

export const FILE_INODE: u32 = 1;
export const FILE_CONSOLE: u32 = 2;
export const FILE_NULL: u32 = 3;
export const FILE_ZERO: u32 = 4;
export const FILE_PIPE_READ: u32 = 5;
export const FILE_PIPE_WRITE: u32 = 6;
export const FILE_PACKET: u32 = 7;
export const FILE_CHANNEL: u32 = 8;

const MAX_OPEN: u32 = 1024;
let freeList: File = changetype<File>(0);
let fresh: u32 = 0;
export let openFiles: u32 = 0;

export function noFile(): File {
  return changetype<File>(0);
}

/** A File with one holder; null: too many are open. */
export function makeFile(kind: u32, flags: u32, inode: Inode): File {
  let file = freeList;
  if (changetype<usize>(file)) freeList = file.next;
  else {
    if (fresh == MAX_OPEN) return noFile();
    file = changetype<File>(addressOf_fileTable() + fresh++ * offsetof<File>());
  }
  openFiles++;
  file.references = 1;
  file.kind = kind;
  file.flags = flags;
  file.inode = inode;
  file.pipe = changetype<Pipe>(0);
  file.position = 0;
  return file;
}

export function canWrite(file: File): bool {
  return (file.flags & O_ACCESS) != 0;
}

export function canRead(file: File): bool {
  return (file.flags & O_ACCESS) != O_WRONLY;
}

/** One holder less; with the last, the file is closed. */
export function dropFile(file: File): void {
  if (--file.references) return;
  if (file.kind == FILE_PIPE_READ) closeReader(file.pipe);
  if (file.kind == FILE_PIPE_WRITE) closeWriter(file.pipe);
  const inode = file.inode;
  file.next = freeList;
  freeList = file;
  openFiles--;
  if (changetype<usize>(inode)) {
    if (canWrite(file) && file.kind == FILE_INODE) inode.writers--;
    putInode(inode);
  }
}

/** The current process's file of that descriptor, or null. */
export function fileOf(fd: u32): File {
  return fd < MAX_FILES ? load<File>(fileSlot(self().process, fd)) : noFile();
}

/** The descriptor takes over the caller's hold on the file. */
export function setDescriptor(process: Process, fd: u32, file: File): void {
  store<File>(fileSlot(process, fd), file);
  setCloseOnExec(process, fd, false);
  if (fd >= process.fileLimit) process.fileLimit = fd + 1;
}

/** The lowest free descriptor from `from` on; -EMFILE: none. */
export function freeDescriptor(process: Process, from: u32): i32 {
  for (let fd = from; fd < MAX_FILES; fd++) if (!load<u32>(fileSlot(process, fd))) return fd;
  return -EMFILE;
}

/** Closes a descriptor of the current process. */
export function closeDescriptor(fd: u32): i32 {
  const process = self().process;
  const file = fileOf(fd);
  if (!changetype<usize>(file)) return -EBADF;
  store<u32>(fileSlot(process, fd), 0);
  dropFile(file);
  return 0;
}

export function closeAll(process: Process): void {
  const limit = process.fileLimit;
  process.fileLimit = 0;
  for (let fd: u32 = 0; fd < limit; fd++) {
    const file = load<File>(fileSlot(process, fd));
    if (!changetype<usize>(file)) continue;
    store<u32>(fileSlot(process, fd), 0);
    dropFile(file);
  }
}

/** Descriptors 0 to 2 are the console. False: too many files. */
export function openStandard(process: Process): bool {
  const console = makeFile(FILE_CONSOLE, O_RDWR, noInode());
  if (!changetype<usize>(console)) return false;
  console.references = 3;
  for (let fd: u32 = 0; fd < 3; fd++) setDescriptor(process, fd, console);
  return true;
}

/** FD_PACKET is the packet device. */
export function openPacket(process: Process): void {
  setDescriptor(process, FD_PACKET, makeFile(FILE_PACKET, O_RDWR, noInode()));
}

function openPipeEnd(process: Process, fd: u32, kind: u32, pipe: Pipe): void {
  const file = makeFile(kind, kind == FILE_PIPE_WRITE ? O_WRONLY : 0, noInode());
  file.pipe = pipe;
  setDescriptor(process, fd, file);
}

/** What one of the two writes on FD_CHANNEL_WRITE the other reads on FD_CHANNEL_READ. False: out of pipes. */
export function connect(a: Process, b: Process): bool {
  const there = createPipe();
  const back = createPipe();
  if (!changetype<usize>(there) || !changetype<usize>(back)) return false;
  openPipeEnd(a, FD_CHANNEL_WRITE, FILE_PIPE_WRITE, there);
  openPipeEnd(b, FD_CHANNEL_READ, FILE_PIPE_READ, there);
  openPipeEnd(b, FD_CHANNEL_WRITE, FILE_PIPE_WRITE, back);
  openPipeEnd(a, FD_CHANNEL_READ, FILE_PIPE_READ, back);
  return true;
}

/** The channel's descriptors reach a party outside this kernel. */
export function connectChannel(process: Process): void {
  setDescriptor(process, FD_CHANNEL_READ, makeFile(FILE_CHANNEL, O_RDWR, noInode()));
  setDescriptor(process, FD_CHANNEL_WRITE, makeFile(FILE_CHANNEL, O_RDWR, noInode()));
}
