// The servers that the root task has started: their roles, where their images lie, and how it ends when one fails.
import { copyBytes } from '../../kernels/lib/bytes';
import { consoleTo, newline, print, printHex } from '../../kernels/lib/console';
import { elfSegment, elfSegmentCount, SEGMENT_LOAD } from '../../kernels/lib/elf';
import { uartPut } from '../../kernels/lib/uart';
import { outb } from '../../kernels/lib/x86';
import { mr, NIL, PAGE } from './l4';
import { SERVER_BYTES } from './protocol';

const POWER_PORT: u32 = 0xf4;
export const MAX_SERVERS: u32 = 8;

export const ROLE_PAGER: u32 = 1;
export const ROLE_SERVICE: u32 = 2;
export const ROLE_DRIVER: u32 = 3;

@unmanaged
export class Server {
  thread: u32;
  role: u32;
  /** Its image: linear addresses, and the first one's frame. */
  first: u32;
  end: u32;
  frames: u32;
}

const servers: usize = memory.data(8 * 20, 4);
export let serverCount: u32 = 0;

export function server(i: u32): Server {
  return changetype<Server>(servers + i * offsetof<Server>());
}

/** The thread of the server with this role, or NIL. */
export function roleThread(role: u32): u32 {
  for (let i: u32 = 0; i < serverCount; i++) if (server(i).role == role) return server(i).thread;
  return NIL;
}

/** Counts the record behind the last one as started. */
export function serverStarted(): void {
  serverCount++;
}

/** Puts the image's segments where the server will see them. */
export function loadServer(s: Server, image: usize): void {
  s.first = ~0;
  s.end = 0;
  for (let i: u32 = 0; i < elfSegmentCount(image); i++) {
    const segment = elfSegment(image, i);
    if (segment.type != SEGMENT_LOAD) continue;
    s.first = min(s.first, segment.linear & ~(PAGE - 1));
    s.end = max(s.end, (segment.linear + segment.memorySize + PAGE - 1) & ~(PAGE - 1));
  }
  if (s.end - s.first > SERVER_BYTES) unreachable();
  memory.fill(s.frames, 0, s.end - s.first);
  for (let i: u32 = 0; i < elfSegmentCount(image); i++) {
    const segment = elfSegment(image, i);
    if (segment.type == SEGMENT_LOAD) {
      copyBytes(s.frames + segment.linear - s.first, image + segment.offset, segment.fileSize);
    }
  }
}

/** Nothing can go on without this: says why and ends the machine. */
export function giveUp(reason: string): void {
  consoleTo(uartPut.index);
  print('root: ');
  print(reason);
  newline();
  outb(POWER_PORT, 1);
  for (;;) {}
}

/** A server touched what it has no right to: a fault of its code. */
export function crashed(s: Server, address: u32): void {
  consoleTo(uartPut.index);
  print('root: server ');
  printHex(s.thread);
  print(' at ');
  printHex(mr(2));
  print(' touched ');
  printHex(address);
  newline();
  giveUp('a server has failed');
}
