import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import type { Preset } from '../processors/index.js';
import { writeConfig } from '../processors/index.js';
import type { CauseId } from '../tables/causes.js';
import { causes } from '../tables/causes.js';
import type { CounterId } from '../tables/counters.js';
import { counters } from '../tables/counters.js';
import type { EventId } from '../tables/events.js';
import { events } from '../tables/events.js';
import { generateTables } from '../tables/generate.js';
import { layout } from '../tables/layout.js';
import { stateOffset } from '../tables/state.js';

const root = join(import.meta.dirname, '../..');
const FOLDER = 'machine/core';

/** machine/core/memory alone: what the CPU would call, and a decode cache that only takes notes. */
const virtual: Record<string, string> = {
  [`${FOLDER}/memory-test.ts`]: [
    ...['access', 'fetch', 'control', 'branch', 'granules', 'charge', 'filter'].map(
      (f) => `export * from './memory/${f}';`,
    ),
  ].join('\n'),
  [`${FOLDER}/code-written.ts`]: `
    import { mmioWrite } from './host';
    export function codeWritten(physical: u32, length: u32): void { mmioWrite(0xffffffff, length, physical); }`,
  ...Object.fromEntries(Object.entries(generateTables()).map(([f, text]) => [`${FOLDER}/generated/${f}`, text])),
};

type Exports = Record<
  | 'read8'
  | 'read16'
  | 'read32'
  | 'readSystem8'
  | 'readSystem16'
  | 'readSystem32'
  | 'write8'
  | 'write16'
  | 'write32'
  | 'writeSystem16'
  | 'writeSystem32'
  | 'probeWrite'
  | 'probeModify'
  | 'fetch'
  | 'flushTlb'
  | 'invalidatePage'
  | 'setRights'
  | 'emptyTlbs'
  | 'emptyAll'
  | 'resetMemory'
  | 'clearFilters'
  | 'emptyFilters'
  | 'chargeIssue'
  | 'chargeEvent'
  | 'markCode'
  | 'branch'
  | 'jump'
  | 'jumpIndirect'
  | 'pushReturn'
  | 'returnBranch',
  (...values: (number | boolean)[]) => number
>;

let compiled: Promise<WebAssembly.Module> | undefined;

async function compile(): Promise<WebAssembly.Module> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      `${FOLDER}/memory-test.ts`,
      '-O3',
      '--runtime',
      'stub',
      '--noAssert',
      '--importMemory',
      '--enable',
      'simd',
      '-o',
      'memory.wasm',
    ],
    {
      readFile: (name) => virtual[name] ?? text(name),
      writeFile: (_, contents) => {
        binary = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`${error?.message}\n${stderr.toString()}`);
  return new WebAssembly.Module(binary as Uint8Array<ArrayBuffer>);
}

function text(name: string): string | null {
  try {
    return readFileSync(join(root, name), 'utf8');
  } catch {
    return null;
  }
}

/** The memory model of a preset over some RAM, and a view of everything that it counts. */
export class MemoryCore {
  readonly exports: Exports;
  readonly view: DataView;
  readonly ram: DataView;
  /** Physical addresses of granules whose code was overwritten, in order. */
  readonly codeWritten: number[] = [];
  readonly mmio: [kind: 'read' | 'write', physical: number, size: number, value: number][] = [];

  static async create(preset: Preset, ramBytes: number): Promise<MemoryCore> {
    compiled ??= compile();
    return new MemoryCore(await compiled, preset, ramBytes);
  }

  private constructor(module: WebAssembly.Module, preset: Preset, ramBytes: number) {
    const memory = new WebAssembly.Memory({ initial: (layout.RAM_BASE + ramBytes) / 65536 });
    const host = {
      mmioRead: (physical: number, size: number) => {
        this.mmio.push(['read', physical >>> 0, size, 0]);
        return 0x5aa5_1234;
      },
      mmioWrite: (physical: number, size: number, value: number) => {
        if (physical >>> 0 === 0xffffffff) this.codeWritten.push(value);
        else this.mmio.push(['write', physical >>> 0, size, value]);
      },
    };
    this.exports = new WebAssembly.Instance(module, { env: { memory }, host }).exports as unknown as Exports;
    this.view = new DataView(memory.buffer);
    this.ram = new DataView(memory.buffer, layout.RAM_BASE);
    writeConfig(preset, memory);
    this.set('currentRow', layout.LEDGER_ROWS);
    this.set('faultVector', -1);
    this.exports.resetMemory();
  }

  set(field: string, value: number): void {
    this.view.setInt32(layout.STATE + stateOffset[field], value, true);
  }

  get(field: string): number {
    return this.view.getUint32(layout.STATE + stateOffset[field], true);
  }

  get cycles(): number {
    return Number(this.view.getBigInt64(layout.STATE + stateOffset.cycle, true));
  }

  counter(id: CounterId): number {
    return this.wide(
      layout.COUNTERS,
      counters.findIndex((c) => c.id === id),
    );
  }

  event(id: EventId): number {
    return this.wide(
      layout.EVENT_COUNTS,
      events.findIndex((e) => e.id === id),
    );
  }

  cause(id: CauseId): number {
    return this.wide(
      layout.LEDGER_ROWS,
      causes.findIndex((c) => c.id === id),
    );
  }

  /** The fault reported since the last call, if any. */
  takeFault(): { vector: number; code: number; cr2: number } | undefined {
    const vector = this.get('faultVector') | 0;
    if (vector < 0) return undefined;
    this.set('faultVector', -1);
    return { vector, code: this.get('faultCode'), cr2: this.get('cr2') };
  }

  private wide(area: number, index: number): number {
    return Number(this.view.getBigInt64(area + 8 * index, true));
  }
}
