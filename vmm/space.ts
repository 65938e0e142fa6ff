// The VMM's own address space, made once at boot (layout.ts draws it). Its upper slots are copied into every level-2 table
// of a guest. Large and global pages are used where the processor has them.
import { Elements } from '../kernels/lib/elements';
import { FEATURE_PGE, FEATURE_PSE, processorFeatures } from '../kernels/lib/processor';
import { readCr4, repStosd, writeCr3, writeCr4 } from '../kernels/lib/x86';
import { frameInfo, OWNER_VMM, setFrameCount } from './frame';
import { allocatePages, physicalOf } from './heap';
import * as L from './layout';
import { setMapCacheTable } from './mapcache';
import { setVmmDirectory } from './pagetable';
import { addressOf_bootDirectory } from './stubs';

const CR4_PSE: u32 = 0x10;
const CR4_PGE: u32 = 0x80;
const LARGE: u32 = 0x400000;
const TABLE: u32 = L.PTE_P | L.PTE_RW | L.PTE_A;

let directory: Elements<u32> = changetype<Elements<u32>>(0);
let large = false;
let global: u32 = 0;

/** Builds the space for `frames` frames of memory, then the frame table. `perDomain` is the idle level-1 table. */
export function spaceInit(frames: u32, perDomain: Elements<u32>): void {
  const features = processorFeatures();
  large = (features & FEATURE_PSE) != 0;
  global = (features & FEATURE_PGE) != 0 ? L.PTE_G : 0;
  if (large) writeCr4(readCr4() | CR4_PSE);
  directory = changetype<Elements<u32>>(addressOf_bootDirectory());
  setVmmDirectory(directory);

  for (let i: u32 = 0; i < 3; i++) directory[i] = 0;
  for (let at: u32 = 0; at < L.HEAP_END; at += LARGE) mapLarge(L.DIRECT_MAP + at, at, L.PTE_RW | global);
  for (let at: u32 = 0; at < frames << 4; at += LARGE)
    mapLarge(L.FRAME_TABLE + at, L.FRAME_TABLE_MEMORY + at, L.PTE_RW | global);
  mapLarge(L.MACHINE_TO_PHYS, L.M2P_MEMORY, L.PTE_RW | global);
  mapLarge(L.READ_ONLY_M2P, L.M2P_MEMORY, L.PTE_US | global);
  directory[L.LINEAR_TABLES >> 22] = physicalOf(changetype<usize>(directory)) | TABLE;
  directory[L.PER_DOMAIN >> 22] = physicalOf(changetype<usize>(perDomain)) | TABLE;
  const windows = allocatePages(1);
  setMapCacheTable(windows);
  directory[L.MAP_CACHE >> 22] = physicalOf(windows) | TABLE;
  writeCr3(physicalOf(changetype<usize>(directory)));
  if (global != 0) writeCr4(readCr4() | CR4_PGE);

  setFrameCount(frames);
  repStosd(L.FRAME_TABLE, 0, frames << 2);
  repStosd(L.MACHINE_TO_PHYS, ~0, frames);
  for (let frame: u32 = 0; frame < L.DOMAIN_MEMORY / L.PAGE; frame++) frameInfo(frame).owner = OWNER_VMM;
}

/** 4 MiB at `linear`, which is in no other use; a table of small pages where there are no large ones. */
function mapLarge(linear: u32, physical: u32, bits: u32): void {
  if (large) {
    directory[linear >> 22] = physical | bits | L.PTE_P | L.PTE_PS | L.PTE_A | L.PTE_D;
    return;
  }
  const page = allocatePages(1);
  const table = changetype<Elements<u32>>(page);
  for (let i: u32 = 0; i < 1024; i++)
    table[i] = (physical + (i << 12)) | (bits & ~L.PTE_G) | L.PTE_P | L.PTE_A | L.PTE_D;
  directory[linear >> 22] = physicalOf(page) | TABLE | (bits & L.PTE_US);
}
