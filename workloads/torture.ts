// Random forks, signals, pipes, mappings and file operations, by seed: `torture [seed=N] [rounds=N] [processes=N]`.
// Every process knows what it must find, so whatever differs is told. The folder that it works in is empty again at the
// end, and what the kernel counts is what it was.
import { CALL_KERNEL_COUNTS } from '../kernels/lib/callnumbers';
import { numberOption } from '../kernels/lib/text';
import { argumentsText } from './lib/arguments';
import { chdir, mkdir, rmdir, sync } from './lib/files';
import { flushOutput, newline, print, printNumber } from './lib/output';
import { exit, exitStatus, fork, waitFor } from './lib/processes';
import { systemCall1 } from './lib/stubs';
import { copyNumber, copyText, text } from './lib/text';
import { fail, failures } from './torture/failure';
import { fileOperation, filesEnd, filesInit } from './torture/files';
import { memoryEnd, memoryOperation } from './torture/memory';
import { processesInit, processOperation } from './torture/processes';
import { draw, seedRandom } from './torture/random';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

const path: usize = memory.data(32, 4);
const word: usize = memory.data(4, 4);
const before: usize = memory.data(32, 4);
const after: usize = memory.data(32, 4);
const COUNTS: u32 = 6;

export function main(count: u32, words: usize): i32 {
  const options = argumentsText(count, words);
  const seed = numberOption(options, 'seed', 1);
  const rounds = numberOption(options, 'rounds', 100);
  const processes = numberOption(options, 'processes', 3);
  // Once before counting, so that what the kernel keeps for good (caches, tables) is there.
  run(seed, 5, processes);
  sync();
  const counted = systemCall1(CALL_KERNEL_COUNTS, before) >= 0;
  run(seed, rounds, processes);
  sync();
  if (counted) compareCounts();
  print('torture seed=');
  printNumber(seed);
  print(' rounds=');
  printNumber(rounds);
  print(' processes=');
  printNumber(processes);
  print(' failures=');
  printNumber(failures);
  newline();
  return failures ? 1 : 0;
}

function run(seed: u32, rounds: u32, processes: u32): void {
  flushOutput();
  for (let i: u32 = 0; i < processes; i++) {
    const child = fork();
    if (child < 0) fail('fork of a worker');
    if (!child) exit(worker(i, seed, rounds));
  }
  for (let i: u32 = 0; i < processes; i++) {
    if (waitFor(-1, word, 0) <= 0) fail('wait for a worker');
    if (exitStatus(load<u32>(word))) fail('a worker');
  }
}

function worker(number: u32, seed: u32, rounds: u32): u32 {
  seedRandom(seed * 31 + number);
  copyNumber(copyText(path, text('worker')), number);
  if (mkdir(path, 0o700) < 0 || chdir(path) < 0) fail('a folder of its own');
  filesInit();
  processesInit();
  for (let i: u32 = 0; i < rounds && !failures; i++) {
    const what = draw(8);
    if (what < 4) fileOperation();
    else if (what < 6) memoryOperation();
    else processOperation();
  }
  filesEnd();
  memoryEnd();
  chdir(text('..'));
  if (rmdir(path) < 0) fail('removing the folder');
  flushOutput();
  return failures;
}

/** Frames, open files, pipes, processes, regions, inodes: as many as before. */
function compareCounts(): void {
  systemCall1(CALL_KERNEL_COUNTS, after);
  for (let i: u32 = 0; i < COUNTS; i++) {
    const was = load<u32>(before + (i << 2));
    const is = load<u32>(after + (i << 2));
    if (was == is) continue;
    fail('a count of the kernel');
    printNumber(i);
    print(': ');
    printNumber(was);
    print(' before, ');
    printNumber(is);
    print(' after');
    newline();
  }
}
