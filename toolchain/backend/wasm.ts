// Reader of the WebAssembly binary format (core specification, chapter 5): the subset that AssemblyScript emits.
// Function bodies stay bytes; lower.ts reads them.

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'funcref';

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface WasmFunction {
  readonly index: number;
  readonly type: FunctionType;
  /** Module and name, for an imported function. */
  readonly import?: { readonly module: string; readonly name: string };
  /** Name by the name section, or `function N`. */
  name: string;
  readonly exports: string[];
  /** Parameters and locals. */
  locals: ValueType[];
  /** The body's place in the file. */
  start: number;
  end: number;
  /** A start function whose globals turned out to be constants: nobody calls it. */
  isEmpty?: boolean;
}

/**
 * A 64-bit integer as two signed halves. Not a BigInt: on a hot path of BigInt arithmetic the optimising compiler of
 * Node 20 crashes.
 */
export interface Int64 {
  readonly low: number;
  readonly high: number;
}

export interface WasmGlobal {
  readonly type: ValueType;
  readonly mutable: boolean;
  readonly init: Int64;
  /** Set once, by the start function, to the address of a static area and a constant. */
  constant?: { readonly symbol: string | undefined; readonly value: number };
  name: string;
  readonly exports: string[];
}

export interface WasmModule {
  readonly bytes: Uint8Array;
  readonly types: FunctionType[];
  readonly functions: WasmFunction[];
  readonly globals: WasmGlobal[];
  readonly data: { readonly address: number; readonly bytes: Uint8Array }[];
  readonly elements: { readonly offset: number; readonly functions: readonly number[] }[];
  tableSize: number;
  /** Static tables of functions, by symbol (tables.ts). */
  readonly functionTables: Map<string, readonly number[]>;
  /** Index of the start function, if there is one. */
  start?: number;
}

export class WasmError extends Error {
  override name = 'WasmError';
}

const VALUE_TYPES: Record<number, ValueType> = { 127: 'i32', 126: 'i64', 125: 'f32', 124: 'f64', 112: 'funcref' };

export class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
  ) {}

  byte(): number {
    return this.bytes[this.at++];
  }
  /** Unsigned LEB128, up to 32 bits. */
  u32(): number {
    let result = 0;
    for (let factor = 1; ; factor *= 128) {
      const b = this.byte();
      result += (b & 127) * factor;
      if (b < 128) return result;
    }
  }
  s32(): number {
    let result = 0;
    for (let shift = 0; ; ) {
      const b = this.byte();
      result |= (b & 127) << shift;
      shift += 7;
      if (b < 128) return b & 64 && shift < 32 ? result | (-1 << shift) : result;
    }
  }
  s64(): Int64 {
    let [low, high] = [0, 0];
    for (let shift = 0; ; ) {
      const b = this.byte();
      const bits = b & 127;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high |= bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      shift += 7;
      if (b >= 128) continue;
      if (b & 64 && shift < 64) {
        if (shift < 32) low |= -1 << shift;
        high |= shift < 32 ? -1 : -1 << (shift - 32);
      }
      return { low, high };
    }
  }
  text(): string {
    const length = this.u32();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }
  type(): ValueType {
    const code = this.byte();
    const type = VALUE_TYPES[code];
    if (!type) throw new WasmError(`value type 0x${code.toString(16)} is not supported`);
    return type;
  }
  list<T>(read: (index: number) => T): T[] {
    return Array.from({ length: this.u32() }, (_, index) => read(index));
  }
}

export function readModule(bytes: Uint8Array): WasmModule {
  const r = new Reader(bytes, 8);
  const lists = { types: [], functions: [], globals: [], data: [], elements: [] };
  const m: WasmModule = { bytes, ...lists, tableSize: 0, functionTables: new Map() };
  while (r.at < bytes.length) {
    const id = r.byte();
    const end = r.u32() + r.at;
    SECTION_READERS[id]?.(r, m, end);
    r.at = end;
  }
  return m;
}

