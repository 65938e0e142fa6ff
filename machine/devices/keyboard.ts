/**
 * The 8042 keyboard controller (Intel 82371SB; IBM PC AT Technical Reference) with an MF II keyboard that nobody touches:
 * self-tests, configuration byte, the A20 gate (always open), the reset line, and the keyboard's answers to commands.
 * Each byte for the processor raises interrupt 1 where the configuration says so. Port 92h drives reset, too.
 */
import type { Device, InterruptLine } from './device.js';
import { SavedByName } from './saved-state.js';

const status = { OUTPUT_FULL: 0x01, SYSTEM: 0x04, COMMAND: 0x08, UNLOCKED: 0x10, AUXILIARY: 0x20 } as const;
const configuration = { KEYBOARD_INTERRUPT: 0x01, KEYBOARD_OFF: 0x10, MOUSE_OFF: 0x20, TRANSLATE: 0x40 } as const;
const CONTROLLER = 'keyboard controller at port 64h';
const ACKNOWLEDGE = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_PASSED = 0xaa;
/** Commands of the keyboard that take a byte. */
const WITH_BYTE: readonly number[] = [0xed, 0xf0, 0xf3];

export class KeyboardController extends SavedByName implements Device {
  readonly name = '8042';
  readonly ports = [
    { first: 0x60, last: 0x60 },
    { first: 0x64, last: 0x64 },
    { first: 0x92, last: 0x92 },
  ];
  protected readonly stateFields = ['output', 'configuration', 'command', 'keyboardCommand', 'lastWasCommand'];
  private output: number[] = [];
  private configuration = 0x61;
  /** Command of the controller, and of the keyboard, that waits for its byte at port 60h; 0 = none. */
  private command = 0;
  private keyboardCommand = 0;
  private lastWasCommand = false;

  /** @param reset called when the guest pulses the processor's reset line; by which port */
  constructor(
    private readonly interrupt: InterruptLine,
    private readonly reset: (by: string) => void,
  ) {
    super();
  }

  read(port: number): number {
    if (port === 0x92) return 0x02;
    if (port === 0x64) {
      const full = this.output.length > 0 ? status.OUTPUT_FULL : 0;
      return status.SYSTEM | status.UNLOCKED | full | (this.lastWasCommand ? status.COMMAND : 0);
    }
    const byte = this.output.shift() ?? 0;
    this.update();
    return byte;
  }

  write(port: number, _size: number, value: number): void {
    const byte = value & 0xff;
    if (port === 0x92) {
      if (byte & 1) this.reset('fast reset at port 92h');
      return;
    }
    this.lastWasCommand = port === 0x64;
    if (port === 0x64) this.execute(byte);
    else if (this.command !== 0) this.takeByte(byte);
    else this.tellKeyboard(byte);
    this.update();
  }

  private execute(command: number): void {
    this.command = 0;
    switch (command) {
      case 0x20:
        this.output.push(this.configuration);
        break;
      case 0xa7:
        this.configuration |= configuration.MOUSE_OFF;
        break;
      case 0xa8:
        this.configuration &= ~configuration.MOUSE_OFF;
        break;
      case 0xa9:
      case 0xab:
        this.output.push(0);
        break;
      case 0xaa:
        this.output.push(0x55);
        break;
      case 0xad:
        this.configuration |= configuration.KEYBOARD_OFF;
        break;
      case 0xae:
        this.configuration &= ~configuration.KEYBOARD_OFF;
        break;
      case 0xd0:
        this.output.push(0x03);
        break;
      case 0x60:
      case 0xd1:
      case 0xd2:
      case 0xd3:
      case 0xd4:
        this.command = command;
        break;
      default:
        // F0h-FFh pulse output lines low where a bit is 0; bit 0 is reset.
        if ((command & 0xf1) === 0xf0) this.reset(CONTROLLER);
    }
  }

  private takeByte(byte: number): void {
    const { command } = this;
    this.command = 0;
    if (command === 0x60) this.configuration = byte;
    else if (command === 0xd1 && !(byte & 1)) this.reset(CONTROLLER);
    else if (command === 0xd2) this.output.push(byte);
    // D3h and D4h are for a mouse, and there is none.
  }

  private tellKeyboard(byte: number): void {
    this.configuration &= ~configuration.KEYBOARD_OFF;
    if (this.keyboardCommand !== 0) {
      const asksSet = this.keyboardCommand === 0xf0 && byte === 0;
      this.keyboardCommand = 0;
      this.output.push(ACKNOWLEDGE);
      // Scan code set 2.
      if (asksSet) this.output.push(this.translates ? 0x41 : 0x02);
    } else if (WITH_BYTE.includes(byte)) {
      this.keyboardCommand = byte;
      this.output.push(ACKNOWLEDGE);
    } else if (byte === 0xee) this.output.push(0xee);
    else if (byte === 0xf2) this.output.push(ACKNOWLEDGE, 0xab, this.translates ? 0x41 : 0x83);
    else if (byte === 0xff) this.output.push(ACKNOWLEDGE, SELF_TEST_PASSED);
    else if (byte >= 0xf4 && byte <= 0xf6) this.output.push(ACKNOWLEDGE);
    else this.output.push(RESEND);
  }

  /** Whether scan codes of set 2 come as those of set 1: 83h as 41h. */
  private get translates(): boolean {
    return (this.configuration & configuration.TRANSLATE) !== 0;
  }

  private update(): void {
    const wanted = (this.configuration & configuration.KEYBOARD_INTERRUPT) !== 0;
    this.interrupt.set(wanted && this.output.length > 0);
  }
}
