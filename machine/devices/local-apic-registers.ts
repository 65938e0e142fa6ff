/** The local APIC's registers, 16 bytes apart, and their bits (Intel SDM vol. 3, table 10-1 and figures 10-8 to 10-23). */

export const reg = {
  ID: 0x020,
  VERSION: 0x030,
  TPR: 0x080,
  APR: 0x090,
  PPR: 0x0a0,
  EOI: 0x0b0,
  LDR: 0x0d0,
  DFR: 0x0e0,
  SVR: 0x0f0,
  ISR: 0x100,
  TMR: 0x180,
  IRR: 0x200,
  ESR: 0x280,
  ICR_LOW: 0x300,
  ICR_HIGH: 0x310,
  LVT: 0x320,
  INITIAL: 0x380,
  CURRENT: 0x390,
  DIVIDE: 0x3e0,
} as const;

/** Version 14h; the vector table has six entries. */
export const VERSION_VALUE = 0x00050014;

/** SVR: the APIC is switched on. */
export const ENABLED = 0x100;
/** MSR 1Bh: the same for good; and the MSR as reset leaves it. */
export const GLOBALLY_ENABLED = 0x800;
export const APIC_BASE_AT_RESET = 0xfee00900;

/** ESR. */
export const error = { SENT: 0x20, RECEIVED: 0x40, REGISTER: 0x80 } as const;

/*
 * Entries of the local vector table:
 *
 *     17 periodic (timer)   16 masked   15 level   10-8 delivery mode   7-0 vector
 */

/** Positions in it: 320h, 330h, ... */
export const lvt = { TIMER: 0, THERMAL: 1, COUNTER: 2, LINT0: 3, LINT1: 4, ERROR: 5 } as const;
export const LVT_WRITABLE = [0x310ff, 0x117ff, 0x117ff, 0x1f7ff, 0x1f7ff, 0x110ff] as const;
export const PERIODIC = 0x20000;
export const MASKED = 0x10000;
export const LEVEL = 0x8000;

export const deliveryMode = { FIXED: 0, LOWEST: 1, SMI: 2, NMI: 4, INIT: 5, STARTUP: 6, EXTINT: 7 } as const;

/** Of a vector-table entry. */
export function modeOf(entry: number): number {
  return (entry >> 8) & 7;
}
