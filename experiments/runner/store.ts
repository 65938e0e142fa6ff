/**
 * Results on disk. While a run lasts, each finished boot is a file in `DIR/.partial/`, written aside and renamed, so an
 * interruption leaves only whole boots, and the next run with the same output takes them up. At the end the whole set
 * is written aside and renamed into place, the manifest last; then `.partial` goes.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { BootCells } from '../cells.js';
import {
  type Cell,
  cellSchema,
  type Manifest,
  manifestSchema,
  parseLines,
  parseOne,
  type SampleLine,
  sampleLineSchema,
} from '../schema.js';

/** The user chose an output folder that cannot be used (exit code 2). */
export class OutputError extends Error {
  override name = 'OutputError';
}

export interface ResultSet {
  manifest: Manifest;
  cells: Cell[];
  samples: SampleLine[];
}

const PARTIAL = '.partial';

/** @throws OutputError when the folder is there and holds something else than results of crossings */
export function refuseForeign(dir: string): void {
  if (!existsSync(dir)) return;
  if (!statSync(dir).isDirectory()) throw new OutputError(`--out ${dir}: is not a folder`);
  const names = readdirSync(dir);
  if (names.length === 0 || names.includes(PARTIAL)) return;
  if (!names.includes('manifest.json')) {
    throw new OutputError(
      `--out ${dir}: is not empty and holds no results of crossings; choose an empty or a new folder`,
    );
  }
  try {
    parseOne(manifestSchema, readFileSync(join(dir, 'manifest.json'), 'utf8'), 'manifest.json');
  } catch (error) {
    throw new OutputError(`--out ${dir}: its manifest.json is not one of crossings (${(error as Error).message})`);
  }
}

/**
 * Asks before any work is done: a folder is made where `dir` will be, and taken away.
 * @throws OutputError when that cannot be
 */
export function refuseUnwritable(dir: string): void {
  let there = resolve(dir);
  while (!existsSync(there)) there = dirname(there);
  try {
    rmdirSync(mkdtempSync(join(there, '.crossings-')));
  } catch (error) {
    throw cannotWrite(dir, error);
  }
}

const cannotWrite = (dir: string, error: unknown) =>
  new OutputError(`--out ${dir}: cannot be written: ${reasonOf(error)}`);

/**
 * What a call of the file system says, without its name and its paths, which may be ours: `EACCES: permission denied`.
 */
export const reasonOf = (error: unknown): string => (error as Error).message.split(', ')[0];

export class Store {
  readonly dir: string;
  readonly #partial: string;

  private constructor(dir: string) {
    this.dir = dir;
    this.#partial = join(dir, PARTIAL);
  }

  /**
   * Opens or makes an output folder.
   * @throws OutputError when it cannot be written, holds something else, or (unless `force`) holds another run's results
   */
  static open(dir: string, manifestId: string, force: boolean): Store {
    const path = resolve(dir);
    const store = new Store(path);
    try {
      mkdirSync(path, { recursive: true });
      refuseForeign(dir);
      if (!force) refuseOtherRun(dir, manifestId);
      if (force) rmSync(store.#partial, { recursive: true, force: true });
      mkdirSync(store.#partial, { recursive: true });
    } catch (error) {
      if (error instanceof OutputError) throw error;
      throw cannotWrite(dir, error);
    }
    return store;
  }

  /** Boots that are measured already, by key. */
  finished(): Map<string, BootCells> {
    const boots = new Map<string, BootCells>();
    if (existsSync(join(this.dir, 'cells.jsonl'))) {
      const { cells, samples } = readResults(this.dir);
      for (const cell of cells) entry(cell.boot).cells.push(cell);
      for (const line of samples) entry(line.boot).samples.push(line);
    }
    for (const name of readdirSync(this.#partial).filter((file) => file.endsWith('.jsonl'))) {
      const [cells, samples] = readFileSync(join(this.#partial, name), 'utf8').split('\n\n');
      boots.set(name.slice(0, -'.jsonl'.length), {
        cells: parseLines(cellSchema, cells, name),
        samples: parseLines(sampleLineSchema, samples, name),
      });
    }
    for (const [key, boot] of boots) if (boot.cells.some((cell) => cell.status === 'failed')) boots.delete(key);
    return boots;

    function entry(key: string): BootCells {
      let boot = boots.get(key);
      if (boot === undefined) {
        boot = { cells: [], samples: [] };
        boots.set(key, boot);
      }
      return boot;
    }
  }

  keep(key: string, boot: BootCells): void {
    writeAside(join(this.#partial, `${key}.jsonl`), `${lines(boot.cells)}\n${lines(boot.samples)}`);
  }

  /** Puts the whole set in place. `host` is what must never be compared: times, workers, the machine it ran on. */
  commit(results: ResultSet, host: object): void {
    const aside = join(this.#partial, 'set');
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(aside);
    const files: [string, string][] = [
      ['cells.jsonl', lines(results.cells)],
      ['samples.jsonl', lines(results.samples)],
      ['host.json', `${JSON.stringify(host, null, 2)}\n`],
      ['manifest.json', `${JSON.stringify(results.manifest, null, 2)}\n`],
    ];
    for (const [name, text] of files) writeFileSync(join(aside, name), text);
    rmSync(join(this.dir, 'manifest.json'), { force: true });
    for (const [name] of files) renameSync(join(aside, name), join(this.dir, name));
    rmSync(this.#partial, { recursive: true, force: true });
  }
}

/** @throws OutputError when the folder holds no complete result set, Error when a file is malformed */
export function readResults(dir: string): ResultSet {
  const read = (name: string) => {
    const path = join(dir, name);
    if (!existsSync(path)) throw new OutputError(`${dir}: no result set of crossings here (${name} is missing)`);
    return readFileSync(path, 'utf8');
  };
  return {
    manifest: parseOne(manifestSchema, read('manifest.json'), join(dir, 'manifest.json')),
    cells: parseLines(cellSchema, read('cells.jsonl'), join(dir, 'cells.jsonl')),
    samples: parseLines(sampleLineSchema, read('samples.jsonl'), join(dir, 'samples.jsonl')),
  };
}

/** So that the file is there whole or not at all; what is there and is no plain file is written as it is. */
export function writeAside(path: string, data: string | Uint8Array): void {
  if (existsSync(path) && !statSync(path).isFile()) {
    writeFileSync(path, data);
    return;
  }
  const aside = `${path}.new`;
  writeFileSync(aside, data);
  renameSync(aside, path);
}

function lines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

function refuseOtherRun(dir: string, manifestId: string): void {
  const path = join(dir, 'manifest.json');
  if (!existsSync(path)) return;
  const { id } = parseOne(manifestSchema, readFileSync(path, 'utf8'), path);
  if (id === manifestId) return;
  throw new OutputError(
    `--out ${dir}: holds the results of another run (${id}); choose another folder, or --force to replace them`,
  );
}
