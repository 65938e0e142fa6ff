// A program's start: its segments as private mappings of the file, and its first stack:
//
//   ESP -> argc | argv[0] ... | 0 | envp[0] ... | 0 | auxv ... | (seeded gap) | strings | STACK_TOP
//
// The strings are collected in frames of their own first, from user memory that is about to go; those frames become the
// top pages of the stack. A script (#!) is the argument of its interpreter.

import { clearPage, copyBytes } from '../lib/bytes';
import {
  AT_NULL,
  AT_PAGESZ,
  AT_SERVICE,
  AT_SYSINFO,
  E2BIG,
  EFAULT,
  ENOEXEC,
  ENOMEM,
  ETXTBSY,
} from '../lib/callnumbers';
import { componentRename } from '../lib/components';
import {
  ElfSegment,
  elfEntry,
  elfMappable,
  elfSegment,
  elfSegmentCount,
  SEGMENT_LOAD,
  SEGMENT_WRITABLE,
} from '../lib/elf';
import { FRAME_MASK, PAGE_SIZE } from '../lib/paging';
import { randomBelow } from '../lib/random';
import { characterOf, copyName, textLength } from '../lib/text';
import { PROT_EXEC, PROT_READ, PROT_WRITE, SIG_DFL, SIG_IGN, SIGKILL, SIGNALS } from '../lib/unix';
import { ENTRY_PAGE, STACK_TOP } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyFromUser, frameAddress, pageEntry, setPageEntry, userFrame } from '../ports/port';
import { getPage } from './cache';
import { bringPage } from './fault';
import { closeDescriptor, File } from './file';
import { isError, putInode } from './filesystem';
import { Inode, noInode } from './inode';
import { entryFlags, releaseMemory, roundUp } from './memory';
import { mayExecute } from './modes';
import { addressOf, dropFrame, dropPage, noPage, takeFrame } from './page';
import { copyText, getText, putText, resolve } from './path';
import { actionOf, closesOnExec, fileSlot, Process, processName } from './process';
import { addRegion, REGION_EXECUTES, REGION_KERNEL, userRange } from './region';
import { requestWork } from './schedule';
import { callFrame, sendSignal } from './signal';
import { self } from './thread';

/** Room for a stack to grow; it is all there from the start, as a region. */
const STACK_ROOM: u32 = 1 << 20;
/** Most pages of arguments and environment. */
const STRING_PAGES: u32 = 16;
const SCRIPTS_MAX: u32 = 4;

/** Strings as they are collected: frames, how many bytes are in them, and how many are arguments and environment. */
@unmanaged
export class Strings {
  bytes: u32;
  arguments: u32;
  environment: u32;
  // frames: 16 words
  frame: u32;
}
export const STRINGS_SIZE: u32 = 12 + 16 * 4;

function frameSlot(strings: Strings, i: u32): usize {
  return changetype<usize>(strings) + offsetof<Strings>('frame') + (i << 2);
}

export function stringsInit(strings: Strings): void {
  memory.fill(changetype<usize>(strings), 0, STRINGS_SIZE);
}

function stringsDrop(strings: Strings): void {
  for (let i: u32 = 0; i < STRING_PAGES; i++)
    if (load<u32>(frameSlot(strings, i))) dropFrame(load<u32>(frameSlot(strings, i)));
  stringsInit(strings);
}

/** Appends the kernel's text of `length` bytes and a zero; 0, -E2BIG or -ENOMEM. */
function append(strings: Strings, text: usize, length: u32): i32 {
  for (let i: u32 = 0; i <= length; ) {
    const at = strings.bytes;
    if (at >> 12 >= STRING_PAGES) return -E2BIG;
    const slot = frameSlot(strings, at >> 12);
    if (!load<u32>(slot)) {
      const frame = takeFrame();
      if (!frame) return -ENOMEM;
      clearPage(frameAddress(frame));
      store<u32>(slot, frame);
    }
    const piece = min(length + 1 - i, PAGE_SIZE - (at & 0xfff));
    const to = frameAddress(load<u32>(slot)) + (at & 0xfff);
    copyBytes(to, text + i, i + piece > length ? piece - 1 : piece);
    if (i + piece > length) store<u8>(to + piece - 1, 0);
    i += piece;
    strings.bytes += piece;
  }
  return 0;
}

