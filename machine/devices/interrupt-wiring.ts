/**
 * How interrupts reach the processor, as the `pc` machine is wired: each ISA interrupt goes to the 8259 pair and to the
 * I/O APIC at once; the 8259's output is LINT0 of the local APIC. A processor without a local APIC has the 8259 alone.
 */
import type { Clock, InterruptLine } from './device.js';
import { IoApic } from './io-apic.js';
import { LocalApic } from './local-apic.js';
import { Pic } from './pic.js';

export interface ProcessorInputs {
  /** Level of INTR. */
  interrupt(asserted: boolean): void;
  nmi(): void;
  reset(by: string): void;
}

/** The processor's own part in it; null where it has no local APIC. */
export interface ApicOptions {
  /** Clock of the timer. */
  readonly busHz: number;
  /** Value of MSR 1Bh. */
  base(): number;
}

const IO_APIC_BASE = 0xfec00000;

export class InterruptWiring {
  readonly pic: Pic;
  readonly local: LocalApic | null;
  readonly io: IoApic | null;

  constructor(clock: Clock, apic: ApicOptions | null, processor: ProcessorInputs) {
    if (!apic) {
      this.pic = new Pic((asserted) => processor.interrupt(asserted));
      this.local = null;
      this.io = null;
      return;
    }
    const local: LocalApic = new LocalApic(clock, apic.busHz, {
      changed: () => processor.interrupt(local.asserted),
      nmi: () => processor.nmi(),
      init: () => processor.reset('INIT message of the local APIC'),
      endOfInterrupt: (vector) => io.endOfInterrupt(vector),
      base: () => apic.base(),
    });
    const io = new IoApic(IO_APIC_BASE, local);
    this.pic = new Pic((asserted) => local.setIntr(asserted));
    this.local = local;
    this.io = io;
  }

  /** ISA interrupt 0-15. */
  line(interrupt: number): InterruptLine {
    const { local, io } = this;
    const pic = this.pic.line(interrupt);
    if (!local || !io) return pic;
    const pin = io.line(interrupt);
    return {
      get unmasked() {
        return pin.unmasked || (pic.unmasked && local.passesIntr);
      },
      set: (level) => {
        pic.set(level);
        pin.set(level);
      },
    };
  }

  /** The acknowledge cycle: the vector. */
  acknowledge(): number {
    return this.local?.acknowledge() ?? this.pic.acknowledge();
  }
}
