/**
 * The PC's bus: port and memory accesses find their device by address, and the earliest due cycle of all devices is
 * kept for the processor. A wider access to a device of eight bits is so many accesses, as on the ISA bus; whoever has wider
 * ports takes it whole.
 */
import { type AccessSize, type AddressWindow, type Device, NEVER, openBus } from './device.js';

export class Bus {
  private readonly devices: Device[] = [];
  /** Those that ever have something to do by themselves. */
  private readonly timed: Device[] = [];
  /** 1 + index of the device behind each of the 65536 ports; 0 = nobody. */
  private readonly portOwner = new Uint8Array(0x10000);
  private readonly memory: AddressWindow[] = [];
  private readonly portWindows: AddressWindow[] = [];

  /** @throws Error when a port is claimed twice */
  attach(device: Device): void {
    this.devices.push(device);
    if (device.nextDue !== undefined) this.timed.push(device);
    for (const { first, last } of device.ports ?? []) {
      for (let port = first; port <= last; port++) {
        const owner = this.portOwner[port];
        if (owner !== 0) {
          const other = this.devices[owner - 1].name;
          throw new Error(`port 0x${port.toString(16)} is claimed by ${other} and by ${device.name}`);
        }
        this.portOwner[port] = this.devices.length;
      }
    }
    if (device.memory) this.memory.push(device.memory);
    if (device.portWindow) this.portWindows.push(device.portWindow);
  }

  get attached(): readonly Device[] {
    return this.devices;
  }

  readPort(port: number, size: AccessSize): number {
    const owner = this.portOwner[port];
    if (owner === 0) {
      const window = find(this.portWindows, port);
      return window ? window.read(port - window.base, size) : openBus(size);
    }
    const device = this.devices[owner - 1];
    if (size === 1 || !device.byteWide) return device.read?.(port, size) ?? openBus(size);
    let value = 0;
    for (let i = 0; i < size; i++) value += this.readPort((port + i) & 0xffff, 1) * 2 ** (8 * i);
    return value;
  }

  writePort(port: number, size: AccessSize, value: number): void {
    const owner = this.portOwner[port];
    if (owner === 0) {
      const window = find(this.portWindows, port);
      window?.write(port - window.base, size, value);
      return;
    }
    const device = this.devices[owner - 1];
    if (size === 1 || !device.byteWide) device.write?.(port, size, value);
    else for (let i = 0; i < size; i++) this.writePort((port + i) & 0xffff, 1, (value >>> (8 * i)) & 0xff);
  }

  readMemory(physical: number, size: AccessSize): number {
    const range = find(this.memory, physical);
    return range ? range.read(physical - range.base, size) : openBus(size);
  }

  writeMemory(physical: number, size: AccessSize, value: number): void {
    const range = find(this.memory, physical);
    range?.write(physical - range.base, size, value);
  }

  /** The earliest cycle at which some device wants to run. */
  get nextDue(): number {
    let due = NEVER;
    for (const device of this.timed) {
      const next = device.nextDue!;
      if (next < due) due = next;
    }
    return due;
  }

  /** Whether anything that is still to come can end in an interrupt. */
  get canInterrupt(): boolean {
    return this.timed.some((d) => d.nextDue !== NEVER && d.canInterrupt);
  }

  /** Runs every device that is due, in the order in which they were attached. */
  run(now: number): void {
    for (const device of this.timed) {
      if (device.nextDue! <= now) device.run?.(now);
    }
  }
}

function find(windows: readonly AddressWindow[], address: number): AddressWindow | undefined {
  return windows.find((w) => w.enabled && address >= w.base && address < w.base + w.length);
}
