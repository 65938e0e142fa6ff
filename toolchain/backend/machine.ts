// Machine instructions before register allocation: IA-32 instructions whose register operands may be virtual.
import type { Condition } from '../assembler/operands.js';
import { FIRST_VIRTUAL } from './ir.js';

export const EAX = 0;
export const ECX = 1;
export const EDX = 2;
export const EBX = 3;
export const ESP = 4;
export const EBP = 5;
export const ESI = 6;
export const EDI = 7;

/** The calling convention. */
export const ARGUMENT_REGISTERS = [EAX, EDX, ECX];
export const CALLER_SAVED = [EAX, ECX, EDX];
export const CALLEE_SAVED = [EBX, ESI, EDI, EBP];
export const ALLOCATABLE = [EAX, ECX, EDX, EBX, ESI, EDI, EBP];
/** Registers without a low byte. */
export const NO_BYTE = [EBP, ESI, EDI];

/** Bases of memory operands that are fixed when the frame is laid out. */
export const NO_REGISTER = -1;
export const INCOMING_ARGUMENTS = -2;
export const SPILL_AREA = -3;
export const SLOT_AREA = -4;

export type Operand = RegisterOperand | ImmediateOperand | MemoryOperand;
export interface RegisterOperand {
  kind: 'reg';
  reg: number;
}
export interface ImmediateOperand {
  kind: 'imm';
  value: number;
  symbol?: string;
}
export interface MemoryOperand {
  kind: 'mem';
  base: number;
  index: number;
  /** log2 of the factor of the index. */
  shift: number;
  disp: number;
  symbol?: string;
}

export type Opcode =
  | 'mov'
  | 'movzx'
  | 'movsx'
  | 'lea'
  | 'add'
  | 'or'
  | 'adc'
  | 'sbb'
  | 'and'
  | 'sub'
  | 'xor'
  | 'cmp'
  | 'test'
  | 'inc'
  | 'dec'
  | 'not'
  | 'neg'
  | 'mul'
  | 'div'
  | 'idiv'
  | 'imul'
  /** EDX:EAX = EAX * a, signed. */
  | 'imul1'
  | 'imul3'
  | 'cdq'
  | 'bswap'
  | 'shl'
  | 'shr'
  | 'sar'
  | 'rol'
  | 'ror'
  | 'shld'
  | 'shrd'
  | 'bsr'
  | 'bsf'
  | 'setcc'
  | 'push'
  | 'pop'
  /** if (cc) a = b: a branch around a move, kept as one until it is emitted, since a 486 has no CMOV. */
  | 'movif'
  | 'xchg'
  | 'cmpxchg'
  | 'xadd'
  | 'call'
  | 'tailcall'
  | 'ret'
  | 'jmp'
  | 'jcc'
  | 'jmptable'
  | 'ud2'
  | 'hook'
  /** Bytes given as they are; registers by `uses` and `defs`. */
  | 'raw'
  /** The like with one operand, encoded by opcode and extension. */
  | 'rawrm';

export interface Instruction {
  op: Opcode;
  a?: Operand;
  b?: Operand;
  /** Third operand of imul3, shld and shrd; opcode extension of rawrm. */
  count?: number;
  /** Size of a narrow access or source. */
  size?: 1 | 2;
  cc?: Condition;
  lock?: boolean;
  bytes?: readonly number[];
  /** Callee, or name of a hook. */
  symbol?: string;
  targets?: MachineBlock[];
  /** Of a conditional branch: which of its targets is rarely gone to. */
  rare?: 0 | 1;
  uses?: readonly number[];
  defs?: readonly number[];
  /** The next instruction reads the flags: it must not be dropped for having an unused result. */
  setsCarry?: boolean;
  /** A volatile access: reading is an effect of its own, whether or not the value is used. */
  keep?: boolean;
  /** A copy at the border of two live ranges (separate.ts): its ends are not to be joined. */
  splits?: boolean;
  /** Kept by usesAndDefs. */
  effects?: Effects;
  position: number;
}

export interface MachineBlock {
  readonly id: number;
  instructions: Instruction[];
  successors: MachineBlock[];
  /** Nesting depth of loops. */
  depth: number;
  /** Rarely reached, or no way from here returns (cold.ts). */
  isCold?: boolean;
  /** Bytes between ESP and the return address at its start, once the frame is laid. */
  frame?: number;
}

