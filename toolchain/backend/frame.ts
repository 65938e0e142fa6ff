// After allocation: machine registers into the operands, the frame, prologue and epilogue.
//
//   ESP + frame + saved + 4 ...  incoming arguments from the fourth on
//   ESP + frame + saved          return address
//   ESP + frame ...              saved EBX, ESI, EDI, EBP, as far as used
//   ESP + outgoing + spills ...  areas of stackSlot()
//   ESP + outgoing ...           spilled registers
//   ESP ...                      arguments on the stack of calls made here
//
// ESP does not move between prologue and epilogue.
import * as m from './machine.js';

export interface Frame {
  readonly epilogue: readonly Omit<m.Instruction, 'position'>[];
  /** A call in tail position may become a jump: the callee's frame takes the place of this one. */
  readonly allowsTailCalls: boolean;
  /** Bytes between ESP and the return address, between prologue and epilogue. */
  readonly depth: number;
}

export function layFrame(f: m.MachineFunction, colours: number[]): Frame {
  const machineRegister = (r: number): number => colours[r] ?? r;
  const written = new Set<number>();
  for (const b of f.blocks) {
    for (const i of b.instructions) {
      i.a = m.renameOperand(i.a, machineRegister);
      i.b = m.renameOperand(i.b, machineRegister);
    }
    b.instructions = b.instructions.filter((i) => !(m.isCopy(i) && i.a.reg === i.b.reg));
    for (const i of b.instructions) for (const r of m.usesAndDefs(i).defs) written.add(r);
  }
  const saved = m.CALLEE_SAVED.filter((r) => written.has(r));
  const size = f.outgoing + f.spills * 4 + f.slots;
  const bases: Record<number, number> = {
    [m.INCOMING_ARGUMENTS]: size + saved.length * 4 + 4,
    [m.SPILL_AREA]: f.outgoing,
    [m.SLOT_AREA]: f.outgoing + f.spills * 4,
  };
  const settle = (o: m.Operand | undefined): m.Operand | undefined => {
    if (o?.kind !== 'mem' || bases[o.base] === undefined) return o;
    return { ...o, base: m.ESP, disp: o.disp + bases[o.base] };
  };
  for (const b of f.blocks)
    for (const i of b.instructions) {
      i.a = settle(i.a);
      i.b = settle(i.b);
    }
  const adjust = (op: 'add' | 'sub') => (size > 0 ? [{ op, a: m.reg(m.ESP), b: m.imm(size) }] : []);
  const first = f.blocks[0];
  const position = first.instructions[0]?.position ?? 0;
  const prologue = [...saved.map((r) => ({ op: 'push' as const, a: m.reg(r) })), ...adjust('sub')];
  first.instructions.unshift(...prologue.map((i) => ({ ...i, position })));
  return {
    epilogue: [...adjust('add'), ...[...saved].reverse().map((r) => ({ op: 'pop' as const, a: m.reg(r) }))],
    depth: size + 4 * saved.length,
    allowsTailCalls: f.outgoing === 0 && f.slots === 0,
  };
}
