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
import type { Meaning, Names } from './names.js';
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
  readonly parameters?: readonly (Node & { readonly type: Type })[];
  readonly returnType?: Type;
  readonly name?: {
    readonly identifier?: { readonly text: string };
    readonly next?: { readonly identifier: { text: string } } | null;
  };
}
interface Declared extends Node {
  readonly name: { readonly text: string };
  readonly flags: number;
  /** Of a type. */
  readonly type: Type;
  /** Of a function. */
  readonly signature: Type;
  readonly typeParameters: readonly unknown[] | null;
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
export function makeTables(compiler: Compiler, parser: Parser, entry: string, names: Names): readonly FunctionTable[] {
  const made: FunctionTable[] = [];
  const sources = ownSources(parser);
  for (const source of sources)
    if (source.text.includes(MAKER))
      made.push(...new TableMaker(compiler, source, entry, made.length, parser, names).run());
  if (made.length > 0) for (const source of sources) replaceCalls(compiler, source, made);
  return made;
}

const MAKER = 'functions';
const USAGE = 'const TABLE = functions<(n: u32) => void>(f, g)';
/** Numbers that do not fill a word: callees believe that the bits above are clean. */
const NARROW = ['u8', 'i8', 'u16', 'i16', 'bool'];
/** Where functions are declared that have no code of their own. */
const EXPANDED = /(^|\/)(x86|hooks|linker)\.ts$/;

class TableMaker {
  constructor(
    private readonly compiler: Compiler,
    private readonly source: Source,
    private readonly entry: string,
    private readonly first: number,
    private readonly parser: Parser,
    private readonly names: Names,
  ) {}

  run(): FunctionTable[] {
    const { NodeKind } = this.compiler;
    const made: FunctionTable[] = [];
    for (const [i, statement] of this.source.statements.entries()) {
      if (statement.kind !== NodeKind.Variable) continue;
      const [declaration, ...others] = (statement as Variables).declarations ?? [];
      const call = declaration?.initializer;
      if (call?.kind !== NodeKind.Call || call.expression?.text !== MAKER) continue;
      if (others.length > 0 || !(declaration.flags & this.compiler.CommonFlags.Const))
        throw errorAtNode(statement, `a table of functions is declared by a const of its own: ${USAGE}`);
      if (made.some(({ symbol }) => symbol === this.symbolOf(declaration)))
        throw errorAtNode(declaration, `'${declaration.name.text}' is declared twice`);
      this.checkEntries(call);
      const table = this.tableOf(declaration, call, this.first + made.length);
      this.source.statements[i] = this.namespace(declaration, call, table);
      this.exportEntries(call, table);
      made.push(table);
    }
    walk(this.source.statements, (node) => {
      if (node.kind === NodeKind.Call && (node as Expression).expression?.text === MAKER)
        throw errorAtNode(node, `a table of functions is a const among the statements of a file: ${USAGE}`);
      return node;
    });
    return made;
  }

  private symbolOf(d: Declaration): string {
    return `${this.source.normalizedPath.replace(/\.ts$/, '')}/${d.name.text}`;
  }

  /** Nothing else would: the compiler never sees table and functions together. */
  private checkEntries(call: Expression): void {
    const odd = call.args?.find((a) => a.kind !== this.compiler.NodeKind.Identifier);
    if (odd || !call.args?.length) throw errorAtNode(odd ?? call, `functions() takes names of functions: ${USAGE}`);
    const type = this.typeOf(call);
    for (const entry of call.args) {
      const name = entry.text as string;
      const f = this.names.find(this.source, name) as Meaning<Declared> | undefined;
      if (!f) throw errorAtNode(entry, `'${name}' is no function of this file, and none that it imports`);
      if (f.node.kind !== this.compiler.NodeKind.FunctionDeclaration)
        throw errorAtNode(entry, `'${name}' is no function: functions() takes names of functions`);
      if (f.node.typeParameters) throw errorAtNode(entry, `'${name}' is generic: write a function for the types meant`);
      if (EXPANDED.test(f.source.normalizedPath))
        throw errorAtNode(
          entry,
          `'${name}' is expanded where it is called, and has no address: write a function around it`,
        );
      this.checkType(entry, f, type);
    }
  }

