/** The PC around the processor: which devices there are, and how their interrupts are wired (as QEMU's `pc` has them). */
import { Bus } from './devices/bus.js';
import { Cmos } from './devices/cmos.js';
import { DebugPort } from './devices/debug-port.js';
import type { BusMemory, Clock } from './devices/device.js';
import { E1000 } from './devices/e1000.js';
import { ExitPort } from './devices/exit-port.js';
import { KeyboardController } from './devices/keyboard.js';
import { PacketLog, type PacketPort } from './devices/packet-port.js';
import { HostBridge, PciBus } from './devices/pci.js';
import { Pic } from './devices/pic.js';
import { Pit } from './devices/pit.js';
import { Uart } from './devices/uart.js';

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
}

export function defaultDevices(): DeviceOptions {
  return {
    timerPhase: 0,
    megabits: 1000,
    descriptorNanoseconds: 1000,
    stationAddress: [0x52, 0x54, 0x00, 0x12, 0x34, 0x56],
    packets: new PacketLog(),
  };
}

/** What devices tell the machine. */
export interface PcSignals {
  interrupt(asserted: boolean): void;
  console(byte: number, source: 'com1' | 'debug'): void;
  exit(value: number): void;
  reset(): void;
}

const COM1 = { port: 0x3f8, interrupt: 4 } as const;
/** Where firmware puts the first card behind the host bridge, its registers and its interrupt. */
const NETWORK = { device: 2, base: 0xfebc0000, interrupt: 10 } as const;

export class Pc {
  readonly bus = new Bus();
  readonly pic: Pic;
  readonly uart: Uart;

  constructor(clock: Clock, memory: BusMemory, signals: PcSignals, options: DeviceOptions) {
    this.pic = new Pic((asserted) => signals.interrupt(asserted));
    this.uart = new Uart(COM1.port, this.pic.line(COM1.interrupt), (byte) => signals.console(byte, 'com1'));
    const network = new E1000(clock, memory, this.pic.line(NETWORK.interrupt), NETWORK.interrupt, NETWORK.base, {
      megabits: options.megabits,
      descriptorNanoseconds: options.descriptorNanoseconds,
      address: options.stationAddress,
      packets: options.packets,
    });
    const pci = new PciBus();
    pci.plug(0, new HostBridge());
    pci.plug(NETWORK.device, network);
    for (const device of [
      this.pic,
      new Pit(clock, this.pic.line(0), options.timerPhase),
      this.uart,
      network,
      pci,
      new Cmos(clock, memory.size),
      new KeyboardController(() => signals.reset()),
      new DebugPort((byte) => signals.console(byte, 'debug')),
      new ExitPort((value) => signals.exit(value)),
    ]) {
      this.bus.attach(device);
    }
  }
}
