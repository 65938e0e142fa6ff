// Reads a source map (ECMA-426): places in the WebAssembly code to files and lines.

export interface SourcePlace {
  readonly file: string;
  /** From 1, as the column is. */
  readonly line: number;
  readonly column: number;
}

export class SourceMap {
  private readonly positions: number[] = [];
  private readonly places: SourcePlace[] = [];
  /** For each mapping the place of the last one, up to it, that is in a file of the project. */
  private readonly inFiles: (SourcePlace | undefined)[] = [];

  constructor(json: string) {
    const map = JSON.parse(json) as { sources: string[]; mappings: string };
    let [position, file, line, column] = [0, 0, 0, 0];
    for (const segment of map.mappings.split(';')[0].split(',')) {
      const fields = decode(segment);
      position += fields[0];
      if (fields.length < 4) continue;
      file += fields[1];
      line += fields[2];
      column += fields[3];
      const place = { file: map.sources[file], line: line + 1, column: column + 1 };
      this.positions.push(position);
      this.places.push(place);
      this.inFiles.push(place.file.startsWith('~lib/') ? this.inFiles.at(-1) : place);
    }
  }

  /** Like `at`, but code inlined from AssemblyScript's library counts to the project's line before it, or else after. */
  inProject(position: number): SourcePlace | undefined {
    return this.inFiles[this.indexOf(position)] ?? this.inFiles.find((place) => place !== undefined);
  }

  /** The place of the last mapping at or before a position; undefined before the first. */
  at(position: number): SourcePlace | undefined {
    return this.places[this.indexOf(position)];
  }

  private indexOf(position: number): number {
    let [low, high] = [0, this.positions.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.positions[middle] <= position) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 variable-length quantities: five bits a digit, the lowest bit of the whole is the sign. */
function decode(text: string): number[] {
  const values: number[] = [];
  let [value, shift] = [0, 0];
  for (const c of text) {
    const digit = DIGITS.indexOf(c);
    value += (digit & 31) * 2 ** shift;
    shift += 5;
    if (digit >= 32) continue;
    values.push(value % 2 === 1 ? -((value - 1) / 2) : value / 2);
    value = shift = 0;
  }
  return values;
}
