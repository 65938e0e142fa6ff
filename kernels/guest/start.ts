// What there is before the first program: the trees of files, and the programs that the boot loader brought or the command
// line names.
import { componentCreate, KIND_PROGRAM } from '../lib/components';
import { newline, print, printWord } from '../lib/console';
import { PAGE_SIZE } from '../lib/paging';
import { characterOf, copyName, textLength } from '../lib/text';
import { TRAP_FRAME_SIZE, TrapFrame } from '../lib/trapframe';
import { PROT_WRITE, S_IFBLK, S_IFCHR, S_IFDIR } from '../lib/unix';
import { stackSlot } from '../lib/x86';
import { moduleEnd, moduleImage, moduleStart, moduleText, spaceCreate, userFrame } from '../ports/port';
import { setBlockMap } from './cache';
import { ROOT_INODE } from './ext2/layout';
import { ext2Find } from './ext2/map';
import { DISK_DEVICE, disk, diskInit, mountVolume } from './ext2/volume';
import { bringPage } from './fault';
import { openStandard } from './file';
import { getInode, isError, makeTmpfs, mount, root, setRoot } from './filesystem';
import { FS_EXT2, holdInode, Inode } from './inode';
import { loadProgram, programIn } from './load';
import { makeDirectory, makeNode } from './namecalls';
import { CONSOLE_DEVICE, NULL_DEVICE, TTY_DEVICE, ZERO_DEVICE } from './open';
import { lookup, resolveAbsolute, WALK_SIZE, Walk } from './path';
import { noProcess, processName, processSlot, takeProcess } from './process';
import { appendEnvironment, appendWords, STRINGS_SIZE, Strings, stringsInit } from './strings';
import { Process } from './task';
import { createThread } from './thread';
import { makeMemoryCopy, tmpfsInit } from './tmpfs';

/** Copies a literal of up to 31 characters to `to`. */
function literal(to: usize, text: string): u32 {
  const length = <u32>text.length;
  for (let i: u32 = 0; i < length; i++) store<u8>(to + i, <u8>characterOf(text, i));
  store<u8>(to + length, 0);
  return length;
}

function node(tree: Inode, name: string, mode: u32, device: u32): void {
  const text = stackSlot(32);
  const walk = changetype<Walk>(stackSlot(WALK_SIZE));
  walk.directory = tree;
  walk.name = text;
  walk.length = literal(text, name);
  if (makeNode(walk, mode | 0x1b6, device) < 0) unreachable();
}

function directory(tree: Inode, name: string): void {
  const text = stackSlot(32);
  const walk = changetype<Walk>(stackSlot(WALK_SIZE));
  walk.directory = tree;
  walk.name = text;
  walk.length = literal(text, name);
  if (makeDirectory(walk, S_IFDIR | 0x1ed) < 0) unreachable();
}

/** Mounts a tree on the root's directory of that name, if there is one. */
function mountAt(tree: Inode, name: string): void {
  const text = stackSlot(32);
  const found = lookup(root, text, literal(text, name));
  if (!isError(found)) mount(tree, changetype<Inode>(found));
}

/** The root (the disk's file system, if `onDisk`), /dev and /tmp. False: the disk has none; it has said why. */
export function filesInit(onDisk: bool): bool {
  const tree = makeTmpfs();
  tmpfsInit(tree);
  const present = diskInit();
  if (onDisk) {
    if (!present) {
      print('hda: there is no disk');
      newline();
      return false;
    }
    setBlockMap(ext2Find.index);
    if (!mountVolume()) return false;
    const inode = getInode(FS_EXT2, ROOT_INODE);
    if (isError(inode)) return false;
    setRoot(changetype<Inode>(inode));
  } else {
    setRoot(tree);
    directory(tree, 'dev');
    directory(tree, 'tmp');
  }
  const devices = makeTmpfs();
  node(devices, 'console', S_IFCHR, CONSOLE_DEVICE);
  node(devices, 'tty', S_IFCHR, TTY_DEVICE);
  node(devices, 'null', S_IFCHR, NULL_DEVICE);
  node(devices, 'zero', S_IFCHR, ZERO_DEVICE);
  if (changetype<usize>(disk)) node(devices, 'hda', S_IFBLK, DISK_DEVICE);
  mountAt(devices, 'dev');
  mountAt(makeTmpfs(), 'tmp');
  return true;
}

/** An empty process with a thread that is not ready yet, named by `text`; null: no room. */
function createProcess(text: usize, image: u32): Process {
  const process = takeProcess();
  if (!changetype<usize>(process)) return process;
  process.space = spaceCreate();
  process.thread = createThread();
  if (!process.space || !changetype<usize>(process.thread)) {
    process.pid = 0;
    return noProcess();
  }
  process.group = process.pid;
  process.session = process.pid;
  process.root = 1;
  process.image = image;
  process.mask = 0x12;
  process.directory = holdInode(root);
  process.thread.process = process;
  process.thread.space = process.space;
  copyName(processName(process), text, 16);
  componentCreate(<u32>changetype<usize>(process.thread), processSlot(process), KIND_PROGRAM, image, text);
  return process;
}

/** Loads `inode` with the words of `text` as arguments; the thread will start in user mode. */
function prepare(process: Process, inode: Inode, text: usize): bool {
  const strings = changetype<Strings>(stackSlot(STRINGS_SIZE));
  stringsInit(strings);
  if (appendWords(strings, text) < 0 || appendEnvironment(strings) < 0) return false;
  if (!loadProgram(process, inode, strings) || !openStandard(process)) return false;
  userFrame(changetype<TrapFrame>(<usize>process.thread.stackTop - TRAP_FRAME_SIZE), process.entry, process.stack);
  return true;
}

function cannotLoad(text: usize): Process {
  print('cannot load ');
  printWord(text);
  newline();
  return noProcess();
}

/** The program in boot module i, all of whose file is there from the start; null: it cannot be loaded, and that was said. */
export function prepareModule(i: u32): Process {
  const text = moduleText(i);
  const start = moduleStart(i);
  const process = createProcess(text, moduleImage(i));
  const inode = makeMemoryCopy(start, <u32>(moduleEnd(i) - start));
  if (!changetype<usize>(process) || !changetype<usize>(inode)) return cannotLoad(text);
  if (!programIn(inode) || !prepare(process, inode, text) || !bringAll(process)) return cannotLoad(text);
  return process;
}

/** Brings every page that the process's file has, as the first access would. */
function bringAll(process: Process): bool {
  for (let region = process.firstRegion; changetype<usize>(region); region = region.next) {
    if (!changetype<usize>(region.inode)) continue;
    for (let page = region.start; page < region.end; page += PAGE_SIZE) {
      if (!bringPage(process, page, (region.protection & PROT_WRITE) != 0)) return false;
    }
  }
  return true;
}

/** The program that `init=` names: the first of a system that lives from its disk. Null: see prepareModule. */
export function prepareInit(path: usize): Process {
  const text = stackSlot(128);
  const length = min(textLength(path), 127);
  let n: u32 = 0;
  while (n < length && <u32>load<u8>(path + n) > 0x20) {
    store<u8>(text + n, load<u8>(path + n));
    n++;
  }
  store<u8>(text + n, 0);
  const found = resolveAbsolute(text);
  if (isError(found)) return cannotLoad(text);
  const process = createProcess(text, 0);
  if (!changetype<usize>(process) || !programIn(changetype<Inode>(found))) return cannotLoad(text);
  if (!prepare(process, changetype<Inode>(found), text)) return cannotLoad(text);
  process.root = 2;
  return process;
}