/** Appends the words of `text`, which blanks separate, as arguments. */
export function appendWords(strings: Strings, text: usize): i32 {
  let at = text;
  while (true) {
    while (<u32>load<u8>(at) == 0x20) at++;
    if (!load<u8>(at)) return 0;
    const word = at;
    while (<u32>load<u8>(at) > 0x20) at++;
    const error = append(strings, word, <u32>(at - word));
    if (error < 0) return error;
    strings.arguments++;
  }
}

/** What the first programs find in their environment. */
export function appendEnvironment(strings: Strings): i32 {
  const text = stackSlot(32);
  const literal = 'PATH=/bin:/usr/bin';
  for (let i: u32 = 0; i < <u32>literal.length; i++) store<u8>(text + i, <u8>characterOf(literal, i));
  strings.environment = 1;
  return append(strings, text, literal.length);
}

/** Appends what a program's list of pointers at `list` names; how many, or an error. A list at 0 is empty. */
function appendList(strings: Strings, list: u32, buffer: usize): i32 {
  const word = stackSlot(4);
  let count: i32 = 0;
  for (let at = list; list; at += 4) {
    if (!userRange(at, 4) || copyFromUser(word, at, 4) < 0) return -EFAULT;
    if (!load<u32>(word)) break;
    const length = copyText(buffer, load<u32>(word), PAGE_SIZE);
    if (length < 0) return length == -EFAULT ? -EFAULT : -E2BIG;
    const error = append(strings, buffer, length);
    if (error < 0) return error;
    count++;
  }
  return count;
}

/** execve(path, argv, envp) */
export function sysExecve(path: u32, argv: u32, envp: u32): i32 {
  const text = getText(path);
  if (isError(text)) return <i32>text;
  const strings = changetype<Strings>(stackSlot(STRINGS_SIZE));
  stringsInit(strings);
  const result = execText(text, argv, envp, strings);
  if (result < 0) stringsDrop(strings);
  putText(text);
  return result;
}

function execText(text: usize, argv: u32, envp: u32, strings: Strings): i32 {
  const buffer = takeFrame();
  if (!buffer) return -ENOMEM;
  const opened = openProgram(text, strings, frameAddress(buffer), 0);
  let result = <i32>opened;
  if (!isError(opened)) {
    const inode = changetype<Inode>(opened);
    // A script's words and its path stand for argv[0].
    let skipped: u32 = 0;
    if (strings.arguments) {
      result = append(strings, text, textLength(text));
      strings.arguments++;
      skipped = argv ? 4 : 0;
    } else result = 0;
    if (result == 0 && skipped) {
      const word = stackSlot(4);
      if (!userRange(argv, 4) || copyFromUser(word, argv, 4) < 0) result = -EFAULT;
      else if (!load<u32>(word)) skipped = 0;
    }
    if (result == 0) result = appendList(strings, argv ? argv + skipped : 0, frameAddress(buffer));
    if (result >= 0) {
      strings.arguments += result;
      result = appendList(strings, envp, frameAddress(buffer));
    }
    if (result >= 0) {
      strings.environment = result;
      copyName(frameAddress(buffer), text, 16);
      result = replace(self().process, inode, strings, frameAddress(buffer));
    }
    putInode(inode);
  }
  dropFrame(buffer);
  return result;
}

/** The program that `text` names, or the interpreter of a script, whose words are put before the arguments; held. */
function openProgram(text: usize, strings: Strings, buffer: usize, depth: u32): usize {
  const found = resolve(text, true);
  if (isError(found)) return found;
  const inode = changetype<Inode>(found);
  let result: i32 = mayExecute(inode);
  if (result == 0 && inode.writers) result = -ETXTBSY;
  if (result == 0) {
    const page = inode.size ? getPage(inode, 0) : noPage();
    if (!changetype<usize>(page)) result = -ENOEXEC;
    else {
      const start = addressOf(page);
      const script = <u32>load<u16>(start) == 0x2123;
      if (script) result = scriptLine(start, inode.size, buffer);
      else if (!elfMappable(start, min(inode.size, 4096), inode.size, STACK_TOP - STACK_ROOM)) result = -ENOEXEC;
      dropPage(page);
      if (result == 0 && !script) return found;
    }
  }
  putInode(inode);
  if (result < 0) return result;
  if (depth == SCRIPTS_MAX) return -ENOEXEC;
  return openInterpreter(strings, buffer, depth);
}

