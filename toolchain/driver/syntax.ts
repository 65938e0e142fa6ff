// What the transforms use of AssemblyScript's syntax tree. The package's types declare its enumerations as constants that
// are not to be had at run time, so the shapes stand here.
import { type CompileError, errorAt, placeIn } from './compile-error.js';

export interface SourceRange {
  readonly start: number;
  readonly end: number;
  readonly source: { readonly normalizedPath: string; readonly text: string };
}
export interface Node {
  readonly kind: number;
  readonly range: SourceRange;
}
export interface Source {
  readonly normalizedPath: string;
  readonly text: string;
  readonly statements: Node[];
}
export interface Parser {
  readonly sources: readonly Source[];
}
export type Names = Readonly<Record<string, number>>;

/** What is used of the compiler's package. */
export interface Compiler {
  readonly NodeKind: Names;
  readonly LiteralKind: Names;
  readonly ParameterKind: Names;
  readonly CommonFlags: Names;
  readonly Token: Names;
  readonly Node: {
    createIdentifierExpression(name: string, range: SourceRange): Node;
    createCallExpression(callee: Node, types: null, args: Node[], range: SourceRange): Node;
  };
  readonly Parser: new () => Parser & { parseFile(text: string, path: string, isEntry: boolean): void };
}

/** The project's files: not AssemblyScript's library. */
export const ownSources = (parser: Parser): readonly Source[] =>
  parser.sources.filter((s) => !s.normalizedPath.startsWith('~lib/'));

/** An error at a node: file, line, column, message, and the line itself. */
export function errorAtNode({ range }: Node, message: string): CompileError {
  const { normalizedPath, text } = range.source;
  return errorAtPosition(normalizedPath, text, range.start, message);
}

export function errorAtPosition(file: string, text: string, position: number, message: string): CompileError {
  const place = placeIn(file, text, position);
  return errorAt(place, message, text.split('\n')[place.line - 1]);
}

/** Parses what a transform puts in, as if it stood in place of `at`: errors and profiles name that place. */
export function parseAt(compiler: Compiler, text: string, at: Node): Node[] {
  const { normalizedPath, text: written } = at.range.source;
  const { line, column } = placeIn(normalizedPath, written, at.range.start);
  return parse(compiler, '\n'.repeat(line - 1) + ' '.repeat(column - 1) + text, normalizedPath);
}

export function parse(compiler: Compiler, text: string, file: string): Node[] {
  const parser = new compiler.Parser();
  parser.parseFile(text, file, false);
  return parser.sources[0].statements;
}

/**
 * Calls `visit` for a node and all that lies below it, outermost first; where it returns another node, that takes its
 * place. What it answers with null is left alone with all below it.
 */
export function walk<T>(at: T, visit: (node: Node) => Node | null): T {
  if (Array.isArray(at)) {
    for (const [i, child] of at.entries()) at[i] = walk(child, visit);
    return at;
  }
  if (!isNode(at)) return at;
  const node = visit(at);
  if (!node) return at;
  for (const [key, child] of Object.entries(node))
    if (key !== 'range' && typeof child === 'object' && child !== null) {
      const now = walk(child, visit);
      if (now !== child) (node as unknown as Record<string, unknown>)[key] = now;
    }
  return node as T;
}

const isNode = (x: unknown): x is Node => typeof x === 'object' && x !== null && 'kind' in x && 'range' in x;
