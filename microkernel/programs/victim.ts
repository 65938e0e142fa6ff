// Waits beside a hostile program with memory that it filled, and says in the end whether that is still as it was.
import { CHECKSUM_START, checksum, copyBytes } from '../../kernels/lib/bytes';
import { newline, print } from '../../kernels/lib/console';
import { ANY, l4Init, mr, NEVER, NIL, setMr } from '../servers/l4';
import { ipc } from '../servers/stubs';
import { HOSTILE_DONE } from './hostile';
import { finish, programInit } from './program';

const BYTES: u32 = 64 * 1024;
const area: usize = memory.data(64 * 1024, 4096);
const copy: usize = memory.data(64 * 1024, 4096);

export function main(stack: usize): void {
  programInit(stack);
  l4Init();
  for (let i: u32 = 0; i < BYTES; i += 4) store<u32>(area + i, i * 0x9e3779b9);
  const before = checksum(CHECKSUM_START, area, BYTES);
  let from = ipc(NIL, ANY, NEVER);
  // Whatever else arrives is answered with nothing, after a copy that a planted direction flag would spoil.
  while (mr(0) >> 16 != HOSTILE_DONE) {
    copyBytes(copy, area, BYTES);
    setMr(0, 0);
    from = ipc(from, ANY, NEVER);
  }
  const good = checksum(CHECKSUM_START, area, BYTES) == before && checksum(CHECKSUM_START, copy, BYTES) == before;
  print(good ? 'victim unchanged' : 'victim CHANGED');
  newline();
  finish(0);
}
