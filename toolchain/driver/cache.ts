// Files that the driver makes and finds again. Beside those of one name lies NAME.sums, written last: the SHA-256 of each, in
// the form that `sha256sum -c` reads. What is cut off, spoiled or half written is thereby told from what is whole.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

type Contents = Uint8Array | string;

const sumOf = (contents: Contents): string => createHash('sha256').update(contents).digest('hex');

/** A reader sees the old file or the new one, never half of one. */
export function writeAside(path: string, contents: Contents): void {
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, contents);
  renameSync(aside, path);
}

/** @param base path of the files without their extensions */
export function writeFiles(base: string, files: Readonly<Record<string, Contents>>): void {
  const sums = Object.entries(files).map(([extension, contents]) => {
    writeAside(`${base}.${extension}`, contents);
    return `${sumOf(contents)}  ${basename(base)}.${extension}\n`;
  });
  writeAside(`${base}.sums`, sums.join(''));
}

/** Are all files of this name there, and as they were written? */
export function isIntact(base: string): boolean {
  try {
    const lines = readFileSync(`${base}.sums`, 'utf8').trimEnd().split('\n');
    return lines.every((line) => {
      const [sum, file] = line.split('  ');
      return sumOf(readFileSync(join(dirname(base), file))) === sum;
    });
  } catch {
    return false;
  }
}
