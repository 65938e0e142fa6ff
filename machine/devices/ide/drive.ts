/**
 * An ATA disk drive (ATA/ATAPI-6): task file, commands, and the transfers that they begin. What follows a command is a
 * row of *steps*, each of which ends after a time:
 *
 *     read    PIO      [fetch -> DRQ, interrupt -> host empties the buffer] for each block
 *     write   PIO      [DRQ -> host fills the buffer -> store -> interrupt] for each block
 *     read, write DMA  the bus master is started -> move -> interrupt
 *     flush            flush -> interrupt
 *
 * A block is a sector, or what SET MULTIPLE MODE says. Everything else is over at once. Of addresses beyond the disk the
 * drive says "aborted", as QEMU's does.
 */
import { isStateful, SavedByName, type Stateful } from '../saved-state.js';
import { type BlockDevice, SECTOR_BYTES } from './block-device.js';
import { defaultGeometry, type Geometry, identify, MULTIPLE_LIMIT } from './identify.js';
import { command, device, error, reg, status } from './registers.js';
import { TaskFile } from './task-file.js';

/** What a drive waits for; the channel knows until when. */
export type Step = 'none' | 'fetch' | 'store' | 'move' | 'flush';

/** What a drive asks of its channel. */
export interface DriveHost {
  interrupt(): void;
  /** A step that handles `sectors` sectors; `first` when the drive must first find them. */
  begin(step: Step, sectors: number, first: boolean): void;
  /** Moves `data` from or to memory by the bus master's table. Returns the bytes that the table had room for. */
  transfer(data: Uint8Array, toMemory: boolean): number;
}

const READY = status.DRDY | status.DSC;
const HIGHEST_28 = 0x10000000;

export class Drive extends SavedByName {
  protected readonly stateFields = [
    'file',
    'statusBits',
    'errorBits',
    'multiple',
    'dmaModes',
    'geometry',
    'buffer',
    'position',
    'direction',
    'first',
    'left',
    'block',
    'extended',
    'toMemory',
    'inRange',
    'contents',
  ];
  readonly file = new TaskFile();
  statusBits = READY;
  errorBits = 1;
  private multiple = MULTIPLE_LIMIT;
  private dmaModes: [single: number, multi: number, ultra: number] = [7, 7, 0x203f];
  private geometry: Geometry;
  /** Data of the block in transfer, and how much of it the host has moved. */
  private buffer: Uint8Array = new Uint8Array(0);
  private position = 0;
  private direction: 'none' | 'in' | 'out' = 'none';
  /** Next sector of the command, how many are left, how many make a block. */
  private first = 0;
  private left = 0;
  private block = 1;
  private extended = false;
  private toMemory = true;
  private inRange = true;
  /** What has been written to the disk, where it can say so; null where the host keeps it. */
  protected readonly contents: Stateful | null;

  constructor(
    /** Null for a drive that is not there: its registers hold values and it does nothing. */
    readonly media: BlockDevice | null,
    private readonly serial: string,
    private readonly host: DriveHost,
  ) {
    super();
    this.contents = media && isStateful(media) ? media : null;
    this.geometry = defaultGeometry(media?.sectors ?? 0);
    this.sign();
  }

  /** After power-on or a software reset. */
  reset(): void {
    this.multiple = MULTIPLE_LIMIT;
    this.stopTransfer();
    this.file.registers[reg.DEVICE] = device.ALWAYS;
    this.sign();
    this.statusBits = READY;
    this.errorBits = 1;
  }

