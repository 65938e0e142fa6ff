// WebAssembly's stack code to the intermediate representation.
//
// The operand stack holds expression trees that have not been evaluated yet. A tree may stay there only while nothing
// that it reads can change, so: a store first evaluates every waiting load into a register, a call also the loads of
// globals, an assignment to a local the trees that read that local, and the start or end of a block everything. Code
// after an unconditional branch is skipped up to the matching `end` or `else`.
import { accumulatePairs } from './accumulate.js';
import { CONTROL } from './control.js';
import { decideBranches } from './decide.js';
import { forwardLoads } from './forward.js';
import {
  type Block,
  constant,
  contains,
  type Expr,
  FIRST_VIRTUAL,
  type IrFunction,
  reads,
  register,
  type Statement,
  type Terminator,
} from './ir.js';
import { OPERATORS } from './operators.js';
import { joinBlocks, simplify } from './simplify.js';
import { skipUnreachable } from './skip.js';
import { type FunctionType, Reader, WasmError, type WasmFunction, type WasmModule } from './wasm.js';

/** One value of the operand stack: one tree for 32 bits, two (low, high) for 64. */
export type Value = Expr[];

/** Names that the lowered code refers to. */
export interface Names {
  function(index: number): string;
  global(index: number): string;
  readonly table: string;
}

interface Label {
  kind: 'function' | 'block' | 'loop' | 'if' | 'else';
  /** Where a branch to this label goes: the head of a loop, else what follows the end. */
  to: Block;
  results: number[];
  height: number;
  otherwise?: Block;
}

type WithoutPosition<T> = T extends unknown ? Omit<T, 'position'> : never;

export class Lowering {
  readonly r: Reader;
  readonly stack: Value[] = [];
  private readonly locals: number[][];
  private readonly localRegisters: ReadonlySet<number>;
  private readonly blocks: Block[] = [];
  private readonly labels: Label[] = [];
  private registers = FIRST_VIRTUAL;
  private depth = 0;
  private blockCount = 0;
  private position = 0;
  private current: Block;

  constructor(
    readonly module: WasmModule,
    readonly fn: WasmFunction,
    readonly names: Names,
  ) {
    this.r = new Reader(module.bytes, fn.start);
    this.locals = fn.locals.map((type) => this.fresh(type === 'i64' ? 2 : 1));
    this.localRegisters = new Set(this.locals.flat());
    this.current = this.place(this.block());
  }

  run(): IrFunction {
    const { fn } = this;
    const arity = fn.type.params.length;
    for (const local of this.locals.slice(arity)) for (const reg of local) this.set(reg, constant(0));
    this.labels.push({ kind: 'function', to: this.current, results: [], height: 0 });
    while (this.labels.length > 0) this.instruction();
    const simple = forwardLoads(simplify(this.blocks));
    const blocks = decideBranches(simple) ? forwardLoads(joinBlocks(simple)) : simple;
    accumulatePairs(blocks);
    return {
      name: this.names.function(fn.index),
      blocks,
      registers: this.registers,
      params: this.locals.slice(0, arity).flat(),
    };
  }

  /** The symbol of a function, of the stubs' ones too. */
  functionName(index: number): string {
    return this.module.functions[index].import?.name ?? this.names.function(index);
  }

  fail(message: string): never {
    throw new WasmError(message, { cause: { function: this.fn.name, position: this.position } });
  }

  // The operand stack

  popValue(): Value {
    return this.stack.pop() as Value;
  }
  pop(): Expr {
    return this.popValue()[0];
  }
  push(...value: Expr[]): void {
    this.stack.push(value);
  }
  fresh(count: number): number[] {
    return Array.from({ length: count }, () => this.registers++);
  }
  /** The value in a register, or the constant: something that can be used twice. */
  once(e: Expr): Expr {
    if (e.kind === 'const' || e.kind === 'reg') return e;
    const [reg] = this.fresh(1);
    this.set(reg, e);
    return register(reg);
  }
  emit(s: WithoutPosition<Statement>): void {
    this.current.statements.push({ ...s, position: this.position } as Statement);
  }
  set(reg: number, value: Expr): void {
    this.emit({ kind: 'set', reg, value });
  }
  /**
   * Evaluates the waiting trees that satisfy `test` in any part. A register that is no local is never written again: it
   * stays where it is, also because a copy made in one arm of a branch would be read behind both.
   */
  settle(test: (e: Expr) => boolean): void {
    for (const value of this.stack)
      for (let i = 0; i < value.length; i++) {
        const e = value[i];
        if (e.kind === 'const' || (e.kind === 'reg' && !this.localRegisters.has(e.reg)) || !contains(e, test)) continue;
        const [reg] = this.fresh(1);
        this.set(reg, value[i]);
        value[i] = register(reg);
      }
  }
  settleLoads(): void {
    this.settle((e) => e.kind === 'load' && e.global === undefined);
  }
  settleAll(): void {
    this.settle(() => true);
  }
  /** A call of a compiled function, a stub or a helper of runtime.ts. */
  call(target: string | Expr, type: FunctionType, args: Expr[]): void {
    this.settle((e) => e.kind === 'load');
    const results = this.resultRegisters(type);
    this.emit({ kind: 'call', target, args, results });
    this.pushRegisters(results);
  }

  // Instructions

  private instruction(): void {
    this.position = this.r.at;
    const op = this.r.byte();
    const operator = OPERATORS[op];
    if (operator) return operator(this);
    const control = CONTROL[op];
    if (!control) this.fail(`WebAssembly instruction 0x${op.toString(16)} is not supported (floating point?)`);
    control(this);
  }