export interface MachineFunction {
  readonly name: string;
  blocks: MachineBlock[];
  registers: number;
  /** Virtual registers that some instruction uses as bytes: EAX, ECX, EDX or EBX. */
  readonly byteRegisters: Set<number>;
  /** Bytes for arguments on the stack of calls made here. */
  outgoing: number;
  /** Bytes of areas given out by stackSlot(). */
  slots: number;
  spills: number;
}

export const reg = (r: number): RegisterOperand => ({ kind: 'reg', reg: r });
export const imm = (value: number, symbol?: string): ImmediateOperand => ({ kind: 'imm', value: value | 0, symbol });
export const mem = (base: number, disp: number, index = NO_REGISTER, shift = 0, symbol?: string): MemoryOperand => ({
  kind: 'mem',
  base,
  index,
  shift,
  disp: disp | 0,
  symbol,
});

const DEFINES_A = new Set<Opcode>(['mov', 'movzx', 'movsx', 'lea', 'bsr', 'bsf', 'setcc', 'imul3', 'pop']);
const USES_A = new Set<Opcode>([
  'cmp',
  'test',
  'div',
  'idiv',
  'mul',
  'imul1',
  'push',
  'call',
  'tailcall',
  'jmptable',
  'rawrm',
]);
const DEFINES_BOTH = new Set<Opcode>(['xchg', 'xadd']);

/** Whether the first operand, register or memory, is changed. */
export const writesA = (i: Instruction): boolean => !USES_A.has(i.op);
export const definesA = (i: Instruction): boolean => DEFINES_A.has(i.op);

/** What an instruction reads and writes, as long as it has these operands. */
interface Effects {
  readonly op: Opcode;
  readonly a?: Operand;
  readonly b?: Operand;
  readonly uses: readonly number[];
  readonly defs: readonly number[];
}

/** Registers that an instruction reads and writes, ESP apart. */
export function usesAndDefs(i: Instruction): { readonly uses: readonly number[]; readonly defs: readonly number[] } {
  const known = i.effects;
  if (known && known.a === i.a && known.b === i.b && known.op === i.op) return known;
  i.effects = effectsOf(i);
  return i.effects;
}

function note(registers: number[], r: number): void {
  if (r >= 0 && r !== ESP) registers.push(r);
}

function effectsOf(i: Instruction): Effects {
  const uses: number[] = [];
  const defs: number[] = [];
  if (i.uses) for (const r of i.uses) note(uses, r);
  if (i.defs) for (const r of i.defs) note(defs, r);
  const { op, a, b } = i;
  if (a?.kind === 'mem') {
    note(uses, a.base);
    note(uses, a.index);
  } else if (a?.kind === 'reg') {
    if (!DEFINES_A.has(op)) note(uses, a.reg);
    if (!USES_A.has(op)) note(defs, a.reg);
  }
  if (b?.kind === 'mem') {
    note(uses, b.base);
    note(uses, b.index);
  } else if (b?.kind === 'reg') {
    note(uses, b.reg);
    if (DEFINES_BOTH.has(op)) note(defs, b.reg);
  }
  return { op, a, b, uses, defs };
}

export const isVirtual = (r: number): boolean => r >= FIRST_VIRTUAL;

/** A move between two registers, the kind that coalescing removes. */
export const isCopy = (i: Instruction): i is Instruction & { a: RegisterOperand; b: RegisterOperand } =>
  i.op === 'mov' && i.a?.kind === 'reg' && i.b?.kind === 'reg' && i.size === undefined;

const READS_FLAGS = new Set<Opcode>(['jcc', 'setcc', 'movif', 'adc', 'sbb']);
const KEEPS_FLAGS = new Set<Opcode>([
  'mov',
  'movzx',
  'movsx',
  'lea',
  'push',
  'pop',
  'not',
  'jmp',
  'jmptable',
  'ret',
  'ud2',
  'cdq',
  'bswap',
  'hook',
]);
export const readsFlags = (i: Instruction): boolean => READS_FLAGS.has(i.op);
export const keepsFlags = (i: Instruction): boolean => KEEPS_FLAGS.has(i.op) || (i.op === 'xchg' && !i.lock);

/** Applies `f` to the register numbers of the operands. */
export function renameOperand(o: Operand | undefined, f: (r: number) => number): Operand | undefined {
  if (o?.kind === 'reg') return { kind: 'reg', reg: f(o.reg) };
  if (o?.kind === 'mem')
    return { ...o, base: o.base >= 0 ? f(o.base) : o.base, index: o.index >= 0 ? f(o.index) : o.index };
  return o;
}
