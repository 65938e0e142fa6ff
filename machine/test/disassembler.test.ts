// The disassembler of the instruction table against Capstone, which shares nothing with it: every row in several forms.
import { Capstone, Const, loadCapstone } from 'capstone-wasm';
import { describe, expect, it } from 'vitest';
import { canonical } from '../../toolchain/test/disassembler.js';
import { disassemble } from '../disassembler.js';
import { type InstructionRow, instructions } from '../tables/instructions.js';
import { Random } from '../verify/host/random.js';

await loadCapstone();
const capstone = {
  wide: new Capstone(Const.CS_ARCH_X86, Const.CS_MODE_32),
  word: new Capstone(Const.CS_ARCH_X86, Const.CS_MODE_16),
};
const ADDRESS = 0x1000;

/** Names of conditions, and of instructions that Capstone calls by another of their names. */
const conditions: Record<string, string> = {
  nb: 'ae',
  z: 'e',
  nz: 'ne',
  nbe: 'a',
  nl: 'ge',
  nle: 'g',
};
const otherNames: Record<string, string> = {
  pushad: 'pushal',
  popad: 'popal',
  pusha: 'pushaw',
  popa: 'popaw',
  xlat: 'xlatb',
};

function spelled(text: string, size: 2 | 4): string {
  const [, name, rest] = /^((?:lock |rep |repe |repne )?\S+) ?(.*)$/.exec(text)!;
  const condition = /^(j|set|cmov)(nb|z|nz|nbe|nl|nle)$/.exec(name);
  const plain = condition ? condition[1] + conditions[condition[2]] : (otherNames[name] ?? name);
  return canonical(plain, rest, size);
}

/** Capstone's reading; it throws at what it does not know. */
function first(reader: Capstone, bytes: Uint8Array) {
  try {
    return reader.disasm(bytes, { address: ADDRESS })[0];
  } catch {
    return undefined;
  }
}

/** Displacements of 16-bit addresses modulo 64 KiB. */
const wrapped = (bytes: Uint8Array) => (text: string) =>
  bytes.subarray(0, 4).includes(0x67) ? text.replace(/(\d+)\]/, (_, n) => `${Number(n) & 0xffff}]`) : text;

/** Bytes of an instance of `row`: any ModRM that is of the row, and bytes enough behind it. */
function encode(row: InstructionRow, random: Random): Uint8Array {
  const opcode = row.opcode >= 0x100 ? [0x0f, row.opcode & 0xff] : [row.opcode];
  let modrm = random.below(256);
  if (row.group !== undefined) modrm = (modrm & 0xc7) | (row.group << 3);
  if (row.rm !== undefined) modrm = 0xc0 | (row.group! << 3) | row.rm;
  if (/(^|,)M/.test(row.operands) || (row.operands === 'E' && row.run.startsWith('FPU|'))) modrm &= 0x3f;
  if (/Sw/.test(row.operands)) modrm = (modrm & 0xc7) | (random.of([0, 2, 3, 4, 5]) << 3);
  if (/Cd/.test(row.operands)) modrm = 0xc0 | (random.of([0, 2, 3, 4]) << 3) | (modrm & 7);
  if (/Dd/.test(row.operands)) modrm |= 0xc0;
  // Before jumps Capstone takes a segment for a hint, and an address size for an operand size.
  const allowed = /^J/.test(row.operands) ? [0x66] : [0x66, 0x67, 0x2e, 0x65];
  const prefixes = allowed.filter(() => random.chance(25));
  const tail = /(^|,)[EGRM]/.test(row.operands) ? [modrm] : [];
  return Uint8Array.from([...prefixes, ...opcode, ...tail, ...Array.from({ length: 12 }, () => random.below(256))]);
}

