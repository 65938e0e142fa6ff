// Interrupts: the tick, the serial port, the disk and the network device.

import { timerTick } from '../../guest/time';
import { consoleInput } from '../../guest/tty';
import { picEnd, picInit, picPending, picUnmask } from '../../lib/pic';
import { pitCount, pitDivisor, pitRate } from '../../lib/pit';
import { option, wordIs } from '../../lib/text';
import { uartGet, uartListen } from '../../lib/uart';
import { cli, stiHlt } from '../../lib/x86';
import { DISK_LINE, diskInterrupt, diskInterrupts } from './disk';
import { nicInterrupt, nicLine } from './network';

const FIRST_VECTOR: u32 = 0x20;
const TICK_HZ: u32 = 100;
const TICK_MICROSECONDS: u32 = 1000000 / TICK_HZ;
const TIMER: u32 = 0;
const CASCADE: u32 = 2;
const SERIAL: u32 = 4;

let ticking: bool = false;

export function interruptsInit(commandLine: usize): void {
  picInit(FIRST_VECTOR);
  const timer = option(commandLine, 'timer');
  if (!timer || !wordIs(timer, 'off')) {
    pitRate(TICK_HZ);
    picUnmask(TIMER);
    ticking = true;
  }
  uartListen();
  picUnmask(SERIAL);
  picUnmask(CASCADE);
  if (diskInterrupts()) picUnmask(DISK_LINE);
  if (nicLine() < 16) picUnmask(nicLine());
}

/** From the entry stub: the line raised an interrupt. Lines that nobody unmasked only come as spurious ones. */
export function interrupt(line: u32): void {
  if (line == TIMER) {
    picEnd(line);
    timerTick();
  } else if (line == SERIAL) {
    picEnd(line);
    for (let byte = uartGet(); byte >= 0; byte = uartGet()) consoleInput(byte);
  } else if (line == DISK_LINE && diskInterrupts()) {
    picEnd(line);
    diskInterrupt();
  } else if (line == nicLine()) {
    nicInterrupt();
    picEnd(line);
  }
}

/** Microseconds since the last tick that was taken; more than a tick's when one is due. */
export function tickMicroseconds(): u32 {
  if (!ticking) return 0;
  const divisor = pitDivisor(TICK_HZ);
  const passed = divisor - min(pitCount(), divisor);
  const micro = (passed * TICK_MICROSECONDS) / divisor;
  return picPending(TIMER) && micro < TICK_MICROSECONDS / 2 ? micro + TICK_MICROSECONDS : micro;
}

export function idle(): void {
  stiHlt();
  cli();
}
