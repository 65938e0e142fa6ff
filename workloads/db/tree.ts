// A B+ tree of 32-bit keys and values over pages:
//
//   0 kind (0 leaf, 1 inner) | 4 count | 8 rightmost child (inner) or next leaf + 1 | 12 pairs: key, value or child
//
// In an inner node a pair's child holds the keys below the pair's key. A full node is split on the way down, so that a
// parent always has room.
import { markDirty, newPage, PAGE, pageAt } from './pages';

const HEAD: u32 = 12;
const MOST: u32 = (PAGE - HEAD) / 8;
const INNER: u32 = 1;
let root: u32 = 0;
export let depth: u32 = 1;

export function treeInit(): void {
  root = newPage();
}

function keyAt(page: u32, i: u32): u32 {
  return load<u32>(pageAt(page) + HEAD + (i << 3));
}

function valueAt(page: u32, i: u32): u32 {
  return load<u32>(pageAt(page) + HEAD + (i << 3) + 4);
}

function countOf(page: u32): u32 {
  return load<u32>(pageAt(page) + 4);
}

function isInner(page: u32): bool {
  return load<u32>(pageAt(page)) == INNER;
}

/** The first pair whose key is above `key` (inner) or not below it (leaf). */
function place(page: u32, key: u32): u32 {
  const base = pageAt(page) + HEAD;
  const inner = isInner(page);
  let low: u32 = 0;
  let high = countOf(page);
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = load<u32>(base + (middle << 3));
    if (other < key || (inner && other == key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function childAt(page: u32, i: u32): u32 {
  return i == countOf(page) ? load<u32>(pageAt(page) + 8) : valueAt(page, i);
}

function insertPair(page: u32, i: u32, key: u32, value: u32): void {
  const count = countOf(page);
  const at = pageAt(page) + HEAD + (i << 3);
  memory.copy(at + 8, at, (count - i) << 3);
  store<u32>(at, key);
  store<u32>(at + 4, value);
  store<u32>(pageAt(page) + 4, count + 1);
  markDirty(page);
}

/** Moves the upper half of child i to a new page; the parent gets the key between them. */
function split(parent: u32, i: u32): void {
  const left = childAt(parent, i);
  const right = newPage();
  const count = countOf(left);
  const half = count >> 1;
  const inner = isInner(left);
  const middle = keyAt(left, half);
  // An inner node's middle key moves up; its child becomes the left half's rightmost one.
  const from = inner ? half + 1 : half;
  for (let n = from; n < count; n++) {
    const key = keyAt(left, n);
    const value = valueAt(left, n);
    store<u32>(pageAt(right) + HEAD + ((n - from) << 3), key);
    store<u32>(pageAt(right) + HEAD + ((n - from) << 3) + 4, value);
  }
  const last = load<u32>(pageAt(left) + 8);
  store<u32>(pageAt(right), inner ? INNER : 0);
  store<u32>(pageAt(right) + 4, count - from);
  store<u32>(pageAt(right) + 8, last);
  markDirty(right);
  const child = valueAt(left, half);
  store<u32>(pageAt(left) + 4, half);
  store<u32>(pageAt(left) + 8, inner ? child : right + 1);
  markDirty(left);
  const rightmost = i == countOf(parent);
  insertPair(parent, i, middle, left);
  if (rightmost) store<u32>(pageAt(parent) + 8, right);
  else store<u32>(pageAt(parent) + HEAD + ((i + 1) << 3) + 4, right);
  markDirty(parent);
}

/** Puts the value under the key; one that is there is replaced. */
export function put(key: u32, value: u32): void {
  if (countOf(root) == MOST) {
    const top = newPage();
    store<u32>(pageAt(top), INNER);
    store<u32>(pageAt(top) + 8, root);
    markDirty(top);
    root = top;
    depth++;
    split(root, 0);
  }
  let page = root;
  while (isInner(page)) {
    const i = place(page, key);
    const child = childAt(page, i);
    if (countOf(child) == MOST) split(page, i);
    else page = child;
  }
  const i = place(page, key);
  if (i < countOf(page) && keyAt(page, i) == key) {
    store<u32>(pageAt(page) + HEAD + (i << 3) + 4, value);
    markDirty(page);
  } else insertPair(page, i, key, value);
}

/** The value under the key, or `otherwise`. */
export function get(key: u32, otherwise: u32): u32 {
  let page = root;
  while (isInner(page)) page = childAt(page, place(page, key));
  const i = place(page, key);
  return i < countOf(page) && keyAt(page, i) == key ? valueAt(page, i) : otherwise;
}

/** Number of keys that the last scan saw. */
export let counted: u32 = 0;

/** All keys and values in their order, hashed; 0 where they are in no order. */
export function scan(): u32 {
  let page = root;
  while (isInner(page)) page = childAt(page, 0);
  let sum: u32 = 0x811c9dc5;
  let before: u32 = 0;
  counted = 0;
  while (true) {
    const count = countOf(page);
    for (let i: u32 = 0; i < count; i++) {
      const key = keyAt(page, i);
      if (counted && key <= before) return 0;
      before = key;
      counted++;
      sum = ((sum ^ key) * 0x01000193) ^ valueAt(page, i);
    }
    const next = load<u32>(pageAt(page) + 8);
    if (!next) return sum;
    page = next - 1;
  }
}