  private checkType(entry: Expression, f: Meaning<Declared>, table: Meaning<Type>): void {
    const wrong = (what: string) => errorAtNode(entry, `'${entry.text}' does not fit the table's type: ${what}`);
    const [own, all] = [f.node.signature.parameters ?? [], table.node.parameters ?? []];
    if (own.length > all.length) throw wrong(`it takes ${own.length} arguments, and calls pass ${all.length}`);
    for (const [i, { type }] of own.entries()) {
      const [taken, passed] = [this.typeName(type, f.source), this.typeName(all[i].type, table.source)];
      const fits = taken === passed || (isWord(taken) && (isWord(passed) || NARROW.includes(passed)));
      if (!fits) throw wrong(`argument ${i + 1} is ${taken}, and calls pass ${passed}`);
    }
    const given = this.typeName(f.node.signature.returnType as Type, f.source);
    const wanted = this.typeName(table.node.returnType as Type, table.source);
    const fits = wanted === 'void' || given === wanted || (isWord(wanted) && (isWord(given) || NARROW.includes(given)));
    if (!fits) throw wrong(`it returns ${given}, and callers expect ${wanted}`);
  }

  /** The name that a type has behind all other names. */
  private typeName(type: Type, source: Source): string {
    const { name } = type;
    const found = name?.identifier && this.names.find(source, name.identifier.text, name.next?.identifier.text);
    if (found?.node.kind === this.compiler.NodeKind.TypeDeclaration)
      return this.typeName((found.node as Declared).type, found.source);
    return name?.identifier?.text ?? 'a function';
  }

  /** F of functions<F>. */
  private typeOf(call: Expression): Meaning<Type> {
    const [named] = call.typeArguments ?? [];
    if (!named) throw errorAtNode(call, `functions<F>() takes the type of its functions: ${USAGE}`);
    if (named.returnType) return { node: named, source: this.source };
    const found = this.names.find(this.source, named.name?.identifier?.text ?? '') as Meaning<Declared> | undefined;
    if (found?.node.type?.returnType) return { node: found.node.type, source: found.source };
    throw errorAtNode(named, 'functions<F>: F is a type of functions, written out, declared in this file or imported');
  }

  private tableOf(d: Declaration, call: Expression, index: number): FunctionTable {
    return { index, symbol: this.symbolOf(d), length: call.args?.length ?? 0 };
  }

  private namespace(d: Declaration, call: Expression, { symbol, length }: FunctionTable): Node {
    const shown = (d.flags & this.compiler.CommonFlags.Export) !== 0 ? 'export ' : '';
    const text =
      `${shown}namespace ${d.name.text} { export const length: u32 = ${length};` +
      ` @external("${TABLES}", "${symbol}") export declare function call(${this.signature(this.typeOf(call))}; }`;
    return parseAt(this.compiler, text, d)[0];
  }

  /** Of a call through the table, from the opening bracket's inside on. */
  private signature({ node, source }: Meaning<Type>): string {
    const written = (n: Node) => source.text.slice(n.range.start, n.range.end);
    return `${['index: u32', ...(node.parameters ?? []).map(written)].join(', ')}): ${written(node.returnType as Type)}`;
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
    // Outermost first: those of calls are gone before they are come to.
    if (
      node.kind === NodeKind.ElementAccess &&
      callee?.kind === NodeKind.Identifier &&
      known.has(callee.text as string)
    )
      throw errorAtNode(node, `an entry of a table of functions is called, and nothing else: ${callee.text}[n](...)`);
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

const isWord = (type: string): boolean => !['void', 'u64', 'i64', 'f32', 'f64', ...NARROW].includes(type);

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
