// The generator: typed random programs that never trap and always end. Divisors are made odd or are constants, dividends
// that could be the smallest number are shifted, addresses are masked into the area, loops count to five at most,
// and calls only go to helpers with a lower number.
import {
  AREA,
  BASE,
  type Batch,
  constant,
  type FunctionTree,
  GLOBALS,
  HELPERS,
  type Node,
  type Program,
  plain,
  Random,
  SETS,
  SIGNATURES,
  type Signature,
  type Type,
  unsigned,
} from './program.js';

const INTERESTING = [
  0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 127, 128, 255, 256, 4095, 4096, 65535, 65536, 0x7ffffffe, 0x7fffffff, -1, -2,
  -3, -128, -129, -32768, -65536, -2147483647, -2147483648,
];
/** Divisors whose multiplication or shift forms differ. */
const DIVISORS = [
  1,
  2,
  3,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  25,
  28,
  60,
  100,
  125,
  625,
  641,
  1000,
  4096,
  10000,
  65537,
  1000000,
  1 << 30,
  0x7fffffff,
  -1,
  -2,
  -3,
  -5,
  -7,
  -8,
  -10,
  -125,
  -1000,
  -2147483648,
];
/** The farthest byte that an access of eight bytes may begin at is AREA - 8. */
const MASK = AREA - 64;
const FARTHEST = 56;

