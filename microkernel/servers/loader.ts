// Loading and starting a program: its image into frames, argv and auxv onto its stack (System V ABI, i386: "Process
// Initialization"), and the start message to its thread.
//
//   ESP -> argc | argv[0..] | 0 | 0 (no environment) | auxv: AT_PAGESZ, AT_SYSINFO, AT_SERVICE, AT_NULL | text of argv
import { clearPage, copyBytes } from '../../kernels/lib/bytes';
import { AT_PAGESZ, AT_SERVICE, AT_SYSINFO } from '../../kernels/lib/callnumbers';
import { elfSegment, elfSegmentCount, elfValid, SEGMENT_LOAD, SEGMENT_WRITABLE } from '../../kernels/lib/elf';
import { allocateFrame } from '../../kernels/lib/frames';
import { randomBelow } from '../../kernels/lib/random';
import { STACK_TOP } from '../../kernels/lib/userlayout';
import { KIP, NEVER, NIL, PAGE, setMr, tag } from './l4';
import { Program, READ_ONLY, slotOf } from './programs';
import { ipc } from './stubs';

const TEXT_MAX: u32 = 768;
const ARGUMENTS_MAX: u32 = 24;
const USER_TOP: u32 = 0xbf000000;
/** Seeded: the stack starts up to 1 KiB lower, in steps of 16 bytes. */
const STACK_STEPS: u32 = 64;
/** The second thread's stack, below the first one's. */
const SECOND_STACK: u32 = 0x8000;
const KIP_ENTRY: u32 = 0x114;
const KIP_START: u32 = 0x118;

/** Address of a routine that the kernel supplies to programs. */
export function suppliedRoutine(link: u32): u32 {
  return KIP + load<u32>(KIP + link);
}

/** Copies the image into frames of the pool; false: no image, or no memory. */
export function loadProgram(p: Program, image: usize, length: u32): bool {
  if (!elfValid(image, length, USER_TOP)) return false;
  p.imageEnd = 0;
  for (let i: u32 = 0; i < elfSegmentCount(image); i++) {
    const s = elfSegment(image, i);
    if (s.type == SEGMENT_LOAD) p.imageEnd = max(p.imageEnd, (s.linear + s.memorySize + PAGE - 1) & ~(PAGE - 1));
  }
  for (let i: u32 = 0; i < elfSegmentCount(image); i++) {
    const s = elfSegment(image, i);
    if (s.type != SEGMENT_LOAD) continue;
    for (let page = s.linear & ~(PAGE - 1); page < s.linear + s.fileSize; page += PAGE) {
      const slot = slotOf(p, page);
      const frame = slot ? allocateFrame() : 0;
      if (!frame) return false;
      clearPage(frame);
      const from = max(page, s.linear);
      copyBytes(
        frame + from - page,
        image + s.offset + from - s.linear,
        min(page + PAGE, s.linear + s.fileSize) - from,
      );
      store<u32>(slot, s.flags & SEGMENT_WRITABLE ? frame : frame | READ_ONLY);
    }
  }
  return true;
}

/** Builds the stack and sends the start message. `second`: the second thread of the space. */
export function startThread(p: Program, thread: u32, text: usize, second: bool): bool {
  const top = second ? STACK_TOP - SECOND_STACK : STACK_TOP;
  const page = top - PAGE;
  const slot = slotOf(p, page);
  if (!load<u32>(slot)) store<u32>(slot, allocateFrame());
  const frame = load<u32>(slot);
  if (!frame) return false;
  clearPage(frame);
  const stack = buildStack(frame, page, text);
  setMr(0, tag(0, 2, 0));
  setMr(1, suppliedRoutine(KIP_START));
  setMr(2, stack);
  ipc(thread, NIL, NEVER);
  return true;
}

/** Writes to `frame`, which the program sees at `page`; returns the program's ESP. */
function buildStack(frame: usize, page: u32, text: usize): u32 {
  const high = PAGE - (randomBelow(STACK_STEPS) << 4) - TEXT_MAX;
  let words: u32 = 0;
  let at = high;
  // The words of the text, each ended by zero; their addresses are collected below the text.
  let n: u32 = 0;
  const pointers = high - 256;
  while (words < ARGUMENTS_MAX) {
    while (<u32>load<u8>(text + n) == 0x20) n++;
    if (!load<u8>(text + n) || at - high > TEXT_MAX - 128) break;
    store<u32>(frame + pointers + 4 + (words << 2), page + at);
    while (<u32>load<u8>(text + n) > 0x20 && at - high < TEXT_MAX - 1) store<u8>(frame + at++, load<u8>(text + n++));
    store<u8>(frame + at++, 0);
    words++;
  }
  store<u32>(frame + pointers, words);
  // argv's end and an empty environment are zeros already.
  const auxiliary = frame + pointers + 4 + ((words + 2) << 2);
  store<u32>(auxiliary, AT_PAGESZ);
  store<u32>(auxiliary + 4, PAGE);
  store<u32>(auxiliary + 8, AT_SYSINFO);
  store<u32>(auxiliary + 12, suppliedRoutine(KIP_ENTRY));
  store<u32>(auxiliary + 16, AT_SERVICE);
  store<u32>(auxiliary + 20, 1);
  return page + pointers;
}
