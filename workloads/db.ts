// A database in small: random puts into a B+ tree on a file, a commit with fsync after every ten; random gets; a scan.
import { __region_begin, __region_end } from '../kernels/lib/hooks';
import { numberOption } from '../kernels/lib/text';
import { commit, failures, openPages, pageCount, reads, writes } from './db/pages';
import { counted, depth, get, put, scan, treeInit } from './db/tree';
import { argumentsText } from './lib/arguments';
import { complainOf, newline, print, printHex, printNumber } from './lib/output';
import { text } from './lib/text';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

const COMMIT_EVERY: u32 = 10;
const KEYS: u32 = 1 << 20;
let random: u32 = 1;

function draw(): u32 {
  random = random * 1664525 + 1013904223;
  return random >> 12;
}

export function main(count: u32, words: usize): i32 {
  const puts = numberOption(argumentsText(count, words), 'puts', 2000);
  if (!openPages(text('/data/db'))) return complainOf('db', 'cannot make /data/db');
  __region_begin();
  const wrong = work(puts);
  __region_end();
  const sum = scan();
  print('db puts=');
  printNumber(puts);
  print(' keys=');
  printNumber(counted);
  print(' pages=');
  printNumber(pageCount);
  print(' depth=');
  printNumber(depth);
  print(' reads=');
  printNumber(reads);
  print(' writes=');
  printNumber(writes);
  print(' checksum=');
  printHex(sum);
  newline();
  return wrong || failures || !sum ? 1 : 0;
}

/** Puts, then gets of the same keys; returns how many were wrong. A key's value is the last one put under it. */
function work(puts: u32): u32 {
  treeInit();
  for (let i: u32 = 0; i < puts; i++) {
    const key = draw() % KEYS;
    put(key, key * 7 + 1);
    if (i % COMMIT_EVERY == COMMIT_EVERY - 1) commit();
  }
  commit();
  let wrong: u32 = 0;
  random = 1;
  for (let i: u32 = 0; i < puts; i++) {
    const key = draw() % KEYS;
    if (get(key, 0) != key * 7 + 1) wrong++;
  }
  return wrong;
}
