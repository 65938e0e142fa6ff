/**
 * The card's EEPROM, 64 words (317453, 5.3 and 5.6): read through EERD, or bit by bit through EECD, whose low bits are
 * the wires of a Microwire part (93C46): a start bit and the code of READ (110b), six bits of address, then DO shows
 * the word's bits, highest first, each after a rising clock; the next word follows. Nothing can be written.
 *
 *     EECD   0 SK clock   1 CS select   2 DI   3 DO   5-4 flash   6 request   7 granted   8 present
 */
import { SavedByName } from '../saved-state.js';

const WORDS = 64;
const eecd = { SK: 0x01, CS: 0x02, DI: 0x04, DO: 0x08, WRITABLE: 0x77, GRANTED: 0x80, PRESENT: 0x100 } as const;
const eerd = { START: 1, DONE: 0x10, ADDRESS: 8, DATA: 16 } as const;
const READ = 0b110;
const COMMAND_BITS = 9;

export class Eeprom extends SavedByName {
  protected readonly stateFields = ['wires', 'clocks', 'command'];
  private readonly words = new Uint16Array(WORDS);
  private wires = 0;
  /** Rising clocks since the start bit, and what came in with the first nine. */
  private clocks = 0;
  private command = 0;

  /** @param address station address, six bytes */
  constructor(address: readonly number[], vendor: number, device: number) {
    super();
    for (let i = 0; i < 3; i++) this.words[i] = address[2 * i] | (address[2 * i + 1] << 8);
    // Initialisation control 1 with the signature of a valid EEPROM; identities; initialisation control 2 (table 5-2).
    this.words.set([0x6403, device, vendor, device, vendor, 0x3040], 0x0a);
    // Word 3Fh makes all words add up to BABAh.
    this.words[WORDS - 1] = 0xbaba - this.words.reduce((total, word) => total + word, 0);
  }

  word(index: number): number {
    return this.words[index % WORDS];
  }

  /** What EERD holds after a write: with START the word, at once. */
  readByAddress(value: number): number {
    if (!(value & eerd.START)) return value;
    const address = (value >> eerd.ADDRESS) & 0xff;
    const data = address < WORDS ? this.words[address] : 0;
    return ((address << eerd.ADDRESS) | eerd.DONE | (data << eerd.DATA)) >>> 0;
  }

  reset(): void {
    this.wires = 0;
    this.clocks = 0;
  }

  /** EECD as read. */
  get control(): number {
    return this.wires | eecd.GRANTED | eecd.PRESENT | (this.output ? eecd.DO : 0);
  }

  /** EECD is written. */
  set control(value: number) {
    const rises = (value & ~this.wires & eecd.SK) !== 0;
    this.wires = value & eecd.WRITABLE;
    if (!(value & eecd.CS)) {
      this.clocks = 0;
      this.command = 0;
    } else if (rises) this.clock((value & eecd.DI) !== 0);
  }

  private clock(bit: boolean): void {
    if (this.clocks === 0 && !bit) return;
    if (this.clocks < COMMAND_BITS) this.command = (this.command << 1) | Number(bit);
    this.clocks++;
  }

  /** DO is pulled up but for a dummy 0 behind the address and the bits of a word. */
  private get output(): boolean {
    if (this.clocks < COMMAND_BITS || this.command >> 6 !== READ) return true;
    const bit = this.clocks - COMMAND_BITS;
    if (bit === 0) return false;
    const word = this.word((this.command & 63) + ((bit - 1) >> 4));
    return ((word >> (15 - ((bit - 1) & 15))) & 1) !== 0;
  }
}
