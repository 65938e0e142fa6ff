/**
 * Transmission: while TDH != TDT the card takes the descriptor at TDH. Reading it and its data takes
 * `descriptorNanoseconds`; a frame, collected from descriptors up to the one with EOP, then occupies the wire for its
 * length, at least 60 bytes, plus preamble, checksum and gap (24 bytes), at `megabits` a second. When its last bit has
 * left, the descriptors with RS set get DD, TDH moves on, and TXDW is raised: at once, or, with IDE set in the
 * descriptor and TIDV not 0, TIDV x 1.024 us after the last such descriptor but no later than TADV x 1.024 us after the
 * first. Data are read from memory when transmission of the frame begins.
 */
import { type BusMemory, type Clock, NEVER } from '../device.js';
import { SavedByName } from '../saved-state.js';
import { DelayedInterrupt } from './delayed-interrupt.js';
import type { E1000Options } from './e1000.js';
import { DELAY_UNIT, DESCRIPTOR_BYTES, icr, type RegisterFile, reg } from './registers.js';
import { descriptorView, nanoseconds, wireNanoseconds } from './wire.js';

const TCTL_EN = 2;
const command = { EOP: 0x01, RS: 0x08, DEXT: 0x20, IDE: 0x80 } as const;
const STATUS_DD = 1;
const MAXIMUM_FRAME = 16288;

export class Transmitter extends SavedByName {
  protected readonly stateFields = ['frame', 'taken', 'busyUntil', 'delay'];
  private frame: number[] = [];
  /** Descriptors of the frame on the wire, and its end. */
  private taken = 0;
  private busyUntil = NEVER;
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
    return Math.min(this.busyUntil, this.delay.due);
  }

  reset(): void {
    this.frame = [];
    this.taken = 0;
    this.busyUntil = NEVER;
    this.delay.stop();
  }

  run(now: number, mayMaster: boolean): void {
    if (this.delay.due <= now) this.report();
    if (this.busyUntil > now) return;
    this.finish();
    this.start(mayMaster);
  }

  /** Takes descriptors up to the end of a frame and puts it on the wire, unless one is there already. */
  start(mayMaster: boolean): void {
    const { registers, options } = this;
    const count = registers.get(reg.TDLEN) / DESCRIPTOR_BYTES;
    const enabled = registers.get(reg.TCTL) & TCTL_EN && mayMaster;
    if (this.busyUntil !== NEVER || !enabled || count === 0) return;
    let index = (registers.get(reg.TDH) + this.taken) % count;
    let fetched = 0;
    let ended = false;
    while (index !== registers.get(reg.TDT) && !ended && fetched < count) {
      ended = this.take(index);
      fetched++;
      index = (index + 1) % count;
    }
    if (fetched === 0) return;
    this.taken += fetched;
    const wire = ended ? wireNanoseconds(this.frame.length, options.megabits) : 0;
    this.busyUntil = nanoseconds(this.clock, fetched * options.descriptorNanoseconds + wire);
  }

  /** TXDW, whether it has waited or not. */
  private report(): void {
    this.delay.stop();
    this.raise(icr.TXDW);
  }

  /** Reads one descriptor and its data. Returns whether the frame is complete. */
  private take(index: number): boolean {
    const view = this.descriptor(index).view;
    const kind = view.getUint8(11);
    const extended = (kind & command.DEXT) !== 0;
    // A context descriptor (DTYP 0) carries offload settings, of which there are none here.
    const isContext = extended && (view.getUint32(8, true) & 0xf00000) === 0;
    if (isContext) return false;
    const length = extended ? view.getUint32(8, true) & 0xfffff : view.getUint16(8, true);
    const from = view.getUint32(0, true);
    const room = Math.max(0, MAXIMUM_FRAME - this.frame.length);
    const end = Math.min(from + Math.min(length, room), this.ram.size);
    for (let i = from; i < end; i++) this.frame.push(this.ram.bytes[i]);
    return (kind & command.EOP) !== 0;
  }

  /** The last bit has left: write back, move on, and tell. */
  private finish(): void {
    const { registers } = this;
    const count = registers.get(reg.TDLEN) / DESCRIPTOR_BYTES;
    this.busyUntil = NEVER;
    let ended = false;
    for (; this.taken > 0; this.taken--) {
      const index = registers.get(reg.TDH);
      ended = this.writeBack(index);
      registers.put(reg.TDH, count === 0 ? 0 : (index + 1) % count);
    }
    if (ended) {
      const frame = Uint8Array.from(this.frame);
      this.frame = [];
      for (const packets of [reg.GPTC, reg.TPT]) registers.add(packets, 1);
      for (const octets of [reg.GOTCL, reg.TOTL]) registers.add(octets, frame.length + 4);
      this.options.packets.transmit(frame, BigInt(this.clock.now()));
    }
    if (registers.get(reg.TDH) === registers.get(reg.TDT)) this.raise(icr.TXQE);
  }

  /** Returns whether the descriptor ended a frame. */
  private writeBack(index: number): boolean {
    const { registers } = this;
    const { at, view } = this.descriptor(index);
    const kind = view.getUint8(11);
    if (kind & command.RS) {
      view.setUint8(12, view.getUint8(12) | STATUS_DD);
      this.ram.written(at + 12, 1);
      const units = kind & command.IDE ? registers.get(reg.TIDV) : 0;
      if (units === 0) this.report();
      else {
        const bound = registers.get(reg.TADV);
        const after = (delay: number) => nanoseconds(this.clock, delay * DELAY_UNIT);
        this.delay.restart(after(units), bound === 0 ? NEVER : after(bound));
      }
    }
    return (kind & command.EOP) !== 0;
  }

  private descriptor(index: number): { at: number; view: DataView } {
    const at = (this.registers.get(reg.TDBAL) + index * DESCRIPTOR_BYTES) >>> 0;
    return { at, view: descriptorView(this.ram, at) };
  }
}
