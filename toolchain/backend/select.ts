// Instruction selection: expression trees and statements to machine instructions over virtual registers.
//
// `into(e, d)` evaluates a tree into register d, which the tree does not read. Sub-trees are evaluated before the
// result register is written. Loads and constants become operands where the instruction takes them.
import type { Condition } from '../assembler/operands.js';
import { selectCondition } from './conditions.js';
import { expandIntrinsic } from './intrinsics.js';
import {
  type AccessSize,
  type Block,
  binary,
  constant,
  type Expr,
  type IrFunction,
  isPlainConst,
  isWordLoad,
  reads,
  type Statement,
  sameTree,
  type Terminator,
} from './ir.js';
import * as m from './machine.js';
import { selectPair } from './pairs.js';

type WithoutPosition = Omit<m.Instruction, 'position'>;

const IN_PLACE = new Set(['add', 'sub', 'and', 'or', 'xor']);
const COMMUTING = new Set(['add', 'and', 'or', 'xor']);
/** Masks that MOVZX applies. */
const ZERO_EXTENDS: Record<number, 1 | 2> = { 255: 1, 65535: 2 };

export class Selector {
  readonly out: m.MachineFunction;
  private current!: m.MachineBlock;
  private position = 0;

  constructor(readonly ir: IrFunction) {
    this.out = {
      name: ir.name,
      blocks: [],
      registers: ir.registers,
      byteRegisters: new Set(),
      outgoing: 0,
      slots: 0,
      spills: 0,
    };
  }

  run(): m.MachineFunction {
    const machineBlocks = new Map<Block, m.MachineBlock>();
    for (const b of this.ir.blocks)
      machineBlocks.set(b, { id: b.id, instructions: [], successors: [], depth: b.depth });
    const of = (b: Block) => machineBlocks.get(b) as m.MachineBlock;
    for (const [index, b] of this.ir.blocks.entries()) {
      this.current = of(b);
      this.out.blocks.push(this.current);
      if (index === 0) this.receiveArguments();
      for (const s of b.statements) {
        this.position = s.position;
        this.statement(s);
      }
      const end = b.end as Terminator;
      this.position = end.position;
      this.terminator(end, of);
    }
    return this.out;
  }

  // Building blocks for pairs.ts and intrinsics.ts too

  fresh(): number {
    return this.out.registers++;
  }
  emit(i: WithoutPosition): void {
    this.current.instructions.push({ ...i, position: this.position });
  }
  move(to: number, from: m.Operand): void {
    this.emit({ op: 'mov', a: m.reg(to), b: from });
  }
  /** The register that holds a tree's value. */
  inRegister(e: Expr): number {
    if (e.kind === 'reg') return e.reg;
    const r = this.fresh();
    this.into(e, r);
    return r;
  }
  asByte(r: number): number {
    if (m.isVirtual(r)) this.out.byteRegisters.add(r);
    return r;
  }
  registerOrMemory(e: Expr): m.Operand {
    return isWordLoad(e) ? this.address(e.address, e.offset) : m.reg(this.inRegister(e));
  }
  registerOrImmediate(e: Expr): m.Operand {
    return e.kind === 'const' ? m.imm(e.value, e.symbol) : m.reg(this.inRegister(e));
  }
  anyOperand(e: Expr): m.Operand {
    return e.kind === 'const' ? m.imm(e.value, e.symbol) : this.registerOrMemory(e);
  }

  /** A memory operand for a sum: one base, one scaled index, one symbol, one constant; the rest is added up first. */
  address(e: Expr, offset: number): m.MemoryOperand {
    const sum = { disp: offset | 0, symbol: undefined as string | undefined };
    const plain: Expr[] = [];
    const scaled: { of: Expr; shift: number }[] = [];
    const collect = (t: Expr): void => {
      if (t.kind === 'const' && (t.symbol === undefined || sum.symbol === undefined)) {
        sum.disp = (sum.disp + t.value) | 0;
        sum.symbol ??= t.symbol;
      } else if (t.kind === 'binary' && t.op === 'add') {
        collect(t.x);
        collect(t.y);
      } else if (t.kind === 'binary' && t.op === 'shl' && isPlainConst(t.y) && t.y.value <= 3) {
        const shift = t.y.value;
        if (t.x.kind === 'binary' && t.x.op === 'add' && isPlainConst(t.x.y)) {
          sum.disp = (sum.disp + (t.x.y.value << shift)) | 0;
          scaled.push({ of: t.x.x, shift });
        } else scaled.push({ of: t.x, shift });
      } else plain.push(t);
    };
    collect(e);
    const first = scaled.shift();
    let index = first ? this.inRegister(first.of) : m.NO_REGISTER;
    let base = plain.length > 0 ? this.inRegister(plain.shift() as Expr) : m.NO_REGISTER;
    if (plain.length > 0 && index < 0) index = this.inRegister(plain.shift() as Expr);
    const rest = [...plain, ...scaled.map((s) => binary('shl', s.of, constant(s.shift)))];
    if (rest.length > 0) {
      const total = this.fresh();
      if (base >= 0) this.move(total, m.reg(base));
      else this.into(rest.shift() as Expr, total);
      for (const part of rest) this.emit({ op: 'add', a: m.reg(total), b: this.anyOperand(part) });
      base = total;
    }
    return m.mem(base, sum.disp, index, first && index >= 0 ? first.shift : 0, sum.symbol);
  }

