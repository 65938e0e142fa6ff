// Memory for one command line: taken in a row, given back all at once to a mark.

import { allocate } from '../lib/memory';
import { complainOf } from '../lib/output';
import { quit } from '../lib/unix';

const SIZE: u32 = 128 * 1024;
let start: usize = 0;
let used: u32 = 0;

export function arenaTake(size: u32): usize {
  if (!start) start = allocate(SIZE);
  const at = start + used;
  used += (size + 3) & ~3;
  if (start && used <= SIZE) return at;
  complainOf('sh', 'command too long');
  quit(2);
  return 0;
}

export function arenaMark(): u32 {
  return used;
}

export function arenaReset(mark: u32): void {
  used = mark;
}

/** Growing text at the arena's end: put bytes, then finish. Nothing else may be taken between. */
export function arenaPut(byte: u32): void {
  store<u8>(arenaTake(0) + growing++, byte);
}

let growing: u32 = 0;

export function arenaFinish(): usize {
  arenaPut(0);
  const at = arenaTake(growing);
  growing = 0;
  return at;
}
