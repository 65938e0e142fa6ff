/**
 * The registers of a VGA adapter (IBM VGA Technical Reference) as far as text-mode kernels use them: what is written can
 * be read back, the cursor's place among it, and the retrace bits toggle. The adapter is in text mode, 80 x 25; its
 * memory at B8000h is ordinary RAM. Nothing is drawn: `text` says what a screen would show.
 */
import type { Clock, Device } from './device.js';
import { SavedByName } from './saved-state.js';

const TEXT_MEMORY = 0xb8000;
const COLUMNS = 80;
const ROWS = 25;
/** CRT controller registers as firmware sets them for mode 3, from 0 on. */
const CRTC_MODE_3 = [
  0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f,
  0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
];
/** Bits that exist of each register (VGA Technical Reference, 2-42, 2-77, 2-89); the others read 0. */
const SEQUENCER_BITS = [0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0, 0, 0];
const GRAPHICS_BITS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff, 0, 0, 0, 0, 0, 0, 0];
const ATTRIBUTE_BITS = [...Array.from({ length: 16 }, () => 0x3f), 0xef, 0xff, 0x3f, 0x0f, 0x0f];
const MISCELLANEOUS_BITS = 0xef;
const START_HIGH = 0x0c;
const START_LOW = 0x0d;
/** Horizontal lines a second, lines of a frame, lines that are shown. */
const LINE_HZ = 31469;
const LINES = 449;
const SHOWN_LINES = 400;

export class Vga extends SavedByName implements Device {
  readonly name = 'VGA registers';
  readonly ports = [{ first: 0x3c0, last: 0x3df }];
  protected readonly stateFields = [
    'crtc',
    'crtcIndex',
    'attributes',
    'attributeIndex',
    'attributeData',
    'sequencer',
    'sequencerIndex',
    'graphics',
    'graphicsIndex',
    'palette',
    'paletteWrite',
    'paletteRead',
    'paletteReads',
    'paletteMask',
    'miscellaneous',
  ];
  private readonly crtc = new Uint8Array(256);
  private crtcIndex = 0;
  private readonly attributes = new Uint8Array(32);
  private attributeIndex = 0x20;
  /** The next write to 3C0h is data; reading 3DAh makes it an index. */
  private attributeData = false;
  private readonly sequencer = Uint8Array.of(3, 0, 3, 0, 2, 0, 0, 0);
  private sequencerIndex = 0;
  private readonly graphics = Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0x0e, 0x0f, 0xff, 0, 0, 0, 0, 0, 0, 0);
  private graphicsIndex = 0;
  private readonly palette = new Uint8Array(768);
  private paletteWrite = 0;
  private paletteRead = 0;
  /** Which of the two addresses was set last: 3C7h tells. */
  private paletteReads = false;
  private paletteMask = 0xff;
  private miscellaneous = 0x67;

  constructor(private readonly clock: Clock) {
    super();
    this.crtc.set(CRTC_MODE_3);
  }

  /** The text screen, line by line, without trailing blanks; characters outside ASCII are dots. */
  text(ram: Uint8Array): string {
    const start = (this.crtc[START_HIGH] << 8) | this.crtc[START_LOW];
    const lines: string[] = [];
    for (let row = 0; row < ROWS; row++) {
      let line = '';
      for (let column = 0; column < COLUMNS; column++) {
        const cell = (start + row * COLUMNS + column) & 0x3fff;
        const code = ram[TEXT_MEMORY + 2 * cell];
        line += code === 0 ? ' ' : code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.';
      }
      lines.push(line.trimEnd());
    }
    return lines.join('\n').trimEnd();
  }

  read(port: number, size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) value += this.readByte(port + i) * 2 ** (8 * i);
    return value;
  }

  /** A 16-bit write sets an index and its register. */
  write(port: number, size: number, value: number): void {
    for (let i = 0; i < size; i++) this.writeByte(port + i, (value >>> (8 * i)) & 0xff);
  }

  private readByte(port: number): number {
    switch (port) {
      case 0x3c0:
        return this.attributeIndex;
      case 0x3c1:
        return this.attributes[this.attributeIndex & 31];
      case 0x3c4:
        return this.sequencerIndex;
      case 0x3c5:
        return this.sequencer[this.sequencerIndex & 7];
      case 0x3c6:
        return this.paletteMask;
      case 0x3c7:
        return this.paletteReads ? 3 : 0;
      case 0x3c8:
        return Math.floor(this.paletteWrite / 3);
      case 0x3c9:
        return this.nextPalette();
      case 0x3cc:
        return this.miscellaneous;
      case 0x3ce:
        return this.graphicsIndex;
      case 0x3cf:
        return this.graphics[this.graphicsIndex & 15];
      case 0x3d4:
        return this.crtcIndex;
      case 0x3d5:
        return this.crtc[this.crtcIndex];
      case 0x3da:
        this.attributeData = false;
        return this.retrace();
      default:
        return port === 0x3c2 ? 0 : 0xff;
    }
  }

  private writeByte(port: number, value: number): void {
    switch (port) {
      case 0x3c0:
        if (this.attributeData) this.writeAttribute(value);
        else this.attributeIndex = value & 0x3f;
        this.attributeData = !this.attributeData;
        break;
      case 0x3c2:
        this.miscellaneous = value & MISCELLANEOUS_BITS;
        break;
      case 0x3c4:
        this.sequencerIndex = value & 7;
        break;
      case 0x3c5:
        this.sequencer[this.sequencerIndex] = value & SEQUENCER_BITS[this.sequencerIndex];
        break;
      case 0x3c6:
        this.paletteMask = value;
        break;
      case 0x3c7:
        this.paletteRead = value * 3;
        this.paletteReads = true;
        break;
      case 0x3c8:
        this.paletteWrite = value * 3;
        this.paletteReads = false;
        break;
      case 0x3c9:
        this.palette[this.paletteWrite] = value & 0x3f;
        this.paletteWrite = (this.paletteWrite + 1) % 768;
        break;
      case 0x3ce:
        this.graphicsIndex = value & 15;
        break;
      case 0x3cf:
        this.graphics[this.graphicsIndex] = value & GRAPHICS_BITS[this.graphicsIndex];
        break;
      case 0x3d4:
        this.crtcIndex = value;
        break;
      case 0x3d5:
        // Bit 7 of register 11h protects registers 0 to 7, but for bit 4 of the last.
        if (this.crtc[0x11] & 0x80 && this.crtcIndex < 8) {
          if (this.crtcIndex === 7) this.crtc[7] = (this.crtc[7] & ~0x10) | (value & 0x10);
        } else this.crtc[this.crtcIndex] = value;
        break;
    }
  }

  private writeAttribute(value: number): void {
    const index = this.attributeIndex & 31;
    this.attributes[index] = value & (ATTRIBUTE_BITS[index] ?? 0);
  }

  private nextPalette(): number {
    const value = this.palette[this.paletteRead];
    this.paletteRead = (this.paletteRead + 1) % 768;
    return value;
  }

  /** Input status 1: bit 0 while nothing is drawn, bit 3 during vertical retrace. */
  private retrace(): number {
    const line = Math.floor((this.clock.now() / this.clock.hz) * LINE_HZ) % LINES;
    return line >= SHOWN_LINES ? 0x09 : 0;
  }
}
