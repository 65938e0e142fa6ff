// Static areas of zeros as objects of their own. AssemblyScript gives each `memory.data(size, alignment)` a fixed address
// while it compiles. Where such an area initialises a constant of a file, this transform puts a call of an imported
// function in its place, whose name says file, constant, size and alignment; the back end turns it into a symbol, and
// the linker places the area in bss, in an order of its own.
import { AREAS } from '../backend/globals.js';
import type { Names } from './names.js';
import { type Compiler, errorAtNode, type Node, ownSources, type Parser, parse, type Source } from './syntax.js';

interface Expression extends Node {
  readonly text?: string;
  readonly expression?: Expression;
  readonly property?: Expression;
  readonly typeArguments?: readonly Node[] | null;
  readonly args?: Expression[];
}
interface Declaration extends Node {
  readonly name: Expression;
  readonly flags: number;
  readonly decorators: readonly Node[] | null;
  initializer: Expression | null;
}
interface Variables extends Node {
  readonly declarations?: readonly Declaration[];
}

export function makeAreas(compiler: Compiler, parser: Parser, names: Names): void {
  for (const source of ownSources(parser)) new AreaMaker(compiler, source, names).run();
}

class AreaMaker {
  private readonly declarations: string[] = [];

  constructor(
    private readonly compiler: Compiler,
    private readonly source: Source,
    private readonly names: Names,
  ) {}

  run(): void {
    const { CommonFlags, NodeKind } = this.compiler;
    const found = this.source.statements
      .filter((s) => s.kind === NodeKind.Variable)
      .flatMap((s) => (s as Variables).declarations ?? [])
      .filter((d) => (d.flags & CommonFlags.Const) !== 0 && !d.decorators && d.initializer);
    for (const d of found) d.initializer = this.replace(d.initializer as Expression, d.name.text as string);
    if (this.declarations.length === 0) return;
    const file = `${this.source.normalizedPath.replace(/\.ts$/, '')}.areas.ts`;
    this.source.statements.push(...parse(this.compiler, this.declarations.join('\n'), file));
  }

  private replace(e: Expression, name: string): Expression {
    const { Node, NodeKind } = this.compiler;
    if (e.kind !== NodeKind.Call || !e.args) return e;
    const area = this.areaOf(e);
    if (!area) {
      for (const [i, arg] of e.args.entries()) e.args[i] = this.replace(arg, name);
      return e;
    }
    const path = this.source.normalizedPath.replace(/\.ts$/, '');
    const callee = `__area_${name}_${this.declarations.length}`;
    const external = `${path}/${name}[]:${area.size}:${area.align}`;
    this.declarations.push(`@external("${AREAS}", "${external}") declare function ${callee}(): usize;`);
    return Node.createCallExpression(Node.createIdentifierExpression(callee, e.range), null, [], e.range);
  }

  /** Of `memory.data(size)` and `memory.data(size, alignment)` with constants. */
  private areaOf(e: Expression): { size: number; align: number } | undefined {
    const callee = e.expression;
    if (callee?.property?.text !== 'data' || callee.expression?.text !== 'memory') return undefined;
    if ((e.typeArguments?.length ?? 0) > 0 || !e.args || e.args.length < 1 || e.args.length > 2) return undefined;
    const [size, align = 16] = e.args.map((a) => this.names.valueOf(this.source, a));
    if (size === undefined || align === undefined) return undefined;
    if (size < 1 || size >= 2 ** 31) throw errorAtNode(e.args[0], 'memory.data takes a size from 1 on, below 2^31');
    if (align < 1 || (align & (align - 1)) !== 0)
      throw errorAtNode(e.args[1], 'memory.data takes an alignment that is a power of two');
    return { size, align };
  }
}
