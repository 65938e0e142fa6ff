/**
 * A multiboot image as a ROM of its own for Bochs: no firmware, no disk. The ROM ends at 4 GiB; the processor starts 16
 * bytes below in real mode, enters protected mode, copies the image down to where its header wants it, and jumps to its
 * entry as a multiboot loader does.
 */
import {
  ax,
  cr0,
  defineStubs,
  ds,
  eax,
  ebx,
  ecx,
  edi,
  es,
  esi,
  fs,
  gs,
  ss,
} from '../../../toolchain/assembler/index.js';

const ROM_BYTES = 0x200000;
/** Offset of our code in the last 64 KiB: real-mode IP there is the same number. */
const LOADER = 0xff00;
const TABLES = 0xfe80;
const RESET = 0xfff0;
const BOOTLOADER_MAGIC = 0x2badb002;

/** @param image with load addresses in its header, loaded whole */
export function romOf(image: Uint8Array): Uint8Array {
  if (image.length > ROM_BYTES - 0x10000) throw new RangeError(`an image of ${image.length} bytes: at most 1.9 MiB`);
  const header = new DataView(image.buffer, image.byteOffset, 32);
  const [load, entry] = [header.getUint32(16, true), header.getUint32(28, true)];
  const rom = new Uint8Array(ROM_BYTES);
  rom.set(image);
  const high = ROM_BYTES - 0x10000;
  const view = new DataView(rom.buffer, high);
  const flat = [0, 0, 0xffff, 0x00cf9b00, 0xffff, 0x00cf9300];
  flat.forEach((word, i) => {
    view.setUint32(TABLES + 4 * i, word, true);
  });
  view.setUint16(TABLES + 0x20, 23, true);
  view.setUint32(TABLES + 0x22, 0xffff0000 + TABLES, true);
  const protectedCode = LOADER + 0x20;
  // cli; o32 lgdt [cs:pointer]; mov eax, cr0; or al, 1; mov cr0, eax; o32 jmp far 8:protected
  const pointer = TABLES + 0x20;
  const real = [0xfa, 0x2e, 0x66, 0x0f, 0x01, 0x16, pointer & 0xff, pointer >> 8, 0x0f, 0x20, 0xc0, 0x0c, 1];
  real.push(0x0f, 0x22, 0xc0, 0x66, 0xea, protectedCode & 0xff, protectedCode >> 8, 0xff, 0xff, 8, 0);
  rom.set(real, high + LOADER);
  rom.set(protectedStart(image.length, load, entry), high + protectedCode);
  // jmp near LOADER
  const distance = LOADER - (RESET + 3);
  rom.set([0xe9, distance & 0xff, (distance >> 8) & 0xff], high + RESET);
  return rom;
}

function protectedStart(bytes: number, load: number, entry: number): Uint8Array {
  const { sections } = defineStubs('loader', (a) => {
    a.mov(eax, 0x10);
    for (const register of [ds, es, ss, fs, gs]) a.mov(register, ax);
    // Caches on: a reset leaves CD and NW set.
    a.mov(eax, 0x11);
    a.mov(cr0, eax);
    a.mov(esi, -ROM_BYTES);
    a.mov(edi, load);
    a.mov(ecx, (bytes + 3) >> 2);
    a.cld();
    a.rep();
    a.movsd();
    a.mov(eax, BOOTLOADER_MAGIC);
    a.mov(ebx, 0);
    a.mov(ecx, entry);
    a.jmpIndirect(ecx);
  }).assemble();
  return sections[0].code.bytes;
}

export function bochsConfiguration(model: string, file: (name: string) => string, memoryMiB: number): string {
  return [
    'config_interface: textconfig',
    'display_library: term',
    'sound: waveoutdrv=dummy',
    `memory: guest=${memoryMiB}, host=${memoryMiB}`,
    `romimage: file=${file('rom')}`,
    `vgaromimage: file=${file('vga')}`,
    `cpu: model=${model}, count=1, ips=100000000, reset_on_triple_fault=0, ignore_bad_msrs=0`,
    'clock: sync=none',
    'port_e9_hack: enabled=1',
    `log: ${file('log')}`,
    'panic: action=fatal',
    'error: action=ignore',
    'info: action=ignore',
    '',
  ].join('\n');
}
