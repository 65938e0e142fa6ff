// The microkernel's mapping database: chains, siblings, rights and grants by hand; then random operations against a model
// that keeps each mapping's parent and searches.
import { Elements, Structs } from '../../../kernels/lib/elements';
import { FRAME_MASK, PAGE_PRESENT, PAGE_WRITE } from '../../../kernels/lib/paging';
import { random, seedRandom } from '../../../kernels/lib/random';
import { mapPage, mappingInit, setSigma0, unmapPage } from '../../../microkernel/kernel/mapping';
import { pageSlot } from '../../../microkernel/kernel/pages';
import { poolInit } from '../../../microkernel/kernel/pool';
import { Space, spaceCreate } from '../../../microkernel/kernel/space';
import { begin, equal, holds, result } from './check';

const READ: u32 = 4;
const WRITE: u32 = 2;
const ALL: u32 = 7;
const MEMORY: u32 = 0x00800000;
/** Frames of sigma0's, between the image and the pool. */
const FRAME: u32 = 0x00300000;
const PAGE: u32 = 0x1000;

let ready: bool = false;
let sigma0: Space = changetype<Space>(0);
let a: Space = changetype<Space>(0);
let b: Space = changetype<Space>(0);
let c: Space = changetype<Space>(0);

function start(): void {
  begin();
  if (ready) return;
  ready = true;
  poolInit(MEMORY);
  holds(mappingInit());
  sigma0 = made(0);
  setSigma0(sigma0);
  a = made(1);
  b = made(2);
  c = made(3);
}

function made(id: u32): Space {
  const space = spaceCreate(id);
  holds(space != null);
  return changetype<Space>(space);
}

/** Frame and rights of a page: 0 when there is nothing. */
function seen(space: Space, page: u32): u32 {
  const slot = pageSlot(space, page, false);
  const entry = slot ? load<u32>(slot) : 0;
  if (!(entry & PAGE_PRESENT)) return 0;
  return (entry & FRAME_MASK) | READ | (entry & PAGE_WRITE ? WRITE : 0);
}

export function whatCameOfAMappingGoesWithIt(): u32 {
  start();
  holds(mapPage(sigma0, FRAME, a, 0x10000, ALL, false));
  holds(mapPage(a, 0x10000, b, 0x20000, ALL, false));
  holds(mapPage(b, 0x20000, c, 0x30000, ALL, false));
  holds(mapPage(a, 0x10000, c, 0x31000, ALL, false));
  equal(seen(c, 0x30000), FRAME | READ | WRITE);
  unmapPage(b, 0x20000, ALL, false);
  equal(seen(b, 0x20000), FRAME | READ | WRITE);
  equal(seen(c, 0x30000), 0);
  equal(seen(c, 0x31000), FRAME | READ | WRITE);
  unmapPage(a, 0x10000, ALL, true);
  equal(seen(a, 0x10000) | seen(b, 0x20000) | seen(c, 0x31000), 0);
  return result();
}

export function rightsOnlyShrinkOnTheWayDown(): u32 {
  start();
  const frame = FRAME + PAGE;
  holds(mapPage(sigma0, frame, a, 0x11000, ALL, false));
  holds(mapPage(a, 0x11000, b, 0x21000, READ, false));
  holds(mapPage(b, 0x21000, c, 0x32000, ALL, false));
  equal(seen(b, 0x21000), frame | READ);
  equal(seen(c, 0x32000), frame | READ);
  holds(mapPage(a, 0x11000, b, 0x21000, ALL, false));
  equal(seen(b, 0x21000), frame | READ | WRITE);
  unmapPage(a, 0x11000, WRITE, false);
  equal(seen(a, 0x11000), frame | READ | WRITE);
  equal(seen(b, 0x21000), frame | READ);
  holds(!mapPage(a, 0x12000, b, 0x22000, ALL, false));
  unmapPage(sigma0, frame, ALL, false);
  equal(seen(a, 0x11000) | seen(b, 0x21000) | seen(c, 0x32000), 0);
  return result();
}

export function aGrantTakesTheGiversPlace(): u32 {
  start();
  const frame = FRAME + 2 * PAGE;
  holds(mapPage(sigma0, frame, a, 0x13000, ALL, false));
  holds(mapPage(a, 0x13000, b, 0x23000, ALL, false));
  holds(mapPage(b, 0x23000, c, 0x33000, ALL, false));
  holds(mapPage(b, 0x23000, a, 0x14000, ALL, true));
  equal(seen(b, 0x23000), 0);
  equal(seen(a, 0x14000), frame | READ | WRITE);
  unmapPage(a, 0x14000, ALL, true);
  equal(seen(c, 0x33000), 0);
  equal(seen(a, 0x13000), frame | READ | WRITE);
  unmapPage(a, 0x13000, ALL, true);
  return result();
}

