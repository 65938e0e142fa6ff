// What a name of a file means: the declaration, in this file or in the one that it is imported from. The transforms work
// before the compiler has resolved anything.
import type { Compiler, Node, Source } from './syntax.js';

interface Identifier {
  readonly text: string;
}
/** Any statement, with what is looked at. */
interface Statement extends Node {
  readonly name?: Identifier;
  readonly declarations?: readonly (Node & { readonly name: Identifier; readonly foreignName?: Identifier })[] | null;
  readonly members?: readonly { readonly localName?: Identifier; readonly exportedName?: Identifier }[] | null;
  readonly namespaceName?: Identifier | null;
  readonly internalPath?: string | null;
}
/** An expression, with what is looked at. */
interface Expression extends Node {
  readonly text?: string;
  readonly expression?: Expression;
  readonly operand?: Expression;
  readonly left?: Expression;
  readonly right?: Expression;
  readonly operator?: number;
  readonly value?: { readonly low: number; readonly high: number } | string;
  readonly flags?: number;
  readonly initializer?: Expression | null;
}

export interface Meaning<T extends Node = Node> {
  readonly node: T;
  readonly source: Source;
}

export class Names {
  private readonly byPath: ReadonlyMap<string, Source>;

  constructor(
    private readonly compiler: Compiler,
    private readonly sources: readonly Source[],
  ) {
    this.byPath = new Map(sources.map((s) => [withoutEnding(s.normalizedPath), s]));
  }

  /** What `name`, or `name.member`, means in a file; undefined: nothing that can be seen in the syntax. */
  find(source: Source, name: string, member?: string): Meaning | undefined {
    const { NodeKind } = this.compiler;
    for (const s of source.statements as Statement[]) {
      if (s.kind === NodeKind.Variable) {
        const declared = s.declarations?.find((d) => d.name.text === name);
        if (declared) return { node: declared, source };
      } else if (s.kind === NodeKind.Import) {
        const target = this.at(s.internalPath);
        if (s.namespaceName?.text === name) return target && member ? this.exported(target, member) : undefined;
        const imported = s.declarations?.find((d) => d.name.text === name);
        if (imported) return target && this.exported(target, imported.foreignName?.text as string);
      } else if (s.name?.text === name) return { node: s, source };
    }
    return undefined;
  }

  private exported(source: Source, name: string, seen = new Set<Source>()): Meaning | undefined {
    if (seen.has(source)) return undefined;
    seen.add(source);
    const { NodeKind } = this.compiler;
    const own = this.find(source, name);
    if (own) return own;
    for (const s of source.statements as Statement[]) {
      if (s.kind !== NodeKind.Export || !s.internalPath) continue;
      const target = this.at(s.internalPath);
      const member = s.members?.find((m) => m.exportedName?.text === name);
      const wanted = s.members ? member?.localName?.text : name;
      const found = target && wanted && this.exported(target, wanted, seen);
      if (found) return found;
    }
    return undefined;
  }

  private at(path: string | null | undefined): Source | undefined {
    return path ? (this.byPath.get(path) ?? this.byPath.get(`${path}/index`)) : undefined;
  }

  /** The value of a constant by its name alone, in whatever file. */
  constant(name: string): number | 'ambiguous' | undefined {
    const [value, ...others] = new Set(
      this.sources
        .map((source) => this.valueOf(source, this.constantIn(source, name)?.initializer ?? undefined))
        .filter((v) => v !== undefined),
    );
    return others.length > 0 ? 'ambiguous' : value;
  }

  private constantIn(source: Source, name: string): Expression | undefined {
    const { CommonFlags, NodeKind } = this.compiler;
    const found = this.find(source, name);
    const { kind, flags = 0 } = (found?.node ?? {}) as Expression;
    const isConstant = kind === NodeKind.VariableDeclaration && (flags & CommonFlags.Const) !== 0;
    return isConstant && found?.source === source ? (found.node as Expression) : undefined;
  }

  /** The value of a constant expression; undefined: none that can be known here. */
  valueOf(source: Source, e: Node | undefined, depth = 0): number | undefined {
    const { NodeKind, Token } = this.compiler;
    const x = e as Expression | undefined;
    if (!x || depth > 64) return undefined;
    const value = (part: Expression | undefined) => this.valueOf(source, part, depth + 1);
    if (x.kind === NodeKind.Literal) {
      return typeof x.value === 'object' && x.value.high === 0 ? x.value.low >>> 0 : undefined;
    }
    if (x.kind === NodeKind.Parenthesized) return value(x.expression);
    if (x.kind === NodeKind.Identifier) {
      const found = this.find(source, x.text as string);
      const declared =
        found && this.constantIn(found.source, (found.node as Expression & { name: Identifier }).name?.text);
      return found && this.valueOf(found.source, declared?.initializer ?? undefined, depth + 1);
    }
    if (x.kind === NodeKind.UnaryPrefix && x.operator === Token.Minus) return negative(value(x.operand));
    if (x.kind !== NodeKind.Binary) return undefined;
    const [a, b] = [value(x.left), value(x.right)];
    if (a === undefined || b === undefined) return undefined;
    const operators = new Map<number, number>([
      [Token.Plus, a + b],
      [Token.Minus, a - b],
      [Token.Asterisk, a * b],
      [Token.LessThan_LessThan, a * 2 ** b],
      [Token.Bar, (a | b) >>> 0],
      [Token.Ampersand, (a & b) >>> 0],
    ]);
    return operators.get(x.operator ?? -1);
  }
}

const negative = (n: number | undefined): number | undefined => (n === undefined ? undefined : -n);
const withoutEnding = (path: string): string => path.replace(/\.ts$/, '');
