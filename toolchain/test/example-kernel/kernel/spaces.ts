// One address space: the first 4 MiB as they are, for the kernel, and 4 MiB that the program fills by touching them.
import {
  CR0_PAGING,
  CR0_WRITE_PROTECT,
  directorySlot,
  PAGE_PRESENT,
  PAGE_SIZE,
  PAGE_USER,
  PAGE_WRITE,
  tableSlot,
} from '../../../../kernels/lib/paging';
import { readCr0, writeCr0, writeCr3 } from '../../../../kernels/lib/x86';

export const USER_AREA: u32 = 0x00400000;
export const USER_SIZE: u32 = 0x00400000;

const directory: usize = memory.data(4096, 4096);
const kernelTable: usize = memory.data(4096, 4096);
export const userTable: usize = memory.data(4096, 4096);

/** Paging on; of the first 4 MiB the program may read the page at `program`, which holds its code. */
export function pagingInit(program: u32): void {
  for (let at: u32 = 0; at < USER_AREA; at += PAGE_SIZE)
    store<u32>(tableSlot(kernelTable, at), at | PAGE_PRESENT | PAGE_WRITE);
  store<u32>(tableSlot(kernelTable, program), program | PAGE_PRESENT | PAGE_USER);
  const all = PAGE_PRESENT | PAGE_WRITE | PAGE_USER;
  store<u32>(directorySlot(directory, 0), <u32>kernelTable | all);
  store<u32>(directorySlot(directory, USER_AREA), <u32>userTable | all);
  writeCr3(<u32>directory);
  writeCr0(readCr0() | CR0_PAGING | CR0_WRITE_PROTECT);
}
