// A kernel with one program: it prints, maps pages when they are first touched, and powers the machine off.
import { componentCreateNamed, KIND_PROGRAM } from '../../../../kernels/lib/components';
import { consoleTo, newline, print, printByte, printHex, printNumber } from '../../../../kernels/lib/console';
import { __switch_commit, __work_fault, __work_syscall } from '../../../../kernels/lib/hooks';
import {
  FAULT_PRESENT,
  PAGE_PRESENT,
  PAGE_SIZE,
  PAGE_USER,
  PAGE_WRITE,
  tableSlot,
} from '../../../../kernels/lib/paging';
import { TrapFrame } from '../../../../kernels/lib/trapframe';
import { uartDrain, uartInit, uartPut } from '../../../../kernels/lib/uart';
import { outb, readCr2 } from '../../../../kernels/lib/x86';
import { pagingInit, USER_AREA, USER_SIZE, userTable } from './spaces';
import { addressOf_program, enterUser } from './stubs';
import { trapsInit } from './traps';

export { componentCount, components } from '../../../../kernels/lib/components';

/** Who runs in ring 3: the word that the component table gives names to. */
export let currentThread: u32 = 0;

const PROGRAM: u32 = 1;
const STACK_TOP: u32 = USER_AREA + 3 * PAGE_SIZE;

export function main(): void {
  uartInit();
  consoleTo(uartPut.index);
  trapsInit();
  pagingInit(addressOf_program());
  componentCreateNamed(PROGRAM, PROGRAM, KIND_PROGRAM, 0, 'program');
  currentThread = PROGRAM;
  __switch_commit();
  print('hello from ring 0\n');
  enterUser(addressOf_program(), STACK_TOP);
}

const CALL_PUT: u32 = 0;
const CALL_EXIT: u32 = 1;
const ENOSYS: u32 = 38;

/** int 0x80: EAX = number of the call, EBX = its argument; the result goes to EAX. */
export function systemCall(frame: TrapFrame): void {
  __work_syscall();
  switch (frame.error) {
    case CALL_PUT:
      printByte(frame.ebx);
      frame.eax = 0;
      return;
    case CALL_EXIT:
      print('exit ');
      printNumber(frame.ebx);
      newline();
      powerOff(0);
      return;
    default:
      frame.eax = -ENOSYS;
  }
}

const FRAMES: u32 = 4;
const frames: usize = memory.data(4 * 4096, 4096);
let framesUsed: u32 = 0;

/** Maps a frame of zeros where the program touched its area for the first time; the instruction is then tried again. */
export function pageFault(frame: TrapFrame): void {
  const address = readCr2();
  const error = frame.error;
  print('page fault at ');
  printHex(address);
  print(', error ');
  printNumber(error);
  newline();
  const allowed = address - USER_AREA < USER_SIZE && !(error & FAULT_PRESENT);
  if (!allowed || framesUsed == FRAMES) return powerOff(1);
  __work_fault();
  const physical = <u32>frames + framesUsed++ * PAGE_SIZE;
  store<u32>(tableSlot(userTable, address), physical | PAGE_PRESENT | PAGE_WRITE | PAGE_USER);
}

/** Any other exception. */
export function unexpected(): void {
  print('unexpected exception\n');
  powerOff(1);
}

function powerOff(status: u32): void {
  uartDrain();
  outb(0xf4, status);
}
