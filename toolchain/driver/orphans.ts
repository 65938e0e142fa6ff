// What the TypeScript compiler leaves behind in dist/ when a source is renamed or removed: it would still count as part
// of the toolchain, or define images that are gone.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const MADE = /\.(js|js\.map|d\.ts)$/;

/** Removes what was compiled from sources that are not there any more. */
export function removeOrphans(root: string, dist: string): void {
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' }))
    if (MADE.test(file) && !existsSync(join(root, file.replace(MADE, '.ts')))) rmSync(join(dist, file));
}
