// The tick: from the 8254 through the 8259 (`timer=pic`, what `on` means), as Linux 2.4 on one processor had it, or from the
// timer of the local APIC (`timer=apic`), where a tick costs no port access. The APIC counts the bus clock, whose rate the
// 8254 tells.
import {
  APIC_BASE,
  APIC_REGISTERS,
  apicCount,
  apicEnd,
  apicInit,
  apicLeft,
  apicPending,
  apicTick,
} from '../../lib/apic';
import { picEnd, picPending, picUnmask } from '../../lib/pic';
import { pitCount, pitDivisor, pitRate } from '../../lib/pit';
import { FEATURE_APIC, processorFeatures } from '../../lib/processor';
import { option, wordIs } from '../../lib/text';
import { mapDevice } from './physical';

const TICK_HZ: u32 = 100;
const TICK_MICROSECONDS: u32 = 1000000 / TICK_HZ;
const PIC_LINE: u32 = 0;
/** Ticks of the 8254 by which the APIC's clock is measured. */
const MEASURED: u32 = 5;

// Vectors above the lines of the 8259 (interrupts.ts), and what the entry stub makes of them.
const APIC_VECTOR: u32 = 0x30;
const APIC_LINE: u32 = 16;
const APIC_SPURIOUS: u32 = 0x3f;

/** The line that ticks; NONE: there are no ticks. */
const NONE: u32 = 0xff;
let line: u32 = NONE;
/** Counts of a tick. */
let period: u32 = 0;

export function timerNames(): string {
  return processorFeatures() & FEATURE_APIC ? 'on, off, pic, apic' : 'on, off, pic';
}

/** Which timer it will be. Before the guest gets its frames: mapping the APIC takes one. */
export function timerFind(commandLine: usize): void {
  const choice = option(commandLine, 'timer');
  if (choice && wordIs(choice, 'off')) return;
  line = PIC_LINE;
  if (!choice || !wordIs(choice, 'apic') || !(processorFeatures() & FEATURE_APIC)) return;
  line = APIC_LINE;
  apicInit(mapDevice(APIC_BASE, APIC_REGISTERS), APIC_SPURIOUS);
}

/** Starts the ticks; the 8259 has been set up. */
export function timerStart(): void {
  if (line == NONE) return;
  pitRate(TICK_HZ);
  if (line == PIC_LINE) {
    period = pitDivisor(TICK_HZ);
    picUnmask(PIC_LINE);
    return;
  }
  awaitReload();
  apicCount(0xffffffff);
  for (let i: u32 = 0; i < MEASURED; i++) awaitReload();
  period = (0xffffffff - apicLeft()) / MEASURED;
  apicTick(period, APIC_VECTOR);
}

/** Waits until the 8254 begins to count a new tick. */
function awaitReload(): void {
  let before = pitCount();
  while (true) {
    const count = pitCount();
    if (count > before) return;
    before = count;
  }
}

/** Is it the timer's line? Then the interrupt is ended. */
export function timerTakes(from: u32): bool {
  if (from != line) return false;
  if (line == APIC_LINE) apicEnd();
  else picEnd(PIC_LINE);
  return true;
}

/** Microseconds since the last tick that was taken; more than a tick's when one is due. */
export function tickMicroseconds(): u32 {
  if (line == NONE) return 0;
  const left = line == APIC_LINE ? apicLeft() : pitCount();
  const passed = period - min(left, period);
  // Of a period of up to 6 million counts, without overflow.
  const micro =
    line == APIC_LINE ? ((passed >> 4) * TICK_MICROSECONDS) / (period >> 4) : (passed * TICK_MICROSECONDS) / period;
  const pending = line == APIC_LINE ? apicPending(APIC_VECTOR) : picPending(PIC_LINE);
  return pending && micro < TICK_MICROSECONDS / 2 ? micro + TICK_MICROSECONDS : micro;
}
