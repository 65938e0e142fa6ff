// The pager of the programs. It owns a pool of frames; it loads programs, gives out zeroed pages as they are touched,
// and serves their memory calls (mmap2, munmap, writeProtect, catchFault), all by IPC: a page fault arrives as a
// message of the kernel in the program's name, and the answer is a map item.
import { clearPage } from '../../kernels/lib/bytes';
import {
  CALL_CATCH_FAULT,
  CALL_MMAP2,
  CALL_MUNMAP,
  CALL_WRITE_PROTECT,
  EINVAL,
  ENOMEM,
  ENOSYS,
} from '../../kernels/lib/callnumbers';
import { elfEntry } from '../../kernels/lib/elf';
import { allocateFrame, framesInit } from '../../kernels/lib/frames';
import { __work_fault, __work_syscall, __work_zeroed } from '../../kernels/lib/hooks';
import { seedRandom } from '../../kernels/lib/random';
import {
  ALL_RIGHTS,
  ANY,
  call,
  EXECUTE,
  fpage,
  LABEL_EXCEPTION,
  LABEL_FAULT,
  l4Init,
  mr,
  myself,
  NEVER,
  NIL,
  PAGE,
  PAGE_SHIFT,
  READ,
  ROOT,
  setMapItem,
  setMr,
  tag,
  WRITE,
} from './l4';
import { loadProgram, startThread, suppliedRoutine } from './loader';
import { Personality } from './personality';
import {
  findProgram,
  forgetProgram,
  newProgram,
  Program,
  READ_ONLY,
  releaseFrame,
  reserve,
  slotOf,
  specialFrame,
} from './programs';
import { PAGER_END, PAGER_INIT, PAGER_START, POOL_BASE, POOL_SHIFT, SERVICE_KILLED } from './protocol';
import { exchangeRegisters, ipc, unmap } from './stubs';

const VECTOR_PAGE_FAULT: u32 = 14;
const KIP_RESUME: u32 = 0x11c;
/** ExchangeRegisters: cancel what the thread waits for, set IP. */
const CANCEL_AND_SET_IP: u32 = 0x16;

let service: u32 = NIL;
let driver: u32 = NIL;
/** The program started last, whose partner may be the next one. */
let previous: usize = 0;

export function main(): void {
  l4Init();
  let to = NIL;
  for (;;) {
    const from = ipc(to, ANY, NEVER);
    to = serve(from, mr(0) >> 16) ? from : NIL;
  }
}

/** Handles the message in the UTCB and puts the answer there; false: the sender gets none. */
function serve(from: u32, label: u32): bool {
  const known = findProgram(from);
  if (known) {
    const p = changetype<Program>(known);
    if (label >> 4 == LABEL_FAULT) return fault(p, from, mr(1), label & WRITE);
    if (label >> 4 == LABEL_EXCEPTION) return exception(p, from, mr(3), mr(1));
    return answerCall(p, label);
  }
  if (from != ROOT) return false;
  if (label == PAGER_INIT) {
    seedRandom(mr(1));
    service = mr(2);
    driver = mr(3);
    framesInit(POOL_BASE, POOL_BASE + (1 << POOL_SHIFT));
  } else if (label == PAGER_START) start(mr(1), mr(2), mr(3), mr(4), mr(5), mr(6));
  else if (label == PAGER_END) {
    const second = finish(mr(1));
    setMr(0, tag(0, 1, 0));
    setMr(1, second);
    return true;
  }
  setMr(0, 0);
  return true;
}

/** Takes back what a dead program had, but for the buffer it shared; returns its second thread, or NIL. */
function finish(thread: u32): u32 {
  const address = findProgram(thread);
  if (!address) return NIL;
  const p = changetype<Program>(address);
  const second = p.second;
  releaseFrame(p.personality);
  forgetProgram(p);
  return second;
}

function start(thread: u32, image: usize, end: usize, text: usize, partner: u32, second: u32): void {
  const address = newProgram(thread, second);
  if (!address) return;
  const p = changetype<Program>(address);
  p.personality = allocateFrame();
  // Partners share a buffer: the second of a pair takes the first one's.
  const before = previous ? changetype<Program>(previous) : p;
  p.shared = before.thread == partner ? before.shared : allocateFrame();
  previous = address;
  if (!p.personality || !p.shared || !loadProgram(p, image, end - image)) return;
  clearPage(p.personality);
  const personality = changetype<Personality>(<usize>p.personality);
  personality.service = service;
  personality.pager = myself();
  personality.partner = partner;
  personality.driver = driver;
  personality.entry = elfEntry(image);
  startThread(p, thread, text, false);
  if (second != NIL) startThread(p, second, text, true);
}

