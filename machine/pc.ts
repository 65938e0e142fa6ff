/** The PC around the processor: which devices there are, and how their interrupts are wired (as QEMU's `pc` has them). */
import { Bus } from './devices/bus.js';
import { Cmos } from './devices/cmos.js';
import { DebugPort } from './devices/debug-port.js';
import type { BusMemory, Clock } from './devices/device.js';
import { E1000 } from './devices/e1000/e1000.js';
import { ExitPort } from './devices/exit-port.js';
import { FirmwareConfig } from './devices/firmware-config.js';
import type { BlockDevice } from './devices/ide/block-device.js';
import { IdeChannel } from './devices/ide/channel.js';
import { type ApicOptions, InterruptWiring } from './devices/interrupt-wiring.js';
import { KeyboardController } from './devices/keyboard.js';
import { PacketLog, type PacketPort } from './devices/packet-port.js';
import { HostBridge, PciBus, PciFunction } from './devices/pci.js';
import { IdeController, IsaBridge, PowerManagement, PowerManagementFunction, ResetControl } from './devices/piix3.js';
import { Pit } from './devices/pit.js';
import { isStateful, type SavedFields, SnapshotMismatch, type Stateful } from './devices/saved-state.js';
import { Uart } from './devices/uart.js';
import { Vga } from './devices/vga.js';

/** Latencies are declared here: they move elapsed time, never busy cycles of themselves. */
export interface DeviceOptions {
  /** Cycles by which the timer's crystal trails the processor at start: a declared seed. */
  readonly timerPhase: number;
  /** Bit rate of the network in Mb/s. */
  readonly megabits: number;
  /** Time in which the network card fetches a descriptor, in nanoseconds. */
  readonly descriptorNanoseconds: number;
  /** Station address, six bytes. */
  readonly stationAddress: readonly number[];
  readonly packets: PacketPort;
  /** Disks: first and second of the first IDE channel, then of the second one; null or missing = no drive. */
  readonly disks: readonly (BlockDevice | null)[];
  /** Time in which a disk finds the first sector of a command, or flushes, in nanoseconds. */
  readonly diskAccessNanoseconds: number;
  /** Time in which a disk moves a sector, in nanoseconds. */
  readonly diskSectorNanoseconds: number;
}

export function defaultDevices(): DeviceOptions {
  return {
    timerPhase: 0,
    megabits: 1000,
    descriptorNanoseconds: 1000,
    stationAddress: [0x52, 0x54, 0x00, 0x12, 0x34, 0x56],
    packets: new PacketLog(),
    disks: [],
    diskAccessNanoseconds: 200_000,
    diskSectorNanoseconds: 15_000,
  };
}

/** What devices tell the machine. */
export interface PcSignals {
  interrupt(asserted: boolean): void;
  nmi(): void;
  console(byte: number, source: 'com1' | 'debug'): void;
  exit(value: number): void;
  /** The guest has reset the processor; `by` says how. */
  reset(by: string): void;
  powerOff(): void;
}

const COM1 = { port: 0x3f8, interrupt: 4 } as const;
/** Where firmware puts the first card behind the host bridge, its registers and its interrupt. */
const NETWORK = { device: 2, base: 0xfebc0000, interrupt: 10 } as const;

/** The two IDE channels in compatibility mode, and where firmware puts their bus masters. */
const IDE = [
  { command: 0x1f0, control: 0x3f6, interrupt: 14 },
  { command: 0x170, control: 0x376, interrupt: 15 },
] as const;
const IDE_BUS_MASTER = 0xc040;

export class Pc implements Stateful {
  readonly bus = new Bus();
  readonly interrupts: InterruptWiring;
  readonly uart: Uart;
  readonly vga: Vga;
  readonly network: E1000;

  /** @param apic the processor's local APIC, null where it has none */
  constructor(clock: Clock, memory: BusMemory, signals: PcSignals, options: DeviceOptions, apic: ApicOptions | null) {
    this.interrupts = new InterruptWiring(clock, apic, signals);
    const { pic, local, io } = this.interrupts;
    const line = (interrupt: number) => this.interrupts.line(interrupt);
    this.uart = new Uart(COM1.port, line(COM1.interrupt), (byte) => signals.console(byte, 'com1'));
    this.network = new E1000(clock, memory, line(NETWORK.interrupt), NETWORK.interrupt, NETWORK.base, {
      megabits: options.megabits,
      descriptorNanoseconds: options.descriptorNanoseconds,
      address: options.stationAddress,
      packets: options.packets,
    });
    this.vga = new Vga(clock);
    const channels = this.ideChannels(clock, memory, options);
    const ide = new IdeController(channels, IDE_BUS_MASTER);
    const pci = new PciBus(new ResetControl(() => signals.reset('reset control at port CF9h')));
    pci.plug(0, 0, new HostBridge(memory.size));
    pci.plug(1, 0, new IsaBridge());
    pci.plug(1, 1, ide);
    pci.plug(1, 3, new PowerManagementFunction());
    pci.plug(NETWORK.device, 0, this.network);
    for (const device of [
      pic,
      ...(local && io ? [local, io] : []),
      new Pit(clock, line(0), options.timerPhase),
      this.uart,
      this.network,
      ...channels,
      ide,
      pci,
      new PowerManagement(clock, () => signals.powerOff()),
      new FirmwareConfig(memory.size),
      new Cmos(clock, line(8), memory.size),
      new KeyboardController(line(1), (by) => signals.reset(by)),
      this.vga,
      new DebugPort((byte) => signals.console(byte, 'debug')),
      new ExitPort((value) => signals.exit(value)),
    ]) {
      this.bus.attach(device);
    }
  }

  /** Devices by name; PCI functions belong to their bus. */
  save(): SavedFields {
    return Object.fromEntries(this.parts().map(([name, part]) => [name, part.save()]));
  }

  /** @throws SnapshotMismatch when the devices are not those of this machine */
  check(fields: SavedFields): void {
    const names = this.parts().map(([name]) => name);
    const unknown = Object.keys(fields).filter((name) => !names.includes(name));
    const missing = names.filter((name) => !(name in fields));
    if (unknown.length + missing.length > 0) {
      const problem = [...unknown.map((n) => `${n} (unknown here)`), ...missing.map((n) => `${n} (missing)`)];
      throw new SnapshotMismatch(`devices differ: ${problem.join(', ')}`);
    }
  }

  restore(fields: SavedFields): void {
    for (const [name, part] of this.parts()) part.restore(fields[name] as SavedFields);
  }

  private parts(): [string, Stateful][] {
    return this.bus.attached.flatMap((device): [string, Stateful][] =>
      isStateful(device) && !(device instanceof PciFunction) ? [[device.name, device]] : [],
    );
  }

  private ideChannels(clock: Clock, memory: BusMemory, options: DeviceOptions): [IdeChannel, IdeChannel] {
    const { disks } = options;
    if (disks.length > 4) throw new RangeError(`${disks.length} disks: two IDE channels take 4 at most`);
    const times = {
      accessNanoseconds: options.diskAccessNanoseconds,
      sectorNanoseconds: options.diskSectorNanoseconds,
    };
    const channel = (place: (typeof IDE)[number], first: number) => {
      const serials = [`CX${first + 1}`, `CX${first + 2}`] as const;
      const drives = [disks[first] ?? null, disks[first + 1] ?? null] as const;
      return new IdeChannel(clock, memory, this.interrupts.line(place.interrupt), { ...place, serials }, drives, times);
    };
    return [channel(IDE[0], 0), channel(IDE[1], 2)];
  }
}
