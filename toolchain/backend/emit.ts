// Allocated machine instructions to bytes: block order, branches, jump tables.
import * as encode from '../assembler/encode.js';
import { type Assembled, Fragment } from '../assembler/fragment.js';
import * as asm from '../assembler/operands.js';
import { INVERSE } from './ir.js';
import type * as m from './machine.js';

export interface EmittedFunction {
  readonly name: string;
  readonly text: Assembled;
  /** Jump tables, if there are any. */
  readonly tables?: Assembled;
  readonly instructions: number;
  readonly spills: number;
}

const FUNCTION_ALIGNMENT = 16;

export function emitFunction(f: m.MachineFunction): EmittedFunction {
  return new Emitter(f).run();
}

class Emitter {
  private readonly text = new Fragment();
  private readonly tables = new Fragment();
  private tableCount = 0;
  private instructions = 0;
  private skips = 0;
  /** Bytes between ESP and the return address, here, and as last written down. */
  private here = 0;
  private written = -1;

  constructor(private readonly f: m.MachineFunction) {}

  run(): EmittedFunction {
    const { f, text, tables } = this;
    text.align(FUNCTION_ALIGNMENT, 0x90);
    text.label(f.name);
    for (const [index, b] of f.blocks.entries()) {
      text.label(labelOf(b));
      const next = f.blocks[index + 1];
      this.here = b.frame ?? 0;
      for (const i of b.instructions) {
        if (this.here !== this.written) text.frame(this.here);
        this.written = this.here;
        text.line(i.position);
        this.instruction(i, next);
        this.here += pushed(i);
      }
      if (endsInSharedHook(b, next, f)) this.nop();
    }
    return {
      name: f.name,
      text: text.finish(),
      tables: tables.empty ? undefined : tables.finish(),
      instructions: this.instructions,
      spills: f.spills,
    };
  }

  private instruction(i: m.Instruction, next: m.MachineBlock | undefined): void {
    const { text } = this;
    if (i.op !== 'hook') this.instructions++;
    if (i.lock) text.bytes(0xf0);
    switch (i.op) {
      case 'hook':
        return text.hook(i.symbol as string);
      case 'raw':
        return text.bytes(...(i.bytes as number[]));
      case 'rawrm':
        return encode.withModrm(
          text,
          4,
          i.bytes as number[],
          i.count as number,
          operand(i.a) as encode.RegisterOrMemory,
        );
      case 'jmp':
      case 'jcc':
        return this.branch(i, next);
      case 'jmptable':
        return this.jumpTable(i);
      case 'movif':
        return this.moveIf(i);
      case 'call':
      case 'tailcall':
        return this.call(i);
      default:
        return ordinary(text, i);
    }
  }

  private nop(): void {
    this.text.bytes(0x90);
    this.instructions++;
  }

  private branch(i: m.Instruction, next: m.MachineBlock | undefined): void {
    const [yes, no] = i.targets as m.MachineBlock[];
    if (i.op === 'jmp') {
      if (yes === next) this.instructions--;
      else this.text.branch('jmp', labelOf(yes));
      return;
    }
    const cc = i.cc as asm.Condition;
    if (yes === next) return this.text.branch(INVERSE[cc], labelOf(no));
    this.text.branch(cc, labelOf(yes));
    if (no === next) return;
    this.text.branch('jmp', labelOf(no));
    this.instructions++;
  }

  private jumpTable(i: m.Instruction): void {
    const table = `.table${this.tableCount++}`;
    this.tables.align(4, 0);
    this.tables.label(table);
    for (const target of i.targets as m.MachineBlock[]) this.tables.relocate('abs32', labelOf(target), 0);
    const at = operand(i.a) as asm.Memory;
    encode.withModrm(this.text, 4, [0xff], 4, { ...at, sym: table });
  }

  private moveIf(i: m.Instruction): void {
    const skip = `.skip${this.skips++}`;
    this.text.branch(INVERSE[i.cc as string], skip);
    encode.mov(this.text, operand(i.a) as asm.Register, operand(i.b) as asm.Register);
    this.text.label(skip);
    this.instructions++;
  }

  private call(i: m.Instruction): void {
    const { text } = this;
    const jump = i.op === 'tailcall';
    if (i.symbol === undefined)
      return encode.withModrm(text, 4, [0xff], jump ? 4 : 2, operand(i.a) as encode.RegisterOrMemory);
    text.bytes(jump ? 0xe9 : 0xe8);
    text.relocate('rel32', i.symbol, -4);
  }
}

