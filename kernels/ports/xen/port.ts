// The port to Xen 3.0.0's interface: ring 1, direct paging, events. What each function means stands in
// kernels/ports/README.md. Options of its own: net=on and channel=on (connect these devices to the other domain),
// paging=update_va_mapping|mmu_update.
import { EBADF } from '../../lib/callnumbers';
import { optionAmong } from '../../lib/options';
import { option, wordIs } from '../../lib/text';
import { TRAP_FRAME_SIZE, TrapFrame } from '../../lib/trapframe';
import { FLAT_RING3_CS, FLAT_RING3_DS } from '../../lib/xen/arch';
import { backendsInit } from './backends';
import { commandLine, isPrivileged } from './boot';
import {
  channelAwait,
  channelConnected,
  channelOffer,
  channelRead as readChannel,
  channelWrite as writeChannel,
} from './channel';
import { listenToTimer } from './events';
import { grantsInit } from './grants';
import { KERNEL_BASE } from './memory';
import { netfrontBuffer, netfrontBuffers, netfrontInit, netfrontQueue, netfrontStart } from './netfront';
import { pagingByMachineAddress } from './spaces';
import { storeInit } from './store';
import {
  addressOf_copyEnd,
  addressOf_copyFailedLong,
  addressOf_copyFailedShort,
  addressOf_copyLong,
  addressOf_copyShort,
  addressOf_entryPageStart,
  addressOf_threadStart,
} from './stubs';

export { benchmark } from './bench';
export {
  commandLine,
  endFrame,
  firstFrame,
  moduleCount,
  moduleEnd,
  moduleImage,
  moduleStart,
  moduleText,
  xenStart,
} from './boot';
export { idle } from './events';
export { powerOff, putByte } from './power';
export { nextPage, pageEntry, setPageEntry, spaceCreate, spaceDestroy, spaceLoad } from './spaces';
export { copyFromUser, copyToUser, resumeUser, switchContext } from './stubs';

/** Interrupts on, and the bit that is always 1. */
const FLAGS_USER: u32 = 0x202;
/** A TrapFrame and the five words that switchContext pops. */
const FIRST_FRAME: u32 = 56 + 20;

export function portName(): string {
  return 'xen';
}

export function frameAddress(frame: u32): usize {
  return KERNEL_BASE + frame;
}

function isOn(name: string): bool {
  const value = option(commandLine(), name);
  return value != 0 && wordIs(value, 'on');
}

export function timerNames(): string {
  return 'on, off';
}

export function optionsGood(): bool {
  return (
    optionAmong(commandLine(), 'net', 'on, off') &&
    optionAmong(commandLine(), 'channel', 'on, off') &&
    optionAmong(commandLine(), 'paging', 'update_va_mapping, mmu_update')
  );
}

function nothing(): void {}

export function portReady(): void {
  const paging = option(commandLine(), 'paging');
  if (paging && wordIs(paging, 'mmu_update')) pagingByMachineAddress();
  listenToTimer();
  grantsInit();
  if (isPrivileged()) {
    backendsInit(isOn('net'));
    if (isOn('channel')) channelAwait();
  } else if (storeInit(nothing.index)) {
    if (isOn('net')) netfrontInit();
    if (isOn('channel')) channelOffer();
  }
}

export function prepareStack(stackTop: usize): usize {
  const at = stackTop - FIRST_FRAME;
  for (let i: usize = 0; i < 16; i += 4) store<u32>(at + i, 0);
  store<u32>(at + 16, addressOf_threadStart());
  return at;
}

/** Makes `frame` enter user mode at `entry` with this stack, all other registers 0. */
export function userFrame(frame: TrapFrame, entry: u32, stack: u32): void {
  memory.fill(changetype<usize>(frame), 0, TRAP_FRAME_SIZE);
  frame.eip = entry;
  frame.cs = FLAT_RING3_CS;
  frame.eflags = FLAGS_USER;
  frame.esp = stack;
  frame.ss = FLAT_RING3_DS;
}

export function sixthArgument(frame: TrapFrame): u32 {
  return frame.ebp;
}

/** Every entry takes effect at once: a batch is nothing here yet. */
export function openBatch(_space: u32): void {}

export function closeBatch(_space: u32): void {}

/** Ticks are all the time that this port tells. */
export function tickMicroseconds(): u32 {
  return 0;
}

export function timerGap(): string {
  return 'the VMM gives a blocked domain no ticks';
}

/** No block device yet. */
export function diskSectors(): u32 {
  return 0;
}

export function diskStart(_write: bool, _sector: u32, _pieces: usize, _count: u32): void {
  unreachable();
}

export function copyRecovery(eip: u32): u32 {
  if (eip < addressOf_copyShort() || eip >= addressOf_copyEnd()) return 0;
  return eip < addressOf_copyLong() ? addressOf_copyFailedShort() : addressOf_copyFailedLong();
}

export function entryNames(): string {
  return 'int80';
}

export function entryPage(variant: usize): u32 {
  return !variant || wordIs(variant, 'int80') ? addressOf_entryPageStart() - KERNEL_BASE : 0;
}

export function packetBuffers(): u32 {
  return netfrontBuffers();
}

export function packetBuffer(i: u32): usize {
  return netfrontBuffer(i);
}

export function packetQueue(i: u32, length: u32): void {
  netfrontQueue(i, length);
}

export function packetStart(): void {
  netfrontStart();
}

export function channelPresent(): bool {
  return isOn('channel');
}

export function channelRead(to: u32, length: u32): i32 {
  return channelConnected() ? readChannel(to, length) : -EBADF;
}

export function channelWrite(from: u32, length: u32): i32 {
  return channelConnected() ? writeChannel(from, length) : -EBADF;
}
