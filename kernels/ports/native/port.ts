// The native port: ring 0 on bare hardware. What each function means stands in kernels/ports/README.md.
import { EBADF } from '../../lib/callnumbers';
import { uartDrain, uartPut } from '../../lib/uart';
import { cli, hlt, outb } from '../../lib/x86';
import { commandLine } from './boot';
import { interruptsInit } from './interrupts';
import { firstFreeFrame, linearOf } from './physical';
import {
  addressOf_copyEnd,
  addressOf_copyFailedLong,
  addressOf_copyFailedShort,
  addressOf_copyLong,
  addressOf_copyShort,
  addressOf_threadStart,
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
export { entryNames, entryPage } from './entries';
export { idle, interrupt } from './interrupts';
export { packetBuffer, packetBuffers, packetQueue, packetStart } from './network';
export { pageEntry, setPageEntry, spaceCreate, spaceDestroy, spaceLoad } from './spaces';
export { copyFromUser, copyToUser, enterUser, switchContext } from './stubs';

const EXIT_PORT: u32 = 0xf4;
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

export function portReady(): void {
  interruptsInit(commandLine());
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

/** This port has no benchmark of its own. */
export function benchmark(_name: usize): bool {
  return false;
}
