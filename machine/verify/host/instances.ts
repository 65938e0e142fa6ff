/**
 * Random user-mode instructions out of the instruction table, to be run by two processors and compared.
 *
 * An instance is one instruction with all it sees: registers, flags, a window of memory and a stack, all within one block
 * (program.ts lays blocks and code out). Values are boundary values half of the time. What would reach outside of
 * the block is kept inside by construction; what faults is not kept from faulting: vector, error code and EIP are
 * compared, too.
 */
import { type InstructionRow, instructions } from '../../tables/instructions.js';
import { block, local, user, type Window } from './block.js';
import { EAX, EBP, EBX, ECX, EDI, EDX, Encoding, ESI, ESP } from './encoding.js';
import { little, Random } from './random.js';
import { F, STATUS, undefinedFlags } from './undefined-flags.js';

const KEPT = STATUS | F.df;
/** Alignment check: both systems have CR0.AM set. */
const ALIGNMENT = 0x40000;
/** What POPF and IRET may change beside: NT, AC, ID. */
const POPPED = F.nt | 0x40000 | 0x200000;
/** What they may not at CPL 3: IF, IOPL. */
const REFUSED = F.if | 0x3000;
export interface Instance {
  readonly row: InstructionRow;
  /** The instruction alone, and with the code around it that a jump needs. */
  readonly bytes: readonly number[];
  readonly code: readonly number[];
  readonly registers: readonly number[];
  readonly flags: number;
  /** Window and stack, from `block.window` on. */
  readonly memory: Uint8Array;
  /** Flags that are defined afterwards. */
  readonly defined: number;
  /** Bytes of the block that may differ, with the bits that may. */
  readonly free: readonly (readonly [offset: number, bits: number])[];
  /** It loads segment registers. */
  readonly segments: boolean;
}

/** FXSAVE's area is larger than a block, and SYSCALL would be one. */
const system =
  /^(CPUID|RDTSC|RDPMC|SYSENTER|SYSCALL|SYSRET|SGDT|SIDT|SLDT|STR|SMSW|x87|FXSAVE|FXRSTOR|LDMXCSR|STMXCSR)$/;

/** The rows that user mode can be compared by; the others show the system or the model, or have no integer state. */
export const rows = instructions.filter(({ mnemonic }) => !system.test(mnemonic));

/** An instance whose block is at `base` and whose code starts at `at`; with `window`, FS is that segment. */
export function instanceOf(row: InstructionRow, seed: number, base: number, at: number, window?: Window): Instance {
  return new Draft(row, new Random(seed), base, at, window).finish();
}

const wordForms = new Set(['CWDE', 'CDQ', 'PUSHA', 'POPA', 'PUSHF', 'POPF', 'LEAVE', 'ENTER']);
const strings = /^(MOVS|CMPS|STOS|LODS|SCAS|INS|OUTS)(B|W\/D)$/;
const returns = /^(RETF?|IRET)$/;
const bitTest = /^BT[SRC]?$/;
const farLoads: Record<string, number> = { LES: 0, LDS: 3, LSS: 2, LFS: 4, LGS: 5 };

class Draft extends Encoding {
  private readonly operands: string[];
  private readonly free: [number, number][] = [];
  private readonly word: boolean;
  private before: number[] = [];
  private after: number[] = [];
  private count = -1;
  private defined = KEPT;
  private segments = false;
  private memoryForm = false;
  private rm = 0;
  private address = 0;

  constructor(
    private readonly row: InstructionRow,
    random: Random,
    base: number,
    private readonly at: number,
    private readonly window?: Window,
  ) {
    super(random, base);
    const { mnemonic, operands } = row;
    this.operands = operands.split(',');
    const sized =
      /[vz]/.test(operands) ||
      /^F(LDENV|NSTENV|RSTOR|NSAVE)$/.test(mnemonic) ||
      wordForms.has(mnemonic) ||
      mnemonic.endsWith('W/D') ||
      operands === 'S' ||
      mnemonic in farLoads;
    // A transfer of 16 bits would leave the code; BSWAP of a word is undefined.
    const never = /^J|^CALL|^RET|^IRET|^BSWAP/.test(mnemonic);
    this.word = sized && !never && random.chance(35);
  }