const NAMES = {
  unary32: [
    [0x67, 'clz'],
    [0x68, 'ctz'],
    [0x69, 'popcnt'],
    [0xc0, 'extend8_s'],
    [0xc1, 'extend16_s'],
  ],
  unary64: [
    [0x79, 'clz'],
    [0x7a, 'ctz'],
    [0x7b, 'popcnt'],
    [0xc2, 'extend8_s'],
    [0xc3, 'extend16_s'],
    [0xc4, 'extend32_s'],
  ],
  compare: ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'],
  binary: ['add', 'sub', 'mul', 'div_s', 'div_u', 'rem_s', 'rem_u', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u'],
  rotate: ['rotl', 'rotr'],
  load32: [
    [0x28, 'load'],
    [0x2c, 'load8_s'],
    [0x2d, 'load8_u'],
    [0x2e, 'load16_s'],
    [0x2f, 'load16_u'],
  ],
  load64: [
    [0x29, 'load'],
    [0x30, 'load8_s'],
    [0x31, 'load8_u'],
    [0x32, 'load16_s'],
    [0x33, 'load16_u'],
    [0x34, 'load32_s'],
    [0x35, 'load32_u'],
  ],
  store32: [
    [0x36, 'store'],
    [0x3a, 'store8'],
    [0x3b, 'store16'],
  ],
  store64: [
    [0x37, 'store'],
    [0x3c, 'store8'],
    [0x3d, 'store16'],
    [0x3e, 'store32'],
  ],
} as const;

/** The operator at `index` from `add` on. */
function binary(type: Type, index: number, x: Node, y: Node): Node {
  const name = [...NAMES.binary, ...NAMES.rotate][index];
  return plain(type, `${type}.${name}`, [(type === 'i32' ? 0x6a : 0x7c) + index], x, y);
}
const [ADD, DIV_S, DIV_U, REM_S, REM_U, AND, OR, XOR, SHL, SHR_U] = [0, 3, 4, 5, 6, 7, 8, 9, 10, 12];
const or = (type: Type, x: Node, value: number): Node => binary(type, OR, x, constant(type, value));
const convert = (code: number, to: Type, name: string, x: Node): Node => plain(to, `${to}.${name}`, [code], x);
const access = (type: Type | 'void', of: Type, [code, name]: readonly [number, string], offset: number, ...k: Node[]) =>
  plain(type, `${of}.${name} offset=${offset}`, [code, 0, ...unsigned(offset)], ...k);

interface Label {
  readonly id: number;
}

class FunctionMaker {
  private readonly locals: Type[];
  private labels: Label[] = [];
  private labelCount = 0;
  private loops = 0;
  /** Locals that always hold an address in the area. */
  private readonly pointers: number[] = [];
  private arePointersSet = false;

  constructor(
    private readonly r: Random,
    private readonly signature: Signature,
    /** Helpers with a lower number may be called. */
    private readonly callable: number,
    private readonly tables: boolean,
  ) {
    this.locals = [...signature.params];
    // Now and then more than there are registers.
    for (let n = 1 + r.below(r.chance(80) ? 6 : 14); n > 0; n--) this.locals.push(r.chance(70) ? 'i32' : 'i64');
    for (let n = r.below(4); n > 0; n--) this.pointers.push(this.locals.push('i32') - 1);
  }

  make(): FunctionTree {
    const { r, signature } = this;
    const depth = 1 + r.below(3);
    const setPointers = this.pointers.map((p) => plain('void', `local.set ${p}`, [0x21, p], this.address(2)));
    this.arePointersSet = true;
    const statements = Array.from({ length: 1 + r.below(4) }, () => this.statement(depth)).flat();
    const body = [...setPointers, ...statements, this.expression(signature.result, 1 + depth)];
    return { signature, locals: this.locals.slice(signature.params.length), body };
  }

  private localOf(type: Type): number | undefined {
    const found = this.locals.flatMap((t, i) => (t === type && !this.pointers.includes(i) ? [i] : []));
    return found.length > 0 ? this.r.pick(found) : undefined;
  }

  private address(depth: number): Node {
    const { r } = this;
    if (r.chance(25)) return { ...constant('i32', BASE + 4 * r.below(MASK / 4)), isAddress: true };
    if (this.arePointersSet && this.pointers.length > 0 && r.chance(60)) {
      const p = r.pick(this.pointers);
      return { ...plain('i32', `local.get ${p}`, [0x20, p]), isAddress: true };
    }
    const fixed = (value: number): Node => ({ ...constant('i32', value), isFixed: true });
    const masked = binary('i32', AND, this.expression('i32', depth - 1), fixed(MASK));
    return { ...binary('i32', ADD, { ...masked, isFixed: true }, fixed(BASE)), isAddress: true };
  }

  expression(type: Type, depth: number): Node {
    const { r } = this;
    if (depth <= 0 || r.chance(15)) return this.leaf(type);
    return type === 'i32' ? this.expression32(depth) : this.expression64(depth);
  }

  private leaf(type: Type): Node {
    const { r } = this;
    const local = this.localOf(type);
    if (local !== undefined && r.chance(65)) return plain(type, `local.get ${local}`, [0x20, local]);
    if (r.chance(15)) {
      const global = type === 'i64' ? 1 : r.pick([0, 2]);
      return plain(type, `global.get ${global}`, [0x23, global]);
    }
    const n = r.chance(60) ? r.pick(INTERESTING) : r.below(0x7fffffff) - r.below(0x7fffffff);
    if (type === 'i32') return constant('i32', n);
    return constant('i64', r.chance(50) ? BigInt(n) : (BigInt(n) << 32n) ^ BigInt(r.below(0x7fffffff)));
  }

  private expression32(depth: number): Node {
    const { r } = this;
    const e = (type: Type = 'i32') => this.expression(type, depth - 1);
    switch (r.below(16)) {
      case 0:
        return plain('i32', 'i32.eqz', [0x45], e());
      case 1: {
        const k = r.below(10);
        return plain('i32', `i32.${NAMES.compare[k]}`, [0x46 + k], e(), e());
      }
      case 2: {
        const k = r.below(11) - 1;
        if (k < 0) return plain('i32', 'i64.eqz', [0x50], e('i64'));
        return plain('i32', `i64.${NAMES.compare[k]}`, [0x51 + k], e('i64'), e('i64'));
      }
      case 3: {
        const [code, name] = r.pick(NAMES.unary32);
        return convert(code, 'i32', name, e());
      }
      case 4: // by something that is not zero; a remainder may be by -1
        return binary('i32', r.pick([DIV_U, REM_U, REM_S]), e(), or('i32', e(), 1));
      case 5: // of something that is not the smallest number
        return binary('i32', DIV_S, binary('i32', SHR_U, e(), constant('i32', 1 + r.below(3))), or('i32', e(), 1));
      case 6:
        return this.divideByConstant('i32', e());
      case 7:
        return binary('i32', SHL + r.below(5), e(), e());
      case 8:
        return access('i32', 'i32', r.pick(NAMES.load32), r.below(FARTHEST), this.address(depth));
      case 9:
        return plain('i32', 'select', [0x1b], e(), e(), e());
      case 10:
        return convert(0xa7, 'i32', 'wrap_i64', e('i64'));
      case 11:
        return this.tee('i32', depth);
      case 12:
        return this.choose('i32', depth);
      case 13:
        return this.call(depth, 'i32') ?? e();
      default:
        return binary('i32', r.pick([0, 1, 2, AND, OR, XOR]), e(), e());
    }
  }

  private expression64(depth: number): Node {
    const { r } = this;
    const e = (type: Type = 'i64') => this.expression(type, depth - 1);
    switch (r.below(13)) {
      case 0:
        return binary('i64', SHL + r.below(5), e(), e());
      case 1:
        return binary('i64', SHL + r.below(5), e(), constant('i64', r.pick([0, 1, 5, 31, 32, 33, 40, 63, 64])));
      case 2:
        return binary('i64', r.pick([DIV_U, REM_U, REM_S]), e(), or('i64', e(), 1));
      case 3:
        return binary('i64', DIV_S, binary('i64', SHR_U, e(), constant('i64', 1)), or('i64', e(), 1));
      case 4:
        return r.chance(50)
          ? convert(0xac, 'i64', 'extend_i32_s', e('i32'))
          : convert(0xad, 'i64', 'extend_i32_u', e('i32'));
      case 5:
        return access('i64', 'i64', r.pick(NAMES.load64), r.below(FARTHEST), this.address(depth));
      case 6: {
        const [code, name] = r.pick(NAMES.unary64);
        return convert(code, 'i64', name, e());
      }
      case 7:
        return plain('i64', 'select', [0x1b], e(), e(), e('i32'));
      case 8:
        return r.chance(50) ? this.tee('i64', depth) : this.choose('i64', depth);
      case 9:
        return this.call(depth, 'i64') ?? e();
      case 10:
        return this.divideByConstant('i64', e());
      default:
        return binary('i64', r.pick([0, 1, 2, AND, OR, XOR]), e(), e());
    }
  }

  private divideByConstant(type: Type, x: Node): Node {
    const { r } = this;
    const divisor = r.pick(DIVISORS);
    const op = r.pick([DIV_S, DIV_U, REM_S, REM_U]);
    const safe = op === DIV_S && divisor === -1 ? binary(type, SHR_U, x, constant(type, 1)) : x;
    return binary(type, op, safe, constant(type, divisor));
  }

  private tee(type: Type, depth: number): Node {
    const local = this.localOf(type);
    const value = this.expression(type, depth - 1);
    return local === undefined ? value : plain(type, `local.tee ${local}`, [0x22, local], value);
  }

  private within<T>(make: (label: Label) => T): T {
    const label = { id: this.labelCount++ };
    this.labels.push(label);
    const made = make(label);
    this.labels.pop();
    return made;
  }

  /** if ... else ... with a result, or a block that may be left early with one. */
  private choose(type: Type, depth: number): Node {
    const e = () => this.expression(type, depth - 1);
    const condition = this.expression('i32', depth - 1);
    const outer = this.labels;
    this.labels = [];
    const id = this.labelCount++;
    const node: Node = this.r.chance(50)
      ? { type, text: 'if', code: [0x04], kids: [condition], bodies: [[e()], [e()]], label: id }
      : {
          type,
          text: 'block',
          code: [0x02],
          kids: [],
          bodies: [
            [
              plain('void', 'drop', [0x1a], {
                ...plain(type, 'br_if', [0x0d], e(), condition),
                targets: [id],
              }),
              e(),
            ],
          ],
          label: id,
        };
    this.labels = outer;
    return node;
  }

  private call(depth: number, result: Type): Node | undefined {
    const { r, callable } = this;
    const args = (s: Signature) => s.params.map((t) => this.expression(t, depth - 2));
    if (this.tables && r.chance(40)) {
      const [signature, mask, first] = result === 'i32' ? [0, 3, 0] : [2, 1, 4];
      const masked = binary('i32', AND, this.expression('i32', depth - 2), constant('i32', mask));
      const index = first === 0 ? masked : binary('i32', ADD, masked, constant('i32', first));
      const code = [0x11, signature, 0];
      return plain(result, `call_indirect (type ${signature})`, code, ...args(SIGNATURES[signature]), index);
    }
    const fitting = Array.from({ length: callable }, (_, i) => i).filter((i) => signatureOf(i).result === result);
    if (fitting.length === 0) return undefined;
    const callee = r.pick(fitting);
    return plain(result, `call ${callee}`, [0x10, callee], ...args(signatureOf(callee)));
  }

  private statements(depth: number): Node[] {
    return Array.from({ length: 1 + this.r.below(2) }, () => this.statement(depth - 1)).flat();
  }

  private block(depth: number, more: (label: Label) => Node[] = () => []): Node {
    return this.within((label) => ({
      type: 'void',
      text: 'block',
      code: [0x02],
      kids: [],
      bodies: [[...this.statements(depth), ...more(label), ...this.statements(depth)]],
      label: label.id,
    }));
  }

  private statement(depth: number): Node[] {
    const { r } = this;
    const kind = depth <= 0 ? r.below(5) : r.below(12);
    switch (kind) {
      case 0:
      case 1: {
        const local = r.below(this.locals.length);
        const value = this.pointers.includes(local) ? this.address(2) : this.expression(this.locals[local], 3);
        return [plain('void', `local.set ${local}`, [0x21, local], value)];
      }
      case 2: {
        const type = r.pick<Type>(['i32', 'i32', 'i64']);
        const form = r.pick<readonly [number, string]>(type === 'i32' ? NAMES.store32 : NAMES.store64);
        return [access('void', type, form, r.below(FARTHEST), this.address(2), this.expression(type, 3))];
      }
      case 3: {
        const global = r.below(GLOBALS.length);
        return [plain('void', `global.set ${global}`, [0x24, global], this.expression(GLOBALS[global], 2))];
      }
      case 4:
        return [this.accumulate()];
      case 5: {
        const condition = this.expression('i32', 2);
        return [
          this.within(({ id }) => {
            const bodies = [this.statements(depth), ...(r.chance(50) ? [this.statements(depth)] : [])];
            return { type: 'void', text: 'if', code: [0x04], kids: [condition], bodies, label: id };
          }),
        ];
      }
      case 6:
        return this.loop(depth);
      case 7:
        return [this.block(depth, (label) => [this.branchIf(label)])];
      case 8:
        return [this.switch(depth)];
      case 9: {
        const size = binary('i32', AND, this.expression('i32', 1), constant('i32', 31));
        const to = this.address(1);
        if (r.chance(50)) return [plain('void', 'memory.copy', [0xfc, 10, 0, 0], to, this.address(1), size)];
        return [plain('void', 'memory.fill', [0xfc, 11, 0], to, this.expression('i32', 1), size)];
      }
      case 10:
        return this.labels.length > 0 ? [this.branchIf(r.pick(this.labels))] : this.statement(depth);
      default: {
        const result = plain('void', 'return', [0x0f], this.expression(this.signature.result, 2));
        const then = { type: 'void', text: 'if', code: [0x04], kids: [this.expression('i32', 2)] } as const;
        return [{ ...then, kids: [...then.kids], bodies: [[result]], label: this.labelCount++ }];
      }
    }
  }

  private branchIf(label: Label): Node {
    const { r } = this;
    const branch = { ...plain('void', 'br_if', [0x0d], this.expression('i32', 2)), targets: [label.id] };
    if (r.chance(70)) return branch;
    // The same by an unconditional branch, with code behind it that is never reached.
    const jump = { ...plain('void', 'br', [0x0c]), targets: [label.id] };
    const bodies = [[jump, ...(r.chance(50) ? this.statement(0) : [])]];
    return { type: 'void', text: 'if', code: [0x04], kids: branch.kids, bodies, label: this.labelCount++ };
  }

  private switch(depth: number): Node {
    const { r } = this;
    const cases = 2 + r.below(5);
    const ids = Array.from({ length: cases }, () => this.labelCount++);
    const value = r.chance(60)
      ? binary('i32', AND, this.expression('i32', 2), constant('i32', 7))
      : this.expression('i32', 2);
    const table: Node = { ...plain('void', 'br_table', [0x0e], value), targets: ids };
    const outer = this.labels;
    let node: Node = { type: 'void', text: 'block', code: [0x02], kids: [], bodies: [[table]], label: ids[0] };
    for (const id of ids.slice(1)) {
      const rest = this.statements(depth - 1);
      if (r.chance(60)) rest.push({ ...plain('void', 'br', [0x0c]), targets: [ids[cases - 1]] });
      node = { type: 'void', text: 'block', code: [0x02], kids: [], bodies: [[node, ...rest]], label: id };
    }
    this.labels = outer;
    return node;
  }

  /** What sums over tables do: a local, changed by what another one points to. */
  private accumulate(): Node {
    const { r } = this;
    const local = this.localOf('i32');
    if (local === undefined) return this.block(0);
    const own = plain('i32', `local.get ${local}`, [0x20, local]);
    const loaded = access('i32', 'i32', NAMES.load32[0], r.below(FARTHEST), this.address(1));
    const op = r.pick([0, 1, AND, OR, XOR]);
    const value = r.chance(70) ? binary('i32', op, own, loaded) : binary('i32', op, loaded, own);
    return plain('void', `local.set ${local}`, [0x21, local], value);
  }

  /** At most five rounds, by a local that the body does not know; the body is a block, so that leaving it goes on with the next round. */
  private loop(depth: number): Node[] {
    if (this.loops++ > 1) return this.statements(depth);
    const id = this.labelCount++;
    const body = this.block(depth);
    const counter = this.locals.push('i32') - 1;
    const next = binary('i32', ADD, plain('i32', `local.get ${counter}`, [0x20, counter]), constant('i32', 1));
    const limit = constant('i32', 2 + this.r.below(4));
    const more = plain('i32', 'i32.lt_s', [0x48], plain('i32', `local.tee ${counter}`, [0x22, counter], next), limit);
    const again: Node = { ...plain('void', 'br_if', [0x0d], more), targets: [id] };
    return [
      plain('void', `local.set ${counter}`, [0x21, counter], constant('i32', 0)),
      { type: 'void', text: 'loop', code: [0x03], kids: [], bodies: [[body, again]], label: id },
    ];
  }
}

export const signatureOf = (helper: number): Signature => SIGNATURES[helper % SIGNATURES.length];

/** Helpers and `count` programs; the same seed makes the same batch. */
export function generate(seed: number, count: number): Batch {
  const r = new Random(seed);
  // The first four call nobody, so that calls inside of loops do not multiply without end.
  const helpers = Array.from({ length: HELPERS }, (_, i) =>
    new FunctionMaker(r, signatureOf(i), i < 4 ? 0 : 4, false).make(),
  );
  const programs = Array.from({ length: count }, (): Program => {
    const signature = { params: r.pick(SIGNATURES).params, result: r.pick<Type>(['i32', 'i64']) };
    const value = (t: Type): bigint => {
      const v = BigInt(r.chance(60) ? r.pick(INTERESTING) : r.below(0x7fffffff));
      return t === 'i32' ? v : BigInt.asIntN(64, (BigInt(r.below(1 << 30)) << 34n) ^ v);
    };
    const sets = Array.from({ length: SETS }, () => signature.params.map(value));
    return { ...new FunctionMaker(r, signature, HELPERS, true).make(), arguments: sets };
  });
  return { helpers, programs };
}
