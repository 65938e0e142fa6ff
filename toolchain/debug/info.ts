// What is known of an image's code by address: functions, how deep their frames are, and the source lines. It lies
// beside the image, NAME.debug, as JSON; nothing of it is loaded into the guest.
import type { LinkedImage } from '../linker/link.js';
import type { SourceMap } from './source-map.js';

export interface DebugFunction {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  /** From an offset on, the bytes between ESP and the return address; only compiled functions know. */
  readonly frames?: readonly (readonly [number, number])[];
}

export interface DebugInfo {
  /** The image's name. */
  readonly image: string;
  readonly kind: 'kernel' | 'program';
  /** By address. */
  readonly functions: readonly DebugFunction[];
  readonly files: readonly string[];
  /** From an address on: index of the file, and line; file -1 where the source is not known (stubs). By address. */
  readonly lines: readonly (readonly [number, number, number])[];
  /** A page that programs see at another address too. */
  readonly shared?: { readonly address: number; readonly at: number };
}

export function debugOf(image: LinkedImage, sourceMap: SourceMap): DebugInfo {
  const files: string[] = [];
  const lines: [number, number, number][] = [];
  const functions: DebugFunction[] = [];
  const fileOf = (file: string): number => (files.includes(file) ? files.indexOf(file) : files.push(file) - 1);
  for (const { chunk, address } of image.layout.chunks.toSorted((a, b) => a.address - b.address)) {
    if (chunk.section !== 'text') continue;
    const { code } = chunk;
    const named = code.labels.filter((l) => !l.name.startsWith('.'));
    for (const [i, { name, offset }] of named.entries()) {
      if (named[i + 1]?.offset === offset) continue;
      const end = named[i + 1]?.offset ?? code.bytes.length;
      functions.push({
        name,
        address: address + offset,
        size: end - offset,
        ...(code.frames && { frames: code.frames }),
      });
    }
    if (code.lines.length === 0) lines.push([address, -1, 0]);
    for (const [at, position] of code.lines) {
      const place = sourceMap.inProject(position);
      const row: [number, number, number] = place
        ? [address + at, fileOf(place.file), place.line]
        : [address + at, -1, 0];
      const last = lines.at(-1);
      if (last && last[0] === row[0]) lines.pop();
      const before = lines.at(-1);
      if (!before || before[1] !== row[1] || before[2] !== row[2] || at === code.lines[0][0]) lines.push(row);
    }
  }
  const { definition: d } = image;
  const page = d.sharedPage && image.symbols.find((s) => s.name === d.sharedPage?.symbol);
  const shared = d.sharedPage && page ? { shared: { address: page.address, at: d.sharedPage.at } } : {};
  return { image: d.name, kind: d.kind, functions, files, lines, ...shared };
}

export interface CodePlace {
  readonly image: string;
  readonly function: string;
  /** Bytes from the function's start. */
  readonly offset: number;
  readonly file?: string;
  readonly line?: number;
  readonly info: DebugFunction;
}

/** Looks addresses of one image up. */
export class Symbols {
  constructor(readonly info: DebugInfo) {}

  /** The function and line at an address; undefined outside of the image's code. */
  find(linear: number): CodePlace | undefined {
    const { functions, lines, files, image } = this.info;
    const address = this.ownAddress(linear);
    const f = functions[last(functions, (x) => x.address <= address)];
    if (!f || address >= f.address + f.size) return undefined;
    const row = lines[last(lines, ([at]) => at <= address)];
    const source = row && row[1] >= 0 ? { file: files[row[1]], line: row[2] } : {};
    return { image, function: f.name, offset: address - f.address, ...source, info: f };
  }

  private ownAddress(linear: number): number {
    const { shared } = this.info;
    return shared && linear >= shared.at && linear < shared.at + 4096 ? linear - shared.at + shared.address : linear;
  }
}

/** Index of the last element for which `test` holds, when it holds for all before: -1 for none. */
function last<T>(list: readonly T[], test: (x: T) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(list[middle])) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** `function+0x12 (file:line)`; the function's path goes where the file says it. */
export function placeText({ function: name, offset, file, line }: CodePlace): string {
  const short = file === undefined ? name : name.slice(name.lastIndexOf('/') + 1);
  const at = offset === 0 ? '' : `+0x${offset.toString(16)}`;
  return `${short}${at}${file === undefined ? '' : ` (${file}:${line})`}`;
}
