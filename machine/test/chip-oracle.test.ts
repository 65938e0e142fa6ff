/** The older chips in depth, against QEMU's: 8254 modes, the real-time clock's flags, 8042, PIIX functions. */
import { type Assembler, al, dx, eax, ebx, ecx, mem } from '../../toolchain/assembler/index.js';
import { append, byteFrom, cmos, command, compareWithQemu, type Question, unique } from './questions.js';

/** Output of channel 2 after the mode word, and when the count has long run out. */
function channel2(a: Assembler, mode: number, count: number): void {
  const wait = `ch${unique()}`;
  command(a, 0x61, 1);
  command(a, 0x43, 0xb0 | (mode << 1));
  byteFrom(a, 0x61);
  a.and(eax, 0x20);
  a.mov(ebx, eax);
  command(a, 0x42, count & 0xff);
  command(a, 0x42, count >> 8);
  // Longer than the count.
  a.mov(ecx, 400000);
  a.label(wait);
  a.dec(ecx);
  a.jnz(wait);
  byteFrom(a, 0x61);
  a.and(eax, 0x20);
  a.shl(ebx, 8);
  a.or(eax, ebx);
  command0x61(a);
}

function command0x61(a: Assembler): void {
  a.push(eax);
  command(a, 0x61, 0);
  a.pop(eax);
}

/** The keyboard controller's answers to a byte written to `port`, up to four, oldest highest. */
function ask8042(a: Assembler, port: number, value: number, answers: number): void {
  const drain = unique();
  a.label(`drain${drain}`);
  byteFrom(a, 0x64);
  a.test(al, 1);
  a.jz(`drained${drain}`);
  byteFrom(a, 0x60);
  a.jmp(`drain${drain}`);
  a.label(`drained${drain}`);
  command(a, port, value);
  a.xor(ebx, ebx);
  for (let i = 0; i < answers; i++) {
    const wait = `answer${unique()}`;
    a.label(wait);
    byteFrom(a, 0x64);
    a.test(al, 1);
    a.jz(wait);
    append(a, 0x60);
  }
  a.mov(eax, ebx);
}

function setCmos(a: Assembler, index: number, value: number): void {
  command(a, 0x70, index);
  command(a, 0x71, value);
}

function configuration(a: Assembler, number: number, register: number): void {
  a.mov(eax, (0x80000800 | (number << 8) | register) >>> 0);
  a.mov(dx, 0xcf8);
  a.out(dx, eax);
  a.mov(dx, 0xcfc);
  a.in(eax, dx);
}

const configurations: readonly Question[] = [
  [0, 0x00],
  [0, 0x04],
  [0, 0x08],
  [0, 0x0c],
  [0, 0x2c],
  [0, 0x60],
  [1, 0x00],
  [1, 0x04],
  [1, 0x08],
  [1, 0x10],
  [1, 0x20],
  [1, 0x40],
  [2, 0x00],
  [3, 0x00],
  [3, 0x04],
  [3, 0x08],
  [3, 0x3c],
  [3, 0x40],
  [3, 0x80],
  [3, 0x90],
  [4, 0x00],
].map(([number, register]) => [
  `function 1.${number}, register ${register.toString(16)}`,
  (a) => configuration(a, number, register),
]);