/** By how many bytes an instruction moves ESP down. */
function pushed({ op, a, b, bytes }: m.Instruction): number {
  if (op === 'push') return 4;
  if (op === 'pop') return -4;
  if (op === 'raw' && bytes?.length === 1) return bytes[0] === PUSHFD ? 4 : bytes[0] === POPFD ? -4 : 0;
  const movesStack = a?.kind === 'reg' && a.reg === ESP && b?.kind === 'imm';
  return movesStack && (op === 'add' || op === 'sub') ? (op === 'sub' ? b.value : -b.value) : 0;
}
const [PUSHFD, POPFD, ESP] = [0x9c, 0x9d, 4];

/**
 * A hook at the end of a block that runs into the next would be a label on an instruction which other blocks reach too,
 * and so would tell of them as well.
 */
function endsInSharedHook(b: m.MachineBlock, next: m.MachineBlock | undefined, f: m.MachineFunction): boolean {
  const [last, end] = b.instructions.slice(-2);
  if (last?.op !== 'hook' || end?.op !== 'jmp' || end.targets?.[0] !== next) return false;
  return f.blocks.some((other) => other !== b && other.successors.includes(next as m.MachineBlock));
}

const labelOf = (b: m.MachineBlock): string => (b.id >= 0 ? `.${b.id}` : `.in${-b.id}`);

function operand(o: m.Operand | undefined, size: asm.Size = 4): encode.RegisterOrMemory | asm.Immediate | undefined {
  if (o === undefined) return undefined;
  if (o.kind === 'imm') return o.symbol === undefined ? o.value : asm.sym(o.symbol, o.value);
  if (o.kind === 'reg') return (size === 1 ? asm.REGISTERS_8 : size === 2 ? asm.REGISTERS_16 : asm.REGISTERS_32)[o.reg];
  return {
    kind: 'memory',
    base: o.base >= 0 ? asm.REGISTERS_32[o.base] : undefined,
    index: o.index >= 0 ? asm.REGISTERS_32[o.index] : undefined,
    scale: (1 << o.shift) as 1 | 2 | 4 | 8,
    disp: o.disp,
    sym: o.symbol,
    size,
  };
}

type Rm = encode.RegisterOrMemory;

function ordinary(t: Fragment, i: m.Instruction): void {
  const size = i.size ?? 4;
  const { op } = i;
  if (op in encode.ARITHMETIC)
    return encode.arithmetic(t, op as 'add', operand(i.a, size) as Rm, operand(i.b, size) as encode.Source);
  if (op in encode.SHIFTS) {
    const count = i.b?.kind === 'imm' ? i.b.value : asm.cl;
    return encode.shift(t, op as 'shl', operand(i.a) as Rm, count);
  }
  const a = operand(i.a, size) as asm.Register;
  const b = operand(i.b, size) as asm.Register;
  switch (op) {
    case 'mov':
      return encode.mov(t, a, b);
    case 'movzx':
    case 'movsx':
      return encode.extend(t, op, operand(i.a) as asm.Register, b);
    case 'lea':
      return encode.withModrm(t, 4, [0x8d], a.number, b);
    case 'test':
      return encode.test(t, a, b);
    case 'inc':
    case 'dec':
      return encode.increment(t, op, a);
    case 'not':
    case 'neg':
    case 'mul':
    case 'div':
    case 'idiv':
      return encode.unary(t, op, a);
    case 'imul1':
      return encode.withModrm(t, 4, [0xf7], 5, a);
    case 'imul':
      return encode.multiply(t, a, b);
    case 'imul3':
      return encode.multiply(t, a, b, i.count);
    case 'shld':
    case 'shrd':
      return encode.shiftDouble(t, op, a, b, i.count as number);
    case 'bsf':
    case 'bsr':
      return encode.withModrm(t, 4, [0x0f, op === 'bsf' ? 0xbc : 0xbd], a.number, b);
    case 'bswap':
      return t.bytes(0x0f, 0xc8 + a.number);
    case 'setcc':
      return encode.setByte(t, i.cc as asm.Condition, operand(i.a, 1) as Rm);
    case 'xchg':
    case 'cmpxchg':
    case 'xadd':
      return encode.exchange(t, op, a, b);
    case 'push':
      return encode.push(t, a);
    case 'pop':
      return encode.pop(t, a);
    case 'cdq':
    case 'ret':
    case 'ud2':
      return t.bytes(...encode.PLAIN[op]);
    default:
      throw new Error(`no encoding for '${op}'`);
  }
}
