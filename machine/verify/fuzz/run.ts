/** Runs a fuzzing program, and looks at what no guest may have touched. */
import { Machine, MemoryDisk } from '../../index.js';
import { processors } from '../../processors/index.js';
import { layout } from '../../tables/layout.js';
import { coreOf } from '../core-of.js';
import { fuzzCase, MEMORY_MIB } from './program.js';

/** Cycles of a case. */
const CYCLES = 3_000_000n;
/** Between two looks at whether the run still returns. */
const SLICE = 500_000n;

/** Memory of the core that only the host writes, or nobody: from, to. */
const guarded = [
  [layout.CONFIG, layout.COUNTERS],
  [layout.TRANSLATE, layout.WALK_MEMO],
] as const;

export interface FuzzResult {
  /** How the run ended. */
  readonly reason: string;
  readonly instructions: number;
}

/** The machine of a seed, before its first instruction. */
export function fuzzMachine(core: WebAssembly.Module, seed: number): Machine {
  const { image, memory, random } = fuzzCase(seed);
  const preset = random.of(Object.values(processors));
  const disk = new MemoryDisk(Uint8Array.from({ length: 64 * 512 }, (_, i) => i >> 3));
  const machine = Machine.create({ core, preset, memoryMiB: MEMORY_MIB, devices: { disks: [disk] } });
  machine.load(image);
  for (const [address, bytes] of memory) machine.memory.ram.set(bytes, address);
  return machine;
}

/**
 * @throws what the machine threw: any error is a failure
 * @throws Error naming a guarded region that has changed
 */
export function runFuzz(core: WebAssembly.Module, seed: number): FuzzResult {
  const machine = fuzzMachine(core, seed);
  const whole = new Uint8Array(coreOf(machine).memory.buffer);
  const before = guarded.map(([from, to]) => whole.slice(from, to));
  let reason: string = 'budget';
  while (machine.cycle < CYCLES && reason === 'budget') reason = machine.run(SLICE).reason;
  guarded.forEach(([from, to], i) => {
    if (Buffer.compare(whole.subarray(from, to), before[i]) === 0) return;
    const changed = from + before[i].findIndex((byte, at) => byte !== whole[from + at]);
    throw new Error(`the core wrote to ${changed.toString(16)}, which nothing may change`);
  });
  return { reason, instructions: coreOf(machine).wide(layout.COUNTERS) };
}
