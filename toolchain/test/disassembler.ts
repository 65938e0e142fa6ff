// Capstone, an independent disassembler: what the toolchain emits is read back by it.
import { Capstone, Const, type Insn, loadCapstone } from 'capstone-wasm';

await loadCapstone();
const capstone = new Capstone(Const.CS_ARCH_X86, Const.CS_MODE_32);

/** The instructions in `bytes`, up to the first that Capstone does not know. */
export const disassemble = (bytes: Uint8Array, address = 0): Insn[] => capstone.disasm(bytes, { address });

/** Instructions whose memory operand has no size, or one that a reader must know. */
const SIZELESS = /^(lea|lgdt|lidt|sgdt|sidt|invlpg|cmpxchg8b)$/;
/** Operands in either order are one instruction, with one encoding. */
const COMMUTING = /^(xchg|test)$/;
/** Where a 16-bit selector is in a 32-bit register, either name is right. */
const SELECTOR_REGISTER: Record<string, string> = { ax: 'eax', cx: 'ecx', dx: 'edx', bx: 'ebx' };

/** One spelling for what means the same: constants modulo 2^(8 * size), sums of an address in a fixed order. */
export function canonical(mnemonic: string, operands: string, size: 1 | 2 | 4): string {
  const segments = /\b[cdefgs]s\b/.test(operands.replace(/[cdefgs]s:/g, ''));
  const parts = operands === '' ? [] : operands.split(', ').map((o) => operand(o, mnemonic, size));
  if (/^rc[lr]$/.test(mnemonic) && parts.length === 1) parts.push('1'); // it leaves out a count of 1
  const named = segments || /^(lldt|ltr|str)$/.test(mnemonic) ? parts.map((p) => SELECTOR_REGISTER[p] ?? p) : parts;
  if (COMMUTING.test(mnemonic) && !parts.some((p) => /^\d/.test(p))) named.sort();
  return [mnemonic, named.join(', ')].join(' ').trim();
}

function operand(text: string, mnemonic: string, size: number): string {
  if (/^-?(0x)?[\da-f]+$/.test(text) && /^-?\d/.test(text)) return String(modulo(text, size));
  const memory = /^(?:(?:(\w+) )?ptr )?(?:(\w\w):)?\[(.*)\]$/.exec(text);
  if (!memory) return text;
  const [, width = '', segment = '', sum] = memory;
  const registers: string[] = [];
  let displacement = 0;
  for (const [, sign, term] of `+ ${sum}`.matchAll(/([+-]) ?(\S+)/g)) {
    if (/^\d/.test(term)) displacement += (sign === '-' ? -1 : 1) * Number(term);
    else registers.push(term.replace('*1', ''));
  }
  const kind = SIZELESS.test(mnemonic) ? '' : width;
  return `${kind} ${segment}[${[...registers.sort(), displacement >>> 0].join('+')}]`;
}

const modulo = (text: string, size: number): number => {
  const value = text.startsWith('-') ? -Number(text.slice(1)) : Number(text);
  const range = 2 ** (8 * size);
  return ((value % range) + range) % range;
};
