// The local APIC of the one processor, for its timer (Intel SDM vol. 3, chapter 10). The 8259 goes on to supply the vectors of
// all devices, through LINT0 (virtual wire mode).
import { vload32, vstore32 } from './x86';

/** Where its registers lie after reset. */
export const APIC_BASE: u32 = 0xfee00000;
export const APIC_REGISTERS: u32 = 4096;

const END_OF_INTERRUPT: usize = 0x0b0;
const SPURIOUS: usize = 0x0f0;
const REQUESTS: usize = 0x200;
const TIMER: usize = 0x320;
const LINT0: usize = 0x350;
const LINT1: usize = 0x360;
const INITIAL: usize = 0x380;
const CURRENT: usize = 0x390;
const DIVIDE: usize = 0x3e0;

const ENABLED: u32 = 0x100;
const MASKED: u32 = 0x10000;
const PERIODIC: u32 = 0x20000;
const EXTERNAL: u32 = 0x700;
const NMI: u32 = 0x400;
const BY_16: u32 = 3;

let registers: usize = 0;

/** `at`: where the kernel sees the registers. The spurious vector's low four bits must be 1 (10.9). */
export function apicInit(at: usize, spurious: u32): void {
  registers = at;
  vstore32(at + SPURIOUS, ENABLED | spurious);
  vstore32(at + LINT0, EXTERNAL);
  vstore32(at + LINT1, NMI);
  vstore32(at + TIMER, MASKED);
  vstore32(at + DIVIDE, BY_16);
}

/** Counts down from `count` of the bus clock's sixteenths, once, in silence. */
export function apicCount(count: u32): void {
  vstore32(registers + INITIAL, count);
}

/** Counts down from `count` over and over, and raises `vector` each time. */
export function apicTick(count: u32, vector: u32): void {
  vstore32(registers + TIMER, PERIODIC | vector);
  vstore32(registers + INITIAL, count);
}

export function apicLeft(): u32 {
  return vload32(registers + CURRENT);
}

/** Has the vector been raised and not been taken yet? */
export function apicPending(vector: u32): bool {
  return ((vload32(registers + REQUESTS + ((vector >> 5) << 4)) >> (vector & 31)) & 1) != 0;
}

/** Ends the interrupt in service. */
export function apicEnd(): void {
  vstore32(registers + END_OF_INTERRUPT, 0);
}
