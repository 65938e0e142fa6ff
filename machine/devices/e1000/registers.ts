/** Names of the card's registers and bits (317453, chapter 13), and the store behind those that only hold values. */
import { SavedByName } from '../saved-state.js';

/** Offsets into BAR0 (table 13-2). */
export const reg = {
  CTRL: 0x0000,
  STATUS: 0x0008,
  EECD: 0x0010,
  EERD: 0x0014,
  MDIC: 0x0020,
  VET: 0x0038,
  ICR: 0x00c0,
  ICS: 0x00c8,
  IMS: 0x00d0,
  IMC: 0x00d8,
  RCTL: 0x0100,
  TCTL: 0x0400,
  PBA: 0x1000,
  RDBAL: 0x2800,
  RDBAH: 0x2804,
  RDLEN: 0x2808,
  RDH: 0x2810,
  RDT: 0x2818,
  RDTR: 0x2820,
  RADV: 0x282c,
  TDBAL: 0x3800,
  TDBAH: 0x3804,
  TDLEN: 0x3808,
  TDH: 0x3810,
  TDT: 0x3818,
  TIDV: 0x3820,
  TADV: 0x382c,
  /** Statistics: 4000h to 40FCh. */
  MPC: 0x4010,
  GPRC: 0x4074,
  BPRC: 0x4078,
  MPRC: 0x407c,
  GPTC: 0x4080,
  GORCL: 0x4088,
  GOTCL: 0x4090,
  TORL: 0x40c0,
  TOTL: 0x40c8,
  TPR: 0x40d0,
  TPT: 0x40d4,
  MTA: 0x5200,
  RAL0: 0x5400,
  RAH0: 0x5404,
} as const;

/** Causes of interrupts. */
export const icr = { TXDW: 0x01, TXQE: 0x02, LSC: 0x04, RXDMT0: 0x10, RXO: 0x40, RXT0: 0x80 };

/** Unit of the delay registers in nanoseconds. */
export const DELAY_UNIT = 1024;
export const DESCRIPTOR_BYTES = 16;

const STATISTICS = 0x4000;
const STATISTICS_END = 0x4100;

export class RegisterFile extends SavedByName {
  protected readonly stateFields = ['values'];
  private values = new Map<number, number>();

  get(register: number): number {
    return this.values.get(register) ?? 0;
  }

  put(register: number, value: number): void {
    this.values.set(register, value >>> 0);
  }

  clear(): void {
    this.values.clear();
  }

  /** A statistic; those of octets are two registers. */
  add(register: number, amount: number): void {
    const sum = this.get(register) + amount;
    this.put(register, sum);
    if (sum > 0xffffffff) this.put(register + 4, this.get(register + 4) + 1);
  }

  /** What the guest reads: statistics are cleared by it (13.7). */
  read(register: number): number {
    const value = this.get(register);
    if (this.isStatistic(register)) this.put(register, 0);
    return value;
  }

  /** The guest cannot write these. */
  isStatistic(register: number): boolean {
    return register >= STATISTICS && register < STATISTICS_END;
  }
}
