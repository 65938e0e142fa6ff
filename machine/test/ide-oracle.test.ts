/** IDE disks against QEMU's: registers, commands, PIO and bus-master DMA, drives that are not there. */
import { eax, ebx, ecx } from '../../toolchain/assembler/index.js';
import {
  begin,
  checksum,
  DATA,
  enableBusMaster,
  give,
  PRIMARY,
  ready,
  runDma,
  SECONDARY,
  SECTORS,
  table,
  take,
  taskFile,
  word,
} from './ide-questions.js';
import { byteFrom, command, compareWithQemu, type Question } from './questions.js';

const questions: readonly Question[] = [
  [
    'status after firmware',
    (a) => {
      command(a, PRIMARY + 6, 0xe0);
      command(a, PRIMARY + 0x206, 2);
      ready(a);
    },
  ],
  [
    'signature after a reset',
    (a) => {
      command(a, PRIMARY + 0x206, 6);
      command(a, PRIMARY + 0x206, 2);
      ready(a);
      taskFile(a);
    },
  ],
  ['status after a reset', (a) => ready(a)],
  ['device register after a reset', (a) => byteFrom(a, PRIMARY + 6)],
  [
    'status when IDENTIFY offers its data',
    (a) => {
      command(a, PRIMARY + 6, 0xe0);
      command(a, PRIMARY + 7, 0xec);
      ready(a);
      a.push(eax);
      take(a, DATA);
      a.pop(eax);
    },
  ],
  ...[0, 1, 3, 6, 20, 21, 22, 47, 48, 49, 51, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 68].map(word),
  ...[80, 82, 83, 84, 85, 86, 87, 88, 93, 100, 101].map(word),
  ['status when it is taken', (a) => ready(a)],
  [
    'one sector',
    (a) => {
      begin(a, 0x20, 3, 1);
      ready(a);
      take(a, DATA);
      checksum(a, DATA, 512);
    },
  ],
  ['task file after it', (a) => taskFile(a)],
  [
    'three sectors',
    (a) => {
      begin(a, 0x20, 100, 3);
      for (let i = 0; i < 3; i++) {
        ready(a);
        take(a, DATA + 512 * i);
      }
      checksum(a, DATA, 3 * 512);
    },
  ],
  ['task file after them', (a) => taskFile(a)],
  [
    'status with another sector to come',
    (a) => {
      begin(a, 0x20, 100, 2);
      ready(a);
      take(a, DATA);
      ready(a);
      a.push(eax);
      take(a, DATA);
      a.pop(eax);
    },
  ],
  [
    'a sector by cylinder, head and sector',
    (a) => {
      command(a, PRIMARY + 6, 0xa1);
      command(a, PRIMARY + 2, 1);
      command(a, PRIMARY + 3, 2);
      command(a, PRIMARY + 4, 1);
      command(a, PRIMARY + 5, 0);
      command(a, PRIMARY + 7, 0x20);
      ready(a);
      take(a, DATA);
      checksum(a, DATA, 512);
    },
  ],
  [
    'beyond the end, status',
    (a) => {
      begin(a, 0x20, SECTORS, 1);
      ready(a);
    },
  ],
  ['beyond the end, error', (a) => byteFrom(a, PRIMARY + 1)],
  [
    'an unknown command, status',
    (a) => {
      begin(a, 0x0f, 0, 1);
      ready(a);
    },
  ],
  ['an unknown command, error', (a) => byteFrom(a, PRIMARY + 1)],
  [
    'READ MULTIPLE after it was set to nothing',
    (a) => {
      begin(a, 0xc6, 0, 0);
      ready(a);
      begin(a, 0xc4, 0, 1);
      ready(a);
    },
  ],
  [
    'SET MULTIPLE MODE',
    (a) => {
      begin(a, 0xc6, 0, 4);
      ready(a);
    },
  ],
  [
    'READ MULTIPLE',
    (a) => {
      begin(a, 0xc4, 20, 6);
      ready(a);
      take(a, DATA, 4 * 256);
      ready(a);
      take(a, DATA + 4 * 512, 2 * 256);
      checksum(a, DATA, 6 * 512);
    },
  ],
  [
    'WRITE, two sectors, status before, between and after',
    (a) => {
      begin(a, 0x30, 200, 2);
      ready(a);
      a.push(eax);
      give(a, 0x12345678);
      ready(a);
      a.push(eax);
      give(a, 0x9abcdef0);
      ready(a);
      a.pop(ebx);
      a.shl(ebx, 8);
      a.or(eax, ebx);
      a.pop(ebx);
      a.shl(ebx, 16);
      a.or(eax, ebx);
    },
  ],
  [
    'what was written, by READ EXT',
    (a) => {
      for (const offset of [2, 3, 4, 5]) command(a, PRIMARY + offset, 0);
      begin(a, 0x24, 199, 4);
      for (let i = 0; i < 4; i++) {
        ready(a);
        take(a, DATA + 512 * i);
      }
      checksum(a, DATA, 4 * 512);
    },
  ],
  [
    'FLUSH CACHE',
    (a) => {
      command(a, PRIMARY + 7, 0xe7);
      ready(a);
    },
  ],
  [
    'READ NATIVE MAX ADDRESS',
    (a) => {
      begin(a, 0xf8, 0, 0);
      ready(a);
      taskFile(a);
      a.and(eax, 0xffff);
    },
  ],
  [
    'SET FEATURES, UDMA 2',
    (a) => {
      command(a, PRIMARY + 1, 3);
      begin(a, 0xef, 0, 0x42);
      ready(a);
    },
  ],
  [
    'READ DMA',
    (a) => {
      enableBusMaster(a);
      command(a, PRIMARY + 0x206, 0);
      table(a, [
        [DATA, 512],
        [DATA + 0x1000, 1024],
        [DATA + 0x800, 512],
      ]);
      begin(a, 0xc8, 300, 4);
      runDma(a, true);
    },
  ],
  ['first piece', (a) => checksum(a, DATA, 512)],
  ['second piece', (a) => checksum(a, DATA + 0x1000, 1024)],
  ['third piece', (a) => checksum(a, DATA + 0x800, 512)],
  ['task file after READ DMA', (a) => taskFile(a)],
  [
    'WRITE DMA',
    (a) => {
      table(a, [[DATA + 0x1000, 1024]]);
      begin(a, 0xca, 400, 2);
      runDma(a, false);
    },
  ],
  [
    'what WRITE DMA wrote',
    (a) => {
      begin(a, 0x20, 399, 4);
      for (let i = 0; i < 4; i++) {
        ready(a);
        take(a, DATA + 512 * i);
      }
      checksum(a, DATA, 4 * 512);
    },
  ],
  [
    'READ DMA with a table that is too long',
    (a) => {
      table(a, [[DATA, 4096]]);
      begin(a, 0xc8, 500, 2);
      runDma(a, true);
    },
  ],
  [
    'READ DMA beyond the end',
    (a) => {
      table(a, [[DATA, 1024]]);
      begin(a, 0xc8, SECTORS - 1, 2);
      runDma(a, true);
    },
  ],
  [
    'status of the second drive, which is not there',
    (a) => {
      command(a, PRIMARY + 6, 0xf0);
      byteFrom(a, PRIMARY + 7);
    },
  ],
  [
    'its registers',
    (a) => {
      command(a, PRIMARY + 2, 0x55);
      command(a, PRIMARY + 3, 0xaa);
      command(a, PRIMARY + 7, 0xec);
      byteFrom(a, PRIMARY + 7);
      a.mov(ecx, eax);
      taskFile(a);
      a.add(eax, ecx);
      command(a, PRIMARY + 6, 0xe0);
    },
  ],
  [
    'second channel, status of its second drive',
    (a) => {
      command(a, SECONDARY + 6, 0xf0);
      ready(a, SECONDARY);
    },
  ],
  [
    'one sector of its second drive',
    (a) => {
      command(a, SECONDARY + 0x206, 2);
      begin(a, 0x20, 7, 1, 1, SECONDARY);
      ready(a, SECONDARY);
      take(a, DATA, 256, SECONDARY);
      checksum(a, DATA, 512);
    },
  ],
];

function disk(seed: number): Uint8Array {
  const words = new Uint32Array((SECTORS * 512) / 4);
  let x = seed;
  for (let i = 0; i < words.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    words[i] = x;
  }
  // No partition table: QEMU takes the geometry from one if it finds it.
  words[127] = 0;
  return new Uint8Array(words.buffer);
}

compareWithQemu('IDE disks', questions, [disk(1), null, null, disk(2)]);
