// A chain of comparisons of one register with constants, which is what a `switch` statement arrives as, becomes a jump
// through a table where the constants lie close together.
import { type Block, binary, constant, type Expr, isPlainConst, register } from './ir.js';

const FEWEST_CASES = 5;
/** Largest number of table entries for a case. */
const ENTRIES_FOR_CASE = 8;

interface Case {
  readonly value: number;
  readonly to: Block;
}

export function makeSwitches(blocks: Block[]): void {
  for (const b of blocks) {
    const first = testOf(b);
    if (!first) continue;
    const cases: Case[] = [];
    const seen = new Set<Block>([b]);
    let other = b;
    for (let test = testOf(b); test && test.reg === first.reg; test = testOf(other)) {
      const { value } = test;
      if (!cases.some((c) => c.value === value)) cases.push({ value, to: test.equal });
      other = test.different;
      if (other.statements.length > 0 || seen.has(other)) break;
      seen.add(other);
    }
    const end = tableFor(register(first.reg), cases, other);
    if (end) b.end = { ...end, position: b.end?.position ?? 0 };
  }
}

function testOf(b: Block): { reg: number; value: number; equal: Block; different: Block } | undefined {
  const { end } = b;
  if (end?.kind !== 'branch') return undefined;
  const { condition: c, yes, no } = end;
  if (c.kind === 'reg') return { reg: c.reg, value: 0, equal: no, different: yes };
  if (c.kind !== 'compare' || c.x.kind !== 'reg' || !isPlainConst(c.y)) return undefined;
  const { value } = c.y;
  if (c.cc === 'e') return { reg: c.x.reg, value, equal: yes, different: no };
  return c.cc === 'ne' ? { reg: c.x.reg, value, equal: no, different: yes } : undefined;
}

function tableFor(value: Expr, cases: readonly Case[], other: Block) {
  if (cases.length < FEWEST_CASES) return undefined;
  const largest = cases.length * ENTRIES_FOR_CASE;
  const values = cases.map((c) => c.value);
  const most = Math.max(...values);
  const least = Math.min(...values);
  // From zero on no subtraction is needed.
  const from = least > 0 && most < largest ? 0 : least;
  if (most - from >= largest) return undefined;
  const to = new Array<Block>(most - from + 1).fill(other);
  for (const c of cases) to[c.value - from] = c.to;
  return { kind: 'switch' as const, value: binary('sub', value, constant(from)), to, other };
}
