/**
 * One IDE channel: two drives that share a task file, a control register, an interrupt and a bus master. A write goes to
 * both drives' registers; the selected one executes commands. Reads of a drive that is not there are 0 where its state
 * would show, as QEMU's are. Time passes between the beginning and the end of a drive's step.
 */
import {
  type AccessSize,
  type BusMemory,
  type Clock,
  type Device,
  type InterruptLine,
  NEVER,
  openBus,
} from '../device.js';
import { SavedByName } from '../saved-state.js';
import type { BlockDevice } from './block-device.js';
import { BusMaster } from './bus-master.js';
import { Drive, type DriveHost, type Step } from './drive.js';
import { control, device, reg, status } from './registers.js';

/** How long a disk takes: elapsed time only. */
export interface DiskTimes {
  /** To find the first sector of a command, or to flush, in nanoseconds. */
  readonly accessNanoseconds: number;
  /** To move a sector, in nanoseconds. */
  readonly sectorNanoseconds: number;
}

export interface ChannelPlace {
  readonly command: number;
  readonly control: number;
  readonly serials: readonly [first: string, second: string];
}

export class IdeChannel extends SavedByName implements Device {
  readonly name: string;
  readonly ports;
  readonly busMaster: BusMaster;
  protected readonly stateFields = ['drives', 'busMaster', 'selected', 'controlBits', 'step', 'due'];
  private readonly drives: readonly [Drive, Drive];
  private selected = 0;
  private controlBits = 0;
  private step: Step = 'none';
  private due = NEVER;

  constructor(
    private readonly clock: Clock,
    memory: BusMemory,
    private readonly interruptLine: InterruptLine,
    private readonly place: ChannelPlace,
    disks: readonly [BlockDevice | null, BlockDevice | null],
    private readonly times: DiskTimes,
  ) {
    super();
    this.name = `IDE channel at 0x${place.command.toString(16)}`;
    this.ports = [
      { first: place.command, last: place.command + 7 },
      { first: place.control, last: place.control },
    ];
    this.busMaster = new BusMaster(memory, () => this.startMoving());
    const host: DriveHost = {
      interrupt: () => this.interrupt(),
      begin: (step, sectors, first) => this.begin(step, sectors, first),
      transfer: (data, toMemory) => this.busMaster.transfer(data, toMemory),
    };
    this.drives = [new Drive(disks[0], place.serials[0], host), new Drive(disks[1], place.serials[1], host)];
  }

  get nextDue(): number {
    return this.due;
  }

  get canInterrupt(): boolean {
    return this.interruptLine.unmasked && (this.controlBits & control.NIEN) === 0;
  }

  run(): void {
    const { step } = this;
    this.step = 'none';
    this.due = NEVER;
    this.drive.finish(step);
  }

  read(port: number, size: AccessSize): number {
    if (port === this.place.control) return size === 1 ? this.status() : openBus(size);
    const offset = port - this.place.command;
    if (offset === reg.DATA) return this.empty ? 0 : this.drive.readData(size);
    // Wider reads of byte registers see one register after the other.
    let value = 0;
    for (let i = 0; i < size; i++) value += (offset + i <= 7 ? this.readByte(offset + i) : 0xff) * 2 ** (8 * i);
    return value;
  }

  write(port: number, size: AccessSize, value: number): void {
    if (port === this.place.control) {
      if (size === 1) this.writeControl(value & 0xff);
      return;
    }
    const offset = port - this.place.command;
    if (offset === reg.DATA) this.drive.writeData(size, value);
    else for (let i = 0; i < size && offset + i <= 7; i++) this.writeByte(offset + i, (value >>> (8 * i)) & 0xff);
  }

  private get drive(): Drive {
    return this.drives[this.selected];
  }

  private get empty(): boolean {
    return this.drives.every((d) => !d.media);
  }

  private readByte(offset: number): number {
    if (offset === reg.STATUS) {
      const value = this.status();
      this.interruptLine.set(false);
      return value;
    }
    if (this.empty) return 0;
    const before = (this.controlBits & control.HOB) !== 0;
    if (offset === reg.ERROR)
      return !this.drive.media ? 0 : before ? this.drive.file.previous[1] : this.drive.errorBits;
    return (before && offset < reg.DEVICE ? this.drive.file.previous : this.drive.file.registers)[offset];
  }

  private status(): number {
    return this.drive.media ? this.drive.statusBits : 0;
  }

  private writeByte(offset: number, value: number): void {
    // A drive that is at work, or has data to move, takes no other register (ATA/ATAPI-6, 7: "indeterminate").
    if (offset !== reg.STATUS && this.drive.media && this.drive.statusBits & (status.BSY | status.DRQ)) return;
    // Any write to the task file ends the look at earlier values (ATA/ATAPI-6, 6.20).
    this.controlBits &= ~control.HOB;
    if (offset === reg.STATUS) return this.execute(value);
    for (const { file } of this.drives) file.write(offset, offset === reg.DEVICE ? value | device.ALWAYS : value);
    if (offset === reg.DEVICE) this.selected = value & device.SECOND ? 1 : 0;
  }

  private execute(command: number): void {
    this.interruptLine.set(false);
    if (this.drive.media && this.drive.statusBits & (status.BSY | status.DRQ)) return;
    this.drive.execute(command);
    // The bus master may have been started before the command.
    if (this.busMaster.active) this.startMoving();
  }

  private writeControl(value: number): void {
    const changed = value ^ this.controlBits;
    this.controlBits = value;
    if (!(changed & control.SRST)) return;
    this.step = 'none';
    this.due = NEVER;
    if (value & control.SRST) {
      for (const drive of this.drives) drive.statusBits |= status.BSY;
    } else {
      this.selected = 0;
      for (const drive of this.drives) drive.reset();
    }
  }

  private interrupt(): void {
    if (this.controlBits & control.NIEN) return;
    this.busMaster.interrupted();
    this.interruptLine.set(true);
  }

  private begin(step: Step, sectors: number, first: boolean): void {
    const nanoseconds = sectors * this.times.sectorNanoseconds + (first ? this.times.accessNanoseconds : 0);
    this.step = step;
    this.due = this.clock.now() + Math.ceil((nanoseconds * this.clock.hz) / 1e9);
  }

  private startMoving(): void {
    if (!this.drive.wantsBusMaster) return;
    this.drive.startMoving();
    if (this.step === 'none') this.busMaster.stop();
  }
}
