/**
 * One IA-32 PC: the compiled core, the devices around it, and the ledger that says who spent each cycle on whose behalf.
 * A run is a function of the image, its modules and command line, the preset and the device options; no host time, no
 * randomness enters.
 */
import { Core, type CoreHost } from './core.js';
import { NEVER } from './devices/device.js';
import { APIC_BASE_AT_RESET } from './devices/local-apic-registers.js';
import type { SavedFields } from './devices/saved-state.js';
import { writeFirmwareTables } from './image/firmware-tables.js';
import { BOOTLOADER_MAGIC, LOADER_STACK, loadMultiboot, type Module } from './image/multiboot.js';
import { readNote } from './image/note.js';
import type { CrossingTracker } from './ledger/crossings.js';
import { Ledger } from './ledger/ledger.js';
import { GuestMemory } from './memory.js';
import { Observation } from './observation.js';
import type { Observer } from './observer.js';
import { type DeviceOptions, defaultDevices, Pc } from './pc.js';
import { writeConfig } from './processors/config.js';
import type { Preset } from './processors/preset.js';
import { checkSnapshot, restoreCore, SNAPSHOT_VERSION, type Snapshot, saveCore, stateHash } from './snapshot.js';

export type Stop =
  /** The cycles granted are used up. */
  | { reason: 'budget'; cycle: bigint }
  /** HLT, and nothing that could ever wake the processor. */
  | { reason: 'halted'; cycle: bigint }
  /** A write to port F4h; `code` is the value written. */
  | { reason: 'exit'; cycle: bigint; code: number }
  /** A fault during the delivery of a double fault. */
  | { reason: 'triple-fault'; cycle: bigint }
  /** The guest has reset the processor; `by` says by which port. */
  | { reason: 'reset'; cycle: bigint; by: string }
  /** The guest has switched the machine off (power management, port 604h). */
  | { reason: 'power-off'; cycle: bigint }
  /** The condition given to `run` holds. */
  | { reason: 'until'; cycle: bigint };

export interface MachineOptions {
  readonly core: WebAssembly.Module;
  readonly preset: Preset;
  /** RAM in MiB, 2 to 480. */
  readonly memoryMiB: number;
  readonly devices?: Partial<DeviceOptions>;
}

export const MEMORY_LIMITS = { least: 2, most: 480 } as const;
const MIB = 0x100000;
const INTERRUPT_FLAG = 0x200;

export class Machine {
  readonly ledger: Ledger;
  readonly memory: GuestMemory;
  /** The serial port, for whoever feeds its receiver. */
  readonly serial: { feed(bytes: Iterable<number>): void };
  /** The wire to the network card: a frame without preamble and check sequence, at `cycle` or as soon as it is free. */
  readonly network: { receive(frame: Uint8Array, cycle?: bigint): void };
  private readonly core: Core;
  private readonly preset: Preset;
  private readonly pc: Pc;
  private readonly observation: Observation;
  private failure: unknown = null;
  /** Whether `run` was given a condition to check. */
  private checking = false;
  private ended: { reason: 'exit'; code: number } | { reason: 'reset'; by: string } | { reason: 'power-off' } | null =
    null;

  /** @throws RangeError when the size of memory is out of bounds */
  static create(options: MachineOptions): Machine {
    const { memoryMiB } = options;
    const { least, most } = MEMORY_LIMITS;
    if (!Number.isInteger(memoryMiB) || memoryMiB < least || memoryMiB > most) {
      throw new RangeError(`memory of ${memoryMiB} MiB: expected a whole number from ${least} to ${most}`);
    }
    return new Machine(options);
  }