  execute(code: number): void {
    if (!this.media) return;
    this.errorBits = 0;
    this.extended = false;
    this.stopTransfer();
    switch (code) {
      case command.READ_EXT:
        return this.read(1, true);
      case command.READ:
      case command.READ_ONCE:
        return this.read(1, false);
      case command.READ_MULTIPLE_EXT:
        return this.multiple === 0 ? this.abort() : this.read(this.multiple, true);
      case command.READ_MULTIPLE:
        return this.multiple === 0 ? this.abort() : this.read(this.multiple, false);
      case command.WRITE_EXT:
        return this.write(1, true);
      case command.WRITE:
      case command.WRITE_ONCE:
        return this.write(1, false);
      case command.WRITE_MULTIPLE_EXT:
        return this.multiple === 0 ? this.abort() : this.write(this.multiple, true);
      case command.WRITE_MULTIPLE:
        return this.multiple === 0 ? this.abort() : this.write(this.multiple, false);
      case command.READ_DMA_EXT:
      case command.WRITE_DMA_EXT:
        return this.move(code === command.READ_DMA_EXT, true);
      case command.READ_DMA:
      case command.READ_DMA_ONCE:
        return this.move(true, false);
      case command.WRITE_DMA:
      case command.WRITE_DMA_ONCE:
        return this.move(false, false);
      case command.VERIFY:
      case command.VERIFY_ONCE:
      case command.VERIFY_EXT:
        return this.locate(code === command.VERIFY_EXT) ? this.done() : this.abort();
      case command.FLUSH:
      case command.FLUSH_EXT:
        this.statusBits = status.BSY | READY;
        return this.host.begin('flush', 0, true);
      case command.IDENTIFY:
        return this.offer(identify(this.media.sectors, this.geometry, this.multiple, this.dmaModes, this.serial));
      case command.SET_MULTIPLE:
        return this.setMultiple();
      case command.SET_PARAMETERS:
        return this.setParameters();
      case command.SET_FEATURES:
        return this.setFeatures();
      case command.READ_MAX:
      case command.READ_MAX_EXT:
        this.extended = code === command.READ_MAX_EXT;
        this.file.putSector(
          Math.min(this.media.sectors, this.extended ? Infinity : HIGHEST_28) - 1,
          this.extended,
          this.geometry,
        );
        return this.done();
      case command.DIAGNOSE:
        this.sign();
        this.file.registers[reg.DEVICE] = device.ALWAYS;
        this.errorBits = 1;
        return this.done();
      case command.CHECK_POWER:
        this.file.registers[reg.COUNT] = 0xff;
        return this.done();
      case command.STANDBY_NOW:
      case command.IDLE_NOW:
      case command.STANDBY:
      case command.IDLE:
      case command.SLEEP:
      case command.SEEK:
        return this.done();
      default:
        if ((code & 0xf0) === command.RECALIBRATE) return this.done();
        return this.abort();
    }
  }

  /** The step that was begun is over. */
  finish(step: Step): void {
    if (step === 'fetch') this.fetched();
    else if (step === 'store') this.stored();
    else if (step === 'move') this.moved();
    else if (step === 'flush') this.done();
  }

  /** Whether a DMA command waits for the bus master to be started. */
  get wantsBusMaster(): boolean {
    return this.left > 0 && this.direction === 'none' && (this.statusBits & status.DRQ) !== 0;
  }

  /** The bus master has been started. Only now does the drive refuse an address beyond its end. */
  startMoving(): void {
    if (!this.inRange) return this.abort();
    this.statusBits = status.BSY | READY;
    this.host.begin('move', this.left, true);
  }

  /** The data register; what is read when nothing is offered is 0. */
  readData(size: number): number {
    let value = 0;
    for (let i = 0; i < size && this.direction === 'in' && this.position < this.buffer.length; i++) {
      value += this.buffer[this.position++] * 2 ** (8 * i);
    }
    if (this.direction === 'in' && this.position === this.buffer.length) this.emptied();
    return value;
  }

  writeData(size: number, value: number): void {
    if (this.direction !== 'out') return;
    for (let i = 0; i < size && this.position < this.buffer.length; i++) {
      this.buffer[this.position++] = (value >>> (8 * i)) & 0xff;
    }
    if (this.position === this.buffer.length) {
      this.statusBits = status.BSY | READY;
      this.direction = 'none';
      this.host.begin('store', this.buffer.length / SECTOR_BYTES, true);
    }
  }

  // ---- PIO

  private read(block: number, extended: boolean): void {
    if (!this.locate(extended)) return this.abort();
    this.block = block;
    this.statusBits = status.BSY | READY;
    this.host.begin('fetch', Math.min(block, this.left), true);
  }

  private fetched(): void {
    const count = Math.min(this.block, this.left);
    this.buffer = new Uint8Array(count * SECTOR_BYTES);
    this.media!.read(this.first, this.buffer);
    this.advance(count);
    this.offer(this.buffer);
  }

  private offer(data: Uint8Array): void {
    this.buffer = data;
    this.position = 0;
    this.direction = 'in';
    this.statusBits = READY | status.DRQ;
    this.host.interrupt();
  }

  private emptied(): void {
    this.direction = 'none';
    this.statusBits = READY;
    if (this.left === 0) return;
    this.statusBits |= status.BSY;
    this.host.begin('fetch', Math.min(this.block, this.left), false);
  }

  /** The first block of a write is asked for without an interrupt. */
  private write(block: number, extended: boolean): void {
    if (!this.locate(extended)) return this.abort();
    this.block = block;
    this.request();
  }

