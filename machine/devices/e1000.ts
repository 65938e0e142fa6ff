/**
 * Intel 82540EM, the network card that QEMU calls e1000 (Intel 317453, "PCI/PCI-X Family of Gigabit Ethernet
 * Controllers Software Developer's Manual"), as far as transmitting goes. Receive registers can be written and read;
 * nothing is ever received.
 *
 * Transmission: while TDH != TDT the card takes the descriptor at TDH. Reading it and its data takes
 * `descriptorNanoseconds`; a frame, collected from descriptors up to the one with EOP, then occupies the wire for its
 * length, at least 60 bytes, plus preamble, checksum and gap (24 bytes), at `megabits` a second. When its last bit has
 * left, the descriptors with RS set get DD, TDH moves on, and TXDW is raised: at once, or, with IDE set in the
 * descriptor and TIDV not 0, TIDV x 1.024 us after the last such descriptor but no later than TADV x 1.024 us after the
 * first (13.4.44 TIDV, 13.4.47 TADV).
 *
 * Timing here is elapsed time only; what the processor pays for register accesses is the preset's price of an uncached
 * access. Data are read from memory when transmission of the frame begins.
 */
import type { AddressWindow, BusMemory, Clock, InterruptLine } from './device.js';
import { type Device, NEVER } from './device.js';
import type { PacketPort } from './packet-port.js';
import { PciFunction, pci, pciCommand } from './pci.js';

export interface E1000Options {
  /** Bit rate of the wire in Mb/s. */
  readonly megabits: number;
  /** Time to fetch one descriptor and start reading its data, in nanoseconds. */
  readonly descriptorNanoseconds: number;
  /** Station address in the EEPROM, six bytes. */
  readonly address: readonly number[];
  readonly packets: PacketPort;
}

/** Registers, as offsets into BAR0 (table 13-2). */
const reg = {
  CTRL: 0x0000,
  STATUS: 0x0008,
  EECD: 0x0010,
  EERD: 0x0014,
  ICR: 0x00c0,
  ICS: 0x00c8,
  IMS: 0x00d0,
  IMC: 0x00d8,
  TCTL: 0x0400,
  TDBAL: 0x3800,
  TDBAH: 0x3804,
  TDLEN: 0x3808,
  TDH: 0x3810,
  TDT: 0x3818,
  TIDV: 0x3820,
  TADV: 0x382c,
  GPTC: 0x4080,
  GOTCL: 0x4088,
  GOTCH: 0x408c,
  TOTL: 0x40c8,
  TOTH: 0x40cc,
  TPT: 0x40d4,
  RAL0: 0x5400,
  RAH0: 0x5404,
} as const;

const CTRL_RST = 1 << 26;
/** Full duplex, link up, 1000 Mb/s: what the card reports whatever the declared rate, as QEMU's does. */
const STATUS_VALUE = 0x80080783;
const TCTL_EN = 2;
const icr = { TXDW: 1, TXQE: 2, ASSERTED: 0x80000000 } as const;
const command = { EOP: 0x01, RS: 0x08, DEXT: 0x20, IDE: 0x80 } as const;
const STATUS_DD = 1;
const DESCRIPTOR_BYTES = 16;
const REGISTER_BYTES = 0x20000;
const MAXIMUM_FRAME = 16288;
/** Statistics are cleared by reading (13.7). */
const statistics: readonly number[] = [reg.GPTC, reg.GOTCL, reg.GOTCH, reg.TOTL, reg.TOTH, reg.TPT];
/** Unit of TIDV and TADV in nanoseconds. */
const DELAY_UNIT = 1024;

export class E1000 extends PciFunction implements Device {
  readonly name = 'e1000';
  protected override readonly stateFields = [
    'space',
    'registers',
    'frame',
    'taken',
    'busyUntil',
    'delayed',
    'delayBound',
  ];
  readonly memory: AddressWindow;
  private registers = new Map<number, number>();
  private readonly eeprom = new Uint16Array(64);
  private frame: number[] = [];
  /** Descriptors of the frame on the wire, by index, and its end. */
  private taken = 0;
  private busyUntil = NEVER;
  /** When the delayed TXDW is to be raised: restarted by each descriptor, and the bound that is not. */
  private delayed = NEVER;
  private delayBound = NEVER;

