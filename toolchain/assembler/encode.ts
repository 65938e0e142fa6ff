// The encoder: one instruction to bytes, in the shortest form that the operands allow. Sections and opcodes are those
// of the Intel SDM, volume 2. It knows 32-bit code with 32-bit addresses; a 16-bit operand takes the prefix 66h.
import type { Fragment } from './fragment.js';
import { immediate, inRange, modrm, prefixes, type RegisterOrMemory, signed8, sized, withModrm } from './modrm.js';
import { ARITHMETIC, BIT_TESTS, SHIFTS, UNARY } from './opcodes.js';
import {
  AssemblerError,
  CONDITIONS,
  type Condition,
  type ControlRegister,
  type Immediate,
  type Memory,
  type Register,
  type SegmentRegister,
  type Size,
} from './operands.js';

export { immediate, type RegisterOrMemory, withModrm } from './modrm.js';
export * from './opcodes.js';
export type Source = RegisterOrMemory | Immediate;

const wide = (opcode: number, size: Size): number => opcode + (size === 1 ? 0 : 1);

function sameSize(mnemonic: string, a: RegisterOrMemory, b: Source): Size {
  if (typeof b === 'number' || b.kind === 'symbol') return a.size;
  if (a.kind === 'register' && b.kind === 'register' && a.size !== b.size)
    throw new AssemblerError(`${mnemonic} ${a.name}, ${b.name}: the sizes differ`);
  if (a.kind === 'memory' && b.kind === 'memory') throw new AssemblerError(`${mnemonic}: two memory operands`);
  return a.kind === 'register' ? a.size : b.size;
}

export function arithmetic(f: Fragment, op: keyof typeof ARITHMETIC, a: RegisterOrMemory, b: Source): void {
  const n = ARITHMETIC[op];
  const size = sameSize(op, a, b);
  if (typeof b === 'number' || b.kind === 'symbol') {
    if (typeof b === 'number') inRange(b, size);
    const small = typeof b === 'number' && signed8(size === 4 ? b | 0 : b);
    if (size === 1) {
      if (a.kind === 'register' && a.number === 0) f.bytes((n << 3) | 4);
      else withModrm(f, size, [0x80], n, a);
      immediate(f, b, 1);
    } else if (small) {
      withModrm(f, size, [0x83], n, a);
      f.bytes(b as number);
    } else {
      if (a.kind === 'register' && a.number === 0) {
        prefixes(f, size);
        f.bytes((n << 3) | 5);
      } else withModrm(f, size, [0x81], n, a);
      immediate(f, b, size);
    }
  } else if (b.kind === 'memory') withModrm(f, size, [wide((n << 3) | 2, size)], (a as Register).number, b);
  else withModrm(f, size, [wide(n << 3, size)], b.number, a);
}

export function test(f: Fragment, a: RegisterOrMemory, b: Register | Immediate): void {
  const size = sameSize('test', a, b);
  if (typeof b === 'number' || b.kind === 'symbol') {
    if (a.kind === 'register' && a.number === 0) {
      prefixes(f, size);
      f.bytes(wide(0xa8, size));
    } else withModrm(f, size, [wide(0xf6, size)], 0, a);
    immediate(f, b, size);
  } else withModrm(f, size, [wide(0x84, size)], b.number, a);
}

export type MoveOperand = RegisterOrMemory | SegmentRegister | ControlRegister;

export function mov(f: Fragment, a: MoveOperand, b: MoveOperand | Immediate): void {
  if (a.kind === 'segment') return moveSegment(f, 0x8e, a, b as MoveOperand);
  if (typeof b !== 'number' && b.kind === 'segment') return moveSegment(f, 0x8c, b, a);
  if (a.kind === 'control') return moveSpecial(f, 2, a, b as MoveOperand);
  if (typeof b !== 'number' && b.kind === 'control') return moveSpecial(f, 0, b, a);
  const size = sameSize('mov', a, b);
  if (typeof b === 'number' || b.kind === 'symbol') {
    if (a.kind === 'register') {
      prefixes(f, size);
      f.bytes((size === 1 ? 0xb0 : 0xb8) + a.number);
    } else withModrm(f, size, [wide(0xc6, size)], 0, a);
    immediate(f, b, size);
  } else if (isOffset(b) && (a as Register).number === 0) moffs(f, wide(0xa0, size), size, b as Memory);
  else if (isOffset(a) && (b as Register).number === 0) moffs(f, wide(0xa2, size), size, a as Memory);
  else if (b.kind === 'memory') withModrm(f, size, [wide(0x8a, size)], (a as Register).number, b);
  else withModrm(f, size, [wide(0x88, size)], b.number, a);
}

const isOffset = (o: RegisterOrMemory): boolean => o.kind === 'memory' && !o.base && !o.index;

function moffs(f: Fragment, opcode: number, size: Size, m: Memory): void {
  prefixes(f, size, m);
  f.bytes(opcode);
  if (m.sym === undefined) f.dword(m.disp | 0);
  else f.relocate('abs32', m.sym, m.disp);
}

