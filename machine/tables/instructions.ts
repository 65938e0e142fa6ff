/**
 * The instruction table: one row an opcode (or an opcode's group member), from Intel's opcode maps. Decoding, dispatch,
 * the disassembler and the coverage listing come from it.
 *
 * `operands` are the manual's letters: E general register or memory by ModRM, G register by ModRM, M memory only,
 * R register only (ModRM), Z register in the opcode, A accumulator, O absolute offset, S segment, C control and D debug
 * register, I immediate, J relative target, Ap far pointer, 1 the constant, CL the count register; b byte, w word,
 * v word or doubleword by operand size, z the same for immediates, u zero-extended byte, p far pointer in memory.
 *
 * `run` names the handlers for register and memory form at 32 bits, then at 16 bits (left out: the same as at 32; one
 * name: for both forms; `-`: no such form, #UD).
 */
import { handlers } from './handlers.js';
import { arithmetic } from './instructions/arithmetic.js';
import { control } from './instructions/control.js';
import { dataTransfer } from './instructions/data-transfer.js';
import { floatingPoint } from './instructions/floating-point.js';
import type { InstructionRow as Row } from './instructions/row.js';
import { system } from './instructions/system.js';

export { type Guard, guards } from './instructions/row.js';

export interface InstructionRow extends Row {
  /** Stable name of the row: opcode bytes, then /reg and .rm where they tell rows apart: `0f.af`, `80/2`, `db/4.3`. */
  readonly id: string;
}

export const instructions: readonly InstructionRow[] = [
  ...arithmetic,
  ...dataTransfer,
  ...control,
  ...system,
  ...floatingPoint,
].map((row) => ({ id: idOf(row), ...row }));

function idOf({ opcode, group, rm }: Row): string {
  const byte = (opcode & 0xff).toString(16).padStart(2, '0');
  const member = group === undefined ? '' : rm === undefined ? `/${group}` : `/${group}.${rm}`;
  return `${opcode < 0x100 ? byte : `0f.${byte}`}${member}`;
}

/** Handler names of a row: register and memory form at 32 bits, then at 16 bits; undefined where there is no form. */
export function formsOf({ mnemonic, run }: Row): (string | undefined)[] {
  const parts = run.split('|');
  const [register32, memory32 = register32, register16 = register32, memory16 = memory32] = parts;
  return [register32, memory32, register16, memory16].map((name) => {
    if (name === '-') return undefined;
    if (!handlers.includes(name)) throw new Error(`${mnemonic}: no handler ${name} in machine/tables/handlers.ts`);
    return name;
  });
}
