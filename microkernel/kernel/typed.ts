// Typed items of a message (L4 X.2, "Typed Items"): two words each, behind the untyped words.
//
//   map    | send base / 1024 (31..10) | 0 | 100C |   send fpage
//   grant  | send base / 1024 (31..10) | 0 | 101C |   send fpage
//
// The send base says which part counts when the sender's fpage and the receiver's window differ in size. String items
// come later: a message that has one is refused as an overflow.
import { FRAME_MASK } from '../../kernels/lib/paging';
import { fpageBase, fpageShift, ioCount, ioFirst, isIoFpage, RIGHT_READ } from './fpage';
import { USER_TOP } from './layout';
import { mapPage } from './mapping';
import { pageSlot } from './pages';
import { allowPort, hasPort, ioMapCreate, NO_IO_MAP } from './ports';
import { Space } from './space';
import { block, Tcb, THREADS } from './tcb';

const TYPE_MASK: u32 = 0xe;
const TYPE_MAP: u32 = 0x8;
const TYPE_GRANT: u32 = 0xa;
/** What answers to page faults are made of: one page, anywhere. */
const WHOLE_SPACE: u32 = 1 << 4;
const SHIFT_BITS: u32 = 63 << 4;
const ONE_PAGE: u32 = 12 << 4;

/** Does the message consist of map and grant items only? `first`: address of its first typed word. */
export function itemsKnown(first: usize, words: u32): bool {
  if (words & 1) return false;
  for (let i: u32 = 0; i < words; i += 2) {
    const type = load<u32>(first + (i << 2)) & TYPE_MASK;
    if (type != TYPE_MAP && type != TYPE_GRANT) return false;
  }
  return true;
}

/** Carries out the items at `first` from one thread's space to another's, into `window` (an fpage). */
export function transferItems(from: Tcb, to: Tcb, first: usize, words: u32, window: u32): void {
  for (let i: u32 = 0; i < words; i += 2) {
    const head = load<u32>(first + (i << 2));
    const fpage = load<u32>(first + (i << 2) + 4);
    if (isIoFpage(fpage)) transferPorts(from.space, to.space, fpage, window);
    else transferPages(from.space, to.space, head & 0xfffffc00, fpage, window, (head & TYPE_MASK) == TYPE_GRANT);
  }
}

function transferPages(from: Space, to: Space, sendBase: u32, fpage: u32, window: u32, grant: bool): void {
  if (window == WHOLE_SPACE && (fpage & SHIFT_BITS) == ONE_PAGE && fpage & RIGHT_READ) {
    mapPage(from, fpage & FRAME_MASK, to, sendBase & FRAME_MASK, fpage, grant);
    return;
  }
  const sent = fpageShift(fpage);
  const received = fpageShift(window);
  if (!sent || !received || !(fpage & RIGHT_READ)) return;
  const size = min(sent, received);
  let source = fpageBase(fpage, sent);
  let page = fpageBase(window, received);
  // The larger of the two is cut at the send base.
  if (sent > received) source |= sendBase & (low(sent) & ~low(received));
  else page |= sendBase & (low(received) & ~low(sent));
  if (size == 32) return transferAll(from, to, fpage, grant);
  for (let offset: u32 = 0; offset < 1 << size; offset += 0x1000)
    mapPage(from, source + offset, to, page + offset, fpage, grant);
}

/** The whole space to the same addresses. */
function transferAll(from: Space, to: Space, fpage: u32, grant: bool): void {
  for (let page: u32 = 0; page < USER_TOP; page += 0x1000) {
    if (pageSlot(from, page, false)) mapPage(from, page, to, page, fpage, grant);
    else page |= 0x3ff000;
  }
}

function low(shift: u32): u32 {
  return shift == 32 ? ~0 : (1 << shift) - 1;
}

function transferPorts(from: Space, to: Space, fpage: u32, window: u32): void {
  if (fpageShift(window) != 32 && !isIoFpage(window)) return;
  if (from.ioMap == NO_IO_MAP) return;
  if (to.ioMap == NO_IO_MAP) setIoMap(to, ioMapCreate());
  if (to.ioMap == NO_IO_MAP) return;
  const end = min(ioFirst(fpage) + ioCount(fpage), 65536);
  for (let port = ioFirst(fpage); port < end; port++) if (hasPort(from.ioMap, port)) allowPort(to.ioMap, port);
}

/** Threads carry a copy of their space's word, for the fast path. */
export function setIoMap(space: Space, map: u32): void {
  space.ioMap = map;
  for (let n: u32 = 0; n < THREADS; n++) if (block(n).space == space) block(n).ioMap = map;
}