  finish(): Instance {
    const { row, random } = this;
    this.arrange();
    if (/(^|,)[EGMR]|Sw|Cd|Dd/.test(row.operands)) this.modrm();
    this.settle();
    for (const operand of this.operands) this.immediate(operand);
    if (this.word) this.prefixes.push(0x66);
    this.arrangePrefixes();
    const opcode = row.opcode >= 0x100 ? [0x0f, row.opcode & 0xff] : [row.opcode];
    const bytes = [...this.prefixes, ...opcode, ...this.tail];
    if (this.operands[0].startsWith('J')) bytes.push(...this.displacement(bytes.length));
    if (returns.test(row.mnemonic)) this.poke(this.registers[ESP], this.at + bytes.length + this.after.length);
    const size = this.word ? 16 : row.operands.startsWith('Eb') ? 8 : 32;
    // Whether a selector is moved to and from the stack by 16 or 32 bits is the model's choice (SDM vol. 2, PUSH).
    const checked = random.chance(8) && !(row.operands === 'S' && (this.registers[ESP] & 3) === 2);
    const flags = (random.word() & KEPT) | 2 | (checked ? ALIGNMENT : 0);
    return {
      row,
      bytes,
      code: [...this.before, ...bytes, ...this.after],
      registers: this.registers,
      flags,
      memory: this.memory,
      defined: this.defined & ~undefinedFlags(row, size, this.count),
      free: this.free,
      segments: this.segments,
    };
  }

  /** Any order; some twice; some that mean nothing, up to the longest instruction there is and beyond. */
  private arrangePrefixes(): void {
    const { random, prefixes, row } = this;
    for (let i = prefixes.length - 1; i > 0; i--) {
      const other = random.below(i + 1);
      [prefixes[i], prefixes[other]] = [prefixes[other], prefixes[i]];
    }
    // Where a transfer goes is counted in bytes already.
    if (/^(J|CALL|RET|IRET|LOOP|INT)/.test(row.mnemonic)) return;
    if (this.word && random.chance(10)) prefixes.push(0x66);
    if (random.chance(6)) prefixes.unshift(...new Array(random.below(3) + 1).fill(0x3e));
    if (random.chance(1)) {
      const length = prefixes.length + (row.opcode > 0xff ? 2 : 1) + this.tail.length;
      prefixes.unshift(...new Array(Math.max(0, 14 + random.below(3) - length)).fill(0x3e));
    }
  }

  /** What must be so before operands are chosen. */
  private arrange(): void {
    const { row, random, base } = this;
    const { mnemonic, operands } = row;
    const window = base + block.window;
    const esp = this.registers[ESP];
    if (strings.test(mnemonic)) this.arrangeString(window);
    if (mnemonic === 'ENTER') this.hold(EBP, window + 60 + random.below(40));
    if (mnemonic === 'LEAVE') this.hold(EBP, window + 140 + random.below(60));
    if (mnemonic === 'XLAT') this.arrangeTable(window + random.below(128) - (this.registers[EAX] & 0xff));
    if (/^LOOP|^JECXZ/.test(mnemonic)) {
      if (random.chance(70)) this.hold(ECX, random.of([0, 1, 2, 0x10000, 0x10001]));
      if (random.chance(20)) this.prefixes.push(0x67);
    }
    if (operands.endsWith('CL')) this.hold(ECX, this.countOf() | (random.word() & 0xffffff00));
    this.arrangeTransfer();
    // IF is set on the host and not in the guest.
    if (mnemonic === 'PUSHF') this.free.push([esp - base - (this.word ? 2 : 4) + 1, 2]);
    if (mnemonic === 'POPF') this.poppedFlags(esp);
    if (operands === 'S' && mnemonic === 'POP') {
      this.segments = true;
      this.poke(esp, this.selector(row.operation ?? 0));
    } else if (operands === 'S' && !this.word) {
      // The upper half of a pushed selector is written as zero by some processors and not at all by others.
      for (const below of [2, 1]) this.free.push([esp - base - below, 0xff]);
    }
  }

  private arrangeTable(address: number): void {
    const { random, window } = this;
    if (!window || random.chance(40)) {
      this.hold(EBX, address);
      return;
    }
    this.prefixes.push(0x64, 0x67);
    this.hold(EBX, (random.word() & 0xffff0000) | ((address - window.base) & 0xffff));
  }

  private poppedFlags(address: number): void {
    this.poke(address, this.random.word() & (KEPT | POPPED | REFUSED));
    this.defined |= POPPED;
  }

