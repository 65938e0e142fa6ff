// What does not compile, as a message: file, line, column, what is wrong, and the line of source with a mark below it.

/** A file that does not compile; the message names the place. */
export class CompileError extends Error {
  override name = 'CompileError';
}

export interface Place {
  readonly file: string;
  /** From 1, as the column is. */
  readonly line: number;
  readonly column: number;
}

/** @param text the line of source, where it is known */
export function errorAt({ file, line, column }: Place, message: string, text?: string): CompileError {
  const shown = text === undefined ? '' : `\n${sourceLine(line, column, text)}`;
  return new CompileError(`${file}:${line}:${column}: ${message}${shown}`);
}

export function placeIn(file: string, text: string, position: number): Place {
  const before = text.slice(0, position);
  return { file, line: before.split('\n').length, column: position - before.lastIndexOf('\n') };
}

function sourceLine(line: number, column: number, text: string): string {
  const gutter = String(line).padStart(4);
  const mark = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return `${gutter} | ${text}\n     | ${mark}^`;
}
