// Errors in stubs, with the place in their source. Stubs are TypeScript that runs when an image is built, so the place is
// where the host was when it ran into the error, brought back from the compiled file to the one that was written.
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssemblerError, type Layouts, type StubCode } from '../assembler/index.js';
import type { ImageDefinition } from '../image.js';
import { type CompileError, errorAt } from './compile-error.js';

/**
 * Assembles the stubs of an image.
 * @throws CompileError with file, line and column, where that is known
 */
export function assembleStubs(d: ImageDefinition, root: string, layouts?: Layouts, watched?: string): StubCode[] {
  return d.stubs.map((s) => {
    try {
      return s.assemble(layouts, watched);
    } catch (error) {
      throw (error instanceof AssemblerError && located(error, root)) || error;
    }
  });
}

/** Where the first use of a symbol by the stubs is written: the error that says so, if one of them uses it. */
export function useInStubs(d: ImageDefinition, root: string, symbol: string): CompileError | undefined {
  try {
    assembleStubs(d, root, undefined, symbol);
    return undefined;
  } catch (error) {
    return (error as Error).name === 'CompileError' ? (error as CompileError) : undefined;
  }
}

function located(error: AssemblerError, root: string): CompileError | undefined {
  if (!error.place) return undefined;
  const place = original(error.place);
  const inRoot = relative(root, place.file);
  const file = inRoot.startsWith('..') || isAbsolute(inRoot) ? place.file : inRoot.replaceAll('\\', '/');
  const text = existsSync(place.file) ? readFileSync(place.file, 'utf8').split('\n')[place.line - 1] : undefined;
  return errorAt({ ...place, file }, error.message, text);
}

type HostPlace = NonNullable<AssemblerError['place']>;

function original({ file, line, column }: HostPlace): HostPlace {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const map = `${path}.map`;
  if (!existsSync(map)) return { file: path, line, column };
  const entry = new SourceMap(JSON.parse(readFileSync(map, 'utf8'))).findEntry(line - 1, column - 1);
  if (!('originalSource' in entry)) return { file: path, line, column };
  return {
    file: resolve(dirname(path), entry.originalSource),
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  };
}
