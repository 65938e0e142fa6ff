// Random operations on memory: areas come, are written, checked, protected and go, whole or in part.
import {
  allocate,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  map,
  mapFailed,
  PROT_READ,
  PROT_WRITE,
  protect,
  release,
  unmap,
} from '../lib/memory';
import { exit, finish, fork } from '../lib/processes';
import { fail } from './failure';
import { draw } from './random';

const PAGE: u32 = 4096;
const AREAS: u32 = 8;

/** An area of pages; each page's first word and last are its number and `mark`. */
@unmanaged
class Area {
  at: usize;
  pages: u32;
  mark: u32;
  block: usize;
}
const AREA: u32 = 16;
const areas: usize = memory.data(8 * 16, 4);

function area(i: u32): Area {
  return changetype<Area>(areas + i * AREA);
}

export function memoryOperation(): void {
  const a = area(draw(AREAS));
  if (!a.at) return make(a);
  switch (draw(6)) {
    case 0:
      return drop(a);
    case 1:
      return shrink(a);
    case 2:
      return mark(a);
    case 3:
      return guarded(a);
    case 4:
      return copied(a);
    default:
      check(a);
  }
}

export function memoryEnd(): void {
  for (let i: u32 = 0; i < AREAS; i++) if (area(i).at) drop(area(i));
}

function make(a: Area): void {
  a.pages = 1 + draw(12);
  a.at = map(0, a.pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapFailed(a.at)) {
    a.at = 0;
    return fail('mmap');
  }
  for (let i: u32 = 0; i < a.pages; i++) if (load<u32>(a.at + i * PAGE + draw(1024) * 4)) fail('fresh memory');
  a.block = allocate(1 + draw(3000));
  store<u32>(a.block, <u32>a.at);
  mark(a);
}

function mark(a: Area): void {
  a.mark = draw(65536);
  for (let i: u32 = 0; i < a.pages; i++) {
    store<u32>(a.at + i * PAGE, a.mark + i);
    store<u32>(a.at + i * PAGE + PAGE - 4, a.mark - i);
  }
}

function check(a: Area): void {
  for (let i: u32 = 0; i < a.pages; i++)
    if (load<u32>(a.at + i * PAGE) != a.mark + i || load<u32>(a.at + i * PAGE + PAGE - 4) != a.mark - i)
      return fail('memory');
  if (load<u32>(a.block) != <u32>a.at) fail('allocated memory');
}

function drop(a: Area): void {
  check(a);
  if (unmap(a.at, a.pages * PAGE) < 0) fail('munmap');
  release(a.block);
  a.at = 0;
}

function shrink(a: Area): void {
  if (a.pages < 2) return;
  a.pages--;
  if (unmap(a.at + a.pages * PAGE, PAGE) < 0) fail('munmap of the end');
  check(a);
}

/** Read-only for a while; a child that writes then dies of it. */
function guarded(a: Area): void {
  if (protect(a.at, a.pages * PAGE, PROT_READ) < 0) fail('mprotect');
  check(a);
  const child = fork();
  if (!child) {
    store<u32>(a.at, 0);
    exit(0);
  }
  if (finish(child) != 128 + 11) fail('a write to read-only memory');
  if (protect(a.at, a.pages * PAGE, PROT_READ | PROT_WRITE) < 0) fail('mprotect back');
}

/** A child sees what there is, and what it writes stays its own. */
function copied(a: Area): void {
  const child = fork();
  if (!child) {
    check(a);
    mark(a);
    check(a);
    exit(a.mark & 0x3f);
  }
  if (finish(child) > 0x3f) fail('a child with a copy');
  check(a);
}
