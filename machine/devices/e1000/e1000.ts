/**
 * Intel 82540EM, the network card that QEMU calls e1000 (Intel 317453, "PCI/PCI-X Family of Gigabit Ethernet
 * Controllers Software Developer's Manual"): registers, interrupts, EEPROM; transmitter.ts and receiver.ts do the rest.
 * No checksum or segmentation offload, no VLAN tags, no interrupt throttling, no wake-up.
 *
 * Timing here is elapsed time only; what the processor pays for register accesses is the preset's price of an uncached
 * access.
 */
import type { AddressWindow, BusMemory, Clock, Device, InterruptLine } from '../device.js';
import type { PacketPort } from '../packet-port.js';
import { PciFunction, pci, pciCommand } from '../pci.js';
import { Eeprom } from './eeprom.js';
import { Receiver } from './receiver.js';
import { RegisterFile, reg } from './registers.js';
import { Transmitter } from './transmitter.js';

export interface E1000Options {
  /** Bit rate of the wire in Mb/s. */
  readonly megabits: number;
  /** Time to fetch one descriptor and start reading its data, in nanoseconds. */
  readonly descriptorNanoseconds: number;
  /** Station address in the EEPROM, six bytes. */
  readonly address: readonly number[];
  readonly packets: PacketPort;
}

const CTRL_RST = 1 << 26;
/** Full duplex, link up, 1000 Mb/s: what the card reports whatever the declared rate, as QEMU's does. */
const STATUS_VALUE = 0x80080783;
/** 48 KiB for reception, the rest for transmission. */
const PBA_VALUE = 0x00100030;
/** The Ethernet type of VLAN tags. */
const VLAN_TYPE = 0x8100;
const VENDOR = 0x8086;
const DEVICE = 0x100e;
const REGISTER_BYTES = 0x20000;
const PORT_BYTES = 0x40;
const mdic = { WRITE: 0x04000000, READ: 0x08000000, READY: 0x10000000, ERROR: 0x40000000 } as const;
const PHY_ADDRESS = 1;
/** Registers of the PHY (Marvell M88E1011) with the link up at 1000 Mb/s. */
const PHY: Readonly<Record<number, number>> = {
  1: 0x796d,
  2: 0x0141,
  3: 0x0c20,
  4: 0x0de1,
  5: 0x01e0,
  9: 0x0e00,
  10: 0x3c00,
  16: 0x0360,
  17: 0xac00,
};

/** Reset and restart of the negotiation clear themselves. */
const PHY_CONTROL_AT_RESET = 0x1140;
const PHY_CONTROL_WRITABLE = 0x7d80;
const PHY_LOOPBACK = 0x4000;

export class E1000 extends PciFunction implements Device {
  readonly name = 'e1000';
  readonly memory: AddressWindow;
  readonly portWindow: AddressWindow;
  protected override readonly stateFields = [
    'space',
    'registers',
    'transmitter',
    'receiver',
    'eeprom',
    'portAddress',
    'phyControl',
  ];
  private readonly registers = new RegisterFile();
  private readonly transmitter: Transmitter;
  private readonly receiver: Receiver;
  private readonly eeprom: Eeprom;
  /** Register that the data port at BAR1 + 4 reaches. */
  private portAddress = 0;
  private phyControl = PHY_CONTROL_AT_RESET;

  constructor(
    clock: Clock,
    ram: BusMemory,
    private readonly interrupt: InterruptLine,
    interruptLine: number,
    base: number,
    options: E1000Options,
    portBase = 0xc000,
  ) {
    super(VENDOR, DEVICE, 0x020000, 0x03);
    this.memoryBar(pci.BAR0, base, REGISTER_BYTES);
    this.portBar(pci.BAR1, portBase, PORT_BYTES);
    this.set(pci.INTERRUPT_LINE, interruptLine, 1);
    this.set(pci.INTERRUPT_PIN, 1, 1);
    this.eeprom = new Eeprom(options.address, VENDOR, DEVICE);
    const raise = (causes: number) => this.raise(causes);
    const sink: PacketPort = {
      transmit: (frame, cycle) => {
        // What is looped back comes in at once: it is never on the wire.
        if (this.phyControl & PHY_LOOPBACK) this.receiver.accept(frame, this.mayMaster);
        else options.packets.transmit(frame, cycle);
      },
    };
    this.transmitter = new Transmitter(this.registers, clock, ram, { ...options, packets: sink }, raise);
    this.receiver = new Receiver(this.registers, clock, ram, options, raise);
    this.reset();
    this.memory = this.memoryWindow();
    this.portWindow = this.registerPorts();
  }

  /** Puts a frame, without preamble and check sequence, on the wire to the card, at `cycle` or as soon as it is free. */
  receive(frame: Uint8Array, cycle: number): void {
    this.receiver.send(frame, cycle);
  }

  get nextDue(): number {
    return Math.min(this.transmitter.nextDue, this.receiver.nextDue);
  }

  get canInterrupt(): boolean {
    return this.interrupt.unmasked && this.registers.get(reg.IMS) !== 0;
  }

