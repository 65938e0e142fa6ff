/**
 * The local APIC (Intel SDM vol. 3, chapter 10; version 14h) of the one processor, identifier 0.
 *
 * A vector that somebody delivers is a bit of IRR. The highest one is handed to the processor when its class (its upper
 * four bits) exceeds that of the processor priority: the higher one of TPR and of the highest vector in service (ISR).
 * EOI ends the highest in service, and is passed on to the I/O APIC where TMR says that it came level-triggered. LINT0
 * carries the 8259's INTR: in mode ExtINT it asks the processor past all priorities, and the 8259 supplies the vector.
 *
 * The timer and the map of the registers are in files of their own. Registers are 32 bits wide and 16 bytes apart; other
 * accesses read 0 and write nothing, as QEMU's do.
 */
import { ApicTimer } from './apic-timer.js';
import type { AddressWindow, Clock, Device } from './device.js';
import {
  deliveryMode,
  ENABLED,
  error,
  GLOBALLY_ENABLED,
  LEVEL,
  LVT_WRITABLE,
  lvt,
  MASKED,
  modeOf,
  PERIODIC,
  reg,
  VERSION_VALUE,
} from './local-apic-registers.js';
import { SavedByName } from './saved-state.js';
import { clear, has, highest, set } from './vector-bits.js';

/** What the local APIC asks of the machine. */
export interface ApicSignals {
  /** The processor's interrupt input may have changed. */
  changed(): void;
  nmi(): void;
  /** INIT has been sent to this processor. */
  init(): void;
  /** End of a level-triggered interrupt. */
  endOfInterrupt(vector: number): void;
  /** Value of MSR 1Bh. */
  base(): number;
}

export class LocalApic extends SavedByName implements Device {
  readonly name = 'local APIC';
  readonly memory: AddressWindow;
  protected readonly stateFields = [
    'id',
    'tpr',
    'ldr',
    'dfr',
    'svr',
    'esr',
    'pendingErrors',
    'icrLow',
    'icrHigh',
    'vectors',
    'irr',
    'isr',
    'tmr',
    'intr',
    'timer',
  ];
  private id = 0;
  private tpr = 0;
  private ldr = 0;
  private dfr = 0xffffffff;
  private svr = 0xff | ENABLED;
  private esr = 0;
  private pendingErrors = 0;
  private icrLow = 0;
  private icrHigh = 0;
  /** The local vector table, as firmware leaves it: LINT0 ExtINT, LINT1 NMI, the rest masked. */
  private vectors = [MASKED, MASKED, MASKED, 0x8700, 0x8400, MASKED];
  private irr = new Uint32Array(8);
  private isr = new Uint32Array(8);
  private tmr = new Uint32Array(8);
  /** Level of the 8259's output. */
  private intr = false;
  private readonly timer: ApicTimer;

  constructor(
    clock: Clock,
    busHz: number,
    private readonly signals: ApicSignals,
  ) {
    super();
    this.timer = new ApicTimer(clock, busHz);
    this.memory = this.window();
  }

  // ---- to the processor

  /** Whether the processor's INTR is asserted. */
  get asserted(): boolean {
    return this.extInt || this.next() >= 0;
  }

  /** The vector at the acknowledge cycle; null: the 8259 supplies it. */
  acknowledge(): number | null {
    const vector = this.next();
    if (vector < 0) return this.extInt ? null : this.svr & 0xff;
    clear(this.irr, vector);
    set(this.isr, vector);
    this.signals.changed();
    return vector;
  }

  private get on(): boolean {
    return (this.signals.base() & GLOBALLY_ENABLED) !== 0;
  }

  /** Whether the 8259's output gets through to the processor. */
  get passesIntr(): boolean {
    if (!this.on) return true;
    const entry = this.vectors[lvt.LINT0];
    return (entry & MASKED) === 0 && modeOf(entry) === deliveryMode.EXTINT;
  }

  private get extInt(): boolean {
    return this.intr && this.passesIntr;
  }

  /** The vector that the processor would take next, or -1. */
  private next(): number {
    if (!this.on || !(this.svr & ENABLED)) return -1;
    const vector = highest(this.irr);
    return vector >> 4 > this.priority() >> 4 ? vector : -1;
  }

  private priority(): number {
    const served = Math.max(0, highest(this.isr)) & 0xf0;
    return (this.tpr & 0xf0) >= served ? this.tpr : served;
  }

  // ---- from outside

  /** The 8259's output. */
  setIntr(level: boolean): void {
    const rises = level && !this.intr;
    this.intr = level;
    const entry = this.vectors[lvt.LINT0];
    if (this.on && !(entry & MASKED) && modeOf(entry) !== deliveryMode.EXTINT && rises) {
      this.deliver(modeOf(entry), entry & 0xff, (entry & LEVEL) !== 0);
    }
    this.signals.changed();
  }

  /** Whether a message of another APIC is meant for this one. */
  accepts(destination: number, logical: boolean): boolean {
    if (!this.on) return false;
    if (!logical) return destination === 0xff || destination === this.id >>> 24;
    const own = this.ldr >>> 24;
    // Flat model: a bit for each processor. Cluster model: four bits each. Others are reserved, and match nobody.
    const model = this.dfr >>> 28;
    if (model === 0xf) return (destination & own) !== 0;
    if (model !== 0) return false;
    return (destination >> 4 === 0xf || destination >> 4 === own >> 4) && (destination & own & 0xf) !== 0;
  }

  deliver(mode: number, vector: number, level: boolean): void {
    if (mode === deliveryMode.NMI) this.signals.nmi();
    else if (mode === deliveryMode.INIT) this.signals.init();
    else if (mode === deliveryMode.FIXED || mode === deliveryMode.LOWEST) this.accept(vector, level);
  }