  private request(): void {
    this.buffer = new Uint8Array(Math.min(this.block, this.left) * SECTOR_BYTES);
    this.position = 0;
    this.direction = 'out';
    this.statusBits = READY | status.DRQ;
  }

  private stored(): void {
    this.media!.write(this.first, this.buffer);
    this.advance(this.buffer.length / SECTOR_BYTES);
    this.statusBits = READY;
    if (this.left > 0) this.request();
    this.host.interrupt();
  }

  // ---- DMA

  private move(toMemory: boolean, extended: boolean): void {
    this.inRange = this.locate(extended);
    this.toMemory = toMemory;
    this.statusBits = READY | status.DRQ;
  }

  /** A table that is too short leaves the command unfinished and raises nothing: the driver's time-out finds it. */
  private moved(): void {
    const data = new Uint8Array(this.left * SECTOR_BYTES);
    if (this.toMemory) this.media!.read(this.first, data);
    const room = this.host.transfer(data, this.toMemory);
    const sectors = Math.floor(room / SECTOR_BYTES);
    if (!this.toMemory && sectors > 0) this.media!.write(this.first, data.subarray(0, sectors * SECTOR_BYTES));
    const complete = sectors === this.left;
    this.advance(sectors);
    this.stopTransfer();
    this.statusBits = READY;
    if (complete) this.host.interrupt();
  }

  // ---- commands without data

  private done(): void {
    this.left = 0;
    this.statusBits = READY;
    this.host.interrupt();
  }

  private abort(): void {
    this.stopTransfer();
    this.statusBits = status.DRDY | status.ERR;
    this.errorBits = error.ABRT;
    this.host.interrupt();
  }

  private setMultiple(): void {
    const count = this.file.registers[reg.COUNT];
    if (count > MULTIPLE_LIMIT || (count & (count - 1)) !== 0) return this.abort();
    this.multiple = count;
    this.done();
  }

  /** INITIALIZE DEVICE PARAMETERS: the geometry by which CHS addresses are meant. */
  private setParameters(): void {
    const sectors = this.file.registers[reg.COUNT];
    const heads = (this.file.registers[reg.DEVICE] & 15) + 1;
    if (sectors === 0) return this.abort();
    const cylinders = Math.min(Math.floor(this.media!.sectors / (heads * sectors)), 0xffff);
    this.geometry = { cylinders, heads, sectors };
    this.done();
  }

  private setFeatures(): void {
    const mode = this.file.registers[reg.COUNT];
    switch (this.file.registers[reg.ERROR]) {
      case 0x03:
        return this.setTransferMode(mode >> 3, mode & 7);
      // Write cache, read ahead, power-on defaults: accepted, without effect here.
      case 0x02:
      case 0x82:
      case 0x55:
      case 0xaa:
      case 0x66:
      case 0xcc:
        return this.done();
      default:
        return this.abort();
    }
  }

  private setTransferMode(kind: number, mode: number): void {
    const chosen = 1 << (mode + 8);
    if (kind <= 1) this.dmaModes = [7, 7, 0x3f];
    else if (kind === 2) this.dmaModes = [7 | chosen, 7, 0x3f];
    else if (kind === 4) this.dmaModes = [7, 7 | chosen, 0x3f];
    else if (kind === 8) this.dmaModes = [7, 7, 0x3f | chosen];
    else return this.abort();
    this.done();
  }

  // ---- addresses

  /** First sector and count of a command from the task file. False when some of it is beyond the disk. */
  private locate(extended: boolean): boolean {
    const { registers, previous } = this.file;
    const count = registers[reg.COUNT];
    this.extended = extended;
    this.left = extended ? (previous[reg.COUNT] << 8) | count || 0x10000 : count || 0x100;
    this.first = this.file.sector(extended, this.geometry);
    return this.first >= 0 && this.first + this.left <= this.media!.sectors;
  }

  private advance(sectors: number): void {
    this.first += sectors;
    this.left -= sectors;
    this.file.putSector(this.first, this.extended, this.geometry);
    this.file.registers[reg.COUNT] = this.left;
    this.file.previous[reg.COUNT] = this.left >> 8;
  }

  private stopTransfer(): void {
    this.direction = 'none';
    this.left = 0;
    this.position = 0;
    this.buffer = new Uint8Array(0);
  }

  /** The signature of a disk (9.12); of nothing. */
  private sign(): void {
    const { registers } = this.file;
    registers[reg.COUNT] = 1;
    registers[reg.LOW] = 1;
    registers[reg.MIDDLE] = this.media ? 0 : 0xff;
    registers[reg.HIGH] = this.media ? 0 : 0xff;
    registers[reg.DEVICE] &= 0xf0;
  }
}
