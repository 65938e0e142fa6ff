// Brings everything that is derived up to date: generated tables, the machine's core, all guest images. With names as
// arguments, only those images.
import { buildCore } from '../toolchain/driver/core.js';
import { buildImages } from '../toolchain/driver/images.js';

const names = process.argv.slice(2);
const progress = (line: string) => void process.stderr.write(`${line}\n`);
let failures = 0;
const fail = (what: string, error: unknown) => {
  failures++;
  progress(`${what}: ${error instanceof Error ? error.message : error}`);
};

if (names.length === 0) await buildCore().catch((error) => fail('machine/core', error));
try {
  const { failed } = await buildImages({ names: names.length > 0 ? names : undefined, progress });
  for (const { image, error } of failed) fail(`image ${image}`, error);
} catch (error) {
  fail('images', error);
}
process.exitCode = failures > 0 ? 1 : 0;