function moveSegment(f: Fragment, opcode: number, segment: SegmentRegister, other: MoveOperand): void {
  if (opcode === 0x8e && segment.number === 1) throw new AssemblerError('mov cannot load cs');
  if (other.kind !== 'register' && other.kind !== 'memory')
    throw new AssemblerError(`mov ${segment.name}: the other operand must be a register or memory`);
  if (other.kind === 'register') sized(`mov ${segment.name}`, other, 2, 4);
  withModrm(f, 4, [opcode], segment.number, other);
}

function moveSpecial(f: Fragment, direction: 0 | 2, special: ControlRegister, other: MoveOperand): void {
  if (other.kind !== 'register' || other.size !== 4)
    throw new AssemblerError(`mov ${special.name}: the other operand must be a 32-bit register`);
  f.bytes(0x0f, special.opcode + direction, 0xc0 | (special.number << 3) | other.number);
}

/** The processor looks at five bits of a count. */
function inShiftRange(op: string, count: number): void {
  if (!Number.isInteger(count) || count < 0 || count > 31)
    throw new AssemblerError(`${op}: a count is from 0 to 31, or cl; not ${count}`);
}

export function shift(f: Fragment, op: keyof typeof SHIFTS, a: RegisterOrMemory, count: number | Register): void {
  const n = SHIFTS[op];
  if (typeof count === 'number') inShiftRange(op, count);
  if (typeof count !== 'number') {
    if (count.size !== 1 || count.number !== 1) throw new AssemblerError(`${op}: the count is a number or cl`);
    withModrm(f, a.size, [wide(0xd2, a.size)], n, a);
  } else if (count === 1) withModrm(f, a.size, [wide(0xd0, a.size)], n, a);
  else {
    withModrm(f, a.size, [wide(0xc0, a.size)], n, a);
    immediate(f, count, 1);
  }
}

export function shiftDouble(
  f: Fragment,
  op: 'shld' | 'shrd',
  a: RegisterOrMemory,
  b: Register,
  count: number | Register,
) {
  const opcode = op === 'shld' ? 0xa4 : 0xac;
  const byCl = typeof count !== 'number';
  sized(op, b, 2, 4);
  if (a.kind === 'register') sameSize(op, a, b);
  if (byCl) {
    if (count.size !== 1 || count.number !== 1) throw new AssemblerError(`${op}: the count is a number or cl`);
  } else inShiftRange(op, count);
  withModrm(f, b.size, [0x0f, opcode + (byCl ? 1 : 0)], b.number, a);
  if (!byCl) immediate(f, count as number, 1);
}

export function unary(f: Fragment, op: keyof typeof UNARY, a: RegisterOrMemory): void {
  withModrm(f, a.size, [wide(0xf6, a.size)], UNARY[op], a);
}

export function increment(f: Fragment, op: 'inc' | 'dec', a: RegisterOrMemory): void {
  const n = op === 'inc' ? 0 : 1;
  if (a.kind === 'register' && a.size !== 1) {
    prefixes(f, a.size);
    f.bytes(0x40 + n * 8 + a.number);
  } else withModrm(f, a.size, [wide(0xfe, a.size)], n, a);
}

/** IMUL with two or three operands: dst = a * immediate, or dst *= a. */
export function multiply(f: Fragment, dst: Register, a: RegisterOrMemory, factor?: number): void {
  sized('imul', dst, 2, 4);
  if (a.kind === 'register') sameSize('imul', dst, a);
  if (factor !== undefined) inRange(factor, dst.size);
  if (factor === undefined) return withModrm(f, dst.size, [0x0f, 0xaf], dst.number, a);
  const small = signed8(factor | 0);
  withModrm(f, dst.size, [small ? 0x6b : 0x69], dst.number, a);
  immediate(f, small ? factor | 0 : factor, small ? 1 : dst.size);
}

/** MOVZX and MOVSX: the source's size is that of its register, or of its memory operand (mem8, mem16). */
export function extend(f: Fragment, op: 'movzx' | 'movsx', dst: Register, src: RegisterOrMemory): void {
  if (src.size === 4) throw new AssemblerError(`${op}: the source has 8 or 16 bits (al, mem8(...), mem16(...))`);
  if (dst.size <= src.size) throw new AssemblerError(`${op}: ${dst.name} is no larger than the source`);
  prefixes(f, dst.size, src);
  f.bytes(0x0f, (op === 'movzx' ? 0xb6 : 0xbe) + (src.size === 2 ? 1 : 0));
  modrm(f, dst.number, src);
}