/** What Capstone writes in another way, or does not know as the manual has it; lengths are compared all the same. */
const otherwise: readonly [RegExp, string][] = [
  [/^(MOVS|CMPS|STOS|LODS|SCAS|INS|OUTS)/, 'prints operands of string instructions'],
  [/^(IN|OUT|XLAT|ENTER|RETF?|LOOP|AAM|AAD)/, 'spells immediates and implied operands differently'],
  [/^(JECXZ|L[DEFGS]S|BOUND|CALL|JMP|F|x87|SMSW|SLDT|STR|LAR|LSL|LLDT|LTR|LMSW|VER|ARPL)/, 'sizes'],
  [/^(PUSH|POP)/, 'sign of a pushed byte, segment registers'],
  [/ 8[ce]$/, 'names the register of a selector by 32 bits'],
  [/ f6\/1$/, 'extends the sign of a byte'],
  [/^(NOP|INT1|INT3|SALC|IMUL|BSWAP|IRET|SYSEXIT|SYSRET)/, 'names'],
];

describe('the disassembler', () => {
  const random = new Random(7);
  it.each(['wide', 'word'] as const)('agrees with Capstone on the length of every row, %s', (mode) => {
    const wrong: string[] = [];
    for (const row of instructions) {
      for (let n = 0; n < 20; n++) {
        const bytes = encode(row, random);
        const ours = disassemble(bytes, { address: ADDRESS, word: mode === 'word' });
        const theirs = first(capstone[mode], bytes);
        if (!theirs || ours.text === '(bad)' || row.mnemonic === 'x87') continue;
        const hexBytes = Buffer.from(bytes).toString('hex');
        if (theirs.size !== ours.length)
          wrong.push(
            `${row.id} ${hexBytes}: ${ours.length} ${ours.text}; ${theirs.size} ${theirs.mnemonic} ${theirs.opStr}`,
          );
      }
    }
    expect(wrong.slice(0, 10)).toEqual([]);
  });

  it('agrees with Capstone on the text of rows that both write alike', () => {
    const wrong: string[] = [];
    let compared = 0;
    const alike = instructions.filter((r) => !otherwise.some(([pattern]) => pattern.test(`${r.mnemonic} ${r.id}`)));
    for (const row of alike) {
      for (let n = 0; n < 20; n++) {
        const bytes = encode(row, random);
        const ours = disassemble(bytes, { address: ADDRESS });
        const theirs = first(capstone.wide, bytes);
        if (!theirs || ours.text === '(bad)') continue;
        compared++;
        const size = bytes.subarray(0, 4).includes(0x66) ? 2 : 4;
        const both = [spelled(ours.text, size), canonical(theirs.mnemonic, theirs.opStr, size)];
        const [a, b] = both.map(wrapped(bytes));
        if (a !== b) wrong.push(`${row.id} ${Buffer.from(bytes).toString('hex')}: ${a}; ${b}`);
      }
    }
    const firsts = wrong.filter((text, i) => i === 0 || text.split(' ')[0] !== wrong[i - 1].split(' ')[0]);
    expect(firsts).toEqual([]);
    expect(compared).toBeGreaterThan(3000);
  });

  it('knows every row by its own bytes', () => {
    const missed = instructions.filter((row) => {
      const tries = Array.from({ length: 60 }, () => disassemble(encode(row, random)));
      return !tries.some((found) => found.row?.id === row.id);
    });
    expect(missed.map(({ id }) => id)).toEqual([]);
  });

  it('says what is no instruction, and what is too long', () => {
    expect(disassemble(Uint8Array.of(0x0f, 0xff)).text).toBe('(bad)');
    expect(disassemble(Uint8Array.of(0xf0, 0x90)).text).toBe('(bad)');
    expect(disassemble(Uint8Array.from([...new Array(15).fill(0x66), 0x90])).text).toBe('(too long)');
    expect(disassemble(Uint8Array.of(0xf0, 0x0f, 0xb1, 0x0d, 0x00, 0x10, 0, 0)).text).toBe(
      'lock cmpxchg dword ptr [0x1000], ecx',
    );
  });
});
