// Conditions: what sets the flags for a branch, and the condition code to test.
import type { Condition } from '../assembler/operands.js';
import { type Compare, type Expr, isExpectation, isPlainConst, isWordLoad } from './ir.js';
import * as m from './machine.js';
import type { Selector } from './select.js';

const UNSIGNED: Record<string, Condition> = { l: 'b', le: 'be', g: 'a', ge: 'ae' };

export function selectCondition(s: Selector, e: Expr): Condition {
  if (isExpectation(e)) return selectCondition(s, e.x);
  if (e.kind === 'compare64') return compare64(s, e);
  if (e.kind !== 'compare') return againstZero(s, 'ne', e);
  const { cc, x, y } = e;
  const toZero = isPlainConst(y) && y.value === 0;
  if (toZero && (cc === 'e' || cc === 'ne' || cc === 'l' || cc === 'ge')) return againstZero(s, cc, x);
  if (x.kind === 'load' && x.size < 4 && !x.signed && isPlainConst(y) && y.value >= 0 && y.value < 256 ** x.size) {
    s.emit({ op: 'cmp', a: s.address(x.address, x.offset), b: m.imm(y.value), size: x.size as 1 | 2 });
    return UNSIGNED[cc] ?? cc;
  }
  if (x.kind === 'load' && y.kind === 'load' && x.size === 1 && y.size === 1 && !x.signed && !y.signed) {
    const at = s.address(x.address, x.offset);
    const byte = s.asByte(s.inRegister(y));
    s.emit({ op: 'cmp', a: at, b: m.reg(byte), size: 1 });
    return UNSIGNED[cc] ?? cc;
  }
  if (isWordLoad(x) && !isWordLoad(y)) {
    const other = s.registerOrImmediate(y);
    s.emit({ op: 'cmp', a: s.address(x.address, x.offset), b: other });
    return cc;
  }
  const r = s.inRegister(x);
  s.emit({ op: 'cmp', a: m.reg(r), b: s.anyOperand(y) });
  return cc;
}

function againstZero(s: Selector, cc: Compare, x: Expr): Condition {
  const equality = cc === 'e' || cc === 'ne';
  if (equality && x.kind === 'binary' && x.op === 'and') {
    const { x: p, y: q } = x;
    if (p.kind === 'load' && isPlainConst(q)) {
      // A word access where one byte would do costs nothing and keeps store forwarding; a byte mask is shorter.
      if ((q.value & ~255) === 0 ? p.size !== 2 : p.size === 1 && !p.signed) {
        s.emit({ op: 'test', a: s.address(p.address, p.offset), b: m.imm(q.value & 255), size: 1 });
        return cc;
      }
    }
    const r = s.inRegister(p);
    s.emit({ op: 'test', a: m.reg(r), b: s.registerOrImmediate(q) });
    return cc;
  }
  if (x.kind === 'load' && (x.size === 4 || (!x.signed && equality))) {
    s.emit({
      op: 'cmp',
      a: s.address(x.address, x.offset),
      b: m.imm(0),
      size: x.size === 4 ? undefined : x.size,
    });
    return cc;
  }
  const r = s.inRegister(x);
  s.emit({ op: 'test', a: m.reg(r), b: m.reg(r) });
  return cc === 'l' ? 's' : cc === 'ge' ? 'ns' : cc;
}

/** CMP of the low halves and SBB of the high ones leave the flags of a 64-bit comparison, ZF apart. */
function compare64(s: Selector, e: Expr & { kind: 'compare64' }): Condition {
  const low = s.inRegister(e.x[0]);
  const high = s.fresh();
  const otherLow = s.anyOperand(e.y[0]);
  const otherHigh = s.anyOperand(e.y[1]);
  s.into(e.x[1], high);
  s.emit({ op: 'cmp', a: m.reg(low), b: otherLow });
  s.emit({ op: 'sbb', a: m.reg(high), b: otherHigh, setsCarry: true });
  return e.cc;
}
