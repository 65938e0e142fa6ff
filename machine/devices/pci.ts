/**
 * PCI configuration mechanism 1 (PCI Local Bus Specification 2.2, 3.2.2.3.2): the address goes to CF8h, data through
 * CFCh-CFFh. One bus. Functions that are not there read as all ones.
 */
import { type AccessSize, type Device, openBus } from './device.js';
import { SavedByName } from './saved-state.js';

/** Registers of a type 0 header. */
export const pci = {
  COMMAND: 0x04,
  HEADER: 0x0c,
  BAR0: 0x10,
  BAR1: 0x14,
  BAR4: 0x20,
  SUBSYSTEM: 0x2c,
  INTERRUPT_LINE: 0x3c,
  INTERRUPT_PIN: 0x3d,
} as const;
/** Bits of the command register. */
export const pciCommand = { IO: 1, MEMORY: 2, BUS_MASTER: 4, SERR: 0x100, NO_INTERRUPT: 0x400 } as const;

/** Subsystem that QEMU's devices declare. */
const SUBSYSTEM = 0x11001af4;

/** 256 bytes of configuration space and what of them may be written. */
export class PciFunction extends SavedByName {
  protected readonly stateFields: readonly string[] = ['space'];
  protected readonly space = new DataView(new ArrayBuffer(256));
  private readonly writable = new DataView(new ArrayBuffer(256));

  constructor(vendor: number, device: number, classCode: number, revision: number) {
    super();
    this.space.setUint16(0x00, vendor, true);
    this.space.setUint16(0x02, device, true);
    this.space.setUint32(0x08, ((classCode << 8) | revision) >>> 0, true);
    this.space.setUint32(pci.SUBSYSTEM, SUBSYSTEM, true);
    // As firmware leaves it: decoding on, bus mastering off.
    this.set(pci.COMMAND, pciCommand.IO | pciCommand.MEMORY | pciCommand.SERR, 2);
    this.allow(pci.COMMAND, 0x0547);
    this.allow(pci.HEADER, 0xffff);
    this.allow(pci.INTERRUPT_LINE, 0xff);
  }

  /** A 32-bit memory BAR at the address that firmware gave it; `length` is a power of two. */
  protected memoryBar(register: number, base: number, length: number): void {
    this.space.setUint32(register, base, true);
    this.allow(register, -length);
  }

  /** A port BAR at the address that firmware gave it; `length` is a power of two. */
  protected portBar(register: number, base: number, length: number): void {
    this.space.setUint32(register, base | 1, true);
    this.allow(register, -length);
  }

  protected set(register: number, value: number, size: AccessSize): void {
    for (let i = 0; i < size; i++) this.space.setUint8(register + i, (value >>> (8 * i)) & 0xff);
  }

  /** Bits of the 32-bit word at `register` that a guest may change. */
  protected allow(register: number, mask: number): void {
    this.writable.setUint32(
      register & ~3,
      this.writable.getUint32(register & ~3, true) | (mask << (8 * (register & 3))),
      true,
    );
  }

  get command(): number {
    return this.space.getUint16(pci.COMMAND, true);
  }

  readConfig(register: number, size: AccessSize): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.space.getUint8((register + i) & 0xff);
    return value;
  }

  writeConfig(register: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) {
      const at = (register + i) & 0xff;
      const mask = this.writable.getUint8(at);
      this.space.setUint8(at, (this.space.getUint8(at) & ~mask) | ((value >>> (8 * i)) & mask));
    }
  }
}

const RESET_CONTROL = 0xcf9;
const LAST_DATA = 0xcff;

export class PciBus extends SavedByName implements Device {
  readonly name = 'PCI configuration';
  protected readonly stateFields = ['address', 'resetControl', 'plugged'];
  readonly ports = [{ first: 0xcf8, last: 0xcff }];
  private address = 0;
  /** By 8 x device number + function number; and all of them, in the order of plugging. */
  private readonly functions = new Map<number, PciFunction>();
  private readonly plugged: PciFunction[] = [];

  /** @param resetControl the byte at CF9h, between the two registers */
  constructor(private readonly resetControl: { read(size: AccessSize): number; write(value: number): void }) {
    super();
  }

  plug(device: number, number: number, pciFunction: PciFunction): void {
    this.functions.set(8 * device + number, pciFunction);
    this.plugged.push(pciFunction);
  }

  read(port: number, size: AccessSize): number {
    if (port === RESET_CONTROL) return this.resetControl.read(size);
    if (port < 0xcfc) return port === 0xcf8 && size === 4 ? this.address : openBus(size);
    const target = this.target();
    if (!target) return openBus(size);
    // An access that goes past CFFh is two on the bus; nobody answers the second one.
    let value = 0;
    for (let i = size - 1; i >= 0; i--) {
      value =
        value * 256 + (port + i > LAST_DATA ? 0xff : target.readConfig((this.address & 0xfc) | ((port + i) & 3), 1));
    }
    return value;
  }

  write(port: number, size: AccessSize, value: number): void {
    if (port < 0xcfc) {
      // Only a 32-bit write at CF8h itself is the address; narrower ones pass through to the bus.
      if (port === 0xcf8 && size === 4) this.address = (value & 0x80fffffc) >>> 0;
      else if (port === RESET_CONTROL && size === 1) this.resetControl.write(value);
      return;
    }
    const target = this.target();
    for (let i = 0; target && i < size && port + i <= LAST_DATA; i++) {
      target.writeConfig((this.address & 0xfc) | ((port + i) & 3), 1, (value >>> (8 * i)) & 0xff);
    }
  }

  private target(): PciFunction | undefined {
    const { address } = this;
    const enabled = address >= 0x80000000;
    const bus = (address >> 16) & 0xff;
    return enabled && bus === 0 ? this.functions.get((address >> 8) & 0xff) : undefined;
  }
}

const ROW_BYTES = 8 << 20;

/** Intel 82441FX (Natoma), the host bridge of the `pc` machine; nothing of it but its identity is here. */
export class HostBridge extends PciFunction {
  constructor(ramBytes: number) {
    super(0x8086, 0x1237, 0x060000, 0x02);
    // Where the last row of memory ends (DRB7), in units of 8 MiB; the rows before it are not filled in, as on QEMU.
    this.set(0x57, Math.min(Math.floor(ramBytes / ROW_BYTES), 0xff), 1);
    // PAM and SMRAM registers hold values and change nothing: all memory below 1 MiB is RAM here.
    this.set(0x58, 0x11111000, 4);
    this.set(0x5c, 0x33111111, 4);
    this.set(0x70, 0x000a0000, 4);
    for (let register = 0x50; register < 0x80; register += 4) this.allow(register, 0xffffffff);
  }
}