  into(e: Expr, d: number): void {
    switch (e.kind) {
      case 'const':
        return this.move(d, m.imm(e.value, e.symbol));
      case 'reg':
        return this.move(d, m.reg(e.reg));
      case 'load': {
        const from = this.address(e.address, e.offset);
        if (e.size === 4) return this.move(d, from);
        return this.emit({ op: e.signed ? 'movsx' : 'movzx', a: m.reg(d), b: from, size: e.size });
      }
      case 'compare':
        return this.setByCondition(this.condition(e), d);
      case 'select':
        return this.select(e, d);
      case 'unary':
        return this.unary(e, d);
      case 'binary':
        return this.binary(e, d);
    }
  }

  setByCondition(cc: Condition, d: number): void {
    const byte = this.asByte(this.fresh());
    this.emit({ op: 'setcc', a: m.reg(byte), cc });
    this.emit({ op: 'movzx', a: m.reg(d), b: m.reg(byte), size: 1 });
  }

  private select(e: Expr & { kind: 'select' }, d: number): void {
    const chosen = this.anyOperand(e.x);
    const result = this.fresh();
    this.into(e.y, result);
    const cc = this.condition(e.condition);
    this.emit({ op: 'movif', a: m.reg(result), b: chosen, cc });
    this.move(d, m.reg(result));
  }

  private unary(e: Expr & { kind: 'unary' }, d: number): void {
    if (e.op === 'popcnt') {
      this.call('__popcnt32', [e.x], [d]);
    } else if (e.op === 'clz' || e.op === 'ctz') {
      // BSR and BSF leave the result undefined for 0, and set ZF. 63 ^ 31 is 32.
      const found = this.fresh();
      this.emit({ op: e.op === 'clz' ? 'bsr' : 'bsf', a: m.reg(found), b: this.registerOrMemory(e.x) });
      this.emit({ op: 'movif', a: m.reg(found), b: m.imm(e.op === 'clz' ? 63 : 32), cc: 'e' });
      if (e.op === 'clz') this.emit({ op: 'xor', a: m.reg(found), b: m.imm(31) });
      this.move(d, m.reg(found));
    } else {
      const x = this.inRegister(e.x);
      if (e.op === 'ext8') this.asByte(x);
      this.emit({ op: 'movsx', a: m.reg(d), b: m.reg(x), size: e.op === 'ext8' ? 1 : 2 });
    }
  }

  private binary(e: Expr & { kind: 'binary' }, d: number): void {
    const { op, x, y } = e;
    switch (op) {
      case 'add':
        return this.add(e, d);
      case 'shl':
      case 'shr':
      case 'sar':
      case 'rol':
      case 'ror':
        return this.shift(op, x, y, d);
      case 'mul':
        return this.multiply(x, y, d);
      case 'divs':
      case 'divu':
      case 'rems':
      case 'remu':
        return this.divide(op, x, y, d);
    }
    if (op === 'and' && isPlainConst(y) && ZERO_EXTENDS[y.value]) {
      const r = this.inRegister(x);
      if (y.value === 255) this.asByte(r);
      return this.emit({ op: 'movzx', a: m.reg(d), b: m.reg(r), size: ZERO_EXTENDS[y.value] });
    }
    if (op === 'xor' && isPlainConst(y) && y.value === -1) {
      this.into(x, d);
      return this.emit({ op: 'not', a: m.reg(d) });
    }
    if (op === 'sub' && isPlainConst(x)) {
      // 31 - clz(x), for x = 0: -1.
      if (x.value === 31 && y.kind === 'unary' && y.op === 'clz') {
        this.emit({ op: 'bsr', a: m.reg(d), b: this.registerOrMemory(y.x) });
        return this.emit({ op: 'movif', a: m.reg(d), b: m.imm(-1), cc: 'e' });
      }
      this.into(y, d);
      this.emit({ op: 'neg', a: m.reg(d) });
      if (x.value !== 0) this.emit({ op: 'add', a: m.reg(d), b: m.imm(x.value) });
      return;
    }
    this.combine(op, x, y, d);
  }

