// Random WebAssembly modules that never trap: what the back end is held against the engine of Node with.
//
// Memory: static area [BASE, BASE + 4096) is read and written by the functions; results go behind it. `run` calls each
// function with several sets of arguments and stores what it returns.

export const BASE = 0x500000;
export const AREA = 4096;
export const RESULTS = BASE + AREA;
export const ARGUMENT_SETS = 4;

type Type = 'i32' | 'i64';
const CODE = { i32: 0x7f, i64: 0x7e };
const INTERESTING = [
  0, 1, 2, 3, 7, 8, 31, 32, 33, 127, 128, 255, 256, 65535, 65536, 0x7fffffff, -1, -2, -128, -2147483648,
];

export class Random {
  constructor(private state: number) {}
  /** xorshift32: an integer in 0..n-1. */
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

const unsigned = (n: number): number[] => {
  const out: number[] = [];
  let v = n >>> 0;
  for (; v > 127; v >>>= 7) out.push((v & 127) | 128);
  return [...out, v];
};
/** Signed LEB128, padded to the full length. */
const signed = (n: bigint, length: number): number[] =>
  Array.from({ length }, (_, i) => Number(BigInt.asUintN(7, n >> BigInt(7 * i))) | (i < length - 1 ? 128 : 0));
const constI32 = (n: number): number[] => [0x41, ...signed(BigInt(n | 0), 5)];
const constI64 = (n: bigint): number[] => [0x42, ...signed(BigInt.asIntN(64, n), 10)];
const vector = (items: number[][]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, body: number[]): number[] => [id, ...unsigned(body.length), ...body];

interface Signature {
  params: Type[];
  result: Type;
}
const SIGNATURES: Signature[] = [
  { params: ['i32', 'i32'], result: 'i32' },
  { params: ['i32', 'i64', 'i32'], result: 'i64' },
  { params: ['i64', 'i64'], result: 'i64' },
  { params: ['i32', 'i32', 'i32', 'i32', 'i64', 'i32'], result: 'i32' },
];
const GLOBALS: Type[] = ['i32', 'i64', 'i32'];
/** The first functions, of signature 0, are in the table. */
const TABLE_SIZE = 4;

class FunctionMaker {
  private readonly locals: Type[];
  private loops = 0;

  constructor(
    private readonly r: Random,
    private readonly index: number,
    private readonly signature: Signature,
  ) {
    this.locals = [...signature.params];
    for (let n = 2 + r.below(5); n > 0; n--) this.locals.push(r.chance(70) ? 'i32' : 'i64');
  }

  make(): number[] {
    const { r, signature } = this;
    const statements = Array.from({ length: 2 + r.below(6) }, () => this.statement(3));
    const body = [...statements.flat(), ...this.expression(signature.result, 4), 0x0b];
    const own = this.locals.slice(signature.params.length);
    const code = [...vector(own.map((t) => [1, CODE[t]])), ...body];
    return [...unsigned(code.length), ...code];
  }

  private localOf(type: Type): number | undefined {
    const found = this.locals.flatMap((t, i) => (t === type ? [i] : []));
    return found.length > 0 ? this.r.pick(found) : undefined;
  }

  private address(depth: number): number[] {
    return [...this.expression('i32', depth - 1), ...constI32(AREA - 64), 0x71, ...constI32(BASE), 0x6a];
  }

  expression(type: Type, depth: number): number[] {
    const { r } = this;
    if (depth <= 0 || r.chance(15)) return this.leaf(type);
    return type === 'i32' ? this.expression32(depth) : this.expression64(depth);
  }

  private leaf(type: Type): number[] {
    const { r } = this;
    const local = this.localOf(type);
    if (local !== undefined && r.chance(65)) return [0x20, local];
    if (r.chance(15)) return [0x23, type === 'i64' ? 1 : r.pick([0, 2])];
    const n = r.chance(60) ? r.pick(INTERESTING) : r.below(0x7fffffff) - r.below(0x7fffffff);
    if (type === 'i32') return constI32(n);
    return constI64(r.chance(50) ? BigInt(n) : (BigInt(n) << 32n) ^ BigInt(r.below(0x7fffffff)));
  }

