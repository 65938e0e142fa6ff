// execve: what a path names, and the change from the old program to the new one (load.ts). The arguments and the environment
// are collected first (strings.ts), from user memory that is about to go. A script (#!) is the argument of its
// interpreter.
import { copyBytes } from '../lib/bytes';
import { EFAULT, ENOEXEC, ENOMEM, ETXTBSY } from '../lib/callnumbers';
import { componentRename } from '../lib/components';
import { copyName, textLength } from '../lib/text';
import { SIG_DFL, SIG_IGN, SIGKILL, SIGNALS } from '../lib/unix';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyFromUser, frameAddress, userFrame } from '../ports/port';
import { getPage } from './cache';
import { closeDescriptor, File } from './file';
import { isError, putInode } from './filesystem';
import { Inode } from './inode';
import { loadProgram, mappable } from './load';
import { releaseMemory } from './memory';
import { mayExecute } from './modes';
import { addressOf, dropFrame, dropPage, noPage, takeFrame } from './page';
import { getText, putText, resolve } from './path';
import { actionOf, closesOnExec, fileSlot, processName } from './process';
import { requestWork } from './schedule';
import { callFrame, sendSignal } from './signal';
import { append, appendList, appendWords, STRINGS_SIZE, Strings, stringsDrop, stringsInit } from './strings';
import { Process } from './task';
import { self } from './thread';

const SCRIPTS_MAX: u32 = 4;

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
      else if (!mappable(start, inode)) result = -ENOEXEC;
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
