/**
 * The 8042 keyboard controller (Intel 82371SB; IBM PC AT Technical Reference) with an MF II keyboard that nobody touches:
 * self-tests, configuration byte, the A20 gate (always open), the reset line, and the keyboard's answers to commands.
 * Each byte for the processor raises interrupt 1 where the configuration says so. Port 92h drives reset, too.
 *
 * Two send bytes through the one output buffer: the controller, whose newer answer replaces an older one, and the
 * keyboard, which forgets what it had to say when it is sent something, and waits while its clock is held (disabled).
 * Whoever has the buffer keeps it until the byte is read.
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
const CHOOSE_SET = 0xf0;
const WITH_BYTE: readonly number[] = [0xed, CHOOSE_SET, 0xf3];
/** The numbers of the scan code sets, taken for scan codes and translated. */
const TRANSLATED_SETS = [0, 0x43, 0x41, 0x3f];
/** The controller's output port: no reset, A20 open, lines of the keyboard idle; bit 4 is the keyboard's interrupt. */
const OUTPUT_PORT = 0xcf;

export class KeyboardController extends SavedByName implements Device {
  readonly name = '8042';
  readonly byteWide = true;
  readonly ports = [
    { first: 0x60, last: 0x60 },
    { first: 0x64, last: 0x64 },
    { first: 0x92, last: 0x92 },
  ];
  protected readonly stateFields = [
    'source',
    'answer',
    'keyboardOutput',
    'configuration',
    'command',
    'keyboardCommand',
    'lastWasCommand',
    'lastByte',
    'scanCodeSet',
  ];
  /** Whose byte the output buffer holds. */
  private source: 'none' | 'controller' | 'keyboard' = 'none';
  private answer: number | null = null;
  private keyboardOutput: number[] = [];
  /** What port 60h shows again while nothing new has come; firmware's last command was acknowledged. */
  private lastByte = ACKNOWLEDGE;
  private configuration = 0x61;
  /** Command of the controller, and of the keyboard, that waits for its byte at port 60h; 0 = none. */
  private command = 0;
  private keyboardCommand = 0;
  private lastWasCommand = false;
  private scanCodeSet = 2;

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
      const full = this.source === 'none' ? 0 : status.OUTPUT_FULL;
      return status.SYSTEM | status.UNLOCKED | full | (this.lastWasCommand ? status.COMMAND : 0);
    }
    if (this.source === 'controller') {
      this.lastByte = this.answer!;
      this.answer = null;
    } else if (this.source === 'keyboard') this.lastByte = this.keyboardOutput.shift()!;
    this.source = 'none';
    // Each byte is an edge of its own.
    this.interrupt.set(false);
    this.update();
    return this.lastByte;
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
        this.answer = this.configuration;
        break;
      case 0xa7:
        this.configuration |= configuration.MOUSE_OFF;
        break;
      case 0xa8:
        this.configuration &= ~configuration.MOUSE_OFF;
        break;
      case 0xa9:
      case 0xab:
        this.answer = 0;
        break;
      case 0xaa:
        this.answer = 0x55;
        break;
      case 0xad:
        this.configuration |= configuration.KEYBOARD_OFF;
        break;
      case 0xae:
        this.configuration &= ~configuration.KEYBOARD_OFF;
        break;
      case 0xd0:
        this.answer = OUTPUT_PORT | (this.source === 'none' ? 0 : 0x10);
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
    else if (command === 0xd2) this.answer = byte;
    // D3h and D4h are for a mouse, and there is none.
  }

  private tellKeyboard(byte: number): void {
    this.configuration &= ~configuration.KEYBOARD_OFF;
    this.keyboardOutput = [...this.keyboardAnswer(byte)];
  }

  private keyboardAnswer(byte: number): readonly number[] {
    if (this.keyboardCommand !== 0) {
      const aboutSets = this.keyboardCommand === CHOOSE_SET;
      this.keyboardCommand = 0;
      return aboutSets ? this.chooseSet(byte) : [ACKNOWLEDGE];
    }
    if (WITH_BYTE.includes(byte)) {
      this.keyboardCommand = byte;
      return [ACKNOWLEDGE];
    }
    if (byte === 0xee) return [0xee];
    if (byte === 0xf2) return [ACKNOWLEDGE, 0xab, this.translates ? 0x41 : 0x83];
    if (byte === 0xff || byte === 0xf6) this.scanCodeSet = 2;
    if (byte === 0xff) return [ACKNOWLEDGE, SELF_TEST_PASSED];
    // F7h to FAh: which codes all keys send, of set 3.
    return byte >= 0xf4 && byte <= 0xfa ? [ACKNOWLEDGE] : [RESEND];
  }

  private chooseSet(set: number): readonly number[] {
    if (set > 3) return [RESEND];
    if (set === 0) return [ACKNOWLEDGE, this.translates ? TRANSLATED_SETS[this.scanCodeSet] : this.scanCodeSet];
    this.scanCodeSet = set;
    return [ACKNOWLEDGE];
  }

  /** Whether scan codes of set 2 come as those of set 1: 83h as 41h. */
  private get translates(): boolean {
    return (this.configuration & configuration.TRANSLATE) !== 0;
  }

  private update(): void {
    const held = (this.configuration & configuration.KEYBOARD_OFF) !== 0;
    if (this.source === 'none') {
      if (this.answer !== null) this.source = 'controller';
      else if (this.keyboardOutput.length > 0 && !held) this.source = 'keyboard';
    }
    const wanted = (this.configuration & configuration.KEYBOARD_INTERRUPT) !== 0 && !held;
    this.interrupt.set(wanted && this.source !== 'none');
  }
}