  constructor(
    private readonly clock: Clock,
    private readonly ram: BusMemory,
    private readonly interrupt: InterruptLine,
    interruptLine: number,
    base: number,
    private readonly options: E1000Options,
  ) {
    super(0x8086, 0x100e, 0x020000, 0x03);
    this.memoryBar(pci.BAR0, base, REGISTER_BYTES);
    this.set(pci.INTERRUPT_LINE, interruptLine, 1);
    this.set(pci.INTERRUPT_PIN, 1, 1);
    const { address } = options;
    for (let i = 0; i < 3; i++) this.eeprom[i] = address[2 * i] | (address[2 * i + 1] << 8);
    // Word 3Fh makes all words add up to BABAh.
    const sum = this.eeprom.reduce((total, word) => total + word, 0);
    this.eeprom[0x3f] = 0xbaba - sum;
    this.reset();
    this.memory = this.window();
  }

  get nextDue(): number {
    return Math.min(this.busyUntil, this.delayed, this.delayBound);
  }

  get canInterrupt(): boolean {
    return this.interrupt.unmasked && this.get(reg.IMS) !== 0;
  }

  run(now: number): void {
    if (this.delayed <= now || this.delayBound <= now) this.raise(icr.TXDW);
    if (this.busyUntil <= now) {
      this.finish();
      this.start();
    }
  }

  /** BAR0 as the guest left it, answering while the command register enables memory. */
  private window(): AddressWindow {
    const card = this;
    return {
      length: REGISTER_BYTES,
      get base() {
        return (card.space.getUint32(pci.BAR0, true) & ~15) >>> 0;
      },
      get enabled() {
        return (card.command & pciCommand.MEMORY) !== 0;
      },
      // Registers are 32 bits wide; a narrower read sees its part of the word, a narrower write is dropped (13.2).
      read: (offset, size) => {
        const word = card.readRegister(offset & ~3);
        return size === 4 ? word : (word >>> (8 * (offset & 3))) & (size === 1 ? 0xff : 0xffff);
      },
      write: (offset, size, value) => {
        if (size === 4) card.writeRegister(offset & ~3, value >>> 0);
      },
    };
  }

  private get(register: number): number {
    return this.registers.get(register) ?? 0;
  }

  private put(register: number, value: number): void {
    this.registers.set(register, value >>> 0);
  }

  private reset(): void {
    this.registers.clear();
    this.put(reg.CTRL, 0x00140240);
    this.put(reg.STATUS, STATUS_VALUE);
    this.put(reg.RAL0, this.eeprom[0] | (this.eeprom[1] << 16));
    this.put(reg.RAH0, this.eeprom[2] | 0x80000000);
    this.frame = [];
    this.taken = 0;
    this.busyUntil = NEVER;
    this.stopDelay();
    this.update();
  }

  private readRegister(register: number): number {
    const value = this.get(register);
    if (register === reg.ICR) {
      // Reading acknowledges all causes (13.4.17).
      this.put(reg.ICR, 0);
      this.update();
      return (value & this.get(reg.IMS) ? value | icr.ASSERTED : value) >>> 0;
    }
    if (statistics.includes(register)) this.put(register, 0);
    return value;
  }

  private writeRegister(register: number, value: number): void {
    switch (register) {
      case reg.CTRL:
        if (value & CTRL_RST) this.reset();
        else this.put(register, value);
        break;
      case reg.EERD:
        if (value & 1) this.put(register, (value & 0xff00) | 0x10 | (this.eeprom[(value >> 8) & 63] << 16));
        break;
      case reg.ICR:
        this.put(reg.ICR, this.get(reg.ICR) & ~value);
        this.update();
        break;
      case reg.ICS:
        this.raise(value);
        break;
      case reg.IMS:
        this.put(reg.IMS, this.get(reg.IMS) | value);
        this.update();
        break;
      case reg.IMC:
        this.put(reg.IMS, this.get(reg.IMS) & ~value);
        this.update();
        break;
      case reg.STATUS:
      case reg.EECD:
        break;
      case reg.TDBAL:
        this.put(register, value & ~15);
        break;
      case reg.TDLEN:
        this.put(register, value & 0xfff80);
        break;
      case reg.TDT:
      case reg.TCTL:
        this.put(register, register === reg.TDT ? value & 0xffff : value);
        this.start();
        break;
      case reg.TDH:
      case reg.TIDV:
      case reg.TADV:
        this.put(register, value & 0xffff);
        break;
      default:
        this.put(register, value);
    }
  }

  private raise(causes: number): void {
    if (causes & icr.TXDW) this.stopDelay();
    this.put(reg.ICR, this.get(reg.ICR) | causes);
    this.update();
  }

  private stopDelay(): void {
    this.delayed = NEVER;
    this.delayBound = NEVER;
  }

  private update(): void {
    const masked = (this.command & pciCommand.NO_INTERRUPT) !== 0;
    this.interrupt.set(!masked && (this.get(reg.ICR) & this.get(reg.IMS)) !== 0);
  }

