// The VMM's page-type rules: what makes a page a table, and that the counts are at all times those of the entries that
// stand. The VMM's window on memory lies at 0 here, and the frames are of the test's own memory.

import { Descriptor } from '../../../kernels/lib/descriptors';
import { Elements, Structs } from '../../../kernels/lib/elements';
import { random, seedRandom } from '../../../kernels/lib/random';
import { Domain } from '../../../vmm/domain';
import {
  Frame,
  frameInfo,
  getFrame,
  putFrame,
  setFrameCount,
  TYPE_GDT,
  TYPE_L1,
  TYPE_L2,
  TYPE_WRITABLE,
  unused,
} from '../../../vmm/frame';
import { FIRST_VMM_SLOT, FRAME_TABLE, PTE_G, PTE_P, PTE_PS, PTE_RW } from '../../../vmm/layout';
import { getType, pin, putType, setL1Entry, setL2Entry, setVmmDirectory, unpin } from '../../../vmm/pagetable';
import { begin, equal, holds, result } from './check';

const FRAME_COUNT: u32 = 0x600;
const FIRST: u32 = 0x300;
const COUNT: u32 = 16;
const L2: u32 = FIRST;
const L1: u32 = FIRST + 1;
const OTHER_L1: u32 = FIRST + 2;
const DATA: u32 = FIRST + 3;
const FOREIGN: u32 = FIRST + COUNT;
const P_RW: u32 = PTE_P | PTE_RW;

const domain = changetype<Domain>(memory.data(128, 4));
const vmmDirectory = changetype<Elements<u32>>(memory.data(4096, 4096));

function owner(): u32 {
  return <u32>changetype<usize>(domain);
}

function table(frame: u32): Elements<u32> {
  return changetype<Elements<u32>>(<usize>(frame << 12));
}

/** COUNT frames of the domain, in no use and empty; the one behind them is somebody else's. */
function start(): void {
  begin();
  setFrameCount(FRAME_COUNT);
  setVmmDirectory(vmmDirectory);
  domain.privileged = 0;
  domain.perDomainEntry = 0x1003;
  for (let i = FIRST_VMM_SLOT; i < 1024; i++) vmmDirectory[i] = (i << 12) | 1;
  for (let n = FIRST; n <= FIRST + COUNT; n++) {
    const info = frameInfo(n);
    info.owner = n == FOREIGN ? 1 : owner();
    info.references = 1;
    info.use = unused(0);
    info.flushedAt = 0;
    for (let i: u32 = 0; i < 1024; i++) table(n)[i] = 0;
  }
}

function idle(n: u32): bool {
  const info = frameInfo(n);
  return info.references == 1 && info.use.uses == 0;
}

function allIdle(): bool {
  for (let n = FIRST; n <= FIRST + COUNT; n++) if (!idle(n)) return false;
  return true;
}

export function aTableHoldsWhatItMaps(): u32 {
  start();
  table(L1)[0] = (DATA << 12) | P_RW;
  table(L1)[1] = (DATA << 12) | PTE_P;
  table(L1)[7] = 0x1234000;
  equal(pin(L1, TYPE_L1, owner()), 0);
  equal(frameInfo(DATA).references, 3);
  equal(frameInfo(DATA).use.type, TYPE_WRITABLE);
  equal(frameInfo(DATA).use.uses, 1);
  equal(pin(L1, TYPE_L1, owner()), 1);
  holds(!getType(L1, TYPE_WRITABLE));
  holds(!getType(L1, TYPE_L2));
  holds(unpin(L1, owner()));
  holds(!unpin(L1, owner()));
  holds(allIdle());
  holds(getType(L1, TYPE_WRITABLE));
  putType(L1);
  return result();
}

export function aForgedTableIsRefusedWhole(): u32 {
  start();
  for (let i: u32 = 0; i < 9; i++) table(L1)[i] = (DATA << 12) | P_RW;
  for (let kind: u32 = 0; kind < 6; kind++) {
    if (kind == 0) table(L1)[9] = (FOREIGN << 12) | PTE_P;
    else if (kind == 1) table(L1)[9] = (L1 << 12) | P_RW;
    else if (kind == 2) table(L1)[9] = (DATA << 12) | PTE_P | PTE_G;
    else if (kind == 3) table(L1)[9] = (DATA << 12) | PTE_P | PTE_PS;
    else if (kind == 4) table(L1)[9] = (FRAME_COUNT << 12) | P_RW;
    else table(L1)[9] = 0xfec00003;
    equal(<u32>pin(L1, TYPE_L1, owner()), ~0);
    holds(allIdle());
  }
  // What is above all memory is a device's, and the privileged domain's but for the interrupt controllers.
  domain.privileged = 1;
  table(L1)[9] = (FRAME_COUNT << 12) | P_RW;
  equal(pin(L1, TYPE_L1, owner()), 0);
  holds(unpin(L1, owner()));
  table(L1)[9] = 0xfee00003;
  equal(<u32>pin(L1, TYPE_L1, owner()), ~0);
  equal(<u32>pin(FOREIGN, TYPE_L1, owner()), ~0);
  equal(<u32>pin(FRAME_COUNT, TYPE_L1, owner()), ~0);
  holds(allIdle());
  return result();
}

