// Folds addresses: a register that is set once, to a sum that a memory operand can express, and only ever used to
// access memory while that sum holds, gives way to the sum. One instruction less, and one register.
import {
  type Block,
  binary,
  contains,
  type Expr,
  expressions,
  isPlainConst,
  mapChildren,
  reads,
  type Statement,
  successors,
  type Terminator,
} from './ir.js';

type Sums = ReadonlyMap<number, Expr>;

export function foldAddresses(blocks: Block[]): Block[] {
  const { uses, definitions } = count(blocks);
  const folded = new Map<number, number>();
  const candidates: Sums = new Map(
    [...definitions].flatMap(([reg, all]) => (all.length === 1 && isSum(all[0], reg) ? [[reg, all[0] as Expr]] : [])),
  );
  if (candidates.size === 0) return blocks;
  visit(blocks, candidates, (reg) => folded.set(reg, (folded.get(reg) ?? 0) + 1), false);
  const all = new Map([...candidates].filter(([reg]) => folded.get(reg) === uses.get(reg)));
  if (all.size > 0) visit(blocks, all, () => undefined, true);
  return blocks;
}

function count(blocks: Block[]): { uses: Map<number, number>; definitions: Map<number, (Expr | undefined)[]> } {
  const uses = new Map<number, number>();
  const definitions = new Map<number, (Expr | undefined)[]>();
  const define = (reg: number, value?: Expr) => definitions.set(reg, [...(definitions.get(reg) ?? []), value]);
  for (const b of blocks)
    for (const s of [...b.statements, b.end as Terminator]) {
      for (const e of expressions(s))
        contains(e, (x) => {
          if (x.kind === 'reg') uses.set(x.reg, (uses.get(x.reg) ?? 0) + 1);
          return false;
        });
      if (s.kind === 'set') define(s.reg, s.value);
      else for (const reg of written(s)) define(reg);
    }
  return { uses, definitions };
}

function written(s: Statement | Terminator): readonly number[] {
  if (s.kind === 'set') return [s.reg];
  if (s.kind === 'pair') return [s.lo, s.hi];
  return 'results' in s ? s.results : [];
}

/** One register, scaled or not, and a constant. */
function isSum(e: Expr | undefined, reg: number): boolean {
  if (!e || reads(e, reg)) return false;
  const isScaled = (x: Expr): boolean =>
    x.kind === 'reg' ||
    (x.kind === 'binary' && x.op === 'shl' && x.x.kind === 'reg' && isPlainConst(x.y) && x.y.value <= 3);
  return e.kind === 'binary' && (isScaled(e) || (e.op === 'add' && e.y.kind === 'const' && isScaled(e.x)));
}

function visit(blocks: Block[], candidates: Sums, seen: (reg: number) => void, replace: boolean): void {
  const predecessors = new Map<Block, Set<Block>>();
  for (const b of blocks)
    for (const s of successors(b)) predecessors.set(s, (predecessors.get(s) ?? new Set()).add(b));
  const atEnd = new Map<Block, Sums>();
  for (const [index, b] of blocks.entries()) {
    const before = [...(predecessors.get(b) ?? [])];
    const known = new Map(index > 0 && before.length === 1 ? atEnd.get(before[0]) : undefined);
    const fold = (address: Expr): Expr => {
      const [base, rest] =
        address.kind === 'binary' && address.op === 'add' && isPlainConst(address.y)
          ? [address.x, address.y]
          : [address, undefined];
      const sum = base.kind === 'reg' ? known.get(base.reg) : undefined;
      if (!sum || base.kind !== 'reg') return address;
      seen(base.reg);
      return rest ? binary('add', sum, rest) : sum;
    };
    const rewrite = (e: Expr): Expr => {
      if (e.kind === 'load') return { ...e, address: fold(rewrite(e.address)) };
      return e.kind === 'reg' || e.kind === 'const' ? e : mapChildren(e, rewrite);
    };
    b.statements = b.statements.map((s) => {
      const changed = statement(s, rewrite, fold);
      for (const reg of written(s)) {
        known.delete(reg);
        for (const [other, sum] of known) if (reads(sum, reg)) known.delete(other);
      }
      const sum = s.kind === 'set' ? candidates.get(s.reg) : undefined;
      if (s.kind === 'set' && sum) known.set(s.reg, sum);
      return replace ? changed : s;
    });
    const end = terminator(b.end as Terminator, rewrite);
    if (replace) b.end = end;
    atEnd.set(b, known);
  }
}

function statement(s: Statement, rewrite: (e: Expr) => Expr, fold: (e: Expr) => Expr): Statement {
  switch (s.kind) {
    case 'set':
      return { ...s, value: rewrite(s.value) };
    case 'store':
      return { ...s, address: fold(rewrite(s.address)), value: rewrite(s.value) };
    case 'pair':
      return { ...s, a: s.a.map(rewrite), b: s.b.map(rewrite) };
    case 'call':
      return { ...s, target: typeof s.target === 'string' ? s.target : rewrite(s.target), args: s.args.map(rewrite) };
    case 'intrinsic':
      return { ...s, args: s.args.map(rewrite) };
    case 'hook':
      return s;
  }
}

function terminator(end: Terminator, rewrite: (e: Expr) => Expr): Terminator {
  switch (end.kind) {
    case 'branch':
      return { ...end, condition: rewrite(end.condition) };
    case 'switch':
      return { ...end, value: rewrite(end.value) };
    case 'return':
      return { ...end, values: end.values.map(rewrite) };
    default:
      return end;
  }
}
