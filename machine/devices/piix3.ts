/**
 * The functions of the PIIX3 south bridge and of the PIIX4 power management beside it, as the `pc` machine has them at
 * device 1 (Intel 82371SB; 82371AB, chapter 7): their configuration spaces as firmware leaves them, and what is not a
 * device of its own: reset control at CF9h, and the power management ports.
 */
import { type AccessSize, type AddressWindow, type Clock, type Device, openBus } from './device.js';
import type { IdeChannel } from './ide/channel.js';
import { PciFunction, pci, pciCommand } from './pci.js';
import { SavedByName } from './saved-state.js';

/** 82371SB function 0: routes of the four PCI interrupts, and little else. */
export class IsaBridge extends PciFunction {
  constructor() {
    super(0x8086, 0x7000, 0x060100, 0x00);
    this.set(0x06, 0x0200, 2);
    this.set(pci.HEADER, 0x00800000, 4);
    this.set(0x4c, 0x0003004d, 4);
    this.set(0x60, 0x0b0b0a0a, 4);
    this.set(0x68, 0x00000200, 4);
    this.set(0x70, 0x00000080, 4);
    this.set(0x74, 0x0c0c0000, 4);
    this.set(0x78, 0x00000002, 4);
    this.set(0xa0, 0x00000008, 4);
    this.set(0xa8, 0x0000000f, 4);
    // Routes can be written and stay as firmware put them: cards' interrupts are wired here.
    this.allow(0x60, 0x8f8f8f8f);
  }
}

const BUS_MASTER_BYTES = 16;

/** 82371SB function 1: the IDE controller's configuration space and the ports of its two bus masters. */
export class IdeController extends PciFunction implements Device {
  readonly name = 'IDE bus masters';
  readonly portWindow: AddressWindow;

  constructor(channels: readonly [IdeChannel, IdeChannel], base: number) {
    super(0x8086, 0x7010, 0x010180, 0x00);
    this.set(0x06, 0x0280, 2);
    this.portBar(pci.BAR4, base, BUS_MASTER_BYTES);
    // Both channels decode (IDETIM bit 15).
    this.set(0x40, 0x80008000, 4);
    this.allow(0x40, 0xffffffff);
    this.portWindow = this.window(channels);
  }

  private window(channels: readonly [IdeChannel, IdeChannel]): AddressWindow {
    const controller = this;
    const each = (offset: number, size: AccessSize, access: (channel: IdeChannel, at: number, i: number) => void) => {
      for (let i = 0; i < size; i++) access(channels[((offset + i) >> 3) & 1], (offset + i) & 7, i);
    };
    return {
      length: BUS_MASTER_BYTES,
      get base() {
        return (controller.space.getUint32(pci.BAR4, true) & 0xfff0) >>> 0;
      },
      get enabled() {
        return (controller.command & pciCommand.IO) !== 0;
      },
      read: (offset, size) => {
        let value = 0;
        each(offset, size, ({ busMaster }, at, i) => {
          value += busMaster.readByte(at) * 2 ** (8 * i);
        });
        return value;
      },
      write: (offset, size, value) => {
        each(offset, size, ({ busMaster }, at, i) => busMaster.writeByte(at, (value >>> (8 * i)) & 0xff));
      },
    };
  }
}

/** 82371AB function 3. */
export class PowerManagementFunction extends PciFunction {
  constructor() {
    super(0x8086, 0x7113, 0x068000, 0x03);
    this.set(0x06, 0x0280, 2);
    this.set(pci.INTERRUPT_LINE, 0x0109, 2);
    this.set(0x40, 0x00000601, 4);
    this.set(0x58, 0x02000000, 4);
    this.set(0x5c, 0x10000000, 4);
    this.set(0x60, 0x60000000, 4);
    this.set(0x64, 0x08000000, 4);
    this.set(0x80, 0x00000001, 4);
    this.set(0x90, 0x00000701, 4);
    this.set(0xd0, 0x00090000, 4);
  }
}

/** The power management timer: 24 bits at 3.579545 MHz (ACPI 4.8.2.1). */
const TIMER_HZ = 3579545n;
const TIMER_BITS = 24n;
const pm = { STATUS: 0, ENABLE: 2, CONTROL: 4, TIMER: 8 } as const;
const SLEEP_ENABLE = 0x2000;
const SLEEP_TYPE = 0x1c00;
const SCI_ENABLE = 0x0001;

/**
 * Power management ports at 600h: a write of SLP_EN with sleep type 0 to 604h is power-off (S5), as QEMU's firmware
 * declares it. Events never happen.
 */
export class PowerManagement extends SavedByName implements Device {
  readonly name = 'power management';
  readonly ports = [{ first: 0x600, last: 0x63f }];
  protected readonly stateFields = ['enable', 'control'];
  private enable = 0;
  private control = 0;

  constructor(
    private readonly clock: Clock,
    private readonly powerOff: () => void,
  ) {
    super();
  }

  read(port: number, size: AccessSize): number {
    switch (port - 0x600) {
      case pm.STATUS:
        return size === 4 ? this.enable * 0x10000 : 0;
      case pm.ENABLE:
        return this.enable;
      case pm.CONTROL:
        return this.control;
      case pm.TIMER:
        return Number(((BigInt(this.clock.now()) * TIMER_HZ) / BigInt(this.clock.hz)) % (1n << TIMER_BITS));
      default:
        return 0;
    }
  }

  write(port: number, size: AccessSize, value: number): void {
    if (port === 0x600 + pm.ENABLE) this.enable = value & 0xffff;
    if (port !== 0x600 + pm.CONTROL || size === 1) return;
    this.control = value & ~SLEEP_ENABLE & 0xffff & (SLEEP_TYPE | SCI_ENABLE | 0x02);
    if (value & SLEEP_ENABLE && (value & SLEEP_TYPE) === 0) this.powerOff();
  }
}

/** Reset control (82371SB, 2.2.9): bit 2 going up resets the processor; bit 1 chooses a hard reset. */
export class ResetControl extends SavedByName {
  protected readonly stateFields = ['value'];
  private value = 0;

  constructor(private readonly reset: () => void) {
    super();
  }

  read(size: AccessSize): number {
    return size === 1 ? this.value : openBus(size);
  }

  write(value: number): void {
    this.value = value & 0x02;
    if (value & 0x04) this.reset();
  }
}
