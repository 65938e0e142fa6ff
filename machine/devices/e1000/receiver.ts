/**
 * Reception. Frames arrive one after another on the wire at their cycles and wait in the card's buffer (48 KiB; what
 * finds no room is lost: RXO, MPC). While the receiver is on, RDH != RDT and a frame that passes the filter waits, the
 * card fetches a descriptor, which takes `descriptorNanoseconds`, and puts the frame into as many buffers as it needs:
 *
 *     +0 buffer address (64 bits)   +8 length (16)   +10 checksum (16)   +12 status (8)   +13 errors (8)   +14 special
 *
 * Each gets DD, the last one EOP. The check sequence is stored too, unless RCTL.SECRC strips it. RXT0 follows at once,
 * or after RDTR x 1.024 us without another frame, bounded by RADV; RXDMT0 when few descriptors are left (RCTL.RDMTS).
 *
 * The filter (9.2.1): the station addresses with AV set, the multicast table of 4096 bits, broadcast with BAM,
 * everything with UPE or MPE.
 */
import { type BusMemory, type Clock, NEVER } from '../device.js';
import { SavedByName } from '../saved-state.js';
import { DelayedInterrupt } from './delayed-interrupt.js';
import type { E1000Options } from './e1000.js';
import { DELAY_UNIT, DESCRIPTOR_BYTES, icr, type RegisterFile, reg } from './registers.js';
import { checkSequence, descriptorView, nanoseconds, SHORTEST_FRAME, wireNanoseconds } from './wire.js';

const rctl = {
  EN: 0x2,
  UPE: 0x8,
  MPE: 0x10,
  LPE: 0x20,
  RDMTS: 8,
  MO: 12,
  BAM: 0x8000,
  BSIZE: 16,
  BSEX: 0x2000000,
  SECRC: 0x4000000,
} as const;
const status = { DD: 0x01, EOP: 0x02, IXSM: 0x04 } as const;
const ADDRESS_VALID = 0x80000000;
const STATION_ADDRESSES = 16;
/** Without RCTL.LPE. */
const LONGEST_FRAME = 1518;
const FIFO_BYTES = 48 * 1024;
/** Address bits that choose one of the multicast table, by RCTL.MO. */
const MULTICAST_SHIFT = [4, 3, 2, 0];

interface Arrival {
  readonly frame: Uint8Array;
  readonly at: number;
}

export class Receiver extends SavedByName {
  protected readonly stateFields = ['arriving', 'wireFree', 'waiting', 'waitingBytes', 'storeAt', 'delay'];
  /** Frames that somebody has sent us, in the order of arrival. */
  private arriving: Arrival[] = [];
  /** Cycle from which on the wire is free. */
  private wireFree = 0;
  /** Frames in the card's buffer, check sequence included. */
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  /** When the first of them will be in memory. */
  private storeAt = NEVER;
  private readonly delay = new DelayedInterrupt();

  constructor(
    private readonly registers: RegisterFile,
    private readonly clock: Clock,
    private readonly ram: BusMemory,
    private readonly options: E1000Options,
    private readonly raise: (causes: number) => void,
  ) {
    super();
  }

  get nextDue(): number {
    return Math.min(this.arriving[0]?.at ?? NEVER, this.storeAt, this.delay.due);
  }

  reset(): void {
    this.waiting = [];
    this.waitingBytes = 0;
    this.storeAt = NEVER;
    this.delay.stop();
  }

  /** A frame is put on the wire at `cycle`, or when the wire is free. */
  send(frame: Uint8Array, cycle: number): void {
    const begin = Math.max(cycle, this.wireFree, this.clock.now());
    const duration = (wireNanoseconds(frame.length, this.options.megabits) * this.clock.hz) / 1e9;
    const at = begin + Math.ceil(duration);
    this.wireFree = at;
    this.arriving.push({ frame: frame.slice(), at });
  }

  run(now: number, mayMaster: boolean): void {
    if (this.delay.due <= now) this.report();
    while (this.arriving.length > 0 && this.arriving[0].at <= now) this.arrive(this.arriving.shift()!.frame);
    if (this.storeAt <= now) {
      this.storeAt = NEVER;
      this.store();
    }
    this.start(mayMaster);
  }

  /** Fetches descriptors for the next frame, where there are any. */
  start(mayMaster: boolean): void {
    if (this.storeAt !== NEVER || this.waiting.length === 0 || !mayMaster || !this.on) return;
    const needed = Math.ceil(this.waiting[0].length / this.bufferBytes);
    if (this.free < needed) return;
    this.storeAt = nanoseconds(this.clock, needed * this.options.descriptorNanoseconds);
  }

  private get on(): boolean {
    return (this.registers.get(reg.RCTL) & rctl.EN) !== 0;
  }

  private get count(): number {
    return this.registers.get(reg.RDLEN) / DESCRIPTOR_BYTES;
  }

  /** Descriptors that the guest has given and the card has not used. */
  private get free(): number {
    const { count } = this;
    const head = this.registers.get(reg.RDH);
    const tail = this.registers.get(reg.RDT);
    return count === 0 ? 0 : (tail - head + count) % count;
  }

