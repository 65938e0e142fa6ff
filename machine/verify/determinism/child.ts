/** Another process: runs the subjects and tells their hashes. */
import { buildCore } from '../../../toolchain/driver/core.js';
import { subjects } from './subjects.js';

const [fuzzed, seed] = process.argv.slice(2).map(Number);
const core = await WebAssembly.compile((await buildCore()) as BufferSource);
for (const { name, make, cycles } of subjects(fuzzed, seed)) {
  const machine = make(core);
  machine.run(BigInt(cycles));
  process.stdout.write(`${name}\t${machine.stateHash()}\n`);
}