/** A mapping as the model has it. */
@unmanaged
class Cell {
  /** 0: not in use. */
  space: u32;
  page: u32;
  frame: u32;
  /** 1 + its number; 0: it came from sigma0. */
  parent: u32;
  rights: u32;
}
const CELLS: u32 = 64;
const PAGES: u32 = 5;
const FRAMES: u32 = 3;
const STEPS: u32 = 1500;
const cells = changetype<Structs<Cell>>(memory.data(64 * 20, 4));
const spaces = changetype<Elements<usize>>(memory.data(16, 4));

function find(space: u32, page: u32): i32 {
  for (let i: u32 = 0; i < CELLS; i++) if (cells[i].space == space && cells[i].page == page) return i;
  return -1;
}

function comesOf(i: u32, ancestor: u32): bool {
  while (i != ancestor) {
    if (!cells[i].parent) return false;
    i = cells[i].parent - 1;
  }
  return true;
}

function modelUnmap(space: u32, page: u32, rights: u32, flush: bool): void {
  const from = find(space, page);
  if (from < 0) return;
  // First who is meant, then the change: a parent must not be gone before its children are found.
  let meant: u64 = 0;
  for (let i: u32 = 0; i < CELLS; i++) {
    if (cells[i].space && comesOf(i, from) && (flush || <i32>i != from)) meant |= (<u64>1) << i;
  }
  for (let i: u32 = 0; i < CELLS; i++) {
    if (!((meant >> i) & 1)) continue;
    if (rights & READ) cells[i].space = 0;
    else cells[i].rights &= ~(rights & WRITE);
  }
}

function modelMap(from: u32, source: u32, to: u32, page: u32, rights: u32, grant: bool): void {
  const giver = from ? find(from, source) : -1;
  if (from && giver < 0) return;
  const frame = from ? cells[giver].frame : source;
  const parent: u32 = giver + 1;
  const given = READ | (from ? cells[giver].rights & rights & WRITE : rights & WRITE);
  const old = find(to, page);
  if (old >= 0 && cells[old].frame == frame) {
    if (cells[old].parent == parent) cells[old].rights |= given;
    return;
  }
  modelUnmap(to, page, ALL, true);
  let i: u32 = 0;
  if (grant && from) i = giver;
  else {
    while (cells[i].space) i++;
    cells[i].parent = parent;
  }
  cells[i].space = to;
  cells[i].page = page;
  cells[i].frame = frame;
  cells[i].rights = given;
}

function pick(n: u32): u32 {
  return random() % n;
}

export function randomMappingsAreThoseOfTheModel(): u32 {
  start();
  seedRandom(11);
  spaces[0] = changetype<usize>(sigma0);
  spaces[1] = changetype<usize>(a);
  spaces[2] = changetype<usize>(b);
  spaces[3] = changetype<usize>(c);
  for (let step: u32 = 0; step < STEPS; step++) {
    const from = pick(4);
    const to = 1 + pick(3);
    const page = 0x40000 + pick(PAGES) * PAGE;
    const source = from ? 0x40000 + pick(PAGES) * PAGE : FRAME + (4 + pick(FRAMES)) * PAGE;
    const rights = pick(2) ? ALL : READ;
    const what = pick(8);
    if (what < 6) {
      modelMap(from, source, to, page, rights, what == 5);
      mapPage(changetype<Space>(spaces[from]), source, changetype<Space>(spaces[to]), page, rights, what == 5);
    } else {
      const taken = pick(3) ? ALL : WRITE;
      modelUnmap(to, page, taken, what == 7);
      unmapPage(changetype<Space>(spaces[to]), page, taken, what == 7);
    }
    for (let s: u32 = 1; s < 4; s++) {
      for (let p: u32 = 0; p < PAGES; p++) {
        const i = find(s, 0x40000 + p * PAGE);
        const expected = i < 0 ? 0 : cells[i].frame | cells[i].rights;
        equal(seen(changetype<Space>(spaces[s]), 0x40000 + p * PAGE), expected);
      }
    }
  }
  return result();
}