/** The answer to a page fault: the page, with the rights that it now has; fresh pages are zeroed. */
function fault(p: Program, thread: u32, address: u32, write: u32): bool {
  const page = address & ~(PAGE - 1);
  let frame = specialFrame(p, page);
  let rights: u32 = frame == p.personality ? READ | EXECUTE : ALL_RIGHTS;
  if (!frame) {
    const slot = slotOf(p, page);
    if (!slot) return fatal(p, thread, VECTOR_PAGE_FAULT, mr(2), address);
    frame = load<u32>(slot);
    if (!frame) {
      frame = allocateFrame();
      if (!frame) return fatal(p, thread, VECTOR_PAGE_FAULT, mr(2), address);
      __work_zeroed();
      clearPage(frame);
      store<u32>(slot, frame);
    } else if (frame & READ_ONLY) rights = READ | EXECUTE;
  }
  if (write && !(rights & WRITE)) return fatal(p, thread, VECTOR_PAGE_FAULT, mr(2), address);
  __work_fault();
  setMr(0, tag(0, 0, 2));
  setMapItem(1, page, fpage(frame & ~READ_ONLY, PAGE_SHIFT, rights));
  return true;
}

/** An exception message: the program goes on at its handler, or dies. The answer carries its registers back. */
function exception(p: Program, thread: u32, vector: u32, ip: u32): bool {
  if (!p.handler) return fatal(p, thread, vector, ip, 0);
  setMr(1, p.handler);
  setMr(12, vector);
  p.handler = 0;
  setMr(0, tag(0, 12, 0));
  return true;
}

/**
 * A fault that nothing resolves. With a handler the thread is taken out of its fault and goes on there, by a routine
 * that loads EAX; the answer is not an IPC then. Else it stays where it is for ever.
 */
function fatal(p: Program, thread: u32, vector: u32, ip: u32, address: u32): bool {
  if (p.handler) {
    const personality = changetype<Personality>(<usize>p.personality);
    personality.handler = p.handler;
    personality.vector = vector;
    p.handler = 0;
    exchangeRegisters(thread, CANCEL_AND_SET_IP, 0, suppliedRoutine(KIP_RESUME));
    return false;
  }
  setMr(0, tag(SERVICE_KILLED, 4, 0));
  setMr(1, thread);
  setMr(2, vector);
  setMr(3, ip);
  setMr(4, address);
  call(service);
  return false;
}

/** A memory call: label = number, MR1 up = arguments. */
function answerCall(p: Program, number: u32): bool {
  __work_syscall();
  let result: i32 = -ENOSYS;
  switch (number) {
    case CALL_MMAP2: {
      const address = mr(1) ? 0 : reserve(p, mr(2));
      result = address ? address : mr(1) ? -EINVAL : -ENOMEM;
      break;
    }
    case CALL_MUNMAP:
      result = forPages(p, mr(1), mr(2), false);
      break;
    case CALL_WRITE_PROTECT:
      result = forPages(p, mr(1), mr(2), true);
      break;
    case CALL_CATCH_FAULT:
      p.handler = mr(1);
      result = 0;
      break;
  }
  setMr(0, tag(0, 1, 0));
  setMr(1, result);
  return true;
}

/** Takes the right to write, or the pages altogether. The pager's own mapping of the frame stays. */
function forPages(p: Program, address: u32, length: u32, protect: bool): i32 {
  if (address & (PAGE - 1) || length > 0xbf000000) return -EINVAL;
  for (let offset: u32 = 0; offset < length; offset += PAGE) {
    const slot = slotOf(p, address + offset);
    if (!slot) return -EINVAL;
    const frame = load<u32>(slot) & ~READ_ONLY;
    if (!frame) continue;
    if (protect) unmap(0, fpage(frame, PAGE_SHIFT, WRITE));
    else {
      store<u32>(slot, 0);
      releaseFrame(frame);
    }
  }
  return 0;
}
