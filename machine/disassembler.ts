/**
 * A disassembler for traces, from the instruction table: what the decoder takes for an instruction is printed as one, in
 * Intel's syntax with the table's mnemonics.
 */
import type { InstructionRow } from './tables/instructions.js';
import { formsOf, instructions } from './tables/instructions.js';

export interface Disassembled {
  /** Bytes of the instruction, prefixes included; what is no instruction takes one. */
  readonly length: number;
  /** `mov eax, dword ptr [ebx + 4]`; `(bad)` for what raises #UD, `(too long)` beyond 15 bytes. */
  readonly text: string;
  /** Row of the table; none for what raises #UD. */
  readonly row?: InstructionRow;
}

export interface DisassembleOptions {
  /** Linear address of the first byte, for relative targets. */
  readonly address?: number;
  /** Code segment of 16 bits. */
  readonly word?: boolean;
}

const LONGEST = 15;
const registers = {
  1: ['al', 'cl', 'dl', 'bl', 'ah', 'ch', 'dh', 'bh'],
  2: ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'],
  4: ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'],
} as const;
type Size = 1 | 2 | 4;
const segments = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];
const pairs = ['bx + si', 'bx + di', 'bp + si', 'bp + di', 'si', 'di', 'bp', 'bx'];
const sizeNames: Record<number, string> = { 1: 'byte', 2: 'word', 4: 'dword', 8: 'qword' };
const segmentPrefixes: Record<number, number> = { 38: 0, 46: 1, 54: 2, 62: 3, 100: 4, 101: 5 };

/** Rows by opcode, member and register form. */
const rows = new Map<string, InstructionRow>(
  instructions.map((row) => [[row.opcode, row.group ?? '', row.rm ?? ''].join(), row]),
);
const grouped = new Set(instructions.filter(({ group }) => group !== undefined).map(({ opcode }) => opcode));

/** Names by operand size, where the manual gives two. */
const wordNames: Record<string, string> = { CWDE: 'cbw', CDQ: 'cwd', JECXZ: 'jcxz' };
const wideNames: Record<string, string> = {
  PUSHA: 'pushad',
  POPA: 'popad',
  PUSHF: 'pushfd',
  POPF: 'popfd',
  IRET: 'iretd',
};
/** Memory operands that have no size, or one of their own. */
const sizeless = /^(LEA|LGDT|LIDT|SGDT|SIDT|INVLPG|BOUND|L[DEFGS]S|FX|F[LNRS]|CMPXCHG8B)/;

/** The first instruction in `bytes`. */
export function disassemble(bytes: Uint8Array, options: DisassembleOptions = {}): Disassembled {
  return new Reader(bytes, options.address ?? 0, options.word ?? false).read();
}

class Starved extends Error {}

