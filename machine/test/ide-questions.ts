/** What the questions about IDE disks are made of: commands, transfers by PIO and bus master, sums of what came. */
import { type Assembler, al, dx, eax, ebx, ecx, edi, edx, esi, mem } from '../../toolchain/assembler/index.js';
import { byteFrom, command, type Question } from './questions.js';

export const PRIMARY = 0x1f0;
export const SECONDARY = 0x170;
/** Ports of the first channel's bus master, and where the guest keeps its table and data. */
const BUS_MASTER = 0xc040;
const TABLE = 0x20000;
export const DATA = 0x30000;
export const SECTORS = 2048;

let labels = 0;

/** Waits until the selected drive is neither busy nor about to be; its status in EAX. */
export function ready(a: Assembler, base = PRIMARY): void {
  const wait = `ready${labels++}`;
  a.label(wait);
  byteFrom(a, base + 7);
  a.test(al, 0x80);
  a.jnz(wait);
}

/** Address and count into the task file (LBA), then the command. */
export function begin(a: Assembler, code: number, sector: number, count: number, drive = 0, base = PRIMARY): void {
  command(a, base + 6, 0xe0 | (drive << 4) | (sector >> 24));
  command(a, base + 2, count);
  command(a, base + 3, sector & 0xff);
  command(a, base + 4, (sector >> 8) & 0xff);
  command(a, base + 5, (sector >> 16) & 0xff);
  command(a, base + 7, code);
}

/** Reads a sector's worth of words to `to`. */
export function take(a: Assembler, to: number, words = 256, base = PRIMARY): void {
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
export function give(a: Assembler, seed: number, base = PRIMARY): void {
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
export function checksum(a: Assembler, from: number, bytes: number): void {
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
export function taskFile(a: Assembler, base = PRIMARY): void {
  a.xor(ebx, ebx);
  for (const offset of [1, 2, 3, 4]) {
    byteFrom(a, base + offset);
    a.shl(ebx, 8);
    a.or(ebx, eax);
  }
  a.mov(eax, ebx);
}

/** One word of what IDENTIFY left at DATA. */
export function word(index: number): Question {
  return [
    `identify word ${index}`,
    (a) => {
      a.mov(eax, mem({ disp: DATA + 2 * index }));
      a.and(eax, 0xffff);
    },
  ];
}

/** Table entries: address, bytes; the last one ends it. */
export function table(a: Assembler, entries: readonly (readonly [address: number, bytes: number])[]): void {
  entries.forEach(([address, bytes], i) => {
    a.mov(mem({ disp: TABLE + 8 * i }), address);
    a.mov(mem({ disp: TABLE + 8 * i + 4 }), bytes | (i === entries.length - 1 ? 0x80000000 : 0));
  });
  a.mov(eax, TABLE);
  a.mov(edx, BUS_MASTER + 4);
  a.out(dx, eax);
}

/** Starts the bus master and waits for its interrupt bit; EAX = its status, then the drive's, from the top. */
export function runDma(a: Assembler, toMemory: boolean): void {
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

export function enableBusMaster(a: Assembler): void {
  a.mov(eax, 0x80000904);
  a.mov(dx, 0xcf8);
  a.out(dx, eax);
  a.mov(eax, 0x107);
  a.mov(dx, 0xcfc);
  a.out(dx, eax);
}
