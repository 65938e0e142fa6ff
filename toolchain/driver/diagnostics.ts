// What AssemblyScript's compiler complains of, as an error of ours.
import { CompileError, errorAt, placeIn } from './compile-error.js';
import { explain } from './dialect.js';

/** What the compiler complains of. */
export interface Diagnostic {
  readonly category: number;
  readonly message: string;
  readonly range: {
    readonly start: number;
    /** Without its text, where the file could not be parsed. */
    readonly source: { readonly normalizedPath: string; readonly text?: string };
  } | null;
}
const ERROR = 3;

/** The first complaint with a place, in our words where it is of something that guest code cannot have. */
export function complaintOf(
  all: readonly Diagnostic[],
  reads: ReadonlyMap<string, string | null>,
): CompileError | undefined {
  const errors = all.filter((d) => d.category === ERROR);
  const first = errors.find((d) => d.range) ?? errors[0];
  if (!first?.range) return first && new CompileError(first.message);
  const { source, start } = first.range;
  const file = source.normalizedPath;
  const written = reads.get(file) ?? '';
  const place = placeIn(file, source.text ?? written, start);
  const line = (of: string) => of.split('\n')[place.line - 1] ?? '';
  // What a transform put in begins where it belongs.
  const column = (source.text ?? written) === written ? place.column : line(source.text ?? '').search(/\S|$/) + 1;
  const text = line(written);
  const message = first.message.replace(/^User-defined: (["'])(.*)\1$/s, '$2');
  return errorAt({ ...place, column }, explain(message, text, column) ?? message, text);
}
