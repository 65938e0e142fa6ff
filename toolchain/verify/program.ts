// Random programs as trees, which can be encoded, printed and shrunk. A node stands for one WebAssembly instruction with
// its operands; a control instruction has bodies. Branches name their label, not a depth, so that a tree stays right
// when something around the branch is taken away.

export type Type = 'i32' | 'i64';
export type Result = Type | 'void';

export interface Node {
  /** What the node leaves on the stack. */
  readonly type: Result;
  /** The instruction in the text format, immediates included. */
  text: string;
  /** Opcode and immediates. For a branch: the opcode alone. */
  code: readonly number[];
  kids: Node[];
  /** Of `block`, `loop` and `if` (then and else). */
  bodies?: Node[][];
  readonly label?: number;
  /** Of `br`, `br_if` and `br_table`. */
  readonly targets?: readonly number[];
  /** An address, which may only give way to BASE when the program is shrunk. */
  readonly isAddress?: boolean;
  /** A part of an address that keeps it within bounds. */
  readonly isFixed?: boolean;
}

export interface Signature {
  readonly params: readonly Type[];
  readonly result: Type;
}

export interface FunctionTree {
  readonly signature: Signature;
  /** Types of the locals behind the parameters. */
  readonly locals: Type[];
  /** The last node leaves the result. */
  body: Node[];
}

/** One function that is run with several sets of arguments. */
export interface Program extends FunctionTree {
  readonly arguments: bigint[][];
}

/** Programs with the functions that they call. */
export interface Batch {
  readonly helpers: FunctionTree[];
  readonly programs: Program[];
}

/** Signatures of helpers, by index modulo their number. */
export const SIGNATURES: readonly Signature[] = [
  { params: ['i32', 'i32'], result: 'i32' },
  { params: ['i32', 'i64', 'i32'], result: 'i64' },
  { params: ['i64', 'i64'], result: 'i64' },
  { params: ['i32', 'i32', 'i32', 'i32', 'i64', 'i32'], result: 'i32' },
];
export const HELPERS = 8;
/** The table: helpers 0 and 4 twice over, then helpers 2 and 6. */
export const TABLE = [0, 4, 4, 0, 2, 6];
export const GLOBALS: readonly Type[] = ['i32', 'i64', 'i32'];
/** The global behind them: how often helpers may still call themselves. */
export const FUEL = GLOBALS.length;
export const RECURSIONS = 12;
/** Functions of module x86 that the programs call: they say what a condition is expected to be, and give it back. */
export const EXPECTATIONS = ['likely', 'unlikely'];
/** The index of a helper, or of a program behind them, in the module. */
export const functionIndex = (n: number): number => EXPECTATIONS.length + n;

/** The area of memory that programs read and write; filled afresh before each program. */
export const BASE = 0x500000;
export const AREA = 512;
/** What a program leaves: its results, eight bytes each, then the area. */
export const SETS = 3;
export const RECORD = 8 * SETS + AREA;
export const RESULTS = BASE + 4096;

/** xorshift32. */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = (Math.imul(seed, 0x9e3779b1) ^ 0x2545f491) | 1;
    for (let i = 0; i < 4; i++) this.below(2);
  }
  /** An integer in 0..n-1. */
  below(n: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) % n;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

// Encoding of numbers (core specification, section 5.2.2)

export const unsigned = (n: number): number[] => {
  const out: number[] = [];
  let v = n >>> 0;
  for (; v > 127; v >>>= 7) out.push((v & 127) | 128);
  return [...out, v];
};
/** Signed LEB128, as short as can be. */
export const signed = (value: bigint): number[] => {
  const out: number[] = [];
  for (let v = value; ; v >>= 7n) {
    const low = Number(BigInt.asUintN(7, v));
    const rest = v >> 7n;
    if ((rest === 0n && !(low & 64)) || (rest === -1n && low & 64)) return [...out, low];
    out.push(low | 128);
  }
};

// Makers of nodes

export const plain = (type: Result, text: string, code: readonly number[], ...kids: Node[]): Node => ({
  type,
  text,
  code,
  kids,
});

export function constant(type: Type, value: number | bigint): Node {
  const v = type === 'i32' ? BigInt.asIntN(32, BigInt(value)) : BigInt.asIntN(64, BigInt(value));
  return plain(type, `${type}.const ${v}`, [type === 'i32' ? 0x41 : 0x42, ...signed(v)]);
}

/** Every node of a function with the list it stands in, parents first. */
export function* walk(list: Node[]): Generator<{ list: Node[]; index: number }> {
  for (let index = 0; index < list.length; index++) {
    yield { list, index };
    const node = list[index];
    if (!node) continue;
    yield* walk(node.kids);
    for (const body of node.bodies ?? []) yield* walk(body);
  }
}