  private block(): Block {
    return { id: this.blockCount++, statements: [], depth: this.depth, isLoopHead: false };
  }
  private place(block: Block): Block {
    block.depth = this.depth;
    this.blocks.push(block);
    this.current = block;
    return block;
  }
  private terminate(end: WithoutPosition<Terminator>): void {
    this.current.end = { ...end, position: this.position } as Terminator;
  }
  resultRegisters(type: FunctionType): number[] {
    if (type.results.length > 1) this.fail('functions and blocks with several results are not supported');
    return type.results.flatMap((t) => this.fresh(t === 'i64' ? 2 : 1));
  }
  pushRegisters(registers: number[]): void {
    if (registers.length > 0) this.stack.push(registers.map(register));
  }
  private setResults(label: Label, value: Value | undefined): void {
    if (value) for (const [i, reg] of label.results.entries()) this.set(reg, value[i]);
  }
  private top(): Value {
    return this.stack[this.stack.length - 1];
  }

  blockType(): FunctionType {
    const start = this.r.at;
    const code = this.r.byte();
    if (code === 0x40) return { params: [], results: [] };
    if (code === 0x7f) return { params: [], results: ['i32'] };
    if (code === 0x7e) return { params: [], results: ['i64'] };
    this.r.at = start;
    const type = this.module.types[this.r.s32()];
    if (!type || type.params.length > 0) this.fail('a block with parameters or of a floating-point type');
    return type;
  }

  openBlock(kind: 'block' | 'loop' | 'if'): void {
    const condition = kind === 'if' ? this.pop() : undefined;
    this.settleAll();
    const results = this.resultRegisters(this.blockType());
    const label: Label = { kind, to: this.block(), results, height: this.stack.length };
    if (kind === 'loop') {
      this.depth++;
      label.to.isLoopHead = true;
      this.terminate({ kind: 'jump', to: label.to });
      this.place(label.to);
    }
    if (condition) {
      const yes = this.block();
      label.otherwise = this.block();
      this.terminate({ kind: 'branch', condition, yes, no: label.otherwise });
      this.place(yes);
    }
    this.labels.push(label);
  }

  openElse(): void {
    const label = this.labels[this.labels.length - 1];
    if (!this.current.end) this.leave(label);
    this.place(label.otherwise as Block);
    label.otherwise = undefined;
    label.kind = 'else';
    this.stack.length = label.height;
  }

  /** Falls out of a block: the results are on the stack. */
  private leave(label: Label): void {
    this.setResults(label, label.results.length > 0 ? this.popValue() : undefined);
    this.terminate({ kind: 'jump', to: label.to });
  }

  closeBlock(): void {
    const label = this.labels.pop() as Label;
    if (label.kind === 'function') {
      if (!this.current.end) this.terminate({ kind: 'return', values: this.returnValues() });
      return;
    }
    if (label.kind === 'loop') {
      this.depth--;
      const after = { ...label, to: this.block() };
      if (!this.current.end) this.leave(after);
      this.place(after.to);
    } else {
      if (!this.current.end) this.leave(label);
      if (label.otherwise) {
        this.place(label.otherwise);
        this.terminate({ kind: 'jump', to: label.to });
      }
      this.place(label.to);
    }
    this.stack.length = label.height;
    this.pushRegisters(label.results);
  }

  private returnValues(): Expr[] {
    return this.fn.type.results.length > 0 ? [...this.popValue()] : [];
  }

  /** Where a branch to the label `depth` levels out goes, when the results are the top of the stack. */
  private edge(depth: number): Block {
    const label = this.labels[this.labels.length - 1 - depth];
    const passes = label.kind !== 'loop' && label.results.length > 0;
    if (label.kind !== 'function' && !passes) return label.to;
    const from = this.current;
    const between = this.place(this.block());
    if (label.kind === 'function') {
      this.terminate({ kind: 'return', values: this.fn.type.results.length > 0 ? [...this.top()] : [] });
    } else {
      this.setResults(label, this.top());
      this.terminate({ kind: 'jump', to: label.to });
    }
    this.current = from;
    return between;
  }

  jump(depth: number): void {
    this.terminate({ kind: 'jump', to: this.edge(depth) });
    this.skip();
  }

  branchIf(): void {
    const depth = this.r.u32();
    const condition = this.pop();
    this.settleAll();
    const yes = this.edge(depth);
    const no = this.block();
    this.terminate({ kind: 'branch', condition, yes, no });
    this.place(no);
  }

  branchTable(): void {
    const depths = this.r.list(() => this.r.u32());
    const last = this.r.u32();
    const value = this.once(this.pop());
    this.settleAll();
    const to = depths.map((d) => this.edge(d));
    this.terminate({ kind: 'switch', value, to, other: this.edge(last) });
    this.skip();
  }

  returnNow(): void {
    this.terminate({ kind: 'return', values: this.returnValues() });
    this.skip();
  }

  trap(): void {
    this.terminate({ kind: 'trap' });
    this.skip();
  }

  getLocal(): void {
    this.stack.push(this.locals[this.r.u32()].map(register));
  }

  setLocal(keep: boolean): void {
    const local = this.locals[this.r.u32()];
    const value = this.popValue();
    // The high half must not see the new low half.
    if (local.length === 2 && reads(value[1], local[0])) value[1] = this.copy(value[1]);
    for (const [i, reg] of local.entries()) {
      this.settle((e) => e.kind === 'reg' && e.reg === reg);
      this.set(reg, value[i]);
    }
    if (keep) this.stack.push(local.map(register));
  }

  private copy(e: Expr): Expr {
    const [reg] = this.fresh(1);
    this.set(reg, e);
    return register(reg);
  }

  private skip(): void {
    skipUnreachable(this.r, () => this.blockType());
  }
}