  /** Takes descriptors up to the end of a frame and puts it on the wire, unless one is there already. */
  private start(): void {
    const count = this.get(reg.TDLEN) / DESCRIPTOR_BYTES;
    const enabled = this.get(reg.TCTL) & TCTL_EN && this.command & pciCommand.BUS_MASTER;
    if (this.busyUntil !== NEVER || !enabled || count === 0) return;
    let index = (this.get(reg.TDH) + this.taken) % count;
    let fetched = 0;
    let ended = false;
    while (index !== this.get(reg.TDT) && !ended) {
      ended = this.take(index);
      fetched++;
      index = (index + 1) % count;
    }
    if (fetched === 0) return;
    this.taken += fetched;
    const wire = ended ? ((Math.max(this.frame.length, 60) + 24) * 8 * 1000) / this.options.megabits : 0;
    this.busyUntil = this.after(fetched * this.options.descriptorNanoseconds + wire);
  }

  /** Reads one descriptor and its data. Returns whether the frame is complete. */
  private take(index: number): boolean {
    const at = this.descriptor(index);
    const view = this.view(at);
    const kind = view.getUint8(11);
    const extended = (kind & command.DEXT) !== 0;
    // A context descriptor (DTYP 0) carries offload settings, of which there are none here.
    const isContext = extended && (view.getUint32(8, true) & 0xf00000) === 0;
    if (isContext) return false;
    const length = extended ? view.getUint32(8, true) & 0xfffff : view.getUint16(8, true);
    const from = view.getUint32(0, true);
    const room = Math.max(0, MAXIMUM_FRAME - this.frame.length);
    const end = Math.min(from + Math.min(length, room), this.ram.size);
    for (let i = from; i < end; i++) this.frame.push(this.ram.bytes[i]);
    return (kind & command.EOP) !== 0;
  }

  /** The last bit has left: write back, move on, and tell. */
  private finish(): void {
    const count = this.get(reg.TDLEN) / DESCRIPTOR_BYTES;
    this.busyUntil = NEVER;
    let ended = false;
    for (; this.taken > 0; this.taken--) {
      const index = this.get(reg.TDH);
      ended = this.writeBack(index);
      this.put(reg.TDH, (index + 1) % count);
    }
    if (ended) {
      const frame = Uint8Array.from(this.frame);
      this.frame = [];
      this.count(frame.length);
      this.options.packets.transmit(frame, BigInt(this.clock.now()));
    }
    if (this.get(reg.TDH) === this.get(reg.TDT)) this.raise(icr.TXQE);
  }

  /** Returns whether the descriptor ended a frame. */
  private writeBack(index: number): boolean {
    const at = this.descriptor(index);
    const view = this.view(at);
    const kind = view.getUint8(11);
    if (kind & command.RS) {
      view.setUint8(12, view.getUint8(12) | STATUS_DD);
      this.ram.written(at + 12, 1);
      const delay = kind & command.IDE ? this.get(reg.TIDV) : 0;
      if (delay === 0) this.raise(icr.TXDW);
      else this.delay(delay);
    }
    return (kind & command.EOP) !== 0;
  }

  private delay(units: number): void {
    this.delayed = this.after(units * DELAY_UNIT);
    const bound = this.get(reg.TADV);
    if (this.delayBound === NEVER && bound !== 0) this.delayBound = this.after(bound * DELAY_UNIT);
  }

  private count(bytes: number): void {
    for (const packets of [reg.GPTC, reg.TPT]) this.put(packets, this.get(packets) + 1);
    for (const [low, high] of [
      [reg.GOTCL, reg.GOTCH],
      [reg.TOTL, reg.TOTH],
    ]) {
      const sum = this.get(low) + bytes + 4;
      this.put(low, sum);
      if (sum > 0xffffffff) this.put(high, this.get(high) + 1);
    }
  }

  private descriptor(index: number): number {
    return (this.get(reg.TDBAL) + index * DESCRIPTOR_BYTES) >>> 0;
  }

  /** Sixteen bytes of RAM; where there is none, sixteen bytes of nothing. */
  private view(at: number): DataView {
    const { bytes, size } = this.ram;
    if (at + DESCRIPTOR_BYTES > size) return new DataView(new ArrayBuffer(DESCRIPTOR_BYTES));
    return new DataView(bytes.buffer, bytes.byteOffset + at, DESCRIPTOR_BYTES);
  }

  private after(nanoseconds: number): number {
    return this.clock.now() + Math.ceil((nanoseconds * this.clock.hz) / 1e9);
  }
}
