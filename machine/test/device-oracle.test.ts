/**
 * Devices against QEMU's: one guest asks them for what kernels ask, prints each answer, and must print the same on both
 * machines. Skipped, with the reason printed, where qemu-system-i386 is not installed.
 */
import { al, dx, eax, ebx, ecx, mem } from '../../toolchain/assembler/index.js';
import {
  BOOT_INFORMATION,
  byteFrom,
  cmos,
  cmosWord,
  command,
  compareWithQemu,
  configuration,
  initialisePics,
  LOADER_MAGIC,
  masked,
  networkBase,
  type Question,
  register,
} from './questions.js';

const questions: readonly Question[] = [
  ['host bridge identity', (a) => configuration(a, 0, 0x00)],
  ['network card identity', (a) => configuration(a, 2, 0x00)],
  ['network card command', (a) => masked(a, 0x7, () => configuration(a, 2, 0x04))],
  ['network card class', (a) => configuration(a, 2, 0x08)],
  ['network card memory', (a) => configuration(a, 2, 0x10)],
  ['network card interrupt', (a) => masked(a, 0xffff, () => configuration(a, 2, 0x3c))],
  ['no card', (a) => configuration(a, 9, 0x00)],
  [
    'size of its memory',
    (a) => {
      configuration(a, 2, 0x10);
      a.mov(ebx, eax);
      a.mov(dx, 0xcfc);
      a.mov(eax, 0xffffffff);
      a.out(dx, eax);
      a.in(eax, dx);
      a.mov(ecx, eax);
      a.mov(eax, ebx);
      a.out(dx, eax);
      a.mov(eax, ecx);
    },
  ],
  ['link status', (a) => masked(a, 0x2, () => register(a, 0x0008))],
  ['station address, low', (a) => register(a, 0x5400)],
  ['station address, high', (a) => register(a, 0x5404)],
  [
    'station address from EEPROM',
    (a) => {
      networkBase(a);
      a.mov(mem({ base: ebx, disp: 0x14 }), 0x101);
      a.label('eeprom');
      a.mov(eax, mem({ base: ebx, disp: 0x14 }));
      a.test(eax, 0x10);
      a.jz('eeprom');
      a.shr(eax, 16);
    },
  ],
  [
    'interrupt mask set and cleared',
    (a) => {
      networkBase(a);
      a.mov(mem({ base: ebx, disp: 0xd0 }), 0x7);
      a.mov(mem({ base: ebx, disp: 0xd8 }), 0x2);
      a.mov(eax, mem({ base: ebx, disp: 0xd0 }));
      a.mov(mem({ base: ebx, disp: 0xd8 }), 0xffffffff);
    },
  ],
  [
    'interrupt mask of the first 8259',
    (a) => {
      initialisePics(a);
      a.mov(al, 0xa5);
      a.out(0x21, al);
      byteFrom(a, 0x21);
    },
  ],
  [
    'nothing in service',
    (a) => {
      command(a, 0x20, 0x0b);
      byteFrom(a, 0x20);
    },
  ],
  [
    'request of the timer, masked',
    (a) => {
      // Mode 0 with a short count raises input 0, which stays up.
      command(a, 0x21, 0xff);
      command(a, 0x43, 0x30);
      command(a, 0x40, 0x10);
      command(a, 0x40, 0x00);
      command(a, 0x20, 0x0a);
      a.label('request');
      byteFrom(a, 0x20);
      a.test(al, 1);
      a.jz('request');
    },
  ],
  [
    'poll of the first 8259',
    (a) => {
      command(a, 0x21, 0xfe);
      command(a, 0x20, 0x0c);
      byteFrom(a, 0x20);
      a.mov(ecx, eax);
      command(a, 0x20, 0x0b);
      byteFrom(a, 0x20);
      a.shl(eax, 8);
      a.or(eax, ecx);
      a.mov(ecx, eax);
      command(a, 0x20, 0x20);
      command(a, 0x21, 0xff);
      a.mov(eax, ecx);
    },
  ],
  [
    'status of channel 0 in mode 0, run out',
    (a) => {
      command(a, 0x43, 0xe2);
      byteFrom(a, 0x40);
    },
  ],
  [
    'status of channel 0 in mode 2, no count yet',
    (a) => {
      command(a, 0x43, 0x34);
      command(a, 0x43, 0xe2);
      masked(a, 0x7f & ~0x40, () => byteFrom(a, 0x40));
    },
  ],
  [
    'channel 2 runs out behind its gate',
    (a) => {
      command(a, 0x61, 0x01);
      command(a, 0x43, 0xb0);
      command(a, 0x42, 0x00);
      command(a, 0x42, 0x04);
      byteFrom(a, 0x61);
      a.and(eax, 0x21);
      a.mov(ecx, eax);
      a.label('runOut');
      byteFrom(a, 0x61);
      a.and(eax, 0x21);
      a.test(al, 0x20);
      a.jz('runOut');
      a.shl(eax, 8);
      a.or(eax, ecx);
    },
  ],
  ['line status of COM1', (a) => masked(a, 0x61, () => byteFrom(a, 0x3fd))],
  [
    'divisor latch of COM1',
    (a) => {
      command(a, 0x3fb, 0x83);
      command(a, 0x3f8, 0x03);
      command(a, 0x3f9, 0x00);
      byteFrom(a, 0x3f8);
      a.mov(ecx, eax);
      command(a, 0x3fb, 0x03);
      a.mov(eax, ecx);
    },
  ],
  [
    'transmitter interrupt of COM1',
    (a) => {
      command(a, 0x3fa, 0x01);
      command(a, 0x3f9, 0x02);
      byteFrom(a, 0x3fa);
      a.mov(ecx, eax);
      byteFrom(a, 0x3fa);
      a.shl(eax, 8);
      a.or(ecx, eax);
      command(a, 0x3f9, 0x00);
      a.mov(eax, ecx);
    },
  ],
  [
    'modem status of COM1 in loopback',
    (a) => {
      command(a, 0x3fc, 0x1a);
      byteFrom(a, 0x3fe);
      a.and(eax, 0xf0);
      a.mov(ecx, eax);
      command(a, 0x3fc, 0x00);
      a.mov(eax, ecx);
    },
  ],
  [
    'scratch register of COM1',
    (a) => {
      command(a, 0x3ff, 0x5a);
      byteFrom(a, 0x3ff);
    },
  ],
  [
    'RTC status B and D',
    (a) => {
      cmos(a, 0x0b);
      a.mov(ecx, eax);
      cmos(a, 0x0d);
      a.shl(eax, 8);
      a.or(eax, ecx);
    },
  ],
  ['base memory in CMOS', (a) => cmosWord(a, 0x15)],
  ['extended memory in CMOS', (a) => cmosWord(a, 0x30)],
  [
    'keyboard controller self-test',
    (a) => {
      // Drains what firmware left, then asks.
      a.label('drain');
      byteFrom(a, 0x64);
      a.test(al, 1);
      a.jz('drained');
      byteFrom(a, 0x60);
      a.jmp('drain');
      a.label('drained');
      command(a, 0x64, 0xaa);
      a.label('selfTest');
      byteFrom(a, 0x64);
      a.test(al, 1);
      a.jz('selfTest');
      byteFrom(a, 0x60);
    },
  ],
  ['debugging console', (a) => byteFrom(a, 0xe9)],
  ['loader magic', (a) => a.mov(eax, mem({ disp: LOADER_MAGIC }))],
  [
    'memory below 1 MiB',
    (a) => {
      a.mov(ebx, mem({ disp: BOOT_INFORMATION }));
      a.mov(eax, mem({ base: ebx, disp: 4 }));
    },
  ],
];

compareWithQemu('devices', questions);
