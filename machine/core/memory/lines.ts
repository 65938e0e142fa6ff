/*
 * One set of a cache: `ways` words side by side, four at a time where there are four (128-bit SIMD).
 *
 *     word:  address of the line | state      state:  1 valid   2 referenced   4 modified   8 below      0 = empty
 *
 * `below` is for L1D: L2 held the line when it was modified, and was told.
 *
 * Replacement is "clock": an empty way if there is one; else the hand goes round from where it stopped last, takes the
 * referenced mark from each way that it passes, and stops at the first that has none.
 */
export const LINE_VALID: u32 = 1;
export const LINE_REFERENCED: u32 = 2;
export const LINE_MODIFIED: u32 = 4;
export const LINE_BELOW: u32 = 8;

const IDENTITY: u32 = ~(LINE_REFERENCED | LINE_MODIFIED | LINE_BELOW);

/** Which line a word says it is, whatever its state. */
// @ts-ignore: decorator
@inline export function identityOf(word: u32): u32 { return word & IDENTITY; }

/**
 * The hand will pass over this way, which holds `word`, once. Nothing is written where nothing changes: a set is read as
 * a whole, and a host waits for a word that was just written before it reads what the word is a part of.
 */
// @ts-ignore: decorator
@inline export function reference(way: u32, word: u32): void {
  if ((word & LINE_REFERENCED) == 0) store<u32>(way, word | LINE_REFERENCED);
}

/** Address of the way that holds `tag` (line address | LINE_VALID), or 0. */
// @ts-ignore: decorator
@inline export function findWay(first: u32, ways: u32, tag: u32): u32 {
  if (ways == 4) {
    const four = v128.and(v128.load(first), i32x4.splat(IDENTITY));
    const equal = i32x4.bitmask(i32x4.eq(four, i32x4.splat(tag)));
    return equal != 0 ? first + (<u32>ctz(equal) << 2) : 0;
  }
  if (ways <= 2) {
    if ((load<u32>(first) & IDENTITY) == tag) return first;
    return ways == 2 && (load<u32>(first, 4) & IDENTITY) == tag ? first + 4 : 0;
  }
  return findAmong(first, ways, tag);
}

function findAmong(first: u32, ways: u32, tag: u32): u32 {
  if ((ways & 3) == 0) {
    const wanted = i32x4.splat(tag);
    const identity = i32x4.splat(IDENTITY);
    const end = first + (ways << 2);
    for (let four = first; four < end; four += 16) {
      const equal = i32x4.bitmask(i32x4.eq(v128.and(v128.load(four), identity), wanted));
      if (equal != 0) return four + (<u32>ctz(equal) << 2);
    }
    return 0;
  }
  for (let way = first, end = first + (ways << 2); way < end; way += 4) {
    if ((load<u32>(way) & IDENTITY) == tag) return way;
  }
  return 0;
}

/** Bit n: way n of the last set that `chooseWay` saw was passed by the hand. */
export let passedWays: u32 = 0;

/** Address of the way to fill next; `hand` is the address of the set's u16 hand. */
export function chooseWay(first: u32, ways: u32, hand: u32): u32 {
  passedWays = 0;
  let empty: u32 = 0;
  let referenced: u32 = 0;
  if ((ways & 3) == 0) {
    for (let way: u32 = 0; way < ways; way += 4) {
      const four = v128.load(first + (way << 2));
      empty |= <u32>i32x4.bitmask(i32x4.eq(four, i32x4.splat(0))) << way;
      referenced |= <u32>i32x4.bitmask(i32x4.shl(four, 30)) << way;
    }
  } else {
    for (let way: u32 = 0; way < ways; way++) {
      const state = load<u32>(first + (way << 2));
      if (state == 0) empty |= 1 << way;
      referenced |= ((state >> 1) & 1) << way;
    }
  }
  if (empty != 0) return first + (<u32>ctz(empty) << 2);
  const from: u32 = load<u16>(hand);
  let chosen = from;
  if (((referenced >> from) & 1) != 0) {
    const all = ways == 32 ? 0xffffffff : ((1 << ways) - 1);
    const free = ~referenced & all;
    if (free == 0) passedWays = all;
    else {
      const ahead = free >> from << from;
      chosen = ctz(ahead != 0 ? ahead : free);
      const before: u32 = (1 << chosen) - 1;
      const beyond: u32 = ~((1 << from) - 1);
      passedWays = (ahead != 0 ? before & beyond : before | beyond) & all;
    }
    for (let passed = passedWays; passed != 0; passed &= passed - 1) {
      const way = first + (<u32>ctz(passed) << 2);
      store<u32>(way, load<u32>(way) & ~LINE_REFERENCED);
    }
  }
  store<u16>(hand, chosen + 1 == ways ? 0 : chosen + 1);
  return first + (chosen << 2);
}
