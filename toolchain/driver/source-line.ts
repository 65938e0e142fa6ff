/** A line of source with a mark below the column, both counted from 1. */
export function sourceLine(line: number, column: number, text: string): string {
  const gutter = String(line).padStart(4);
  const mark = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return `${gutter} | ${text}\n     | ${mark}^`;
}
