import type { InstructionRow } from '../../tables/instructions.js';

/** Flags of EFLAGS by name. */
export const F = { cf: 1, pf: 4, af: 0x10, zf: 0x40, sf: 0x80, if: 0x200, df: 0x400, of: 0x800, nt: 0x4000 };
export const STATUS = F.cf | F.pf | F.af | F.zf | F.sf | F.of;

/**
 * Flags that an instruction leaves undefined (Instruction Set Reference, "Flags Affected" of each).
 * @param size operand size in bits
 * @param count of a shift or rotate as encoded, -1 for others
 */
export function undefinedFlags({ mnemonic }: InstructionRow, size: number, count: number): number {
  const { cf, pf, af, zf, sf, of } = F;
  const masked = count & 31;
  switch (mnemonic) {
    case 'AND':
    case 'OR':
    case 'XOR':
    case 'TEST':
      return af;
    case 'ROL':
    case 'ROR':
    case 'RCL':
    case 'RCR':
      return masked > 1 ? of : 0;
    case 'SHL':
    case 'SAL':
    case 'SHR':
      return masked === 0 ? 0 : af | (masked === 1 ? 0 : of) | (masked >= size ? cf : 0);
    case 'SAR':
    case 'SHLD':
    case 'SHRD':
      return masked === 0 ? 0 : af | (masked === 1 ? 0 : of);
    case 'MUL':
    case 'IMUL':
      return sf | zf | af | pf;
    case 'DIV':
    case 'IDIV':
      return STATUS;
    case 'AAA':
    case 'AAS':
      return of | sf | zf | pf;
    case 'AAM':
    case 'AAD':
      return of | af | cf;
    case 'DAA':
    case 'DAS':
      return of;
    case 'BT':
    case 'BTS':
    case 'BTR':
    case 'BTC':
      return of | sf | af | pf;
    case 'BSF':
    case 'BSR':
      return cf | of | sf | af | pf;
    default:
      return 0;
  }
}
