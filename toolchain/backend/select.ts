// Instruction selection: statements and terminators to machine instructions over virtual registers, and what the parts
// of it share: operands. Loads and constants become operands where the instruction takes them. Trees are selected in
// expressions.ts, conditions in conditions.ts, 64-bit operations in pairs.ts, intrinsics in intrinsics.ts.
import type { Condition } from '../assembler/operands.js';
import { selectCondition } from './conditions.js';
import { rareTarget } from './expect.js';
import { selectExpression, ZERO_EXTENDS } from './expressions.js';
import { expandIntrinsic } from './intrinsics.js';
import {
  type AccessSize,
  type Block,
  binary,
  constant,
  type Expr,
  INVERSE,
  type IrFunction,
  isPlainConst,
  isWordLoad,
  lowBytes,
  reads,
  type Statement,
  sameTree,
  type Terminator,
} from './ir.js';
import * as m from './machine.js';
import { accumulate, selectPair } from './pairs.js';

type WithoutPosition = Omit<m.Instruction, 'position'>;

const IN_PLACE = new Set(['add', 'sub', 'and', 'or', 'xor']);
const COMMUTING = new Set(['add', 'and', 'or', 'xor']);

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

  // Building blocks for the other parts too

  fresh(): number {
    return this.out.registers++;
  }
  emit(i: WithoutPosition): void {
    this.current.instructions.push({ ...i, position: this.position, effects: undefined });
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

  /** Evaluates a tree into a register that it does not read. */
  into(e: Expr, d: number): void {
    selectExpression(this, e, d);
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
      case 'accumulate':
        return accumulate(this, s);
    }
  }

  private set(r: number, value: Expr): void {
    if (value.kind === 'reg' || !reads(value, r)) return this.into(value, r);
    if (value.kind === 'binary' && this.setInPlace(r, value)) return;
    if (value.kind === 'select' && this.chooseInPlace(r, value)) return;
    const result = this.fresh();
    this.into(value, result);
    this.move(r, m.reg(result));
  }

  /** r = r op v, as one instruction. */
  private setInPlace(r: number, { op, x, y }: Expr & { kind: 'binary' }): boolean {
    if (!IN_PLACE.has(op)) return false;
    const first = x.kind === 'reg' && x.reg === r;
    const second = COMMUTING.has(op) && y.kind === 'reg' && y.reg === r;
    if (!first && !second) return false;
    const by = first ? y : x;
    const special = isPlainConst(by) && ((op === 'and' && ZERO_EXTENDS[by.value]) || (op === 'xor' && by.value === -1));
    if (special || reads(by, r)) return false;
    this.emit({ op: op as m.Opcode, a: m.reg(r), b: this.anyOperand(by) });
    return true;
  }

  /** r = condition ? v : r */
  private chooseInPlace(r: number, { condition, x, y }: Expr & { kind: 'select' }): boolean {
    const isSame = (e: Expr) => e.kind === 'reg' && e.reg === r;
    if (isSame(x) === isSame(y)) return false;
    const chosen = this.anyOperand(isSame(y) ? x : y);
    const cc = this.condition(condition);
    this.emit({ op: 'movif', a: m.reg(r), b: chosen, cc: isSame(y) ? cc : INVERSE[cc] });
    return true;
  }

  private store(size: AccessSize, address: Expr, offset: number, value: Expr): void {
    const narrow = size === 4 ? undefined : size;
    if (this.storeInPlace(size, address, offset, value)) return;
    let source: m.Operand;
    if (value.kind === 'const') source = m.imm(size < 4 ? value.value & (256 ** size - 1) : value.value, value.symbol);
    else {
      const r = this.inRegister(size < 4 ? lowBytes(value, size) : value);
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
        return this.leave({
          op: 'jcc',
          cc: this.condition(end.condition),
          targets: [of(end.yes), of(end.no)],
          rare: rareTarget(end),
        });
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