const questions: readonly Question[] = [
  // Modes 1, 4 and 5 are tested by the data sheet (pit.test.ts): QEMU's output is low where it should be high.
  ['channel 2, mode 0', (a) => channel2(a, 0, 0x100)],
  [
    'status after a mode word, by channel',
    (a) => {
      a.xor(ebx, ebx);
      for (const [channel, mode] of [
        [1, 0x54],
        [2, 0xb6],
      ]) {
        command(a, 0x43, mode);
        command(a, 0x40 + channel, 0x55);
        if (channel === 2) command(a, 0x42, 0x55);
        command(a, 0x43, 0xe0 | (2 << channel));
        append(a, 0x40 + channel);
      }
      a.mov(eax, ebx);
      a.and(eax, 0x3f3f);
    },
  ],
  [
    'a latched count stays',
    (a) => {
      command(a, 0x61, 0x00);
      command(a, 0x43, 0xb0);
      command(a, 0x42, 0x34);
      command(a, 0x42, 0x12);
      command(a, 0x61, 0x01);
      command(a, 0x43, 0x80);
      a.xor(ebx, ebx);
      append(a, 0x42);
      append(a, 0x42);
      a.shr(ebx, 4);
      a.and(ebx, 0x0f);
      a.mov(eax, ebx);
      command0x61(a);
    },
  ],
  [
    'periodic flag with its interrupt enabled',
    (a) => {
      setCmos(a, 0x0a, 0x26);
      setCmos(a, 0x0b, 0x42);
      cmos(a, 0x0c);
      const wait = `periodic${unique()}`;
      a.label(wait);
      cmos(a, 0x0c);
      a.test(al, 0x40);
      a.jz(wait);
      a.and(eax, 0xc0);
    },
  ],
  [
    'register B keeps',
    (a) => {
      setCmos(a, 0x0b, 0x02);
      cmos(a, 0x0b);
    },
  ],
  [
    'time of day set while the clock stands',
    (a) => {
      setCmos(a, 0x0b, 0x82);
      for (const [index, value] of [
        [0x00, 0x30],
        [0x02, 0x59],
        [0x04, 0x23],
        [0x07, 0x31],
        [0x08, 0x12],
        [0x09, 0x05],
        [0x32, 0x20],
      ]) {
        setCmos(a, index, value);
      }
      a.xor(ebx, ebx);
      for (const index of [0x04, 0x02, 0x00]) {
        cmos(a, index);
        a.shl(ebx, 8);
        a.or(ebx, eax);
      }
      setCmos(a, 0x0b, 0x02);
      a.mov(eax, ebx);
    },
  ],
  [
    'and shown in binary',
    (a) => {
      setCmos(a, 0x0b, 0x06);
      a.xor(ebx, ebx);
      for (const index of [0x09, 0x08, 0x07, 0x04]) {
        cmos(a, index);
        a.shl(ebx, 8);
        a.or(ebx, eax);
      }
      setCmos(a, 0x0b, 0x02);
      a.mov(eax, ebx);
    },
  ],
  ['8042 self-test', (a) => ask8042(a, 0x64, 0xaa, 1)],
  ['keyboard interface test', (a) => ask8042(a, 0x64, 0xab, 1)],
  ['keyboard identifies itself', (a) => ask8042(a, 0x60, 0xf2, 3)],
  ['keyboard resets', (a) => ask8042(a, 0x60, 0xff, 2)],
  ['keyboard echoes', (a) => ask8042(a, 0x60, 0xee, 1)],
  ['keyboard takes its lamps', (a) => ask8042(a, 0x60, 0xed, 1)],
  ['and which', (a) => ask8042(a, 0x60, 0x02, 1)],
  ['keyboard scans', (a) => ask8042(a, 0x60, 0xf4, 1)],
  ['port 92h', (a) => byteFrom(a, 0x92)],
  ['reset control', (a) => byteFrom(a, 0xcf9)],
  [
    'power management control',
    (a) => {
      a.mov(dx, 0x604);
      a.xor(eax, eax);
      a.in(eax, dx);
      a.and(eax, 0xfffe);
    },
  ],
  [
    'power management timer moves',
    (a) => {
      const wait = `pm${unique()}`;
      a.mov(dx, 0x608);
      a.in(eax, dx);
      a.mov(ebx, eax);
      a.label(wait);
      a.in(eax, dx);
      a.cmp(eax, ebx);
      a.je(wait);
      a.shr(eax, 24);
    },
  ],
  [
    'fw_cfg, who is there, and how many processors',
    (a) => {
      a.mov(dx, 0x510);
      a.mov(eax, 5);
      a.db(0x66);
      a.out(dx, eax);
      a.xor(ebx, ebx);
      append(a, 0x511);
      append(a, 0x511);
      a.mov(dx, 0x510);
      a.xor(eax, eax);
      a.db(0x66);
      a.out(dx, eax);
      append(a, 0x511);
      append(a, 0x511);
      a.mov(eax, ebx);
    },
  ],
  [
    'words of the BIOS data area',
    (a) => {
      a.mov(eax, mem({ disp: 0x40e }));
      a.and(eax, 0xffff);
      a.shl(eax, 16);
      a.mov(ebx, mem({ disp: 0x413 }));
      a.and(ebx, 0xffff);
      a.or(eax, ebx);
    },
  ],
  ...configurations,
];

compareWithQemu('chips', questions);
