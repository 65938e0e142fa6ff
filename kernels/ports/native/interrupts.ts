// Interrupts: the tick, and the network device.

import { timerTick } from '../../guest/schedule';
import { picEnd, picInit, picUnmask } from '../../lib/pic';
import { pitRate } from '../../lib/pit';
import { option, wordIs } from '../../lib/text';
import { cli, stiHlt } from '../../lib/x86';
import { nicInterrupt, nicLine } from './network';

const FIRST_VECTOR: u32 = 0x20;
const TICK_HZ: u32 = 100;
const TIMER: u32 = 0;

export function interruptsInit(commandLine: usize): void {
  picInit(FIRST_VECTOR);
  const timer = option(commandLine, 'timer');
  if (!timer || !wordIs(timer, 'off')) {
    pitRate(TICK_HZ);
    picUnmask(TIMER);
  }
  if (nicLine() < 16) picUnmask(nicLine());
}

/** From the entry stub: the line raised an interrupt. Lines that nobody unmasked only come as spurious ones. */
export function interrupt(line: u32): void {
  if (line == TIMER) {
    picEnd(line);
    timerTick();
  } else if (line == nicLine()) {
    nicInterrupt();
    picEnd(line);
  }
}

export function idle(): void {
  stiHlt();
  cli();
}
