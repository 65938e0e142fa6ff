// sigma0: owner of all memory at the start (L4 X.2, "Sigma0 RPC protocol"). Its address space is physical memory,
// address = frame; the kernel keeps its own frames out. It hands frames out once the root task asks, and to nobody
// else: here the root task is the one who deals with shortage and trust.
//
//   request   label -6 * 16, MR1 = fpage wanted, MR2 = attributes (none here); or a page fault
//   answer    a map item; nil when refused
import {
  ALL_RIGHTS,
  ANY,
  fpage,
  LABEL_FAULT,
  LABEL_SIGMA0,
  l4Init,
  mr,
  NEVER,
  NIL,
  PAGE_SHIFT,
  ROOT,
  setMapItem,
  setMr,
  tag,
} from './l4';
import { ipc } from './stubs';

export function main(): void {
  l4Init();
  let from = ipc(NIL, ANY, NEVER);
  for (;;) {
    const page = from == ROOT ? wanted() : 0;
    setMr(0, tag(0, 0, 2));
    setMapItem(1, page, page);
    from = ipc(from, ANY, NEVER);
  }
}

/** The fpage that the message asks for, with all rights; 0: none. */
function wanted(): u32 {
  const label = mr(0) >> 16;
  if (label >> 4 == LABEL_FAULT) return fpage(mr(1) & 0xfffff000, PAGE_SHIFT, ALL_RIGHTS);
  if (label == LABEL_SIGMA0) return (mr(1) & ~15) | ALL_RIGHTS;
  return 0;
}
