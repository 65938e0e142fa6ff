// Brings everything that is derived up to date: generated tables, the machine's core, all guest images, side by side.
// With names as arguments, only those images.
import { buildCore } from '../toolchain/driver/core.js';
import { DIST, PROJECT_ROOT } from '../toolchain/driver/definitions.js';
import { buildImages } from '../toolchain/driver/images.js';
import { removeOrphans } from '../toolchain/driver/orphans.js';
import { Workers } from '../toolchain/driver/workers.js';

const names = process.argv.slice(2);
const progress = (line: string) => void process.stderr.write(`${line}\n`);
let failures = 0;
const fail = (what: string, error: unknown) => {
  failures++;
  progress(`${what}: ${error instanceof Error ? error.message : error}`);
};

removeOrphans(PROJECT_ROOT, DIST);
const workers = new Workers(Number.POSITIVE_INFINITY);
// The core first, since it takes longest.
const core = names.length === 0 && buildCore(() => workers.core()).catch((error) => fail('machine/core', error));
try {
  const { failed } = await buildImages({ names: names.length > 0 ? names : undefined, progress, workers });
  for (const { image, error } of failed) fail(`image ${image}`, error);
} catch (error) {
  fail('images', error);
}
await core;
await workers.close();
process.exitCode = failures > 0 ? 1 : 0;
