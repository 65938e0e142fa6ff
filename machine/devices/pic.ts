/**
 * The pair of 8259A interrupt controllers (Intel 231468-003): the second one hangs on input 2 of the first.
 *
 * An input is edge-triggered unless its ELCR bit makes it level-triggered (Intel 82371SB, ports 4D0h and 4D1h). A
 * request is latched in IRR; INT is asserted when an unmasked request has a higher priority than everything in service
 * (in special mask mode: than nothing). At the acknowledge cycle the winner moves from IRR to ISR. If it has gone by
 * then, the controller answers with input 7: a spurious interrupt, which enters no ISR bit.
 */
import type { AccessSize, Device, InterruptLine } from './device.js';
import { SavedByName } from './saved-state.js';

class Controller extends SavedByName {
  protected readonly stateFields = [
    'irr',
    'isr',
    'imr',
    'lines',
    'elcr',
    'vectorBase',
    'top',
    'expect',
    'wantsFourth',
    'single',
    'autoEnd',
    'rotateOnAutoEnd',
    'specialMask',
    'specialFullyNested',
    'readIsr',
    'poll',
  ];
  irr = 0;
  isr = 0;
  imr = 0xff;
  /** Level of each input. */
  lines = 0;
  /** Inputs that are level-triggered. */
  elcr = 0;
  vectorBase: number;
  /** Input of the highest priority. */
  private top = 0;
  /** Next initialisation word expected, 0 = none. */
  private expect = 0;
  private wantsFourth = false;
  private single = false;
  private autoEnd = false;
  private rotateOnAutoEnd = false;
  private specialMask = false;
  private specialFullyNested = false;
  private readIsr = false;
  private poll = false;

  constructor(
    /** Inputs behind which another controller sits. */
    private readonly cascade: number,
    vectorBase: number,
  ) {
    super();
    this.vectorBase = vectorBase;
  }

  setLine(input: number, level: boolean): void {
    const bit = 1 << input;
    if (level) {
      if (this.elcr & bit || !(this.lines & bit)) this.irr |= bit;
      this.lines |= bit;
    } else {
      // An edge request is withdrawn too when its line falls before the acknowledge: that is what spurious means.
      this.irr &= ~bit;
      this.lines &= ~bit;
    }
  }

  /** The input to serve next, or -1. */
  pending(): number {
    const requests = this.irr & ~this.imr;
    if (requests === 0) return -1;
    const input = this.first(requests);
    let inService = this.specialMask ? this.isr & ~this.imr : this.isr;
    // Special fully nested mode lets a cascaded controller interrupt again while its input is in service.
    if (this.specialFullyNested) inService &= ~this.cascade;
    if (inService !== 0 && this.rank(this.first(inService)) <= this.rank(input)) return -1;
    return input;
  }

  /** The acknowledge cycle. Returns the input; 7 for a spurious one. */
  acknowledge(): number {
    const input = this.pending();
    if (input < 0) return 7;
    const bit = 1 << input;
    if (!(this.elcr & bit)) this.irr &= ~bit;
    if (!this.autoEnd) this.isr |= bit;
    else if (this.rotateOnAutoEnd) this.top = (input + 1) & 7;
    return input;
  }

  readCommand(): number {
    if (this.poll) {
      this.poll = false;
      const input = this.pending();
      if (input < 0) return 0;
      this.acknowledge();
      return 0x80 | input;
    }
    return this.readIsr ? this.isr : this.irr;
  }

  writeCommand(value: number): void {
    if (value & 0x10) this.initialise(value);
    else if (value & 0x08) this.operation3(value);
    else this.operation2(value);
  }

  writeData(value: number): void {
    if (this.expect === 2) {
      this.vectorBase = value & 0xf8;
      this.expect = this.single ? (this.wantsFourth ? 4 : 0) : 3;
    } else if (this.expect === 3) {
      this.expect = this.wantsFourth ? 4 : 0;
    } else if (this.expect === 4) {
      this.specialFullyNested = (value & 0x10) !== 0;
      this.autoEnd = (value & 0x02) !== 0;
      this.expect = 0;
    } else {
      this.imr = value;
    }
  }