  /** Two-operand forms. */
  private combine(op: m.Opcode, x: Expr, y: Expr, d: number): void {
    if (op !== 'sub' && isWordLoad(x) && !isWordLoad(y) && y.kind !== 'const') {
      this.move(d, m.reg(this.inRegister(y)));
      return this.emit({ op, a: m.reg(d), b: this.registerOrMemory(x) });
    }
    if (y.kind === 'const') {
      this.into(x, d);
      return this.emit({ op, a: m.reg(d), b: m.imm(y.value, y.symbol) });
    }
    const result = this.fresh();
    this.into(x, result);
    this.emit({ op, a: m.reg(result), b: this.anyOperand(y) });
    this.move(d, m.reg(result));
  }

  private add(e: Expr & { kind: 'binary' }, d: number): void {
    if (isWordLoad(e.x) || isWordLoad(e.y)) return this.combine('add', e.x, e.y, d);
    const at = this.address(e, 0);
    if (at.base < 0 && at.index >= 0 && at.shift === 0) {
      at.base = at.index;
      at.index = m.NO_REGISTER;
    }
    if (at.base >= 0 && at.index < 0) {
      this.move(d, m.reg(at.base));
      if (at.disp !== 0 || at.symbol !== undefined) this.emit({ op: 'add', a: m.reg(d), b: m.imm(at.disp, at.symbol) });
    } else if (at.base >= 0 && at.shift === 0 && at.disp === 0 && at.symbol === undefined) {
      this.move(d, m.reg(at.base));
      this.emit({ op: 'add', a: m.reg(d), b: m.reg(at.index) });
    } else if (at.base < 0 && at.index < 0) this.move(d, m.imm(at.disp, at.symbol));
    else this.emit({ op: 'lea', a: m.reg(d), b: at });
  }

  private shift(op: 'shl' | 'shr' | 'sar' | 'rol' | 'ror', x: Expr, y: Expr, d: number): void {
    if (isPlainConst(y)) {
      this.into(x, d);
      this.emit({ op, a: m.reg(d), b: m.imm(y.value & 31) });
      return;
    }
    const count = this.inRegister(y);
    const result = this.fresh();
    this.into(x, result);
    this.move(m.ECX, m.reg(count));
    this.emit({ op, a: m.reg(result), b: m.reg(m.ECX) });
    this.move(d, m.reg(result));
  }

  private multiply(x: Expr, y: Expr, d: number): void {
    if (isPlainConst(y)) {
      const shift = { 3: 1, 5: 2, 9: 3 }[y.value];
      if (shift === undefined) this.emit({ op: 'imul3', a: m.reg(d), b: this.registerOrMemory(x), count: y.value });
      else {
        const r = this.inRegister(x);
        this.emit({ op: 'lea', a: m.reg(d), b: m.mem(r, 0, r, shift) });
      }
      return;
    }
    const result = this.fresh();
    const factor = this.registerOrMemory(y);
    this.into(x, result);
    this.emit({ op: 'imul', a: m.reg(result), b: factor });
    this.move(d, m.reg(result));
  }

  private divide(op: 'divs' | 'divu' | 'rems' | 'remu', x: Expr, y: Expr, d: number): void {
    const divisor = this.inRegister(y);
    const dividend = this.inRegister(x);
    const signed = op === 'divs' || op === 'rems';
    this.move(m.EAX, m.reg(dividend));
    if (signed) this.emit({ op: 'cdq', uses: [m.EAX], defs: [m.EDX] });
    else this.move(m.EDX, m.imm(0));
    const both = [m.EAX, m.EDX];
    this.emit({ op: signed ? 'idiv' : 'div', a: m.reg(divisor), uses: both, defs: both });
    this.move(d, m.reg(op === 'divs' || op === 'divu' ? m.EAX : m.EDX));
  }

  /** Emits what sets the flags, and gives the condition under which `e` is not zero. */
  condition(e: Expr): Condition {
    return selectCondition(this, e);
  }

  // Statements

  private statement(s: Statement): void {
    switch (s.kind) {
      case 'set':
        return this.set(s.reg, s.value);
      case 'store':
        return this.store(s.size, s.address, s.offset, s.value);
      case 'call':
        return this.call(s.target, s.args, s.results);
      case 'intrinsic':
        return expandIntrinsic(this, s.name, s.args, s.results);
      case 'hook':
        return this.emit({ op: 'hook', symbol: s.name });
      case 'pair':
        return selectPair(this, s);
    }
  }

  private set(r: number, value: Expr): void {
    if (value.kind === 'reg' || !reads(value, r)) return this.into(value, r);
    if (value.kind === 'binary' && IN_PLACE.has(value.op) && value.x.kind === 'reg' && value.x.reg === r) {
      const { op, y } = value;
      const special = isPlainConst(y) && ((op === 'and' && ZERO_EXTENDS[y.value]) || (op === 'xor' && y.value === -1));
      if (!reads(y, r) && !special) return this.emit({ op: op as m.Opcode, a: m.reg(r), b: this.anyOperand(y) });
    }
    const result = this.fresh();
    this.into(value, result);
    this.move(r, m.reg(result));
  }