class Reader {
  private at = 0;
  private wordOperand: boolean;
  private wordAddress: boolean;
  private segment = -1;
  private repeat = 0;
  private lock = false;
  private modrm = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly address: number,
    private readonly word: boolean,
  ) {
    this.wordOperand = word;
    this.wordAddress = word;
  }

  read(): Disassembled {
    try {
      return this.instruction();
    } catch (error) {
      if (!(error instanceof Starved)) throw error;
      return { length: 1, text: this.at >= LONGEST ? '(too long)' : '(bad)' };
    }
  }

  private byte(): number {
    if (this.at >= this.bytes.length || this.at >= LONGEST) throw new Starved();
    return this.bytes[this.at++];
  }

  private number(size: Size): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.byte() << (8 * i);
    return value >>> 0;
  }

  private signed(size: Size): number {
    const shift = 32 - 8 * size;
    return (this.number(size) << shift) >> shift;
  }

  private instruction(): Disassembled {
    let opcode = this.byte();
    while (this.prefix(opcode)) opcode = this.byte();
    if (opcode === 0x0f) opcode = 0x100 | this.byte();
    const row = this.find(opcode);
    const memory = row !== undefined && (/^O|,O/.test(row.operands) || (this.hasModrm(row) && this.modrm < 0xc0));
    const form = row && formsOf(row)[(this.wordOperand ? 2 : 0) + (memory && !this.forced(row) ? 1 : 0)];
    if (!row || !form || (this.lock && !(memory && row.lockable))) return { length: 1, text: '(bad)' };
    const operands = this.operandsOf(row);
    const name = [this.prefixName(row), this.nameOf(row)].filter((part) => part !== '').join(' ');
    return { length: this.at, text: operands === '' ? name : `${name} ${operands}`, row };
  }

  private prefix(byte: number): boolean {
    if (byte in segmentPrefixes) this.segment = segmentPrefixes[byte];
    else if (byte === 0x66) this.wordOperand = !this.word;
    else if (byte === 0x67) this.wordAddress = !this.word;
    else if (byte === 0xf0) this.lock = true;
    else if (byte === 0xf2 || byte === 0xf3) this.repeat = byte;
    else return false;
    return true;
  }

  private hasModrm({ operands }: InstructionRow): boolean {
    return /(^|,)[EGRM]/.test(operands);
  }

  /** The mod field of control and debug register moves means nothing. */
  private forced({ operands }: InstructionRow): boolean {
    return /(^|,)R/.test(operands);
  }

  private find(opcode: number): InstructionRow | undefined {
    if (!grouped.has(opcode)) {
      const row = rows.get([opcode, '', ''].join());
      if (row && this.hasModrm(row)) this.modrm = this.byte();
      return row;
    }
    this.modrm = this.byte();
    const group = (this.modrm >> 3) & 7;
    const member = this.modrm >= 0xc0 ? rows.get([opcode, group, this.modrm & 7].join()) : undefined;
    return member ?? rows.get([opcode, group, ''].join());
  }

  private prefixName({ mnemonic }: InstructionRow): string {
    if (this.lock) return 'lock';
    if (this.repeat === 0 || !/^(MOVS|CMPS|STOS|LODS|SCAS|INS|OUTS)(B|W\/D)$/.test(mnemonic)) return '';
    if (this.repeat === 0xf2) return 'repne';
    return /^(CMPS|SCAS)/.test(mnemonic) ? 'repe' : 'rep';
  }

  private nameOf({ mnemonic, opcode }: InstructionRow): string {
    if (opcode === 0x90) return this.repeat === 0xf3 ? 'pause' : 'nop';
    const halves = mnemonic.split('W/D');
    if (halves.length === 2) return `${halves[0].toLowerCase()}${this.wordOperand ? 'w' : 'd'}`;
    const word = mnemonic === 'JECXZ' ? this.wordAddress : this.wordOperand;
    return (word ? wordNames[mnemonic] : wideNames[mnemonic]) ?? mnemonic.toLowerCase();
  }

  private operandsOf(row: InstructionRow): string {
    if (row.opcode === 0x90 || row.operands === '') return '';
    // The address comes before any immediate.
    const memory = this.hasModrm(row) && this.modrm < 0xc0 && !this.forced(row) ? this.memory() : '';
    return row.operands
      .split(',')
      .map((operand) => this.operand(row, operand, memory))
      .join(', ');
  }

  private sizeOf(letter: string): Size {
    if (letter === 'b') return 1;
    return letter === 'w' || (letter !== 'd' && this.wordOperand) ? 2 : 4;
  }

  private operand(row: InstructionRow, operand: string, memory: string): string {
    const [kind, letter = 'v'] = operand;
    const size = this.sizeOf(letter);
    const field = (this.modrm >> 3) & 7;
    switch (kind) {
      case 'E':
      case 'M':
      case 'R':
        if (memory === '') return registers[size][this.modrm & 7];
        return this.sized(row, letter === 'p' ? 0 : this.memorySize(row, size), memory);
      case 'G':
        return registers[size][field];
      case 'Z':
        return registers[size][row.opcode & 7];
      case 'A':
        return letter === 'p' ? this.far() : registers[size][0];
      case 'O':
        return this.sized(row, size, this.offset());
      case 'S':
        return segments[operand === 'Sw' ? field : (row.operation ?? 0)] ?? '(bad)';
      case 'C':
        return operand === 'CL' ? 'cl' : `cr${field}`;
      case 'D':
        return operand === 'DX' ? 'dx' : `dr${field}`;
      case 'J':
        return this.target(letter === 'b' ? 1 : size);
      case 'I':
        return this.immediate(row, letter, size);
      default:
        return operand;
    }
  }

  /** Moves to and from segment registers, and selectors, are words in memory. */
  private memorySize({ mnemonic, operands }: InstructionRow, size: Size): number {
    if (/Sw/.test(operands) || /^(SLDT|STR|SMSW)$/.test(mnemonic)) return 2;
    if (/^F(LDCW|NSTCW|NSTSW)$/.test(mnemonic)) return 2;
    return /^(LD|ST)MXCSR$/.test(mnemonic) ? 4 : size;
  }

  private sized({ mnemonic }: InstructionRow, size: number, address: string): string {
    const bare = size === 0 || (sizeless.test(mnemonic) && !/^F(LDCW|NSTCW|NSTSW)$/.test(mnemonic));
    return bare ? address : `${sizeNames[size]} ptr ${address}`;
  }

  /** A byte is extended to the size of the operand that it meets. */
  private immediate({ operands }: InstructionRow, letter: string, size: Size): string {
    if (letter === 'b') {
      const mask = /^[EAZ]b/.test(operands) ? 0xff : this.wordOperand ? 0xffff : 0xffffffff;
      return hex(this.signed(1) & mask);
    }
    return hex(this.number(letter === 'u' ? 1 : letter === 'w' ? 2 : size));
  }

  private target(size: Size): string {
    const displacement = this.signed(size);
    const target = (this.address + this.at + displacement) >>> 0;
    return hex(this.wordOperand ? target & 0xffff : target);
  }

  private far(): string {
    const offset = this.number(this.wordOperand ? 2 : 4);
    return `${hex(this.number(2))}:${hex(offset)}`;
  }

  private named(address: string): string {
    return `${this.segment < 0 ? '' : `${segments[this.segment]}:`}[${address}]`;
  }

  private offset(): string {
    return this.named(hex(this.number(this.wordAddress ? 2 : 4)));
  }

  private memory(): string {
    return this.named(this.wordAddress ? this.address16() : this.address32());
  }

  private address16(): string {
    const [mod, rm] = [this.modrm >> 6, this.modrm & 7];
    if (mod === 0 && rm === 6) return hex(this.number(2));
    return sum(pairs[rm], mod === 0 ? 0 : this.signed(mod as Size));
  }

  private address32(): string {
    const [mod, rm] = [this.modrm >> 6, this.modrm & 7];
    const sib = rm === 4 ? this.byte() : -1;
    const base = sib < 0 ? rm : sib & 7;
    const parts: string[] = [];
    const bare = mod === 0 && base === 5;
    if (!bare) parts.push(registers[4][base]);
    if (sib >= 0 && ((sib >> 3) & 7) !== 4) parts.push(`${registers[4][(sib >> 3) & 7]}*${1 << (sib >> 6)}`);
    const displacement = bare || mod === 2 ? this.signed(4) : mod === 1 ? this.signed(1) : 0;
    return parts.length === 0 ? hex(displacement >>> 0) : sum(parts.join(' + '), displacement);
  }
}

const hex = (value: number): string => (value >>> 0 < 10 ? String(value >>> 0) : `0x${(value >>> 0).toString(16)}`);

function sum(registersPart: string, displacement: number): string {
  if (displacement === 0) return registersPart;
  return displacement < 0 ? `${registersPart} - ${hex(-displacement)}` : `${registersPart} + ${hex(displacement)}`;
}