  private initialise(icw1: number): void {
    this.irr = this.lines & this.elcr;
    this.isr = 0;
    this.imr = 0;
    this.top = 0;
    this.specialMask = false;
    this.specialFullyNested = false;
    this.autoEnd = false;
    this.rotateOnAutoEnd = false;
    this.readIsr = false;
    this.poll = false;
    this.single = (icw1 & 0x02) !== 0;
    this.wantsFourth = (icw1 & 0x01) !== 0;
    this.expect = 2;
  }

  /** OCW2: end of interrupt and rotation. */
  private operation2(value: number): void {
    const rotate = (value & 0x80) !== 0;
    const specific = (value & 0x40) !== 0;
    const end = (value & 0x20) !== 0;
    if (!end) {
      if (specific && rotate) this.top = ((value & 7) + 1) & 7;
      else if (!specific) this.rotateOnAutoEnd = rotate;
      return;
    }
    if (!specific && this.isr === 0) return;
    const input = specific ? value & 7 : this.first(this.isr);
    this.isr &= ~(1 << input);
    if (rotate) this.top = (input + 1) & 7;
  }

  /** OCW3: special mask mode, poll, and which register a read returns. */
  private operation3(value: number): void {
    if (value & 0x40) this.specialMask = (value & 0x20) !== 0;
    if (value & 0x04) this.poll = true;
    if (value & 0x02) this.readIsr = (value & 0x01) !== 0;
  }

  private rank(input: number): number {
    return (input - this.top) & 7;
  }

  /** The input of the highest priority in a non-empty set. */
  private first(set: number): number {
    let input = this.top;
    while (!(set & (1 << input))) input = (input + 1) & 7;
    return input;
  }
}

export class Pic extends SavedByName implements Device {
  readonly name = '8259 pair';
  readonly byteWide = true;
  protected readonly stateFields = ['master', 'slave'];
  readonly ports = [
    { first: 0x20, last: 0x21 },
    { first: 0xa0, last: 0xa1 },
    { first: 0x4d0, last: 0x4d1 },
  ];
  /** As firmware leaves them: vectors 08h and 70h, all masked; PCI's interrupts 10 and 11 are level-triggered. */
  private readonly master = new Controller(0x04, 0x08);
  private readonly slave = new Controller(0x00, 0x70);

  /** @param output told the level of INTR whenever it may have changed */
  constructor(private readonly output: (asserted: boolean) => void) {
    super();
    this.slave.elcr = 0x0c;
  }

  /** Interrupt request input 0-15. */
  line(input: number): InterruptLine {
    const { master, slave } = this;
    return {
      get unmasked() {
        const bit = 1 << (input & 7);
        return input < 8 ? !(master.imr & bit) : !(slave.imr & bit) && !(master.imr & 4);
      },
      set: (level) => {
        if (input < 8) this.master.setLine(input, level);
        else this.slave.setLine(input - 8, level);
        this.update();
      },
    };
  }

  /** The acknowledge cycle of the processor: returns the vector. */
  acknowledge(): number {
    const input = this.master.acknowledge();
    let vector = this.master.vectorBase + input;
    // A spurious request of the first controller is not on input 2, so the second is asked for real ones only.
    if (input === 2) {
      vector = this.slave.vectorBase + this.slave.acknowledge();
      // The second controller drops INT at the acknowledge; a request that is still pending makes a new edge.
      this.master.setLine(2, false);
    }
    this.update();
    return vector;
  }

  read(port: number, _size: AccessSize): number {
    if (port === 0x4d0) return this.master.elcr;
    if (port === 0x4d1) return this.slave.elcr;
    const chip = port < 0x80 ? this.master : this.slave;
    if (port & 1) return chip.imr;
    const value = chip.readCommand();
    this.update();
    return value;
  }

  write(port: number, _size: AccessSize, value: number): void {
    const byte = value & 0xff;
    // Inputs 0, 1, 2, 8 and 13 cannot be level-triggered (82371SB, ELCR1 and ELCR2).
    if (port === 0x4d0) this.master.elcr = byte & 0xf8;
    else if (port === 0x4d1) this.slave.elcr = byte & 0xde;
    else {
      const chip = port < 0x80 ? this.master : this.slave;
      if (port & 1) chip.writeData(byte);
      else chip.writeCommand(byte);
    }
    this.update();
  }

  private update(): void {
    this.master.setLine(2, this.slave.pending() >= 0);
    this.output(this.master.pending() >= 0);
  }
}
