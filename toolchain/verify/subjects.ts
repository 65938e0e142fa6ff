// What runs a batch: the engine of Node, which is the oracle; compiled code on our machine; compiled code on the processor
// of this host. Each gives the records that the programs leave (program.ts, RECORD).
import { Machine } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { al, defineStubs, esp } from '../assembler/index.js';
import { endOfResults } from './encode.js';
import { type CompiledModule, executable, execute, linuxProgram, type Placement } from './linux.js';
import { BASE, EXPECTATIONS, RECORD, RESULTS } from './program.js';

export interface Subject {
  readonly name: string;
  /** @throws Error when the code faults or does not end */
  run(module: CompiledModule, count: number): Uint8Array;
}

const TEXT = 0x100000;
const MEMORY_MIB = 16;
const LONGEST_RUN = 20_000_000_000n;

const placement = (count: number): Placement => ({ base: TEXT, memory: BASE, end: endOfResults(count) });

export function byNode(wasm: Uint8Array, count: number): Uint8Array {
  const memory = new WebAssembly.Memory({ initial: (endOfResults(count) + 65535) >>> 16 });
  const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const x86 = Object.fromEntries(EXPECTATIONS.map((name) => [name, (condition: number) => condition]));
  (new WebAssembly.Instance(module, { env: { memory }, x86 }).exports.run as () => void)();
  return new Uint8Array(memory.buffer, RESULTS, RECORD * count);
}

export const native: Subject = {
  name: 'natively',
  run(module, count) {
    const { output, status, signal } = execute(linuxProgram(module, placement(count)));
    if (status !== 0) throw new Error(`the program ended with ${signal ?? `status ${status}`}`);
    return output.subarray(RESULTS - BASE);
  },
};

/** Multiboot leaves flat segments, paging off, no stack. */
const start = defineStubs('bare', (a) => {
  a.global('_start');
  a.mov(esp, TEXT);
  a.call('run');
  a.out(0xf4, al);
});

/** @param core the compiled core of the machine */
export function onMachine(core: WebAssembly.Module): Subject {
  return {
    name: 'on the machine',
    run(module, count) {
      const machine = Machine.create({ core, preset: processors['pentium-133'], memoryMiB: MEMORY_MIB });
      machine.load(executable(module, placement(count), 'kernel', start));
      const { reason } = machine.run(LONGEST_RUN);
      if (reason !== 'exit') throw new Error(`the machine stopped: ${reason}`);
      return machine.memory.ram.slice(RESULTS, RESULTS + RECORD * count);
    },
  };
}

/** The programs whose records differ. */
export function differences(a: Uint8Array, b: Uint8Array, count: number): number[] {
  const wrong: number[] = [];
  for (let program = 0; program < count; program++)
    for (let at = RECORD * program; at < RECORD * (program + 1); at++)
      if (a[at] !== b[at]) {
        wrong.push(program);
        break;
      }
  return wrong;
}
