/** IDE disks against QEMU's: registers, commands, PIO and bus-master DMA, drives that are not there. */
import { type Assembler, al, dx, eax, ebx, ecx, edi, edx, esi, mem } from '../../toolchain/assembler/index.js';
import { byteFrom, command, compareWithQemu, type Question } from './questions.js';

const PRIMARY = 0x1f0;
const SECONDARY = 0x170;
/** Ports of the first channel's bus master, and where the guest keeps its table and data. */
const BUS_MASTER = 0xc040;
const TABLE = 0x20000;
const DATA = 0x30000;
const SECTORS = 2048;

let labels = 0;

/** Waits until the selected drive is neither busy nor about to be; its status in EAX. */
function ready(a: Assembler, base = PRIMARY): void {
  const wait = `ready${labels++}`;
  a.label(wait);
  byteFrom(a, base + 7);
  a.test(al, 0x80);
  a.jnz(wait);
}

/** Address and count into the task file (LBA), then the command. */
function begin(a: Assembler, code: number, sector: number, count: number, drive = 0, base = PRIMARY): void {
  command(a, base + 6, 0xe0 | (drive << 4) | (sector >> 24));
  command(a, base + 2, count);
  command(a, base + 3, sector & 0xff);
  command(a, base + 4, (sector >> 8) & 0xff);
  command(a, base + 5, (sector >> 16) & 0xff);
  command(a, base + 7, code);
}

/** Reads a sector's worth of words to `to`. */
function take(a: Assembler, to: number, words = 256, base = PRIMARY): void {
  const next = `take${labels++}`;
  a.mov(ecx, words);
  a.mov(edi, to);
  a.label(next);
  a.xor(eax, eax);
  a.mov(edx, base);
  a.in(eax, dx);
  a.mov(mem({ base: edi }), eax);
  a.add(edi, 4);
  a.sub(ecx, 2);
  a.jnz(next);
}

/** Gives a sector's worth of words, each pair being EBX times a constant plus its position. */
function give(a: Assembler, seed: number, base = PRIMARY): void {
  const next = `give${labels++}`;
  a.mov(ecx, 128);
  a.mov(eax, seed);
  a.label(next);
  a.mov(edx, base);
  a.out(dx, eax);
  a.add(eax, 0x01030507);
  a.dec(ecx);
  a.jnz(next);
}

/** Rotating sum of `bytes` bytes at `from`. */
function checksum(a: Assembler, from: number, bytes: number): void {
  const next = `sum${labels++}`;
  a.mov(esi, from);
  a.mov(ecx, bytes / 4);
  a.xor(eax, eax);
  a.label(next);
  a.rol(eax, 5);
  a.add(eax, mem({ base: esi }));
  a.add(esi, 4);
  a.dec(ecx);
  a.jnz(next);
}

/** EAX = registers 1 to 4 of the task file, from the top. */
function taskFile(a: Assembler, base = PRIMARY): void {
  a.xor(ebx, ebx);
  for (const offset of [1, 2, 3, 4]) {
    byteFrom(a, base + offset);
    a.shl(ebx, 8);
    a.or(ebx, eax);
  }
  a.mov(eax, ebx);
}

/** One word of what IDENTIFY left at DATA. */
function word(index: number): Question {
  return [
    `identify word ${index}`,
    (a) => {
      a.mov(eax, mem({ disp: DATA + 2 * index }));
      a.and(eax, 0xffff);
    },
  ];
}

/** Table entries: address, bytes; the last one ends it. */
function table(a: Assembler, entries: readonly (readonly [address: number, bytes: number])[]): void {
  entries.forEach(([address, bytes], i) => {
    a.mov(mem({ disp: TABLE + 8 * i }), address);
    a.mov(mem({ disp: TABLE + 8 * i + 4 }), bytes | (i === entries.length - 1 ? 0x80000000 : 0));
  });
  a.mov(eax, TABLE);
  a.mov(edx, BUS_MASTER + 4);
  a.out(dx, eax);
}

/** Starts the bus master and waits for its interrupt bit; EAX = its status, then the drive's, from the top. */
function runDma(a: Assembler, toMemory: boolean): void {
  const wait = `dma${labels++}`;
  command(a, BUS_MASTER, toMemory ? 9 : 1);
  a.label(wait);
  byteFrom(a, BUS_MASTER + 2);
  a.test(al, 4);
  a.jz(wait);
  a.mov(ebx, eax);
  command(a, BUS_MASTER, 0);
  ready(a);
  a.shl(ebx, 8);
  a.or(ebx, eax);
  command(a, BUS_MASTER + 2, 6);
  byteFrom(a, BUS_MASTER + 2);
  a.shl(ebx, 8);
  a.or(eax, ebx);
}

function enableBusMaster(a: Assembler): void {
  a.mov(eax, 0x80000904);
  a.mov(dx, 0xcf8);
  a.out(dx, eax);
  a.mov(eax, 0x107);
  a.mov(dx, 0xcfc);
  a.out(dx, eax);
}

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
