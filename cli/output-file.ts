/**
 * Files that a command writes at its end: asked about before any work is done, written aside and renamed into place.
 */
import { existsSync, mkdtempSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { reasonOf, writeAside } from '../experiments/runner/store.js';
import { UsageError } from './errors.js';

/**
 * @param option what the user called the file, such as `--out`
 * @throws UsageError when there is no folder for the file, it cannot be written, or a folder has its name
 */
export function refuseUnwritableFile(option: string, path: string | undefined): void {
  if (path === undefined) return;
  const folder = dirname(resolve(path));
  if (!existsSync(folder)) throw new UsageError(`${option} ${path}: there is no folder ${folder}`);
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) throw new UsageError(`${option} ${path}: is a folder`);
    // A device or a pipe is written as it is.
    if (!statSync(path).isFile()) return;
  }
  try {
    rmdirSync(mkdtempSync(join(folder, '.crossings-')));
  } catch (error) {
    throw new UsageError(`${option} ${path}: cannot be written: ${reasonOf(error)}`);
  }
}

/** @throws UsageError when it cannot be written; then nothing of it is there */
export function writeOutputFile(option: string, path: string, data: string | Uint8Array): void {
  try {
    writeAside(path, data);
  } catch (error) {
    rmSync(`${path}.new`, { force: true });
    throw new UsageError(`${option} ${path}: cannot be written: ${reasonOf(error)}`);
  }
}
