/**
 * The compiled core as the host sees it: its exports, the calls it makes, and its state by name in the shared memory.
 * Everything that knows an offset of the memory map on the host's side is here.
 */
import { config } from './tables/config.js';
import { layout } from './tables/layout.js';
import { stateOffset } from './tables/state.js';
import { type StopId, stops } from './tables/stop.js';

/** What the core calls. Addresses and values are unsigned. */
export interface CoreHost {
  portRead(port: number, size: number): number;
  portWrite(port: number, size: number, value: number): void;
  mmioRead(physical: number, size: number): number;
  mmioWrite(physical: number, size: number, value: number): void;
  /** Interrupt acknowledge cycle: the vector. */
  acknowledge(): number;
  /** The instruction at a hooked linear address is about to execute. */
  hook(linear: number): void;
  /** CPL has changed; only while `observeCrossings` is set. `reason` is the number of an event of tables/events.ts. */
  cplChanged(reason: number): void;
  /** A vector is about to be delivered; only while `observeExceptions` is set. `kind`: 0 INT, 1 exception, 2 interrupt. */
  exception(vector: number, kind: number, code: number, back: number): void;
  /** The ledger row for the CPL that is being entered is not known: the host must fill both row arrays. */
  componentStale(cpl: number): void;
}

interface CoreExports {
  reset(): void;
  configure(): void;
  run(limit: bigint): number;
  /** While halted: lets time pass up to `until`. */
  idle(until: bigint): void;
  flushTlbs(): void;
  flushCaches(): void;
  invalidateCode(physical: number, length: number): void;
  translate(linear: number): number;
  addHook(linear: number): void;
  clearHooks(): void;
  /** Whether `hook` is called before each instruction. */
  hookEverything(on: number): void;
}

const WASM_PAGE = 0x10000;
const TWO_32 = 0x100000000;

export class Core {
  readonly memory: WebAssembly.Memory;
  readonly exports: CoreExports;
  /** Guest RAM. */
  readonly ram: Uint8Array;
  private readonly view: DataView;
  private readonly words: Uint32Array;

  constructor(module: WebAssembly.Module, ramBytes: number, host: CoreHost) {
    const pages = Math.ceil((layout.RAM_BASE + ramBytes) / WASM_PAGE);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.view = new DataView(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer);
    this.ram = new Uint8Array(this.memory.buffer, layout.RAM_BASE, ramBytes);
    const imports = {
      env: {
        memory: this.memory,
        abort: (_message: number, _file: number, line: number, column: number) => {
          throw new Error(`the core aborted at ${line}:${column}`);
        },
      },
      host: unsigned(host),
    };
    this.exports = new WebAssembly.Instance(module, imports).exports as unknown as CoreExports;
  }

  /** Runs until the cycle counter reaches `limit` or something needs the host. */
  run(limit: number): StopId {
    return stops[this.exports.run(BigInt(limit))].id;
  }

  /** Cycles since reset. */
  get cycle(): number {
    return this.wide(layout.STATE + stateOffset.cycle);
  }

  set nextDue(cycle: number) {
    const due = Number.isFinite(cycle) ? BigInt(cycle) : 0x7fffffffffffffffn;
    this.view.setBigInt64(layout.STATE + stateOffset.nextDue, due, true);
  }

  /** A 32-bit field of the state, unsigned; `index` for fields of several elements. */
  get(field: Field, index = 0): number {
    return this.words[fieldWords[field] + index];
  }

  set(field: Field, value: number, index = 0): void {
    this.words[fieldWords[field] + index] = value;
  }

  /** Signature and features as CPUID leaf 1 gives them. */
  get identity(): { signature: number; features: number } {
    const leaf = (layout.CONFIG + config.CPUID + 16) >> 2;
    return { signature: this.words[leaf], features: this.words[leaf + 3] };
  }

  /** Cycles that the event with this number costs in the preset in use. */
  eventPrice(number: number): number {
    // The top byte of a price word says its cause and whether it serialises, see processors/config.ts.
    return this.words[(layout.CONFIG + config.EVENT_PRICES + 4 * number) >> 2] & 0xffffff;
  }

  /** An unsigned 64-bit number of the memory map, below 2^53. */
  wide(address: number): number {
    return this.words[address >> 2] + this.words[(address >> 2) + 1] * TWO_32;
  }

  /** Copies `count` 64-bit numbers from `address` into `to` at `at`. */
  copyWide(address: number, count: number, to: Float64Array, at: number): void {
    const { words } = this;
    let from = address >> 2;
    for (let i = 0; i < count; i++, from += 2) to[at + i] = words[from] + words[from + 1] * TWO_32;
  }

  clear(address: number, bytes: number): void {
    new Uint8Array(this.memory.buffer, address, bytes).fill(0);
  }
}

/** The 32-bit fields of machine/tables/state.ts that the host reads or writes. */
const fields = [
  'eip',
  'esp',
  'eax',
  'ebx',
  'eflags',
  'cpl',
  'cr0',
  'cr2',
  'cr3',
  'idtrBase',
  'interruptLine',
  'nmiLine',
  'apicBase',
  'stopRequest',
  'observeCrossings',
  'observeExceptions',
  'currentRow',
  'rowAfterTrap',
  'rowAfterReturn',
] as const;
type Field = (typeof fields)[number];

const fieldWords = Object.fromEntries(
  fields.map((field) => [field, (layout.STATE + stateOffset[field]) >> 2]),
) as Readonly<Record<Field, number>>;

/** WebAssembly hands i32 over as signed. */
function unsigned(host: CoreHost): Record<string, (...values: number[]) => number | undefined> {
  return {
    portRead: (port, size) => host.portRead(port, size),
    portWrite: (port, size, value) => void host.portWrite(port, size, value >>> 0),
    mmioRead: (physical, size) => host.mmioRead(physical >>> 0, size),
    mmioWrite: (physical, size, value) => void host.mmioWrite(physical >>> 0, size, value >>> 0),
    acknowledge: () => host.acknowledge(),
    hook: (linear) => void host.hook(linear >>> 0),
    cplChanged: (reason) => void host.cplChanged(reason),
    exception: (vector, kind, code, back) => void host.exception(vector, kind, code >>> 0, back >>> 0),
    componentStale: (cpl) => void host.componentStale(cpl),
  };
}
