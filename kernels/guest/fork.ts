// fork: a new process like this one. Private pages are shared until one of the two writes: both lose the right to write, and
// the fault that follows copies.
import { copyBytes } from '../lib/bytes';
import { EAGAIN, ENOMEM } from '../lib/callnumbers';
import { componentCreate, KIND_PROGRAM } from '../lib/components';
import { FRAME_MASK, PAGE_AVAILABLE, PAGE_PRESENT, PAGE_SIZE, PAGE_WRITE } from '../lib/paging';
import { TRAP_FRAME_SIZE, TrapFrame } from '../lib/trapframe';
import { closeBatch, nextPage, openBatch, pageEntry, setPageEntry, spaceCreate, spaceDestroy } from '../ports/port';
import { ticks } from './clock';
import { File } from './file';
import { holdInode } from './inode';
import { releaseMemory } from './memory';
import { holdFrame } from './page';
import {
  actionOf,
  closesOnExec,
  fileSlot,
  processName,
  processSlot,
  SIGNAL_BYTES,
  setCloseOnExec,
  takeProcess,
} from './process';
import { copyRegion, REGION_KERNEL, REGION_SHARED } from './region';
import { wake } from './schedule';
import { callFrame } from './signal';
import { Process, Region, Thread } from './task';
import { createThread, freeThread, self } from './thread';

/** fork(), vfork() */
export function sysFork(_a: u32, _b: u32, _c: u32): i32 {
  const parent = self().process;
  const child = takeProcess();
  if (!changetype<usize>(child)) return -EAGAIN;
  const thread = createThread();
  if (!changetype<usize>(thread)) {
    child.pid = 0;
    return -EAGAIN;
  }
  const space = spaceCreate();
  if (!space) return abandon(child, thread, -ENOMEM);
  child.space = space;
  child.thread = thread;
  if (!copyMemory(parent, child)) {
    releaseMemory(child);
    spaceDestroy(space);
    return abandon(child, thread, -ENOMEM);
  }
  inherit(parent, child);
  const frame = changetype<TrapFrame>(<usize>thread.stackTop - TRAP_FRAME_SIZE);
  copyBytes(changetype<usize>(frame), changetype<usize>(callFrame()), TRAP_FRAME_SIZE);
  frame.eax = 0;
  thread.process = child;
  thread.space = space;
  thread.nice = self().nice;
  thread.counter = (self().counter + 1) >> 1;
  self().counter >>= 1;
  const word = <u32>changetype<usize>(thread);
  componentCreate(word, processSlot(child), KIND_PROGRAM, child.image, processName(child));
  wake(thread);
  return child.pid;
}

/** clone(flags, stack): only what fork does */
export function sysClone(flags: u32, stack: u32, _c: u32): i32 {
  return flags & 0xffffff00 || stack ? -EAGAIN : sysFork(0, 0, 0);
}

function abandon(child: Process, thread: Thread, error: i32): i32 {
  freeThread(thread);
  child.pid = 0;
  return error;
}

/** Regions and pages of the parent; false: out of memory, and the child has some of them. */
function copyMemory(parent: Process, child: Process): bool {
  openBatch(parent.space);
  let good: bool = true;
  for (let region = parent.firstRegion; good && changetype<usize>(region); region = region.next) {
    good =
      changetype<usize>(copyRegion(child, region, region.start, region.end)) != 0 && copyPages(parent, child, region);
  }
  closeBatch(parent.space);
  return good;
}

function copyPages(parent: Process, child: Process, region: Region): bool {
  const end = region.end;
  for (let page = nextPage(parent.space, region.start, end); page < end; page = nextPage(parent.space, page, end)) {
    let entry = pageEntry(parent.space, page);
    if (entry & (PAGE_PRESENT | PAGE_AVAILABLE)) {
      if (entry & PAGE_WRITE && !(region.flags & REGION_SHARED)) {
        entry &= ~PAGE_WRITE;
        setPageEntry(parent.space, page, entry);
      }
      if (setPageEntry(child.space, page, entry) < 0) return false;
      if (!(region.flags & REGION_KERNEL)) holdFrame(entry & FRAME_MASK);
    }
    page += PAGE_SIZE;
  }
  return true;
}

/** Everything but memory and the thread. */
function inherit(parent: Process, child: Process): void {
  child.parent = parent;
  child.group = parent.group;
  child.session = parent.session;
  child.heapStart = parent.heapStart;
  child.heapEnd = parent.heapEnd;
  child.faultHandler = parent.faultHandler;
  child.directory = holdInode(parent.directory);
  child.mask = parent.mask;
  child.blocked = parent.blocked;
  child.image = parent.image;
  child.startTick = ticks;
  child.fileLimit = parent.fileLimit;
  copyBytes(processName(child), processName(parent), 16);
  copyBytes(changetype<usize>(actionOf(child, 1)), changetype<usize>(actionOf(parent, 1)), SIGNAL_BYTES);
  for (let fd: u32 = 0; fd < parent.fileLimit; fd++) {
    const file = load<File>(fileSlot(parent, fd));
    store<File>(fileSlot(child, fd), file);
    if (!changetype<usize>(file)) continue;
    file.references++;
    if (closesOnExec(parent, fd)) setCloseOnExec(child, fd, true);
  }
}