  private arrangeString(window: number): void {
    const { random } = this;
    const { mnemonic } = this.row;
    this.hold(ESI, window + 48 + random.below(20));
    this.hold(EDI, window + 48 + random.below(20));
    if (!random.chance(70)) return;
    // Whether a port is checked for no repetitions at all is not said.
    this.hold(ECX, random.below(9) + (/^INS|^OUTS/.test(mnemonic) ? 1 : 0));
    this.prefixes.push(/^CMPS|^SCAS/.test(mnemonic) && random.chance(50) ? 0xf2 : 0xf3);
    if (/^SCAS/.test(mnemonic) && random.chance(60)) this.set(EAX, this.view.getUint32(56, true));
  }

  /** Forward over a mark, or backward to a jump onward. */
  private arrangeTransfer(): void {
    const { random, base } = this;
    const { mnemonic, operands } = this.row;
    const relative = operands.startsWith('J');
    if (!relative && !returns.test(mnemonic) && !/^(CALL|JMP)$/.test(mnemonic)) return;
    if (relative && random.chance(40)) this.before = [0xeb, 2, 0xeb, 0];
    this.after = [0xc7, 5, ...little(base + block.mark), ...little(0x6d61726b)];
    const esp = this.registers[ESP];
    if (mnemonic === 'RETF' || mnemonic === 'IRET') this.poke(esp + 4, user.code);
    if (mnemonic === 'IRET') this.poppedFlags(esp + 8);
  }

  /** Of a relative jump whose bytes before it are `length`. */
  private displacement(length: number): number[] {
    const size = this.operands[0] === 'Jb' ? 1 : 4;
    if (this.before.length === 0) return little(this.after.length, size);
    this.before[3] = length + size + this.after.length;
    return little(-(length + size + 2), size);
  }

  private modrm(): void {
    const { row, random } = this;
    const bit = bitTest.test(row.mnemonic);
    this.reg = row.group ?? this.registerField();
    // Without memory these encodings are other instructions today (VEX, EVEX).
    const only = /(^|,)M/.test(row.operands);
    // The x87 has other instructions without memory there.
    const float = row.operands === 'E';
    this.memoryForm = only || float || (/(^|,)E/.test(row.operands) && random.chance(60));
    if (bit && row.operands.includes('G') && this.memoryForm) {
      if (this.reg === ESP) this.reg = EAX;
      const offset = random.below(800) - 400;
      this.hold(this.reg, this.word ? (random.word() & 0xffff0000) | (offset & 0xffff) : offset);
    }
    if (!this.memoryForm) {
      this.rm = row.rm ?? random.below(8);
      // ESP is the block's: no target, and by chance the selector of a window.
      if ((/^(CALL|JMP)$/.test(row.mnemonic) || row.opcode === 0x8e) && this.rm === ESP) this.rm = EAX;
      this.tail.push(0xc0 | (this.reg << 3) | this.rm);
    } else {
      this.address = this.base + block.window + (bit ? 60 : 16 + random.below(80));
      const near = this.window && random.chance(60);
      const other = random.chance(15) ? random.of([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x64, 0x65]) : undefined;
      const override = near ? 0x64 : other;
      const base = override === 0x64 ? (this.window ?? local.fs).base : 0;
      if (override) this.prefixes.push(override);
      if (near) this.address16(this.address - base);
      else if (row.mnemonic === 'LEA' && random.chance(30)) this.address16(random.word());
      else this.address32(this.address - base);
    }
    if (row.issue === 'system') return;
    if (row.lockable && this.memoryForm ? random.chance(25) : random.chance(2)) this.prefixes.push(0xf0);
  }

  private registerField(): number {
    const { operands } = this.row;
    if (operands.includes('Sw')) return this.random.below(6);
    if (operands.includes('Cd')) return this.random.of([0, 2, 3, 4]);
    return operands.includes('Dd') ? this.random.of([0, 1, 2, 3, 6, 7]) : this.random.below(8);
  }

