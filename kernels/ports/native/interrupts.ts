// Interrupts: the tick, the serial port, the disk and the network device.
import { picEnd, picInit, picUnmask } from '../../lib/pic';
import { uartGet, uartListen } from '../../lib/uart';
import { cli, stiHlt } from '../../lib/x86';
import { consoleInput, timerTick } from '../guest/stubs';
import { DISK_LINE, diskInterrupt, diskInterrupts } from './disk';
import { nicInterrupt, nicLine } from './network';
import { timerStart, timerTakes } from './timer';

const FIRST_VECTOR: u32 = 0x20;
const CASCADE: u32 = 2;
const SERIAL: u32 = 4;

export function interruptsInit(): void {
  picInit(FIRST_VECTOR);
  timerStart();
  uartListen();
  picUnmask(SERIAL);
  picUnmask(CASCADE);
  if (diskInterrupts()) picUnmask(DISK_LINE);
  if (nicLine() < 16) picUnmask(nicLine());
}

/** From the entry stub: the line raised an interrupt. Lines that nobody unmasked only come as spurious ones. */
export function interrupt(line: u32): void {
  if (timerTakes(line)) timerTick();
  else if (line == SERIAL) {
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

export function idle(): void {
  stiHlt();
  cli();
}
