// Random expressions, over the locals and labels of the function that is being made.
import {
  ADD,
  AND,
  access,
  binary,
  convert,
  DIV_S,
  DIV_U,
  DIVISORS,
  FARTHEST,
  INTERESTING,
  MASK,
  NAMES,
  OR,
  or,
  REM_S,
  REM_U,
  SHL,
  SHR_U,
  XOR,
} from './forms.js';
import {
  BASE,
  constant,
  EXPECTATIONS,
  functionIndex,
  type Node,
  plain,
  type Random,
  SIGNATURES,
  type Signature,
  type Type,
} from './program.js';

export interface Label {
  readonly id: number;
}

/** Signature of a helper by its number. */
export const signatureOf = (helper: number): Signature => SIGNATURES[helper % SIGNATURES.length];

export const callOf = (helper: number, args: Node[]): Node =>
  plain(signatureOf(helper).result, `call $helper${helper}`, [0x10, functionIndex(helper)], ...args);

export class ExpressionMaker {
  protected readonly locals: Type[];
  protected labels: Label[] = [];
  protected labelCount = 0;
  /** Locals that always hold an address in the area. */
  protected readonly pointers: number[] = [];
  protected arePointersSet = false;

  constructor(
    protected readonly r: Random,
    protected readonly signature: Signature,
    /** Helpers with a lower number may be called. */
    protected readonly callable: number,
    protected readonly tables: boolean,
    /** The helper that is made, if it is one. */
    protected readonly self?: number,
  ) {
    this.locals = [...signature.params];
    // Now and then more than there are registers, or many more.
    const few = r.chance(5) ? 30 : 1;
    for (let n = few + r.below(r.chance(80) ? 6 : 14); n > 0; n--) this.locals.push(r.chance(70) ? 'i32' : 'i64');
    for (let n = r.below(4); n > 0; n--) this.pointers.push(this.locals.push('i32') - 1);
  }

  protected localOf(type: Type): number | undefined {
    const found = this.locals.flatMap((t, i) => (t === type && !this.pointers.includes(i) ? [i] : []));
    return found.length > 0 ? this.r.pick(found) : undefined;
  }

  protected address(depth: number): Node {
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

  protected leaf(type: Type): Node {
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

  protected expression32(depth: number): Node {
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
        return plain('i32', 'select', [0x1b], e(), e(), this.condition(depth - 1));
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

  protected expression64(depth: number): Node {
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

  protected divideByConstant(type: Type, x: Node): Node {
    const { r } = this;
    const divisor = r.pick(DIVISORS);
    const op = r.pick([DIV_S, DIV_U, REM_S, REM_U]);
    const safe = op === DIV_S && divisor === -1 ? binary(type, SHR_U, x, constant(type, 1)) : x;
    return binary(type, op, safe, constant(type, divisor));
  }

  protected tee(type: Type, depth: number): Node {
    const local = this.localOf(type);
    const value = this.expression(type, depth - 1);
    return local === undefined ? value : plain(type, `local.tee ${local}`, [0x22, local], value);
  }

  /** if ... else ... with a result, or a block that may be left early with one. */
  protected choose(type: Type, depth: number): Node {
    const e = () => this.expression(type, depth - 1);
    const condition = this.condition(depth - 1);
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

  protected call(depth: number, result: Type): Node | undefined {
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
    return callOf(callee, args(signatureOf(callee)));
  }

  /** A condition, now and then with what is expected of it, whether that is so or not. */
  protected condition(depth: number): Node {
    const { r } = this;
    const e = this.expression('i32', depth);
    if (!r.chance(15)) return e;
    const index = r.below(EXPECTATIONS.length);
    const said = plain('i32', `call $${EXPECTATIONS[index]}`, [0x10, index], e);
    return r.chance(30) ? plain('i32', 'i32.eqz', [0x45], said) : said;
  }
}
