// Static tables of functions. A file says
//
//   export const CALLS = functions<(frame: TrapFrame) => void>(exit, fork, read);
//
// and CALLS[n](frame) calls through a table of addresses in read-only data: no object of a function lies between, and no
// index is checked. With a constant index it is an ordinary call. Stubs know the table as the symbol `<file>/CALLS`, so
// that an entry stub calls through the same one.
//
// This transform makes CALLS a namespace with an imported function `call(n, ...)`, which the back end knows, writes the
// calls as calls of that, and exports every entry under a name that the back end collects (backend/tables.ts).
import { dirname, relative } from 'node:path/posix';
import { entryName, type FunctionTable, TABLES } from '../backend/tables.js';
import {
  type Compiler,
  errorAtNode,
  type Node,
  ownSources,
  type Parser,
  parse,
  parseAt,
  type Source,
  walk,
} from './syntax.js';

export type { FunctionTable } from '../backend/tables.js';

interface Expression extends Node {
  readonly text?: string;
  readonly expression?: Expression;
  readonly elementExpression?: Expression;
  readonly typeArguments?: readonly Type[] | null;
  readonly args?: Expression[];
}
interface Type extends Node {
  readonly parameters?: readonly Node[];
  readonly returnType?: Node;
  readonly name?: { readonly identifier?: { readonly text: string } };
}
interface TypeDeclaration extends Node {
  readonly name: { readonly text: string };
  readonly type: Type;
}
interface Declaration extends Node {
  readonly name: { readonly text: string };
  readonly flags: number;
  readonly initializer: Expression | null;
}
interface Variables extends Node {
  readonly declarations?: readonly Declaration[];
}
interface Import extends Node {
  readonly internalPath?: string;
  readonly declarations?: readonly { readonly foreignName: { text: string }; readonly name: { text: string } }[] | null;
}

/** Replaces every table of the program, and every call through one. */
export function makeTables(compiler: Compiler, parser: Parser, entry: string): readonly FunctionTable[] {
  const made: FunctionTable[] = [];
  const sources = ownSources(parser);
  for (const source of sources) made.push(...new TableMaker(compiler, source, entry, made.length, parser).run());
  if (made.length > 0) for (const source of sources) replaceCalls(compiler, source, made);
  return made;
}

class TableMaker {
  constructor(
    private readonly compiler: Compiler,
    private readonly source: Source,
    private readonly entry: string,
    private readonly first: number,
    private readonly parser: Parser,
  ) {}

  run(): FunctionTable[] {
    const { NodeKind } = this.compiler;
    const made: FunctionTable[] = [];
    for (const [i, statement] of this.source.statements.entries()) {
      if (statement.kind !== NodeKind.Variable) continue;
      const [declaration, ...others] = (statement as Variables).declarations ?? [];
      const call = declaration?.initializer;
      if (call?.kind !== NodeKind.Call || call.expression?.text !== 'functions') continue;
      if (others.length > 0) throw errorAtNode(statement, 'a table of functions is declared by a const of its own');
      const table = this.tableOf(declaration, call, this.first + made.length);
      this.source.statements[i] = this.namespace(declaration, call, table);
      this.exportEntries(call, table);
      made.push(table);
    }
    return made;
  }

  private tableOf(d: Declaration, call: Expression, index: number): FunctionTable {
    const odd = call.args?.find((a) => a.kind !== this.compiler.NodeKind.Identifier);
    if (odd || !call.args?.length) throw errorAtNode(odd ?? call, 'functions() takes names of functions');
    return {
      index,
      symbol: `${this.source.normalizedPath.replace(/\.ts$/, '')}/${d.name.text}`,
      length: call.args.length,
    };
  }

  private namespace(d: Declaration, call: Expression, { symbol, length }: FunctionTable): Node {
    const shown = (d.flags & this.compiler.CommonFlags.Export) !== 0 ? 'export ' : '';
    const text =
      `${shown}namespace ${d.name.text} { export const length: u32 = ${length};` +
      ` @external("${TABLES}", "${symbol}") export declare function call(${this.signature(call)}; }`;
    return parseAt(this.compiler, text, d)[0];
  }

  /** Of a call through the table, from the opening bracket's inside on; without a type there are only calls by stubs. */
  private signature(call: Expression): string {
    const { NodeKind } = this.compiler;
    const written = (n: Node) => this.source.text.slice(n.range.start, n.range.end);
    const [named] = call.typeArguments ?? [];
    if (!named) return 'index: u32): void';
    const isMeant = (s: Node) =>
      s.kind === NodeKind.TypeDeclaration && (s as TypeDeclaration).name.text === named.name?.identifier?.text;
    const type = named.returnType ? named : (this.source.statements.find(isMeant) as TypeDeclaration)?.type;
    if (!type?.returnType || !type.parameters)
      throw errorAtNode(named, 'functions<F>: F is a type of functions, written out or declared in this file');
    return `${['index: u32', ...type.parameters.map(written)].join(', ')}): ${written(type.returnType)}`;
  }

  private exportEntries(call: Expression, table: FunctionTable): void {
    const names = call.args as Expression[];
    const listed = names.map(({ text }, i) => `${text} as ${entryName(table, i)}`).join(', ');
    this.source.statements.push(...parseAt(this.compiler, `export { ${listed} };`, call));
    if (this.source.normalizedPath === this.entry) return;
    const from = relative(dirname(this.entry), this.source.normalizedPath).replace(/\.ts$/, '');
    const passed = names.map((_, i) => entryName(table, i)).join(', ');
    const main = this.parser.sources.find((s) => s.normalizedPath === this.entry) as Source;
    main.statements.push(...parse(this.compiler, `export { ${passed} } from './${from}';`, this.entry));
  }
}

/** `TABLE[n](a, b)` becomes `TABLE.call(n, a, b)`. */
function replaceCalls(compiler: Compiler, source: Source, tables: readonly FunctionTable[]): void {
  const { NodeKind } = compiler;
  const known = namesOf(compiler, source, tables);
  if (known.size === 0) return;
  walk(source.statements, (node) => {
    const { expression: callee, args } = node as Expression;
    if (node.kind !== NodeKind.Call || callee?.kind !== NodeKind.ElementAccess) return node;
    const name = callee.expression?.text;
    if (callee.expression?.kind !== NodeKind.Identifier || !name || !known.has(name)) return node;
    const [made] = parseAt(compiler, `${name}.call()`, node) as Expression[];
    const call = made.expression as Expression & { args: Expression[]; range: unknown };
    call.args.push(callee.elementExpression as Expression, ...(args ?? []));
    call.range = node.range;
    return call;
  });
}

/** What the tables are called in a file: those of its own, and those that it imports. */
function namesOf(compiler: Compiler, source: Source, tables: readonly FunctionTable[]): Set<string> {
  const symbols = new Set(tables.map((t) => t.symbol));
  const path = source.normalizedPath.replace(/\.ts$/, '');
  const names = new Set(
    tables.map((t) => t.symbol).flatMap((s) => (s.startsWith(`${path}/`) ? [s.slice(path.length + 1)] : [])),
  );
  for (const statement of source.statements as Import[])
    if (statement.kind === compiler.NodeKind.Import)
      for (const { foreignName, name } of statement.declarations ?? [])
        if (symbols.has(`${statement.internalPath}/${foreignName.text}`)) names.add(name.text);
  return names;
}