/** Copies a script's first line, without #!, to `buffer`; 0 or -ENOEXEC. */
function scriptLine(start: usize, size: u32, buffer: usize): i32 {
  let at: u32 = 2;
  while (at < min(size, 256) && <u32>load<u8>(start + at) == 0x20) at++;
  let n: u32 = 0;
  while (at < min(size, 256) && <u32>load<u8>(start + at) != 0x0a) store<u8>(buffer + n++, load<u8>(start + at++));
  store<u8>(buffer + n, 0);
  return n ? 0 : -ENOEXEC;
}

function openInterpreter(strings: Strings, line: usize, depth: u32): usize {
  if (strings.arguments) return -ENOEXEC;
  let error = appendWords(strings, line);
  if (error < 0) return error;
  let end: u32 = 0;
  while (<u32>load<u8>(line + end) > 0x20) end++;
  store<u8>(line + end, 0);
  const frame = takeFrame();
  if (!frame) return -ENOMEM;
  error = 0;
  const inode = openProgram(line, strings, frameAddress(frame), SCRIPTS_MAX);
  dropFrame(frame);
  return inode;
}

/** Is this the file of a program that can be mapped? */
export function programIn(inode: Inode): bool {
  const page = inode.size ? getPage(inode, 0) : noPage();
  if (!changetype<usize>(page)) return false;
  const good = elfMappable(addressOf(page), min(inode.size, 4096), inode.size, STACK_TOP - STACK_ROOM);
  dropPage(page);
  return good;
}

/** The point of no return: the old memory goes, the new program comes. `name` is of 16 bytes. */
function replace(process: Process, inode: Inode, strings: Strings, name: usize): i32 {
  releaseMemory(process);
  copyBytes(processName(process), name, 16);
  for (let fd: u32 = 0; fd < process.fileLimit; fd++) {
    if (load<File>(fileSlot(process, fd)) && closesOnExec(process, fd)) closeDescriptor(fd);
  }
  for (let signal: u32 = 1; signal <= SIGNALS; signal++) {
    const action = actionOf(process, signal);
    if (action.handler != SIG_IGN) action.handler = SIG_DFL;
    action.flags = 0;
    action.mask = 0;
  }
  process.faultHandler = 0;
  process.image = 0;
  const loaded = loadProgram(process, inode, strings);
  stringsDrop(strings);
  if (!loaded) {
    // It has nothing left to return to; it dies on the way out, when this call has let go of all that it holds.
    sendSignal(process, SIGKILL);
    return 0;
  }
  componentRename(<u32>changetype<usize>(process.thread), 0, name);
  userFrame(callFrame(), process.entry, process.stack);
  requestWork();
  return 0;
}

/** Maps the program and lays its stack, in the process's empty space; false: out of memory or regions. */
export function loadProgram(process: Process, inode: Inode, strings: Strings): bool {
  const page = getPage(inode, 0);
  if (!changetype<usize>(page)) return false;
  const start = addressOf(page);
  process.entry = elfEntry(start);
  process.heapStart = 0;
  let good: bool = true;
  for (let i: u32 = 0; good && i < elfSegmentCount(start); i++) {
    const segment = elfSegment(start, i);
    if (segment.type == SEGMENT_LOAD) good = mapSegment(process, inode, segment);
  }
  dropPage(page);
  process.heapEnd = process.heapStart;
  return good && mapEntryPage(process) && layStack(process, strings);
}