  private store(size: AccessSize, address: Expr, offset: number, value: Expr): void {
    const narrow = size === 4 ? undefined : size;
    if (this.storeInPlace(size, address, offset, value)) return;
    let source: m.Operand;
    const mask = 256 ** size - 1;
    if (value.kind === 'const') source = m.imm(size < 4 ? value.value & mask : value.value, value.symbol);
    else {
      let v: Expr = value;
      while (size < 4 && v.kind === 'binary' && v.op === 'and' && isPlainConst(v.y) && (v.y.value & mask) === mask)
        v = v.x;
      const r = this.inRegister(v);
      source = m.reg(size === 1 ? this.asByte(r) : r);
    }
    this.emit({ op: 'mov', a: this.address(address, offset), b: source, size: narrow });
  }

  /** [a] = [a] op v as one instruction. */
  private storeInPlace(size: AccessSize, address: Expr, offset: number, value: Expr): boolean {
    if (value.kind !== 'binary' || !IN_PLACE.has(value.op)) return false;
    const same = (e: Expr) =>
      e.kind === 'load' && e.size === size && e.offset === offset && sameTree(e.address, address);
    const { x, y } = value;
    const [by, fits] = same(x) ? [y, true] : COMMUTING.has(value.op) && same(y) ? [x, true] : [y, false];
    if (!fits || by.kind === 'load' || (size < 4 && !isPlainConst(by))) return false;
    const source = this.registerOrImmediate(by);
    const narrow = size === 4 ? undefined : size;
    if (narrow !== undefined && source.kind === 'imm') source.value &= 256 ** narrow - 1;
    this.emit({ op: value.op as m.Opcode, a: this.address(address, offset), b: source, size: narrow });
    return true;
  }

  call(target: string | Expr, args: Expr[], results: number[]): void {
    const callee =
      typeof target === 'string'
        ? undefined
        : isWordLoad(target)
          ? this.address(target.address, target.offset)
          : m.reg(this.inRegister(target));
    const sources = args.map((a) => this.registerOrImmediate(a));
    const onStack = sources.slice(m.ARGUMENT_REGISTERS.length);
    for (const [i, source] of onStack.entries()) this.emit({ op: 'mov', a: m.mem(m.ESP, i * 4), b: source });
    this.out.outgoing = Math.max(this.out.outgoing, onStack.length * 4);
    const uses = m.ARGUMENT_REGISTERS.slice(0, args.length);
    for (const [i, r] of uses.entries()) this.move(r, sources[i]);
    const symbol = typeof target === 'string' ? target : undefined;
    this.emit({ op: 'call', symbol, a: callee, uses, defs: m.CALLER_SAVED });
    if (results.length > 0) this.move(results[0], m.reg(m.EAX));
    if (results.length > 1) this.move(results[1], m.reg(m.EDX));
  }

  // Control flow

  private receiveArguments(): void {
    for (const [i, r] of this.ir.params.entries()) {
      const inRegister = i < m.ARGUMENT_REGISTERS.length;
      this.move(r, inRegister ? m.reg(m.ARGUMENT_REGISTERS[i]) : m.mem(m.INCOMING_ARGUMENTS, (i - 3) * 4));
    }
  }

  private terminator(end: Terminator, of: (b: Block) => m.MachineBlock): void {
    switch (end.kind) {
      case 'jump':
        return this.leave({ op: 'jmp', targets: [of(end.to)] });
      case 'branch':
        return this.leave({ op: 'jcc', cc: this.condition(end.condition), targets: [of(end.yes), of(end.no)] });
      case 'switch': {
        const value = this.inRegister(end.value);
        this.emit({ op: 'cmp', a: m.reg(value), b: m.imm(end.to.length) });
        const inRange: m.MachineBlock = {
          id: -1 - this.current.id,
          instructions: [],
          successors: [],
          depth: this.current.depth,
        };
        this.leave({ op: 'jcc', cc: 'ae', targets: [of(end.other), inRange] });
        this.current = inRange;
        this.out.blocks.push(inRange);
        this.leave({ op: 'jmptable', a: m.mem(m.NO_REGISTER, 0, value, 2), targets: end.to.map(of) });
        return;
      }
      case 'return': {
        const values = end.values.map((v) => this.registerOrImmediate(v));
        const uses = [m.EAX, m.EDX].slice(0, values.length);
        for (const [i, r] of uses.entries()) this.move(r, values[i]);
        return this.emit({ op: 'ret', uses });
      }
      case 'trap':
        return this.emit({ op: 'ud2' });
    }
  }

  private leave(i: WithoutPosition): void {
    this.emit(i);
    this.current.successors = [...new Set(i.targets)];
  }
}