  private constructor(options: MachineOptions) {
    const { preset } = options;
    this.preset = preset;
    this.core = new Core(options.core, options.memoryMiB * MIB, this.coreHost());
    const { core } = this;
    const devices = { ...defaultDevices(), ...options.devices };
    const { packets } = devices;
    core.exports.reset();
    writeConfig(preset, core.memory);
    core.exports.configure();
    if (hasApic(preset)) core.set('apicBase', APIC_BASE_AT_RESET);
    this.memory = new GuestMemory(core);
    this.ledger = new Ledger(core);
    this.observation = new Observation(core, this.memory, this.ledger, () => {
      if (this.checking) core.set('stopRequest', 1);
    });
    const clock = { now: () => core.cycle, hz: preset.hz };
    const ram = {
      size: core.ram.length,
      bytes: core.ram,
      written: (physical: number, length: number) => core.exports.invalidateCode(physical, length),
    };
    this.pc = new Pc(
      clock,
      ram,
      {
        interrupt: (asserted) => core.set('interruptLine', Number(asserted)),
        nmi: () => core.set('nmiLine', 1),
        console: (byte, source) => this.observation.console(byte, source),
        exit: (code) => this.end({ reason: 'exit', code }),
        reset: (by) => this.end({ reason: 'reset', by }),
        powerOff: () => this.end({ reason: 'power-off' }),
      },
      {
        ...devices,
        packets: {
          transmit: (frame, cycle) => {
            this.ledger.countWork('packets');
            this.ledger.countWork('packetBytes', frame.length);
            packets.transmit(frame, cycle);
          },
        },
      },
      hasApic(preset) ? { busHz: preset.busHz, base: () => core.get('apicBase') } : null,
    );
    this.serial = this.pc.uart;
    this.network = {
      receive: (frame, cycle = 0n) => {
        this.pc.network.receive(frame, Number(cycle));
        this.reschedule();
      },
    };
  }

  /**
   * Loads a multiboot image and its modules, and leaves the processor at its first instruction.
   * @param append the command line behind the image's name
   * @throws ImageError when an image is malformed or does not fit into memory
   */
  load(image: Uint8Array, modules: readonly Module[] = [], append = ''): void {
    const { core } = this;
    const commandLine = append === '' ? 'kernel' : `kernel ${append}`;
    writeFirmwareTables(core.ram, hasApic(this.preset) ? core.identity : null);
    const { entry, information } = loadMultiboot(core.ram, image, modules, commandLine);
    core.exports.invalidateCode(0, core.ram.length);
    core.set('eip', entry);
    core.set('eax', BOOTLOADER_MAGIC);
    core.set('ebx', information);
    core.set('esp', LOADER_STACK);
    this.observation.watch({
      kernel: readNote(image, 'kernel image'),
      modules: modules.map((m) => readNote(m.bytes, `module "${m.args}"`)),
    });
    this.reschedule();
  }

  /**
   * Runs for at most `budget` cycles.
   * @param until checked whenever the guest reached a hook, wrote to a console or a device had work
   */
  run(budget: bigint, until?: () => boolean): Stop {
    const limit = this.core.cycle + Number(budget);
    for (;;) {
      if (this.ended) return { ...this.ended, cycle: this.cycle };
      if (until?.()) return { reason: 'until', cycle: this.cycle };
      if (this.core.cycle >= limit) return { reason: 'budget', cycle: this.cycle };
      const reason = this.stepOrFail(limit, until !== undefined);
      if (reason) return { reason, cycle: this.cycle };
    }
  }

  /** Cycles since the machine was made. */
  get cycle(): bigint {
    return BigInt(this.core.cycle);
  }

  /** What a screen on the VGA adapter's text mode would show. */
  get screen(): string {
    return this.pc.vga.text(this.core.ram);
  }

  /** Where the processor is: offsets in CS and SS of the next instruction and of the top of the stack. */
  get position(): { eip: number; esp: number; cpl: number } {
    const { core } = this;
    return { eip: core.get('eip') >>> 0, esp: core.get('esp') >>> 0, cpl: core.get('cpl') };
  }

  /** Tells an observer what happens from now on. Returns the function that ends it. */
  observe(observer: Observer): () => void {
    return this.observation.add(observer);
  }

  /** Empties the TLBs (and trace cache), or all caches and predictors too: a measurement state, no guest instruction. */
  empty(what: 'tlb' | 'all'): void {
    this.core.exports.flushTlbs();
    if (what === 'all') this.core.exports.flushCaches();
  }

  /** Begins to record crossings; one trace at a time. */
  startTrace(): void {
    this.observation.startTrace();
  }

  /** Ends it, and hands out the records in the order of opening. */
  stopTrace(): Pick<CrossingTracker, 'records' | 'outside'> {
    return this.observation.stopTrace();
  }

