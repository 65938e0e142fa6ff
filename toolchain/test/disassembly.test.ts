// What the toolchain emits, read back by an independent disassembler: every form of the assembler means what was asked
// for, compiled code has the instructions that the back end counted, and the text of every built image is instructions
// from each symbol to the next, with each hook on one of them.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseElf } from '../../machine/image/elf.js';
import { readNote } from '../../machine/image/note.js';
import { defineStubs } from '../assembler/index.js';
import { compileFunctions } from '../backend/compile.js';
import { readModule } from '../backend/wasm.js';
import { imageBytes, imageDefinitions } from '../driver/images.js';
import { moduleBytes } from '../verify/encode.js';
import { generate } from '../verify/generate.js';
import { canonical, disassemble } from './disassembler.js';
import { allForms } from './forms.js';

test('every form of the assembler is one instruction, and the one that was asked for', () => {
  const wrong: string[] = [];
  const forms = allForms();
  for (const { mnemonic, operands, size, write } of forms) {
    const { bytes } = defineStubs('form', write).assemble().sections[0].code;
    const read = disassemble(bytes);
    const expected = canonical(mnemonic, operands, size);
    const found = read.map((i) => canonical(i.mnemonic, i.opStr, size)).join('; ');
    const whole = read.length === 1 && read[0].size === bytes.length;
    if (found !== expected || !whole) wrong.push(`${expected}: ${Buffer.from(bytes).toString('hex')} is ${found}`);
  }
  expect(wrong).toEqual([]);
  expect(forms.length).toBeGreaterThan(5000);
});

test.each([
  ['forwards', 0, 127],
  ['forwards', 128, 1000],
  ['backwards', 0, 126],
  ['backwards', 127, 1000],
] as const)('branches %s over %i to %i bytes reach their label', (direction, least, most) => {
  for (const distance of [least, most])
    for (const [at, mnemonic] of [
      ['jmp', 'jmp'],
      ['je', 'je'],
    ] as const) {
      const { bytes } = defineStubs('branch', (a) => {
        if (direction === 'forwards') a[at]('label');
        else a.label('label');
        for (let i = 0; i < distance; i++) a.nop();
        if (direction === 'forwards') a.label('label');
        else a[at]('label');
      }).assemble().sections[0].code;
      const read = disassemble(bytes);
      const branch = direction === 'forwards' ? read[0] : read[read.length - 1];
      const label = direction === 'forwards' ? bytes.length : 0;
      expect([branch.mnemonic, Number(branch.opStr), read.length]).toEqual([mnemonic, label, distance + 1]);
      expect(branch.size === 2).toBe(least === 0);
    }
});

test.each([1, 2])('compiled code of random module %i has the instructions that the back end counted', (seed) => {
  const module = readModule(moduleBytes(generate(seed, 24)));
  const names = { function: (i: number) => `f${i}`, global: (i: number) => `g${i}`, table: 'table' };
  const functions = module.functions.filter((f) => !f.import);
  for (const { text, instructions } of compileFunctions(module, functions, names)) {
    const read = disassemble(text.bytes);
    const starts = new Set(read.map((i) => i.address));
    expect(read.length).toBe(instructions);
    expect(read.reduce((sum, i) => sum + i.size, 0)).toBe(text.bytes.length);
    expect(text.lines.filter(([at]) => at < text.bytes.length && !starts.has(at))).toEqual([]);
  }
});

const root = fileURLToPath(new URL('../..', import.meta.url));
const definitions = await imageDefinitions(join(root, 'dist'));

/** Symbols of text behind which lie data: the head of L4's kernel interface page, and a table in the page behind it. */
const DATA = new Set(['kip', 'calls']);
/** LOCK NOP, an undefined instruction by design: L4's KernelInterface (L4 X.2, "System calls", IA-32). */
const LOCK_NOP = 'f090';

describe('built images', () => {
  test.each([...definitions.keys()])('the text of %s is instructions, with each hook on one of them', (name) => {
    const elf = imageBytes(name, root);
    const text = parseElf(elf, name).segments.find((s) => s.executable);
    expect(text).toBeDefined();
    const { offset, fileBytes, virtualAddress: start } = text!;
    const bytes = elf.subarray(offset, offset + fileBytes);
    const symbols = textSymbols(elf).filter(({ address }) => address >= start && address < start + fileBytes);
    expect(symbols[0].address).toBe(start);
    const bounds = [...symbols, { name: '', address: start + fileBytes }];
    const starts = new Set<number>();
    const wrong: string[] = [];
    for (const [n, { name: symbol, address }] of symbols.entries()) {
      const end = bounds[n + 1].address;
      let at = address;
      while (at < end) {
        const rest = bytes.subarray(at - start, end - start);
        for (const i of disassemble(rest, at)) {
          at = Number(i.address) + i.size;
          starts.add(Number(i.address));
        }
        if (at === end || Buffer.from(bytes.subarray(at - start, at - start + 2)).toString('hex') !== LOCK_NOP) break;
        at += 2;
      }
      if (at !== end && !DATA.has(symbol)) wrong.push(`${symbol} at 0x${at.toString(16)}`);
    }
    expect(wrong).toEqual([]);
    const hooks = (readNote(elf, name)?.hooks ?? []).filter(([, at]) => at >= start && at < start + fileBytes);
    expect(hooks.filter(([, at]) => !starts.has(at))).toEqual([]);
  });
});

/** Symbols in the order of addresses, from the ELF symbol table (System V ABI, figure 4-15). */
function textSymbols(elf: Uint8Array): { name: string; address: number }[] {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const word = (at: number) => view.getUint32(at, true);
  const [SECTIONS_AT, COUNT_AT, HEADER, SYMTAB] = [32, 48, 40, 2];
  const headers = Array.from({ length: view.getUint16(COUNT_AT, true) }, (_, n) => word(SECTIONS_AT) + n * HEADER);
  const symbols: { name: string; address: number }[] = [];
  for (const header of headers.filter((h) => word(h + 4) === SYMTAB)) {
    const names = word(headers[word(header + 24)] + 16);
    for (let s = word(header + 16) + 16; s < word(header + 16) + word(header + 20); s += 16) {
      const name = elf.subarray(names + word(s));
      symbols.push({ name: Buffer.from(name.subarray(0, name.indexOf(0))).toString(), address: word(s + 4) });
    }
  }
  return symbols.sort((a, b) => a.address - b.address);
}