export function aDirectoryHoldsItsTables(): u32 {
  start();
  table(L1)[3] = (L2 << 12) | PTE_P;
  table(L1)[4] = (DATA << 12) | P_RW;
  table(L2)[0] = (L1 << 12) | P_RW;
  table(L2)[5] = (L1 << 12) | P_RW;
  equal(pin(L2, TYPE_L2, owner()), 0);
  equal(frameInfo(L1).use.uses, 2);
  equal(frameInfo(L1).references, 3);
  // The directory may be seen through itself, read-only; the VMM's slots are filled, and not the guest's to change.
  equal(frameInfo(L2).references, 3);
  equal(table(L2)[FIRST_VMM_SLOT], (FIRST_VMM_SLOT << 12) | 1);
  holds(!setL2Entry(<usize>((L2 << 12) + FIRST_VMM_SLOT * 4), FIRST_VMM_SLOT, 0, owner()));
  holds(!setL2Entry(<usize>((L2 << 12) + 8), 2, (L2 << 12) | P_RW, owner()));
  holds(!setL1Entry(<usize>((L1 << 12) + 20), (L1 << 12) | P_RW, owner()));
  holds(setL2Entry(<usize>(L2 << 12), 0, 0, owner()));
  equal(frameInfo(L1).use.uses, 1);
  holds(unpin(L2, owner()));
  holds(allIdle());
  table(L2)[9] = (DATA << 12) | P_RW;
  table(DATA)[0] = (FOREIGN << 12) | PTE_P;
  equal(<u32>pin(L2, TYPE_L2, owner()), ~0);
  holds(allIdle());
  return result();
}

export function aPageOfDescriptorsIsChecked(): u32 {
  start();
  const descriptors = changetype<Structs<Descriptor>>(<usize>(DATA << 12));
  descriptors[1].low = 0x0000bfff;
  descriptors[1].high = 0x00cfb300;
  holds(getFrame(DATA, owner()));
  holds(getType(DATA, TYPE_GDT));
  putType(DATA);
  // Ring 0; all of memory; a gate.
  descriptors[2].low = 0x0000ffff;
  descriptors[2].high = 0x00cf9b00;
  holds(!getType(DATA, TYPE_GDT));
  descriptors[2].high = 0x00cfb300;
  holds(!getType(DATA, TYPE_GDT));
  descriptors[2].high = 0x0000ec00;
  holds(!getType(DATA, TYPE_GDT));
  putFrame(DATA);
  holds(allIdle());
  return result();
}

/** References and writable uses of a frame, counted from the entries that stand in the two level-1 tables. */
function counted(n: u32): bool {
  let references: u32 = n == L1 || n == OTHER_L1 ? 2 : 1;
  let writable: u32 = 0;
  for (let t = L1; t <= OTHER_L1; t++) {
    for (let i: u32 = 0; i < 8; i++) {
      const entry = table(t)[i];
      if (!(entry & PTE_P) || entry >> 12 != n) continue;
      references++;
      if (entry & PTE_RW) writable++;
    }
  }
  const info: Frame = frameInfo(n);
  if (info.references != references) return false;
  if (n == L1 || n == OTHER_L1) return !writable && info.use.type == TYPE_L1;
  return info.use.uses == writable && (!writable || info.use.type == TYPE_WRITABLE);
}

const STEPS: u32 = 1000;

export function countsAreThoseOfTheEntries(): u32 {
  start();
  seedRandom(3);
  equal(pin(L1, TYPE_L1, owner()), 0);
  equal(pin(OTHER_L1, TYPE_L1, owner()), 0);
  let refused: u32 = 0;
  for (let step: u32 = 0; step < STEPS; step++) {
    const t = L1 + (random() & 1);
    const at = (t << 12) + ((random() & 7) << 2);
    const frame = FIRST + (random() & 31);
    const bits = random() & 7;
    const entry = bits ? (frame << 12) | PTE_P | (bits & 1 ? PTE_RW : 0) | (bits == 6 ? PTE_G : 0) : 0;
    if (!setL1Entry(<usize>at, entry, owner())) refused++;
    else equal(load<u32>(at), entry);
    for (let n = FIRST; n < FIRST + 8; n++) holds(counted(n));
  }
  holds(refused > STEPS / 8 && refused < STEPS);
  holds(unpin(L1, owner()) && unpin(OTHER_L1, owner()));
  holds(allIdle());
  holds(FRAME_TABLE != 0);
  return result();
}