const newFunction = (m: WasmModule, type: FunctionType, from?: { module: string; name: string }): WasmFunction => ({
  index: m.functions.length,
  type,
  import: from,
  name: from ? `${from.module}.${from.name}` : `function ${m.functions.length}`,
  exports: [],
  locals: [],
  start: 0,
  end: 0,
});

const SECTION_READERS: Record<number, (r: Reader, m: WasmModule, end: number) => void> = {
  0: readNames,
  1: (r, m) => {
    r.list(() => {
      r.byte(); // 0x60, a function
      m.types.push({ params: r.list(() => r.type()), results: r.list(() => r.type()) });
    });
  },
  2: (r, m) => {
    r.list(() => readImport(r, m));
  },
  3: (r, m) => {
    r.list(() => m.functions.push(newFunction(m, m.types[r.u32()])));
  },
  4: (r, m) => {
    r.list(() => {
      r.type();
      m.tableSize = readLimits(r);
    });
  },
  6: (r, m) => {
    r.list(() => {
      const type = r.type();
      const mutable = r.byte() === 1;
      m.globals.push({ type, mutable, init: readConstant(r, m), name: `global ${m.globals.length}`, exports: [] });
    });
  },
  7: (r, m) => {
    r.list(() => {
      const name = r.text();
      const kind = r.byte();
      const index = r.u32();
      if (kind === 0) m.functions[index].exports.push(name);
      else if (kind === 3) m.globals[index].exports.push(name);
    });
  },
  8: (r, m) => {
    m.start = r.u32();
  },
  9: (r, m) => {
    r.list(() => {
      const flags = r.u32();
      if (flags !== 0) throw new WasmError(`element segment of kind ${flags} is not supported`);
      m.elements.push({ offset: readConstant(r, m).low, functions: r.list(() => r.u32()) });
    });
  },
  10: (r, m) => {
    const own = m.functions.filter((f) => !f.import);
    r.list((index) => readBody(r, own[index]));
  },
  11: (r, m) => {
    r.list(() => {
      const flags = r.u32();
      if (flags !== 0) throw new WasmError(`data segment of kind ${flags} is not supported`);
      const address = readConstant(r, m).low >>> 0;
      const length = r.u32();
      m.data.push({ address, bytes: r.bytes.slice(r.at, r.at + length) });
      r.at += length;
    });
  },
};

function readLimits(r: Reader): number {
  const flags = r.byte();
  const minimum = r.u32();
  if (flags & 1) r.u32();
  return minimum;
}

function readImport(r: Reader, m: WasmModule): void {
  const from = { module: r.text(), name: r.text() };
  const kind = r.byte();
  if (kind === 0) m.functions.push(newFunction(m, m.types[r.u32()], from));
  else if (kind === 2) readLimits(r);
  else throw new WasmError(`import ${from.module}.${from.name}: only functions and the memory can be imported`);
}

function readConstant(r: Reader, m: WasmModule): Int64 {
  const op = r.byte();
  let value: Int64;
  if (op === 0x41) value = { low: r.s32(), high: 0 };
  else if (op === 0x42) value = r.s64();
  else if (op === 0x23) value = m.globals[r.u32()].init;
  else if (op === 0x43 || op === 0x44) throw new WasmError('floating-point globals are not supported');
  else throw new WasmError(`constant expression 0x${op.toString(16)} is not supported`);
  r.byte();
  return value;
}

function readBody(r: Reader, f: WasmFunction): void {
  const size = r.u32();
  f.end = r.at + size;
  f.locals.push(...f.type.params);
  r.list(() => {
    const count = r.u32();
    const type = r.type();
    for (let n = 0; n < count; n++) f.locals.push(type);
  });
  f.start = r.at;
  r.at = f.end;
}

function readNames(r: Reader, m: WasmModule, end: number): void {
  if (r.text() !== 'name') return;
  while (r.at < end) {
    const kind = r.byte();
    const next = r.u32() + r.at;
    if (kind === 1) r.list(() => nameOf(m.functions, r));
    else if (kind === 7) r.list(() => nameOf(m.globals, r));
    r.at = next;
  }
}

function nameOf(things: { name: string }[], r: Reader): void {
  const thing = things[r.u32()];
  thing.name = r.text();
}
