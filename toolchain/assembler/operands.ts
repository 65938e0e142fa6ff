// Operands of IA-32 instructions, in Intel's names and order. Plain frozen objects: they can be compared and shared.

export type Size = 1 | 2 | 4;

export interface Register {
  readonly kind: 'register';
  readonly size: Size;
  /** The number the encoding uses: EAX 0, ECX 1, EDX 2, EBX 3, ESP 4, EBP 5, ESI 6, EDI 7. */
  readonly number: number;
  readonly name: string;
}

export interface SegmentRegister {
  readonly kind: 'segment';
  readonly number: number;
  readonly name: string;
}

/** A control or debug register: moved to and from 32-bit registers only. */
export interface ControlRegister {
  readonly kind: 'control';
  /** Opcode of the move from it (0F 20 for CRn, 0F 21 for DRn). */
  readonly opcode: 0x20 | 0x21;
  readonly number: number;
  readonly name: string;
}

/** The address of a symbol plus a constant, as a 32-bit value that the linker fills in. */
export interface SymbolRef {
  readonly kind: 'symbol';
  readonly name: string;
  readonly addend: number;
}

export interface Memory {
  readonly kind: 'memory';
  readonly base?: Register;
  readonly index?: Register;
  readonly scale: 1 | 2 | 4 | 8;
  readonly disp: number;
  readonly sym?: string;
  readonly seg?: SegmentRegister;
  /** Size of the access where no register operand tells it; 4 by default. */
  readonly size: Size;
}

export type Immediate = number | SymbolRef;

const register = (size: Size, number: number, name: string): Register =>
  Object.freeze({ kind: 'register', size, number, name });
const segment = (number: number, name: string): SegmentRegister => Object.freeze({ kind: 'segment', number, name });
const special = (opcode: 0x20 | 0x21, number: number, name: string): ControlRegister =>
  Object.freeze({ kind: 'control', opcode, number, name });

export const eax = register(4, 0, 'eax');
export const ecx = register(4, 1, 'ecx');
export const edx = register(4, 2, 'edx');
export const ebx = register(4, 3, 'ebx');
export const esp = register(4, 4, 'esp');
export const ebp = register(4, 5, 'ebp');
export const esi = register(4, 6, 'esi');
export const edi = register(4, 7, 'edi');
export const ax = register(2, 0, 'ax');
export const cx = register(2, 1, 'cx');
export const dx = register(2, 2, 'dx');
export const bx = register(2, 3, 'bx');
export const sp = register(2, 4, 'sp');
export const bp = register(2, 5, 'bp');
export const si = register(2, 6, 'si');
export const di = register(2, 7, 'di');
export const al = register(1, 0, 'al');
export const cl = register(1, 1, 'cl');
export const dl = register(1, 2, 'dl');
export const bl = register(1, 3, 'bl');
export const ah = register(1, 4, 'ah');
export const ch = register(1, 5, 'ch');
export const dh = register(1, 6, 'dh');
export const bh = register(1, 7, 'bh');

/** Registers by their number in the encoding. */
export const REGISTERS_32: readonly Register[] = [eax, ecx, edx, ebx, esp, ebp, esi, edi];
export const REGISTERS_16: readonly Register[] = [ax, cx, dx, bx, sp, bp, si, di];
export const REGISTERS_8: readonly Register[] = [al, cl, dl, bl, ah, ch, dh, bh];

export const es = segment(0, 'es');
export const cs = segment(1, 'cs');
export const ss = segment(2, 'ss');
export const ds = segment(3, 'ds');
export const fs = segment(4, 'fs');
export const gs = segment(5, 'gs');

export const cr0 = special(0x20, 0, 'cr0');
export const cr2 = special(0x20, 2, 'cr2');
export const cr3 = special(0x20, 3, 'cr3');
export const cr4 = special(0x20, 4, 'cr4');
export const dr0 = special(0x21, 0, 'dr0');
export const dr1 = special(0x21, 1, 'dr1');
export const dr2 = special(0x21, 2, 'dr2');
export const dr3 = special(0x21, 3, 'dr3');
export const dr6 = special(0x21, 6, 'dr6');
export const dr7 = special(0x21, 7, 'dr7');

export interface Address {
  base?: Register;
  index?: Register;
  scale?: 1 | 2 | 4 | 8;
  disp?: number;
  sym?: string;
  seg?: SegmentRegister;
}

const memory = (a: Address, size: Size): Memory => ({ kind: 'memory', scale: 1, disp: 0, ...a, size });

/** A memory operand: [seg: base + index * scale + sym + disp], of 32 bits where no register tells the size. */
export const mem = (a: Address): Memory => memory(a, 4);
/** The same, of 16 bits where no register tells the size. */
export const mem16 = (a: Address): Memory => memory(a, 2);
/** The same, of 8 bits where no register tells the size. */
export const mem8 = (a: Address): Memory => memory(a, 1);

/** The address of a symbol, as an immediate, or as the target of a jump or call. */
export const sym = (name: string, addend = 0): SymbolRef => ({ kind: 'symbol', name, addend });

/** Condition codes by their number in the encoding (Intel SDM vol. 2, appendix B.1.4.7). */
export const CONDITIONS = {
  o: 0,
  no: 1,
  b: 2,
  c: 2,
  nae: 2,
  ae: 3,
  nc: 3,
  nb: 3,
  e: 4,
  z: 4,
  ne: 5,
  nz: 5,
  be: 6,
  na: 6,
  a: 7,
  nbe: 7,
  s: 8,
  ns: 9,
  p: 10,
  pe: 10,
  np: 11,
  po: 11,
  l: 12,
  nge: 12,
  ge: 13,
  nl: 13,
  le: 14,
  ng: 14,
  g: 15,
  nle: 15,
} as const;
export type Condition = keyof typeof CONDITIONS;

/** What an instruction or a symbol cannot be: a wrong operand, an undefined name, a value out of range. */
export class AssemblerError extends Error {
  override name = 'AssemblerError';

  /** Where the instruction was written: what the host calls the file, line and column there, if it says. */
  get place(): { file: string; line: number; column: number } | undefined {
    for (const frame of this.stack?.split('\n').slice(1) ?? []) {
      const [, file, line, column] = /((?:file:|\/|[A-Za-z]:\\)[^()]*?):(\d+):(\d+)\)?$/.exec(frame) ?? [];
      if (file && !/[\\/]toolchain[\\/]assembler[\\/]/.test(file))
        return { file, line: Number(line), column: Number(column) };
    }
    return undefined;
  }
}