function mapSegment(process: Process, inode: Inode, segment: ElfSegment): bool {
  const start = segment.linear & FRAME_MASK;
  const fileEnd = segment.linear + segment.fileSize;
  const mapped = segment.fileSize ? roundUp(fileEnd) : start;
  const end = roundUp(segment.linear + segment.memorySize);
  const writable = (segment.flags & SEGMENT_WRITABLE) != 0;
  const protection = PROT_READ | PROT_EXEC | (writable ? PROT_WRITE : 0);
  process.heapStart = max(process.heapStart, end);
  if (mapped > start) {
    const region = addRegion(process, start, mapped, protection, REGION_EXECUTES, inode, segment.offset >> 12);
    if (!changetype<usize>(region)) return false;
    // The file goes on where this segment's memory is zero.
    if (writable && segment.memorySize > segment.fileSize && fileEnd & 0xfff) {
      if (!bringPage(process, mapped - PAGE_SIZE, true)) return false;
      const frame = pageEntry(process.space, mapped - PAGE_SIZE) & FRAME_MASK;
      memory.fill(frameAddress(frame) + (fileEnd & 0xfff), 0, PAGE_SIZE - (fileEnd & 0xfff));
    }
  }
  return end <= mapped || changetype<usize>(addRegion(process, mapped, end, protection, 0, noInode(), 0)) != 0;
}

/** Guest-physical address of the kernel's entry routine for programs. */
let entryRoutine: u32 = 0;

export function setEntryRoutine(address: u32): void {
  entryRoutine = address;
}

function mapEntryPage(process: Process): bool {
  const region = addRegion(
    process,
    ENTRY_PAGE,
    ENTRY_PAGE + PAGE_SIZE,
    PROT_READ | PROT_EXEC,
    REGION_KERNEL,
    noInode(),
    0,
  );
  if (!changetype<usize>(region)) return false;
  return setPageEntry(process.space, ENTRY_PAGE, (entryRoutine & FRAME_MASK) | entryFlags(PROT_READ)) == 0;
}

/** The pages of the strings, below them the page with the pointers; where in it is seeded. */
function layStack(process: Process, strings: Strings): bool {
  const protection = PROT_READ | PROT_WRITE;
  const region = addRegion(process, STACK_TOP - STACK_ROOM, STACK_TOP, protection, 0, noInode(), 0);
  if (!changetype<usize>(region)) return false;
  const pages = (strings.bytes + PAGE_SIZE - 1) >> 12;
  const base = STACK_TOP - pages * PAGE_SIZE;
  for (let i: u32 = 0; i < pages; i++) {
    const slot = frameSlot(strings, i);
    if (setPageEntry(process.space, base + i * PAGE_SIZE, load<u32>(slot) | entryFlags(protection)) < 0) return false;
    store<u32>(slot, 0);
  }
  const count = strings.arguments + strings.environment;
  const at = (base - randomBelow(128) * 16 - (count + 3 + 8) * 4) & ~15;
  for (let page = at & FRAME_MASK; page < base; page += PAGE_SIZE) if (!bringPage(process, page, true)) return false;
  process.stack = at;
  putPointers(process, strings, at, base);
  return true;
}

function userByte(process: Process, at: u32): usize {
  return frameAddress(pageEntry(process.space, at) & FRAME_MASK) + (at & ~FRAME_MASK);
}

function put(process: Process, at: u32, word: u32): u32 {
  store<u32>(userByte(process, at), word);
  return at + 4;
}

function putPointers(process: Process, strings: Strings, start: u32, base: u32): void {
  let at = put(process, start, strings.arguments);
  let text = base;
  const count = strings.arguments + strings.environment;
  for (let i: u32 = 0; i < count; i++) {
    if (i == strings.arguments) at = put(process, at, 0);
    at = put(process, at, text);
    while (load<u8>(userByte(process, text))) text++;
    text++;
  }
  if (!strings.environment) at = put(process, at, 0);
  at = put(process, at, 0);
  at = put(process, put(process, at, AT_SYSINFO), ENTRY_PAGE | (entryRoutine & ~FRAME_MASK));
  at = put(process, put(process, at, AT_PAGESZ), PAGE_SIZE);
  at = put(process, put(process, at, AT_SERVICE), 0);
  put(process, put(process, at, AT_NULL), 0);
}
