/**
 * Integer instructions against the host's processor: the same random instances on both, registers, defined flags,
 * memory and faults compared. ORACLE_INSTANCES and ORACLE_SEED ask for more.
 */
import { describe, expect, it } from 'vitest';
import { execute, linuxUnavailable } from '../../toolchain/verify/linux.js';
import type { InstructionRow } from '../tables/instructions.js';
import { executableOf, type Program, programOf, runOnCore } from './host-program.js';
import { block, rows } from './table-instances.js';

const SEED = Number(process.env.ORACLE_SEED ?? 1);
const INSTANCES = Number(process.env.ORACLE_INSTANCES ?? 20_000);
const BATCH = 20_000;
const unavailable = linuxUnavailable();
if (unavailable) console.log(`host oracle skipped: ${unavailable}`);

const names = [
  'edi',
  'esi',
  'ebp',
  '',
  'ebx',
  'edx',
  'ecx',
  'eax',
  'eflags',
  'esp',
  'vector',
  'eip',
  '',
  'mark',
  'error',
];
const hex = (value: number, digits = 8) => value.toString(16).padStart(digits, '0');

/** How instance `i` differs, as text for people; undefined if it does not. */
function difference({ instances, blocks }: Program, i: number, host: Uint8Array, core: Uint8Array): string | undefined {
  const from = i * block.bytes;
  const free = new Map(instances[i].free);
  const words = (of: Uint8Array) => new DataView(of.buffer, of.byteOffset + from, block.bytes);
  const [theirs, ours] = [words(host), words(core)];
  const found: string[] = [];
  names.forEach((name, n) => {
    if (name === '') return;
    const open = [0, 1, 2, 3].reduce((bits, at) => bits | ((free.get(4 * n + at) ?? 0) << (8 * at)), 0);
    const mask = name === 'eflags' ? instances[i].defined : ~open;
    const [right, got] = [theirs.getUint32(4 * n, true) & mask, ours.getUint32(4 * n, true) & mask];
    if (right !== got) found.push(`${name} is ${hex(got >>> 0)}, host ${hex(right >>> 0)}`);
  });
  for (let at = block.window; at < block.bytes; at++) {
    const mask = 0xff & ~(free.get(at) ?? 0);
    const [right, got] = [theirs.getUint8(at) & mask, ours.getUint8(at) & mask];
    if (right !== got) found.push(`[${hex(blocks + from + at)}] is ${hex(got, 2)}, host ${hex(right, 2)}`);
  }
  return found.length === 0 ? undefined : found.slice(0, 6).join('; ');
}

function describeInstance({ instances }: Program, i: number, seed: number): string {
  const { row, bytes, registers, flags } = instances[i];
  const state = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'].map((r, n) => `${r}=${hex(registers[n])}`);
  const code = bytes.map((b) => hex(b, 2)).join(' ');
  return `seed ${seed} #${i} ${row.mnemonic} ${row.operands} (${code}) ${state.join(' ')} flags=${hex(flags, 3)}`;
}

describe.skipIf(unavailable)('the host processor', () => {
  it(`agrees on ${INSTANCES} instances of ${rows.length} rows`, { timeout: 600_000 }, async () => {
    /** First difference of each row. */
    const wrong = new Map<InstructionRow, { count: number; text: string }>();
    const faults = new Map<number, number>();
    for (let done = 0, seed = SEED; done < INSTANCES; done += BATCH, seed++) {
      const program = programOf(seed, Math.min(BATCH, INSTANCES - done), done);
      const { output, signal } = execute(executableOf(program));
      expect(signal).toBeNull();
      expect(output.length).toBe(program.instances.length * block.bytes);
      const core = await runOnCore(program);
      const view = new DataView(output.buffer, output.byteOffset);
      program.instances.forEach(({ row }, i) => {
        const vector = view.getInt32(i * block.bytes + block.vector, true);
        faults.set(vector, (faults.get(vector) ?? 0) + 1);
        const text = difference(program, i, output, core);
        if (!text) return;
        const first = wrong.get(row) ?? { count: 0, text: `${describeInstance(program, i, seed)}: ${text}` };
        wrong.set(row, { ...first, count: first.count + 1 });
      });
    }
    const report = [...wrong.values()].map(({ count, text }) => `${count} x ${text}`);
    expect(report.join('\n')).toBe('');
    // Most run through; every fault that an instruction can raise in user mode was among the others.
    expect(faults.get(-1)).toBeGreaterThan(INSTANCES / 2);
    expect([...faults.keys()].sort((a, b) => a - b)).toEqual([-1, 0, 3, 4, 5, 6, 13]);
  });
});