  private expression32(depth: number): number[] {
    const { r } = this;
    const e = (type: Type = 'i32') => this.expression(type, depth - 1);
    switch (r.below(15)) {
      case 0:
        return [...e(), 0x45];
      case 1:
        return [...e(), ...e(), 0x46 + r.below(10)];
      case 2:
        return [...e('i64'), ...e('i64'), 0x51 + r.below(10)];
      case 3:
        return [...e(), r.pick([0x67, 0x68, 0x69, 0xc0, 0xc1])];
      case 4: // divu, remu, rems by something that is not zero; rems may divide by -1
        return [...e(), ...e(), ...constI32(1), 0x72, r.pick([0x6e, 0x70, 0x6f])];
      case 5: // divs, rems by a constant
        return [...e(), ...constI32(r.pick([1, 2, 3, 7, 8, 10, 4096, -3, 1 << 30])), r.pick([0x6d, 0x6f])];
      case 6:
        return [...e(), ...e(), 0x74 + r.below(5)];
      case 7:
        return [...this.address(depth), r.pick([0x28, 0x2c, 0x2d, 0x2e, 0x2f]), 0, r.below(48)];
      case 8:
        return [...e(), ...e(), ...e(), 0x1b];
      case 9:
        return [...e('i64'), 0xa7];
      case 10:
        return this.tee('i32', depth);
      case 11:
        return this.choose('i32', depth);
      case 12:
        return this.call(depth, 'i32') ?? e();
      default:
        return [...e(), ...e(), r.pick([0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73])];
    }
  }

  private expression64(depth: number): number[] {
    const { r } = this;
    const e = (type: Type = 'i64') => this.expression(type, depth - 1);
    switch (r.below(12)) {
      case 0:
        return [...e(), ...e(), 0x86 + r.below(5)];
      case 1:
        return [...e(), ...constI64(BigInt(r.pick([0, 1, 5, 31, 32, 33, 40, 63, 64]))), 0x86 + r.below(5)];
      case 2: // unsigned division by something that is not zero
        return [...e(), ...e(), ...constI64(1n), 0x84, r.pick([0x80, 0x82])];
      case 3: // signed division of what is not the smallest number
        return [...e(), ...constI64(1n), 0x87, ...e(), ...constI64(1n), 0x84, r.pick([0x7f, 0x81])];
      case 4:
        return [...e('i32'), r.pick([0xac, 0xad])];
      case 5:
        return [...this.address(depth), r.pick([0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35]), 0, r.below(48)];
      case 6:
        return [...e(), r.pick([0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4])];
      case 7:
        return [...e(), ...e(), ...e('i32'), 0x1b];
      case 8:
        return r.chance(50) ? this.tee('i64', depth) : this.choose('i64', depth);
      case 9:
        return this.call(depth, 'i64') ?? e();
      default:
        return [...e(), ...e(), r.pick([0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85])];
    }
  }

  private tee(type: Type, depth: number): number[] {
    const local = this.localOf(type);
    const value = this.expression(type, depth - 1);
    return local === undefined ? value : [...value, 0x22, local];
  }

  /** if ... else ... with a result, or a block left early with one. */
  private choose(type: Type, depth: number): number[] {
    const e = () => this.expression(type, depth - 1);
    const condition = this.expression('i32', depth - 1);
    if (this.r.chance(50)) return [...condition, 0x04, CODE[type], ...e(), 0x05, ...e(), 0x0b];
    return [0x02, CODE[type], ...e(), ...condition, 0x0d, 0, 0x1a, ...e(), 0x0b];
  }

  /** A call of an earlier function, directly or through the table: calls cannot go round in circles. */
  private call(depth: number, result: Type): number[] | undefined {
    const { r } = this;
    if (result === 'i32' && this.index >= TABLE_SIZE && r.chance(40)) {
      const args = [...this.expression('i32', depth - 2), ...this.expression('i32', depth - 2)];
      return [...args, ...this.expression('i32', depth - 2), ...constI32(TABLE_SIZE - 1), 0x71, 0x11, 0, 0];
    }
    const earlier = Array.from({ length: Math.min(this.index, 8) }, (_, i) => i).filter(
      (i) => signatureOf(i).result === result,
    );
    if (earlier.length === 0) return undefined;
    const callee = r.pick(earlier);
    return [...signatureOf(callee).params.flatMap((t) => this.expression(t, depth - 2)), 0x10, callee];
  }