  private get bufferBytes(): number {
    const control = this.registers.get(reg.RCTL);
    const size = (control >> rctl.BSIZE) & 3;
    return control & rctl.BSEX ? [2048, 16384, 8192, 4096][size] : [2048, 1024, 512, 256][size];
  }

  /** A frame that the card has sent to itself. */
  accept(frame: Uint8Array, mayMaster: boolean): void {
    this.arrive(frame);
    this.start(mayMaster);
  }

  private arrive(sent: Uint8Array): void {
    if (!this.on || !this.passes(sent)) return;
    const { registers } = this;
    const padded = new Uint8Array(Math.max(sent.length, SHORTEST_FRAME));
    padded.set(sent);
    if (padded.length + 4 > LONGEST_FRAME && !(registers.get(reg.RCTL) & rctl.LPE)) return;
    const strips = (registers.get(reg.RCTL) & rctl.SECRC) !== 0;
    const frame = strips ? padded : Uint8Array.from([...padded, ...checkSequence(padded)]);
    registers.add(reg.TPR, 1);
    registers.add(reg.TORL, padded.length + 4);
    if (this.waitingBytes + frame.length > FIFO_BYTES) {
      registers.add(reg.MPC, 1);
      this.raise(icr.RXO);
      return;
    }
    registers.add(reg.GPRC, 1);
    registers.add(reg.GORCL, padded.length + 4);
    if (isBroadcast(padded)) registers.add(reg.BPRC, 1);
    else if (padded[0] & 1) registers.add(reg.MPRC, 1);
    this.waiting.push(frame);
    this.waitingBytes += frame.length;
  }

  private passes(frame: Uint8Array): boolean {
    const control = this.registers.get(reg.RCTL);
    if (isBroadcast(frame)) return (control & (rctl.BAM | rctl.MPE | rctl.UPE)) !== 0;
    const group = (frame[0] & 1) !== 0;
    if (control & (group ? rctl.MPE : rctl.UPE)) return true;
    for (let i = 0; i < STATION_ADDRESSES; i++) if (this.isStation(frame, i)) return true;
    return group && this.inMulticastTable(frame, (control >> rctl.MO) & 3);
  }

  private isStation(frame: Uint8Array, index: number): boolean {
    const low = this.registers.get(reg.RAL0 + 8 * index);
    const high = this.registers.get(reg.RAH0 + 8 * index);
    if (high < ADDRESS_VALID) return false;
    return [0, 1, 2, 3, 4, 5].every((i) => frame[i] === ((i < 4 ? low >>> (8 * i) : high >>> (8 * (i - 4))) & 0xff));
  }

  private inMulticastTable(frame: Uint8Array, offset: number): boolean {
    const hash = ((frame[4] | (frame[5] << 8)) >> MULTICAST_SHIFT[offset]) & 0xfff;
    return ((this.registers.get(reg.MTA + 4 * (hash >> 5)) >>> (hash & 31)) & 1) !== 0;
  }

  /** The first waiting frame goes to memory. */
  private store(): void {
    const frame = this.waiting.shift()!;
    this.waitingBytes -= frame.length;
    for (let done = 0; done < frame.length; ) done += this.storePart(frame, done);
    this.notify();
  }

  private storePart(frame: Uint8Array, done: number): number {
    const { registers, ram } = this;
    const head = registers.get(reg.RDH);
    const at = (registers.get(reg.RDBAL) + head * DESCRIPTOR_BYTES) >>> 0;
    const view = descriptorView(ram, at);
    const address = view.getUint32(0, true);
    const part = frame.subarray(done, Math.min(done + this.bufferBytes, frame.length));
    const room = Math.max(0, Math.min(part.length, ram.size - address));
    ram.bytes.set(part.subarray(0, room), address);
    if (room > 0) ram.written(address, room);
    const last = done + part.length === frame.length;
    view.setUint16(8, part.length, true);
    view.setUint16(10, 0, true);
    view.setUint8(12, status.DD | status.IXSM | (last ? status.EOP : 0));
    view.setUint8(13, 0);
    view.setUint16(14, 0, true);
    ram.written(at, DESCRIPTOR_BYTES);
    registers.put(reg.RDH, (head + 1) % this.count);
    return part.length;
  }

  private notify(): void {
    const { registers, clock } = this;
    const few = this.count >> (((registers.get(reg.RCTL) >> rctl.RDMTS) & 3) + 1);
    if (this.free <= few) this.raise(icr.RXDMT0);
    const units = registers.get(reg.RDTR) & 0xffff;
    if (units === 0) return this.report();
    const bound = registers.get(reg.RADV) & 0xffff;
    const after = (delay: number) => nanoseconds(clock, delay * DELAY_UNIT);
    this.delay.restart(after(units), bound === 0 ? NEVER : after(bound));
  }

  /** RXT0, whether it has waited or not. */
  private report(): void {
    this.delay.stop();
    this.raise(icr.RXT0);
  }
}

function isBroadcast(frame: Uint8Array): boolean {
  return frame.subarray(0, 6).every((byte) => byte === 0xff);
}
