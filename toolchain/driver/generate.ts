import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateTables } from '../../machine/tables/generate.js';
import { generateDecoder } from '../../machine/tables/generate-decoder.js';

/** Writes machine/core/generated/*.ts below `root`; files that are right already stay as they are. */
export function writeGenerated(root: string): void {
  const folder = join(root, 'machine/core/generated');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries({ ...generateTables(), ...generateDecoder() })) {
    const path = join(folder, name);
    if (readIfThere(path) !== text) writeFileSync(path, text);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const self = fileURLToPath(import.meta.url);
if (process.argv[1] && resolve(process.argv[1]) === self) writeGenerated(resolve(dirname(self), '../../..'));