  /**
   * Everything that the machine is, between two calls of `run`. Observers and their traces are not part of it; the disks'
   * original contents are not either, what was written to them is.
   */
  snapshot(): Snapshot {
    const { attribution, last } = this.observation.save();
    return {
      version: SNAPSHOT_VERSION,
      processor: this.preset.id,
      memoryBytes: this.core.ram.length,
      cycle: this.core.cycle,
      ...saveCore(this.core),
      devices: this.pc.save(),
      ledger: this.ledger.save(),
      attribution,
      host: { ...last, ended: this.ended as SavedFields | null },
      notes: this.observation.notes,
    };
  }

  /**
   * Becomes the machine of a snapshot, which was made with the same preset, size of memory and disks. Whoever observes
   * goes on to do so.
   * @throws SnapshotMismatch saying what differs; the machine is then as it was
   */
  restore(snapshot: Snapshot): void {
    const { core } = this;
    checkSnapshot(core, this.preset.id, snapshot);
    this.pc.check(snapshot.devices);
    this.observation.watch(snapshot.notes);
    this.ledger.restore(snapshot.ledger);
    restoreCore(core, snapshot);
    this.pc.restore(snapshot.devices);
    const { ended, ...last } = snapshot.host;
    this.ended = ended as Machine['ended'];
    this.failure = null;
    this.observation.restore(snapshot.attribution, last);
    this.reschedule();
  }

  /** A hash of the machine's state: equal for two runs that can no longer be told apart. */
  stateHash(): string {
    return stateHash(this.core, [this.pc.save(), this.ledger.save(), this.observation.save().last]);
  }

  /** An error thrown by an observer or by the ledger ends the machine: part of an instruction may be done. */
  private stepOrFail(limit: number, checks: boolean): ReturnType<Machine['step']> {
    if (this.failure !== null) throw this.failure;
    try {
      return this.step(limit, checks);
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  private step(limit: number, checks: boolean): 'halted' | 'triple-fault' | null {
    const { core, observation } = this;
    this.checking = checks;
    this.reschedule();
    const until = Math.min(limit, observation.nextSample);
    switch (core.run(until)) {
      case 'tripleFault':
        return 'triple-fault';
      case 'halted':
        if (!this.canWake()) return 'halted';
        core.exports.idle(BigInt(Math.min(until, this.pc.bus.nextDue)));
        break;
      case 'requested':
        core.set('stopRequest', 0);
        break;
    }
    this.pc.bus.run(core.cycle);
    if (core.cycle >= until && until < limit) observation.sample();
    return null;
  }

  /** Whether a halted processor can be woken by something that is still to come. */
  private canWake(): boolean {
    const enabled = (this.core.get('eflags') & INTERRUPT_FLAG) !== 0;
    if (this.core.get('nmiLine') !== 0) return true;
    return enabled && this.pc.bus.nextDue !== NEVER && this.pc.bus.canInterrupt;
  }

  private reschedule(): void {
    this.core.nextDue = this.pc.bus.nextDue;
  }

  private end(how: NonNullable<Machine['ended']>): void {
    this.ended = how;
    this.core.set('stopRequest', 1);
  }

  private coreHost(): CoreHost {
    return {
      portRead: (port, size) => {
        const value = this.pc.bus.readPort(port, size);
        this.portAccess(port, size, value, 'in');
        return value;
      },
      portWrite: (port, size, value) => {
        this.pc.bus.writePort(port, size, value);
        this.portAccess(port, size, value, 'out');
      },
      mmioRead: (physical, size) => {
        const value = this.pc.bus.readMemory(physical, size);
        this.reschedule();
        return value;
      },
      mmioWrite: (physical, size, value) => {
        this.pc.bus.writeMemory(physical, size, value);
        this.reschedule();
      },
      acknowledge: () => this.pc.interrupts.acknowledge(),
      hook: (linear) => this.observation.hook(linear),
      cplChanged: (reason) => this.observation.cplChanged(reason),
      exception: (vector, kind, code, back) => this.observation.exception(vector, kind, code, back),
      componentStale: (cpl) => this.observation.componentStale(cpl),
    };
  }

  private portAccess(port: number, size: number, value: number, direction: 'in' | 'out'): void {
    this.reschedule();
    this.observation.port(port, size, value, direction);
  }
}

function hasApic(preset: Preset): boolean {
  return preset.features.includes('apic');
}
