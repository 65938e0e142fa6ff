/**
 * Oracles as child processes, and folders for their files. None outlives this process: Bochs takes no notice of SIGTERM,
 * so at the end, and on SIGINT and SIGTERM, whoever still runs is killed, and the folders are removed.
 */
import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;
const running = new Set<ChildProcess>();
const folders = new Set<string>();
let watching = false;

function clean(): void {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

function watch(): void {
  if (watching) return;
  watching = true;
  process.on('exit', clean);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Leaving so calls `clean`.
    process.once(signal, () => process.exit(STATUS[signal]));
  }
}

/** Waits for a program, at most so long, whatever its exit status; what it printed until then. */
export function output(
  file: string,
  args: readonly string[],
  seconds: number,
  environment = process.env,
): Promise<string> {
  watch();
  return new Promise((resolve) => {
    const options = {
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 28,
      encoding: 'latin1',
      env: environment,
    } as const;
    const child = execFile(file, args, options, (_error, stdout) => {
      running.delete(child);
      resolve(stdout);
    });
    running.add(child);
    child.stdin?.end();
  });
}

export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  watch();
  const folder = mkdtempSync(join(tmpdir(), 'crossings-verify-'));
  folders.add(folder);
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    folders.delete(folder);
  }
}
