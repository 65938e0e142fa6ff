// Random functions: statements around expressions. They never trap and always end: loops count to five at most.

import { callOf, ExpressionMaker, type Label, signatureOf } from './expressions.js';
import { ADD, AND, access, binary, FARTHEST, MASK, NAMES, OR, or, XOR } from './forms.js';
import { BASE, constant, FUEL, type FunctionTree, GLOBALS, type Node, plain, type Type } from './program.js';

/** An address of the area and so many bytes stay in it. */
const LONGEST_COPY = 63;

export class FunctionMaker extends ExpressionMaker {
  private loops = 0;

  make(): FunctionTree {
    const { r, signature } = this;
    const depth = 1 + r.below(3);
    const setPointers = this.pointers.map((p) => plain('void', `local.set ${p}`, [0x21, p], this.address(2)));
    this.arePointersSet = true;
    const statements = Array.from({ length: 1 + r.below(4) }, () => this.statement(depth)).flat();
    const body = [...setPointers, ...statements, this.expression(signature.result, 1 + depth)];
    return { signature, locals: this.locals.slice(signature.params.length), body };
  }

  private within<T>(make: (label: Label) => T): T {
    const label = { id: this.labelCount++ };
    this.labels.push(label);
    const made = make(label);
    this.labels.pop();
    return made;
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
    if (this.self !== undefined && depth > 0 && r.chance(15)) return [this.recursion(this.self)];
    if (r.chance(4)) return this.mix();
    const kind = depth <= 0 ? r.below(5) : r.below(14);
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
        return [r.chance(60) ? this.accumulate() : this.accumulate64()];
      case 5: {
        const condition = this.condition(2);
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
        const size = r.chance(70)
          ? binary('i32', AND, this.expression('i32', 1), constant('i32', LONGEST_COPY))
          : constant('i32', r.below(LONGEST_COPY + 1));
        const to = this.address(1);
        if (r.chance(50)) return [plain('void', 'memory.copy', [0xfc, 10, 0, 0], to, this.address(1), size)];
        if (r.chance(30)) return [this.overlap(size)];
        return [plain('void', 'memory.fill', [0xfc, 11, 0], to, this.expression('i32', 1), size)];
      }
      case 10:
        return this.labels.length > 0 ? [this.branchIf(r.pick(this.labels))] : this.statement(depth);
      case 11:
        return [this.never(depth)];
      default: {
        const result = plain('void', 'return', [0x0f], this.expression(this.signature.result, 2));
        const then = { type: 'void', text: 'if', code: [0x04], kids: [this.expression('i32', 2)] } as const;
        return [{ ...then, kids: [...then.kids], bodies: [[result]], label: this.labelCount++ }];
      }
    }
  }

  private branchIf(label: Label): Node {
    const { r } = this;
    const branch = { ...plain('void', 'br_if', [0x0d], this.condition(2)), targets: [label.id] };
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

  /** A copy to a few bytes further on, or back. */
  private overlap(size: Node): Node {
    const { r } = this;
    const [near, far] = [BASE + 16 + r.below(MASK - 16), r.below(17)];
    const [to, from] = r.chance(50) ? [near, near - far] : [near - far, near];
    const at = (address: number): Node => ({ ...constant('i32', address), isAddress: true });
    return plain('void', 'memory.copy', [0xfc, 10, 0, 0], at(to), at(from), size);
  }

  /** A call of the helper that it stands in, as long as there is fuel. */
  private recursion(self: number): Node {
    const { r } = this;
    const { params, result } = signatureOf(self);
    const fuel = plain('i32', `global.get ${FUEL}`, [0x23, FUEL]);
    const less = { ...binary('i32', ADD, fuel, constant('i32', -1)), isFixed: true };
    const burn = { ...plain('void', `global.set ${FUEL}`, [0x24, FUEL], less), isFixed: true };
    const call = callOf(
      self,
      params.map((t) => this.expression(t, 1)),
    );
    const local = r.chance(80) ? this.localOf(result) : undefined;
    const kept =
      local === undefined
        ? plain('void', 'drop', [0x1a], call)
        : plain('void', `local.set ${local}`, [0x21, local], call);
    const isLeft = { ...plain('i32', 'i32.gt_s', [0x4a], fuel, constant('i32', 0)), isFixed: true };
    const label = this.labelCount++;
    return { type: 'void', text: 'if', code: [0x04], kids: [isLeft], bodies: [[burn, kept]], label };
  }

  /** Many locals at once, now and then in a loop of their own: more than registers hold, and others than elsewhere. */
  private mix(): Node[] {
    const { r } = this;
    const own = this.locals.flatMap((t, i) => (t === 'i32' && !this.pointers.includes(i) ? [i] : []));
    if (own.length < 3) return this.statement(0);
    const get = (local: number) => plain('i32', `local.get ${local}`, [0x20, local]);
    const first = r.below(own.length);
    const count = 3 + r.below(6);
    const some = Array.from({ length: count }, (_, n) => own[(first + n) % own.length]);
    const [to, ...others] = some;
    const sum = others.reduce((x, y) => binary('i32', r.pick([0, 1, AND, OR, XOR]), x, get(y)), get(to));
    const set = plain('void', `local.set ${to}`, [0x21, to], sum);
    return r.chance(60) && this.mayLoop() ? this.repeated(set) : [set];
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

  /** Accounts: 64 bits in memory or a global, changed by something. */
  private accumulate64(): Node {
    const { r } = this;
    const op = r.pick([0, 0, 1]);
    if (r.chance(20)) {
      const sum = binary('i64', op, plain('i64', 'global.get 1', [0x23, 1]), this.expression('i64', 2));
      return plain('void', 'global.set 1', [0x24, 1], sum);
    }
    const at = this.address(1);
    const offset = r.below(FARTHEST);
    const old = access('i64', 'i64', NAMES.load64[0], offset, structuredClone(at));
    const by = this.expression('i64', 2);
    const sum = r.chance(80) ? binary('i64', op, old, by) : binary('i64', op, by, old);
    return access('void', 'i64', NAMES.store64[0], offset, at, sum);
  }

  /** A way that is never taken, and would not return: it traps, or goes round for ever. */
  private never(depth: number): Node {
    const { r } = this;
    const condition = plain('i32', 'i32.eqz', [0x45], or('i32', this.expression('i32', 2), 1));
    const outer = this.labels;
    this.labels = [];
    const rest = r.chance(50) ? this.statements(depth) : [];
    const id = this.labelCount++;
    const again: Node = { ...plain('void', 'br', [0x0c]), targets: [id] };
    const end: Node = r.chance(70)
      ? plain('void', 'unreachable', [0x00])
      : { type: 'void', text: 'loop', code: [0x03], kids: [], bodies: [[...this.statements(0), again]], label: id };
    this.labels = outer;
    return {
      type: 'void',
      text: 'if',
      code: [0x04],
      kids: [condition],
      bodies: [[...rest, end]],
      label: this.labelCount++,
    };
  }

  /** At most five rounds, by a local that the body does not know; the body is a block, so that leaving it goes on with the next round. */
  private loop(depth: number): Node[] {
    if (!this.mayLoop()) return this.statements(depth);
    return this.repeated(this.block(depth));
  }

  /** Helpers are called in loops, by each other too, so they have fewer of their own. */
  private mayLoop(): boolean {
    return this.loops++ < (this.self === undefined ? 3 : 2);
  }

  private repeated(body: Node): Node[] {
    const id = this.labelCount++;
    const counter = this.locals.push('i32') - 1;
    const fixed = (node: Node): Node => ({ ...node, isFixed: true });
    const own = fixed(plain('i32', `local.get ${counter}`, [0x20, counter]));
    const next = fixed(binary('i32', ADD, own, fixed(constant('i32', 1))));
    const limit = fixed(constant('i32', 2 + this.r.below(4)));
    const counted = fixed(plain('i32', `local.tee ${counter}`, [0x22, counter], next));
    const more = fixed(plain('i32', 'i32.lt_s', [0x48], counted, limit));
    const again: Node = { ...plain('void', 'br_if', [0x0d], more), targets: [id] };
    return [
      plain('void', `local.set ${counter}`, [0x21, counter], constant('i32', 0)),
      { type: 'void', text: 'loop', code: [0x03], kids: [], bodies: [[body, again]], label: id },
    ];
  }
}
