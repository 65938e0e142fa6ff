// Tables of the kernel that are all zero at the start, so that the image need not hold them. Their sizes are those of the
// constants and classes in the files named.
import { defineStubs } from '../../../toolchain/assembler/index.js';

const areas: readonly (readonly [string, number])[] = [
  ['pageDescriptors', 8192 * 32], // page.ts
  ['inodeTable', 2048 * 192], // inode.ts
  ['processTable', 64 * 1792], // process.ts
  ['threadStacks', 72 * 8512], // thread.ts
  ['regionTable', 4096 * 32], // region.ts
  ['fileTable', 1024 * 32], // file.ts
  ['nameTable', 512 * 40], // names.ts
];

export const areaStubs = defineStubs('areas', (a) => {
  a.bss();
  for (const [name, bytes] of areas) {
    a.align(64);
    a.global(name);
    a.space(bytes);
  }
});