export function bitTest(f: Fragment, op: keyof typeof BIT_TESTS, a: RegisterOrMemory, bit: number | Register): void {
  const n = BIT_TESTS[op];
  sized(op, a, 2, 4);
  if (typeof bit === 'number' && (!Number.isInteger(bit) || bit < 0 || bit > 8 * a.size - 1))
    throw new AssemblerError(`${op}: bit ${bit} of ${8 * a.size}: 0 to ${8 * a.size - 1}`);
  if (typeof bit !== 'number') sized(op, bit, 2, 4);
  if (typeof bit === 'number') {
    withModrm(f, a.size, [0x0f, 0xba], n, a);
    immediate(f, bit, 1);
  } else withModrm(f, bit.size, [0x0f, 0x83 + (n << 3)], bit.number, a);
}

/** CALL and JMP through a register or memory: group 5. */
export function indirect(f: Fragment, op: 'call' | 'jmp', a: RegisterOrMemory): void {
  sized(op, a, 4);
  withModrm(f, 4, [0xff], op === 'call' ? 2 : 4, a);
}

/** BSF and BSR. */
export function scan(f: Fragment, op: 'bsf' | 'bsr', dst: Register, src: RegisterOrMemory): void {
  sized(op, dst, 2, 4);
  if (src.kind === 'register') sameSize(op, dst, src);
  withModrm(f, dst.size, [0x0f, op === 'bsf' ? 0xbc : 0xbd], dst.number, src);
}

export function byteSwap(f: Fragment, a: Register): void {
  sized('bswap', a, 4);
  f.bytes(0x0f, 0xc8 + a.number);
}

export function loadAddress(f: Fragment, dst: Register, src: Memory): void {
  sized('lea', dst, 2, 4);
  withModrm(f, dst.size, [0x8d], dst.number, src);
}

export function setByte(f: Fragment, condition: Condition, a: RegisterOrMemory): void {
  if (a.kind === 'register' && a.size !== 1) throw new AssemblerError(`set${condition}: ${a.name} has not 8 bits`);
  withModrm(f, 1, [0x0f, 0x90 + CONDITIONS[condition]], 0, a);
}

const PUSH_SEGMENT = [[0x06], [0x0e], [0x16], [0x1e], [0x0f, 0xa0], [0x0f, 0xa8]];

export function push(f: Fragment, a: RegisterOrMemory | SegmentRegister | Immediate): void {
  if (typeof a === 'number') inRange(a, 4);
  else if (a.kind === 'register' || a.kind === 'memory') sized('push', a, 2, 4);
  if (typeof a === 'number' && signed8(a | 0)) f.bytes(0x6a, a);
  else if (typeof a === 'number' || a.kind === 'symbol') {
    f.bytes(0x68);
    immediate(f, a, 4);
  } else if (a.kind === 'segment') f.bytes(...PUSH_SEGMENT[a.number]);
  else if (a.kind === 'register') {
    prefixes(f, a.size);
    f.bytes(0x50 + a.number);
  } else withModrm(f, a.size, [0xff], 6, a);
}

export function pop(f: Fragment, a: RegisterOrMemory | SegmentRegister): void {
  if (a.kind !== 'segment') sized('pop', a, 2, 4);
  if (a.kind === 'segment') {
    if (a.number === 1) throw new AssemblerError('pop cannot load cs');
    const opcode = PUSH_SEGMENT[a.number];
    f.bytes(...opcode.slice(0, -1), opcode[opcode.length - 1] + 1);
  } else if (a.kind === 'register') {
    prefixes(f, a.size);
    f.bytes(0x58 + a.number);
  } else withModrm(f, a.size, [0x8f], 0, a);
}

/** XCHG, CMPXCHG, XADD: register and memory (or register). */
export function exchange(f: Fragment, op: 'xchg' | 'cmpxchg' | 'xadd', a: RegisterOrMemory, b: Register): void {
  const size = sameSize(op, a, b);
  const opcode = { xchg: [wide(0x86, size)], cmpxchg: [0x0f, wide(0xb0, size)], xadd: [0x0f, wide(0xc0, size)] }[op];
  withModrm(f, size, opcode, b.number, a);
}

/** IN and OUT: the port is a number up to 255 or dx; the register is al, ax or eax. */
export function portIo(f: Fragment, op: 'in' | 'out', data: Register, port: number | Register): void {
  if (data.number !== 0) throw new AssemblerError(`${op}: the data register is al, ax or eax, not ${data.name}`);
  prefixes(f, data.size);
  const direction = op === 'in' ? 0 : 2;
  if (typeof port === 'number') {
    f.bytes(wide(0xe4 + direction, data.size));
    immediate(f, port, 1);
  } else {
    if (port.size !== 2 || port.number !== 2) throw new AssemblerError(`${op}: the port is a number or dx`);
    f.bytes(wide(0xec + direction, data.size));
  }
}

/** Far jump or call to selector:offset. */
export function far(f: Fragment, op: 'jmp' | 'call', selector: number, offset: Immediate): void {
  f.bytes(op === 'jmp' ? 0xea : 0x9a);
  immediate(f, offset, 4);
  immediate(f, selector, 2);
}
