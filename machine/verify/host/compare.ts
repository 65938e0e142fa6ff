/** Batches of instances on both processors, and how their blocks differ. */
import { execute } from '../../../toolchain/verify/linux.js';
import type { InstructionRow } from '../../tables/instructions.js';
import { block } from './block.js';
import { runOnCore } from './core.js';
import { executableOf, type Program, programOf } from './program.js';

/** Instances that go into one program. */
export const BATCH = 20_000;

const names = [
  ...['edi', 'esi', 'ebp', '', 'ebx', 'edx', 'ecx', 'eax'],
  ...['eflags', 'esp', 'vector', 'eip', '', 'mark', 'error'],
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

export interface HostComparison {
  readonly instances: number;
  /** Differences, one line each. */
  readonly differences: string[];
  /** Instances of each row. */
  readonly perRow: Map<InstructionRow, number>;
  /** How often each vector was raised; -1: none. */
  readonly faults: Map<number, number>;
}

const count = <K>(map: Map<K, number>, key: K) => void map.set(key, (map.get(key) ?? 0) + 1);

/**
 * Compares `instances` instances; batch n, counted from 0, is made from seed `seed` + n.
 * @throws Error when the program does not come to its end on one of the two
 */
export async function compareWithHost(
  core: WebAssembly.Module,
  seed: number,
  instances: number,
  progress: (done: number) => void = () => undefined,
): Promise<HostComparison> {
  const result: HostComparison = { instances, differences: [], perRow: new Map(), faults: new Map() };
  for (let done = 0, batch = seed; done < instances; done += BATCH, batch++) {
    const program = programOf(batch, Math.min(BATCH, instances - done), done);
    const { output, signal } = execute(executableOf(program));
    if (signal !== null || output.length !== program.instances.length * block.bytes) {
      throw new Error(`seed ${batch}: the host's program ended with ${signal ?? `${output.length} bytes`}`);
    }
    const blocks = await runOnCore(core, program);
    const view = new DataView(output.buffer, output.byteOffset);
    program.instances.forEach(({ row }, i) => {
      count(result.perRow, row);
      count(result.faults, view.getInt32(i * block.bytes + block.vector, true));
      const text = difference(program, i, output, blocks);
      if (text) result.differences.push(`${describeInstance(program, i, batch)}: ${text}`);
    });
    progress(Math.min(instances, done + BATCH));
  }
  return result;
}