  run(now: number): void {
    this.transmitter.run(now, this.mayMaster);
    this.receiver.run(now, this.mayMaster);
  }

  private get mayMaster(): boolean {
    return (this.command & pciCommand.BUS_MASTER) !== 0;
  }

  /** BAR0 as the guest left it, answering while the command register enables memory. */
  private memoryWindow(): AddressWindow {
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

  /** BAR1: an address at 0, the register that it names at 4 (13.2.2). */
  private registerPorts(): AddressWindow {
    const card = this;
    return {
      length: PORT_BYTES,
      get base() {
        return card.space.getUint32(pci.BAR1, true) & 0xfff0;
      },
      get enabled() {
        return (card.command & pciCommand.IO) !== 0;
      },
      read: (offset, size) => {
        if (size !== 4 || (offset !== 0 && offset !== 4)) return 0;
        return offset === 0 ? card.portAddress : card.readRegister(card.portAddress);
      },
      write: (offset, size, value) => {
        if (size !== 4) return;
        if (offset === 0) card.portAddress = value & (REGISTER_BYTES - 4);
        else if (offset === 4) card.writeRegister(card.portAddress, value >>> 0);
      },
    };
  }

  private reset(): void {
    const { registers } = this;
    registers.clear();
    registers.put(reg.CTRL, 0x00140240);
    registers.put(reg.STATUS, STATUS_VALUE);
    registers.put(reg.PBA, PBA_VALUE);
    registers.put(reg.VET, VLAN_TYPE);
    registers.put(reg.RAL0, this.eeprom.word(0) | (this.eeprom.word(1) << 16));
    registers.put(reg.RAH0, this.eeprom.word(2) | 0x80000000);
    this.eeprom.reset();
    this.transmitter.reset();
    this.receiver.reset();
    this.update();
  }

  private readRegister(register: number): number {
    const { registers } = this;
    if (register === reg.EECD) return this.eeprom.control;
    if (register !== reg.ICR) return registers.read(register);
    // Reading acknowledges all causes (13.4.17).
    const value = registers.get(reg.ICR);
    registers.put(reg.ICR, 0);
    this.update();
    return value;
  }

  private writeRegister(register: number, value: number): void {
    const { registers } = this;
    switch (register) {
      case reg.CTRL:
        if (value & CTRL_RST) this.reset();
        else registers.put(register, value);
        break;
      case reg.EERD:
        registers.put(register, this.eeprom.readByAddress(value));
        break;
      case reg.EECD:
        this.eeprom.control = value;
        break;
      case reg.MDIC:
        this.accessPhy(value);
        break;
      case reg.ICR:
        registers.put(reg.ICR, registers.get(reg.ICR) & ~value);
        this.update();
        break;
      case reg.ICS:
        this.raise(value);
        break;
      case reg.IMS:
        registers.put(reg.IMS, registers.get(reg.IMS) | value);
        this.update();
        break;
      case reg.IMC:
        registers.put(reg.IMS, registers.get(reg.IMS) & ~value);
        this.update();
        break;
      case reg.STATUS:
        break;
      case reg.TDBAL:
      case reg.RDBAL:
        registers.put(register, value & ~15);
        break;
      case reg.TDLEN:
      case reg.RDLEN:
        registers.put(register, value & 0xfff80);
        break;
      case reg.TDT:
      case reg.TCTL:
        registers.put(register, register === reg.TDT ? value & 0xffff : value);
        this.transmitter.start(this.mayMaster);
        break;
      case reg.RDT:
      case reg.RCTL:
        registers.put(register, register === reg.RDT ? value & 0xffff : value);
        this.receiver.start(this.mayMaster);
        break;
      case reg.TDH:
      case reg.RDH:
      case reg.TIDV:
      case reg.TADV:
      case reg.RDTR:
      case reg.RADV:
        registers.put(register, value & 0xffff);
        break;
      default:
        if (!registers.isStatistic(register)) registers.put(register, value);
    }
  }

  /** MDIC. Of what is written to the PHY only loopback has an effect: the link is always up. */
  private accessPhy(value: number): void {
    const known = ((value >> 21) & 31) === PHY_ADDRESS;
    const number = (value >> 16) & 31;
    if (value & mdic.WRITE && known && number === 0) this.phyControl = value & PHY_CONTROL_WRITABLE;
    const held = number === 0 ? this.phyControl : (PHY[number] ?? 0);
    const data = value & mdic.READ ? held : value & 0xffff;
    this.registers.put(reg.MDIC, (value & 0x0fff0000) | mdic.READY | (known ? data : mdic.ERROR));
  }

  private raise(causes: number): void {
    this.registers.put(reg.ICR, this.registers.get(reg.ICR) | causes);
    this.update();
  }

  private update(): void {
    const masked = (this.command & pciCommand.NO_INTERRUPT) !== 0;
    this.interrupt.set(!masked && (this.registers.get(reg.ICR) & this.registers.get(reg.IMS)) !== 0);
  }
}
