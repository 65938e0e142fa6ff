/**
 * The bus master of one IDE channel (Intel 82371SB, 2.5; "Programming Interface for Bus Master IDE Controller" 1.0).
 *
 *     0 command   bit 0 start, bit 3 direction (1 = to memory)
 *     2 status    bit 0 active, 1 error, 2 interrupt (both cleared by writing 1), 5 and 6 "drive can do DMA"
 *     4 address of the table: { physical address u32, bytes u16 (0 = 64 KiB), u16 whose bit 15 ends the table }
 *
 * Active stays set when the table describes more than the drive moved.
 */
import type { BusMemory } from '../device.js';
import { SavedByName } from '../saved-state.js';

const START = 0x01;
const TO_MEMORY = 0x08;
const status = { ACTIVE: 0x01, ERROR: 0x02, INTERRUPT: 0x04, CAPABLE: 0x60 } as const;
const END_OF_TABLE = 0x8000;
const ENTRY_BYTES = 8;
/** A table lies in 64 KiB. */
const ENTRY_LIMIT = 0x2000;

export class BusMaster extends SavedByName {
  protected readonly stateFields = ['command', 'status', 'table'];
  private command = 0;
  private status = 0;
  private table = 0;

  /** @param started called when the guest starts it */
  constructor(
    private readonly memory: BusMemory,
    private readonly started: () => void,
  ) {
    super();
  }

  get active(): boolean {
    return (this.status & status.ACTIVE) !== 0;
  }

  /** The drive has refused. */
  stop(): void {
    this.status &= ~status.ACTIVE;
  }

  /** The drive has raised its interrupt. */
  interrupted(): void {
    this.status |= status.INTERRUPT;
  }

  /** One byte register, by its offset. */
  readByte(offset: number): number {
    if (offset === 0) return this.command;
    if (offset === 2) return this.status;
    return offset >= 4 ? (this.table >>> (8 * (offset - 4))) & 0xff : 0;
  }

  writeByte(offset: number, value: number): void {
    if (offset === 0) this.writeCommand(value);
    else if (offset === 2) {
      const kept = this.status & status.ACTIVE;
      const flags = this.status & (status.ERROR | status.INTERRUPT) & ~value;
      this.status = kept | flags | (value & status.CAPABLE);
    } else if (offset >= 4) {
      const shift = 8 * (offset - 4);
      this.table = ((this.table & ~(0xff << shift)) | (value << shift)) & ~3;
      this.table >>>= 0;
    }
  }

  private writeCommand(value: number): void {
    const starts = (value & ~this.command & START) !== 0;
    this.command = value & (START | TO_MEMORY);
    if (!(value & START)) this.status &= ~status.ACTIVE;
    else if (starts) {
      this.status |= status.ACTIVE;
      this.started();
    }
  }

  /**
   * Moves data between the drive and memory. Whoever set the direction wrongly gets what the drive does.
   * @returns bytes for which the table had room
   */
  transfer(data: Uint8Array, toMemory: boolean): number {
    const { bytes, size } = this.memory;
    const view = new DataView(bytes.buffer, bytes.byteOffset, size);
    let done = 0;
    for (let entry = 0; entry < ENTRY_LIMIT && done < data.length; entry++) {
      const at = this.table + entry * ENTRY_BYTES;
      if (at + ENTRY_BYTES > size) break;
      const address = view.getUint32(at, true) & ~1;
      const length = view.getUint16(at + 4, true) & ~1 || 0x10000;
      const ends = (view.getUint16(at + 6, true) & END_OF_TABLE) !== 0;
      const part = Math.min(length, data.length - done);
      this.move(data.subarray(done, done + part), address >>> 0, toMemory);
      done += part;
      const longer = part < length || !ends;
      if (done === data.length && !longer) this.status &= ~status.ACTIVE;
      if (ends) break;
    }
    if (done < data.length) this.status &= ~status.ACTIVE;
    return done;
  }

  /** Beyond RAM nothing is written, and zeros are read. */
  private move(data: Uint8Array, address: number, toMemory: boolean): void {
    const { bytes, size } = this.memory;
    const room = Math.max(0, Math.min(data.length, size - address));
    if (toMemory) {
      bytes.set(data.subarray(0, room), address);
      if (room > 0) this.memory.written(address, room);
    } else {
      data.set(bytes.subarray(address, address + room));
      data.fill(0, room);
    }
  }
}