  /** Values that depend on the operands chosen. */
  private settle(): void {
    const { row, random, address } = this;
    const name = row.mnemonic;
    // Last instruction and operand are kept for arithmetic alone, and not by every processor; some have no selectors.
    if (/^FN(STENV|SAVE)$/.test(name)) {
      const from = address - this.base + (this.word ? 6 : 12);
      for (let i = 0; i < (this.word ? 8 : 16); i++) this.free.push([from + i, 0xff]);
    }
    if (/^CMPXCHG/.test(name) && random.chance(50)) {
      if (this.memoryForm) this.poke(address, this.registers[EAX]);
      else this.set(EAX, this.registers[this.rm]);
      if (name === 'CMPXCHG8B') this.poke(address + 4, this.registers[EDX]);
    }
    if (/^I?DIV$/.test(name) && random.chance(70)) {
      if (row.operands === 'Eb') this.set(EAX, random.below(0x1000));
      this.set(EDX, random.chance(50) ? random.below(40) : this.registers[EAX] >> 31);
    }
    if (name === 'BOUND' && random.chance(70)) {
      this.poke(address, this.word ? 0x7fff8000 : 0x80000000);
      this.poke(address + 4, 0x7fffffff);
    }
    if (/^(ARPL|LAR|LSL|VERR|VERW)$/.test(name)) this.selectorOperand(random.of([0, 3, 0x23, 0x2b, 0x2b, 7, 0x0f]));
    // LAR leaves the bits of the limit's upper part undefined.
    if (name === 'LAR') this.free.push([(this.reg === ESP ? block.espAfter : 4 * (EDI - this.reg)) + 2, 0x0f]);
    if (row.opcode === 0x8e) {
      this.segments = true;
      this.selectorOperand(this.selector(this.reg));
    }
    if (name in farLoads) {
      this.segments = true;
      const selector = this.selector(farLoads[name]) | (random.word() & 0xffff0000);
      if (this.word) this.poke(address, (selector << 16) | (random.word() & 0xffff));
      else this.poke(address + 4, selector);
    }
    if (row.opcode === 0xff && /^(CALL|JMP)$/.test(name)) {
      const target = this.at + this.prefixes.length + 1 + this.tail.length + this.after.length;
      if (this.memoryForm) this.poke(address, target);
      else this.registers[this.rm] = target;
      if (row.operands === 'Mp') this.poke(address + 4, user.code | (random.word() & 0xffff0000));
    }
  }

  private selectorOperand(selector: number): void {
    const value = (this.random.word() & 0xffff0000) | selector;
    if (this.memoryForm) this.poke(this.address, value);
    else if (this.rm !== ESP) this.registers[this.rm] = value >>> 0;
  }

  /** A selector that both systems have, or null; DS stays writable for the code around. */
  private selector(segment: number): number {
    if (segment === 3) return user.data;
    if (segment === 0) return this.random.of([user.data, user.code]);
    return this.random.of([user.data, user.data, user.code, 0, local.gs.selector]);
  }

  private countOf(): number {
    const { random, row } = this;
    const count = random.chance(20) ? 1 : random.chance(80) ? random.below(34) : random.below(256);
    // A double shift of a word by more than 16 is undefined altogether.
    this.count = /^SH[LR]D$/.test(row.mnemonic) && this.word ? count % 17 : count;
    return this.count;
  }

  private immediate(operand: string): void {
    const { random, row } = this;
    if (operand === 'Ib') this.tail.push(random.value() & 0xff);
    if (operand === 'Iu') this.tail.push(this.unsignedByte());
    if (operand === 'Iz') this.tail.push(...little(random.value(), this.word ? 2 : 4));
    if (operand === 'Iw') this.tail.push(...little((row.mnemonic === 'ENTER' ? 1 : 4) * random.below(8), 2));
    if (operand === '1') this.count = 1;
    if (operand === 'Ob' || operand === 'Ov') this.offset(this.base + block.window + random.below(120));
    if (operand === 'Ap') this.tail.push(...little(this.at + 7 + this.after.length), ...little(user.code, 2));
  }

  private offset(address: number): void {
    const { window } = this;
    if (window) this.prefixes.push(0x64, 0x67);
    this.tail.push(...(window ? little(address - window.base, 2) : little(address)));
  }

  private unsignedByte(): number {
    const { random, row } = this;
    if (row.mnemonic === 'ENTER') return random.below(6) | (random.below(8) << 5);
    if (row.issue.startsWith('shift')) return this.countOf();
    if (row.mnemonic === 'INT') return random.of([0, 1, 2, 3, 4, 5, 8, 13, 14, 0x20, 0x7f, 0x81, 0xff]);
    return random.chance(50) ? random.of([10, 0, 1, 16, 0x80, 0xff]) : random.below(256);
  }
}