  private accept(vector: number, level: boolean): void {
    if (vector < 16) return this.fail(error.RECEIVED);
    set(this.irr, vector);
    if (level) set(this.tmr, vector);
    else clear(this.tmr, vector);
    this.signals.changed();
  }

  // ---- timer

  get nextDue(): number {
    return this.timer.nextDue;
  }

  get canInterrupt(): boolean {
    return this.on && (this.svr & ENABLED) !== 0 && !(this.vectors[lvt.TIMER] & MASKED);
  }

  run(now: number): void {
    this.timer.expire(now);
    const entry = this.vectors[lvt.TIMER];
    if (!(entry & MASKED)) this.accept(entry & 0xff, false);
  }

  // ---- registers

  private window(): AddressWindow {
    const { signals } = this;
    return {
      length: 0x1000,
      get base() {
        return (signals.base() & 0xfffff000) >>> 0;
      },
      get enabled() {
        return (signals.base() & GLOBALLY_ENABLED) !== 0;
      },
      read: (offset, size) => (size === 4 && (offset & 15) === 0 ? this.readRegister(offset) >>> 0 : 0),
      write: (offset, size, value) => {
        if (size === 4 && (offset & 15) === 0) this.writeRegister(offset, value >>> 0);
        this.signals.changed();
      },
    };
  }

  private readRegister(offset: number): number {
    if (offset >= reg.ISR && offset < reg.ESR) {
      const words = offset < reg.TMR ? this.isr : offset < reg.IRR ? this.tmr : this.irr;
      return words[(offset >> 4) & 7];
    }
    if (offset >= reg.LVT && offset < reg.INITIAL) return this.vectors[(offset - reg.LVT) >> 4];
    switch (offset) {
      case reg.ID:
        return this.id;
      case reg.VERSION:
        return VERSION_VALUE;
      case reg.TPR:
        return this.tpr;
      case reg.APR:
      case reg.EOI:
        return 0;
      case reg.PPR:
        return this.priority();
      case reg.LDR:
        return this.ldr;
      case reg.DFR:
        return this.dfr;
      case reg.SVR:
        return this.svr;
      case reg.ESR:
        return this.esr;
      case reg.ICR_LOW:
        return this.icrLow;
      case reg.ICR_HIGH:
        return this.icrHigh;
      case reg.INITIAL:
        return this.timer.initial;
      case reg.CURRENT:
        return this.timer.current();
      case reg.DIVIDE:
        return this.timer.divider;
      default:
        this.fail(error.REGISTER);
        return 0;
    }
  }

  private writeRegister(offset: number, value: number): void {
    if (offset >= reg.LVT && offset < reg.INITIAL) return this.writeVector((offset - reg.LVT) >> 4, value);
    switch (offset) {
      case reg.ID:
        this.id = (value & 0xff000000) >>> 0;
        break;
      case reg.TPR:
        this.tpr = value & 0xff;
        break;
      case reg.EOI:
        this.end();
        break;
      case reg.LDR:
        this.ldr = (value & 0xff000000) >>> 0;
        break;
      case reg.DFR:
        this.dfr = (value | 0x0fffffff) >>> 0;
        break;
      case reg.SVR:
        this.svr = value & 0x1ff;
        // Switching the APIC off masks its vectors (10.4.7.2).
        if (!(value & ENABLED)) this.vectors = this.vectors.map((entry) => entry | MASKED);
        break;
      case reg.ESR:
        // Errors are shown as of the last write (10.5.3).
        this.esr = this.pendingErrors;
        this.pendingErrors = 0;
        break;
      case reg.ICR_LOW:
        this.icrLow = value & 0xcdfff & ~0x1000;
        this.send(value);
        break;
      case reg.ICR_HIGH:
        this.icrHigh = (value & 0xff000000) >>> 0;
        break;
      case reg.INITIAL:
        this.timer.load(value);
        break;
      case reg.DIVIDE:
        this.timer.divider = value;
        break;
      case reg.VERSION:
      case reg.APR:
      case reg.PPR:
      case reg.CURRENT:
        break;
      default:
        if (offset < reg.ISR || offset > reg.IRR + 0x70) this.fail(error.REGISTER);
    }
  }

  private writeVector(index: number, value: number): void {
    const forced = this.svr & ENABLED ? 0 : MASKED;
    this.vectors[index] = (value & LVT_WRITABLE[index]) | forced;
    if (index === lvt.TIMER) this.timer.setPeriodic((value & PERIODIC) !== 0);
  }

  private end(): void {
    const vector = highest(this.isr);
    if (vector < 0) return;
    clear(this.isr, vector);
    if (has(this.tmr, vector)) this.signals.endOfInterrupt(vector);
  }

  /** Interprocessor interrupt: only this processor is there to take it. */
  private send(command: number): void {
    const mode = (command >> 8) & 7;
    const shorthand = (command >> 18) & 3;
    const vector = command & 0xff;
    const meant =
      shorthand === 0 ? this.accepts(this.icrHigh >>> 24, (command & 0x800) !== 0) : shorthand === 1 || shorthand === 2;
    if ((mode === deliveryMode.FIXED || mode === deliveryMode.LOWEST) && vector < 16) this.fail(error.SENT);
    // An INIT that is de-asserted only sets arbitration identifiers.
    if (mode === deliveryMode.INIT && (command & 0xc000) === 0x8000) return;
    if (meant) this.deliver(mode, vector, false);
  }

  private fail(bit: number): void {
    this.pendingErrors |= bit;
    const entry = this.vectors[lvt.ERROR];
    if (!(entry & MASKED) && (entry & 0xff) >= 16) this.accept(entry & 0xff, false);
  }
}
