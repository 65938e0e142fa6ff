// The native port: ring 0 on bare hardware. What each function means stands in kernels/ports/README.md.
import { EBADF } from '../../lib/callnumbers';
import { optionAmong } from '../../lib/options';
import { TRAP_FRAME_SIZE, TrapFrame } from '../../lib/trapframe';
import { uartDrain, uartPut } from '../../lib/uart';
import { ENTRY_PAGE, USER_TOP } from '../../lib/userlayout';
import { cli, hlt, outb, stackSlot } from '../../lib/x86';
import { commandLine } from './boot';
import { diskFind, diskWays } from './disk';
import { interruptsInit } from './interrupts';
import { firstFreeFrame, linearOf } from './physical';
import {
  addressOf_copyEnd,
  addressOf_copyFailedLong,
  addressOf_copyFailedShort,
  addressOf_copyLong,
  addressOf_copyShort,
  addressOf_threadStart,
  copyFromUser,
} from './stubs';

export {
  commandLine,
  endFrame,
  moduleCount,
  moduleEnd,
  moduleImage,
  moduleStart,
  moduleText,
  nativeStart,
} from './boot';
export { diskSectors, diskStart } from './disk';
export { entryNames, entryPage } from './entries';
export { idle, interrupt } from './interrupts';
export { packetBuffer, packetBuffers, packetQueue, packetStart } from './network';
export {
  closeBatch,
  nextPage,
  openBatch,
  pageEntry,
  setPageEntry,
  spaceCreate,
  spaceDestroy,
  spaceLoad,
} from './spaces';
export { copyFromUser, copyToUser, resumeUser, switchContext } from './stubs';
export { tickMicroseconds, timerNames } from './timer';

const EXIT_PORT: u32 = 0xf4;
// Selectors, which the stubs take by name; and where the entry page's SYSENTER returns to, as in stubs/layout.ts.
const USER_CODE: u32 = 0x1b;
const USER_DATA: u32 = 0x23;
const ENTRY_LANDING: u32 = 64;
/** Interrupts on, and the bit that is always 1. */
const FLAGS_USER: u32 = 0x202;
/** A TrapFrame and the five words that switchContext pops. */
const FIRST_FRAME: u32 = 56 + 20;

export function portName(): string {
  return 'native';
}

export function putByte(byte: u32): void {
  uartPut(byte);
}

export function powerOff(status: u32): void {
  uartDrain();
  outb(EXIT_PORT, status);
  for (;;) {
    cli();
    hlt();
  }
}

export function firstFrame(): u32 {
  return firstFreeFrame();
}

export function frameAddress(frame: u32): usize {
  return linearOf(frame);
}

/** Options of this port. What the processor or the chip set does not have is done without, but for `disk=dma`. */
export function optionsGood(): bool {
  return (
    optionAmong(commandLine(), 'pages', '4m, 4k') &&
    optionAmong(commandLine(), 'global', 'on, off') &&
    optionAmong(commandLine(), 'disk', diskWays())
  );
}

export function portReady(): void {
  diskFind(commandLine());
  interruptsInit();
}

/** Makes `frame` enter user mode at `entry` with this stack, all other registers 0. */
export function userFrame(frame: TrapFrame, entry: u32, stack: u32): void {
  memory.fill(changetype<usize>(frame), 0, TRAP_FRAME_SIZE);
  frame.eip = entry;
  frame.cs = USER_CODE;
  frame.eflags = FLAGS_USER;
  frame.esp = stack;
  frame.ss = USER_DATA;
}

/** EBP of the caller; SYSENTER needs that register, and its entry routine left EBP on the stack. */
export function sixthArgument(frame: TrapFrame): u32 {
  if (frame.eip != ENTRY_PAGE + ENTRY_LANDING) return frame.ebp;
  const word = stackSlot(4);
  return frame.ebp < USER_TOP - 4 && copyFromUser(word, frame.ebp, 4) == 0 ? load<u32>(word) : 0;
}

export function prepareStack(stackTop: usize): usize {
  const at = stackTop - FIRST_FRAME;
  for (let i: usize = 0; i < 16; i += 4) store<u32>(at + i, 0);
  store<u32>(at + 16, addressOf_threadStart());
  return at;
}

export function copyRecovery(eip: u32): u32 {
  if (eip < addressOf_copyShort() || eip >= addressOf_copyEnd()) return 0;
  return eip < addressOf_copyLong() ? addressOf_copyFailedShort() : addressOf_copyFailedLong();
}

export function channelPresent(): bool {
  return false;
}

export function channelRead(_to: u32, _length: u32): i32 {
  return -EBADF;
}

export function channelWrite(_from: u32, _length: u32): i32 {
  return -EBADF;
}

export function timerGap(): string {
  return '';
}

/** This port has no benchmark of its own. */
export function benchmark(_name: usize): bool {
  return false;
}
