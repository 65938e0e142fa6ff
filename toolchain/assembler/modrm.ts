// The bytes of operands: prefixes, ModRM, SIB and displacement, immediates (Intel SDM vol. 2, section 2.1).
import type { Fragment } from './fragment.js';
import { AssemblerError, type Immediate, type Memory, type Register, type Size, type SymbolRef } from './operands.js';

export type RegisterOrMemory = Register | Memory;

export const signed8 = (v: number): boolean => v >= -128 && v <= 127;
const isSymbol = (v: Immediate): v is SymbolRef => typeof v !== 'number';

export function inRange(value: number, size: Size): void {
  const bits = size * 8;
  const [least, most] = [-(2 ** (bits - 1)), 2 ** bits - 1];
  if (!Number.isInteger(value) || value < least || value > most)
    throw new AssemblerError(`immediate ${value} does not fit in ${bits} bits: ${least} to ${most}`);
}

/** Operands that an instruction has in some sizes only. */
export function sized(
  mnemonic: string,
  a: { readonly kind: string; readonly size: Size; readonly name?: string },
  ...sizes: Size[]
): void {
  if (sizes.includes(a.size)) return;
  const bits = sizes.map((s) => s * 8).join(' or ');
  throw new AssemblerError(
    `${mnemonic}: ${a.name ?? `an operand in memory of ${a.size * 8} bits`} has not ${bits} bits`,
  );
}

/** Bytes of an immediate; a symbol takes 32 bits. */
export function immediate(f: Fragment, value: Immediate, size: Size): void {
  if (isSymbol(value)) {
    if (size !== 4) throw new AssemblerError(`the address of '${value.name}' does not fit in ${size * 8} bits`);
    f.relocate('abs32', value.name, value.addend);
    return;
  }
  inRange(value, size);
  if (size === 1) f.bytes(value);
  else if (size === 2) f.word(value);
  else f.dword(value | 0);
}

/** ModRM, SIB and displacement: SDM vol. 2, section 2.1.5. */
export function modrm(f: Fragment, extension: number, rm: RegisterOrMemory): void {
  const reg = extension << 3;
  if (rm.kind === 'register') {
    f.bytes(0xc0 | reg | rm.number);
    return;
  }
  let { base, index, scale } = rm;
  if (!Number.isInteger(rm.disp) || rm.disp < -(2 ** 31) || rm.disp >= 2 ** 32)
    throw new AssemblerError(`the displacement ${rm.disp} of an address does not fit in 32 bits`);
  const disp = rm.disp | 0;
  if ((base && base.size !== 4) || (index && index.size !== 4))
    throw new AssemblerError('an address takes 32-bit registers');
  if (!base && index && scale === 1) [base, index] = [index, undefined];
  if (index?.number === 4 && scale === 1 && base) [base, index] = [index, base];
  if (index?.number === 4) throw new AssemblerError('esp cannot be an index');
  const displacement = () => (rm.sym === undefined ? f.dword(disp) : f.relocate('abs32', rm.sym, disp));
  const sib = { 1: 0, 2: 0x40, 4: 0x80, 8: 0xc0 }[scale];
  if (!base) {
    if (index) f.bytes(reg | 4, sib | (index.number << 3) | 5);
    else f.bytes(reg | 5);
    displacement();
    return;
  }
  const mod = rm.sym !== undefined ? 2 : disp === 0 && base.number !== 5 ? 0 : signed8(disp) ? 1 : 2;
  if (index || base.number === 4) f.bytes((mod << 6) | reg | 4, sib | ((index?.number ?? 4) << 3) | base.number);
  else f.bytes((mod << 6) | reg | base.number);
  if (mod === 1) f.bytes(disp);
  else if (mod === 2) displacement();
}

/** Segment override and operand-size prefix. */
export function prefixes(f: Fragment, size: Size, ...operands: unknown[]): void {
  for (const o of operands as Memory[]) if (o?.kind === 'memory' && o.seg) f.bytes(OVERRIDE[o.seg.number]);
  if (size === 2) f.bytes(0x66);
}
const OVERRIDE = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** prefix, opcode and ModRM of an instruction with one r/m operand. */
export function withModrm(f: Fragment, size: Size, opcode: readonly number[], extension: number, rm: RegisterOrMemory) {
  prefixes(f, size, rm);
  f.bytes(...opcode);
  modrm(f, extension, rm);
}