  private statement(depth: number): number[] {
    const { r } = this;
    const inner = () => Array.from({ length: 1 + r.below(2) }, () => this.statement(depth - 1)).flat();
    const kind = depth <= 0 ? r.below(3) : r.below(10);
    switch (kind) {
      case 0:
      case 1: {
        const local = r.below(this.locals.length);
        return [...this.expression(this.locals[local], 3), 0x21, local];
      }
      case 2: {
        const type = r.pick<Type>(['i32', 'i32', 'i64']);
        const op = type === 'i32' ? r.pick([0x36, 0x3a, 0x3b]) : r.pick([0x37, 0x3c, 0x3d, 0x3e]);
        return [...this.address(2), ...this.expression(type, 3), op, 0, r.below(48)];
      }
      case 3: {
        const global = r.below(GLOBALS.length);
        return [...this.expression(GLOBALS[global], 2), 0x24, global];
      }
      case 4:
        return [
          ...this.expression('i32', 2),
          0x04,
          0x40,
          ...inner(),
          ...(r.chance(50) ? [0x05, ...inner()] : []),
          0x0b,
        ];
      case 5:
        return this.loop(inner());
      case 6:
        return [0x02, 0x40, ...inner(), ...this.expression('i32', 2), 0x0d, 0, ...inner(), 0x0b];
      case 7: {
        const cases = [...this.expression('i32', 2), ...constI32(3), 0x71, 0x0e, 2, 0, 1, 2];
        return [0x02, 0x40, 0x02, 0x40, 0x02, 0x40, ...cases, 0x0b, ...inner(), 0x0c, 1, 0x0b, ...inner(), 0x0b];
      }
      case 8: {
        const size = [...this.expression('i32', 1), ...constI32(31), 0x71];
        if (r.chance(50)) return [...this.address(1), ...this.address(1), ...size, 0xfc, 10, 0, 0];
        return [...this.address(1), ...this.expression('i32', 1), ...size, 0xfc, 11, 0];
      }
      default:
        return [...this.expression('i32', 2), 0x04, 0x40, ...this.expression(this.signature.result, 2), 0x0f, 0x0b];
    }
  }

  /** At most five rounds, by a local of its own. */
  private loop(inner: number[]): number[] {
    if (this.loops++ > 1) return inner;
    const counter = this.locals.push('i32') - 1;
    const step = [0x20, counter, ...constI32(1), 0x6a, 0x22, counter, ...constI32(2 + this.r.below(4)), 0x48, 0x0d, 0];
    return [...constI32(0), 0x21, counter, 0x03, 0x40, ...inner, ...step, 0x0b];
  }
}

const signatureOf = (index: number): Signature => SIGNATURES[index < TABLE_SIZE ? 0 : index % SIGNATURES.length];

/** `count` functions and `run`; the same seed makes the same bytes. */
export function randomModule(seed: number, count: number): Uint8Array {
  const r = new Random(seed * 2654435761 + 1);
  const bodies = Array.from({ length: count }, (_, i) => new FunctionMaker(r, i, signatureOf(i)).make());
  const run: number[] = [];
  for (let i = 0; i < count; i++)
    for (let n = 0; n < ARGUMENT_SETS; n++) {
      const { params, result } = signatureOf(i);
      const place = RESULTS + 8 * (i * ARGUMENT_SETS + n);
      const args = params.flatMap((t) => {
        const v = r.chance(60) ? r.pick(INTERESTING) : r.below(0x7fffffff);
        return t === 'i32' ? constI32(v) : constI64((BigInt(r.below(1 << 30)) << 34n) ^ BigInt(v));
      });
      run.push(...constI32(place), ...args, 0x10, ...unsigned(i), result === 'i32' ? 0x36 : 0x37, 0, 0);
    }
  const runCode = [0, ...run, 0x0b];
  const type = ({ params, result }: Signature) => [0x60, ...vector(params.map((t) => [CODE[t]])), 1, CODE[result]];
  const text = (s: string) => [...unsigned(s.length), ...new TextEncoder().encode(s)];
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, vector([...SIGNATURES.map(type), [0x60, 0, 0]])),
    ...section(2, vector([[...text('env'), ...text('memory'), 2, 0, ...unsigned(1)]])),
    ...section(3, vector([...bodies.map((_, i) => [SIGNATURES.indexOf(signatureOf(i))]), [SIGNATURES.length]])),
    ...section(4, vector([[0x70, 0, TABLE_SIZE]])),
    ...section(6, vector(GLOBALS.map((t) => [CODE[t], 1, ...(t === 'i32' ? constI32(7) : constI64(7n)), 0x0b]))),
    ...section(7, vector([[...text('run'), 0, ...unsigned(count)]])),
    ...section(9, vector([[0, ...constI32(0), 0x0b, ...vector(Array.from({ length: TABLE_SIZE }, (_, i) => [i]))]])),
    ...section(10, vector([...bodies, [...unsigned(runCode.length), ...runCode]])),
  ]);
}
