/**
 * Devices against QEMU's: one guest asks them for what kernels ask, prints each answer, and must print the same on both
 * machines. Skipped, with the reason printed, where qemu-system-i386 is not installed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Assembler,
  al,
  defineStubs,
  dx,
  eax,
  ebx,
  ecx,
  edx,
  esi,
  esp,
  mem,
  mem8,
  sym,
} from '../../toolchain/assembler/index.js';
import { flatImage } from '../bench/flat-image.js';
import { makeMachine } from './guest.js';

const MEMORY_MIB = 16;
const folder = mkdtempSync(join(tmpdir(), 'crossings-oracle-'));
afterAll(() => rmSync(folder, { recursive: true }));

const questions: readonly (readonly [name: string, ask: (a: Assembler) => void])[] = [
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
  ['loader magic', (a) => a.mov(eax, mem({ disp: 0x7000 }))],
  [
    'memory below 1 MiB',
    (a) => {
      a.mov(ebx, mem({ disp: 0x7004 }));
      a.mov(eax, mem({ base: ebx, disp: 4 }));
    },
  ],
];

const image = flatImage(
  defineStubs('questions', (a) => {
    a.label('start');
    a.mov(mem({ disp: 0x7000 }), eax);
    a.mov(mem({ disp: 0x7004 }), ebx);
    a.mov(esp, 0x80000);
    for (const [name, ask] of questions) {
      ask(a);
      a.mov(esi, sym(name));
      a.call('answer');
    }
    a.mov(al, 0);
    a.out(0xf4, al);
    a.label('halt');
    a.hlt();
    a.jmp('halt');
    answer(a);
    for (const [name] of questions) {
      a.label(name);
      a.db(`${name}: \0`);
    }
  }),
  'start',
).bytes;

/** Text at ESI, EAX in hexadecimal, end of line. */
function answer(a: Assembler): void {
  a.label('answer');
  a.mov(ebx, eax);
  a.label('text');
  a.mov(al, mem8({ base: esi }));
  a.inc(esi);
  a.test(al, al);
  a.jz('digits');
  a.call('put');
  a.jmp('text');
  a.label('digits');
  a.mov(ecx, 8);
  a.label('digit');
  a.rol(ebx, 4);
  a.mov(eax, ebx);
  a.and(eax, 15);
  a.cmp(al, 10);
  a.jb('below10');
  a.add(al, 39);
  a.label('below10');
  a.add(al, 48);
  a.call('put');
  a.dec(ecx);
  a.jnz('digit');
  a.mov(al, 10);
  a.label('put');
  a.mov(dx, 0xe9);
  a.out(dx, al);
  a.ret();
}

function byteFrom(a: Assembler, port: number): void {
  a.xor(eax, eax);
  a.mov(edx, port);
  a.in(al, dx);
}

function command(a: Assembler, port: number, value: number): void {
  a.mov(edx, port);
  a.mov(al, value);
  a.out(dx, al);
}

function masked(a: Assembler, mask: number, ask: () => void): void {
  ask();
  a.and(eax, mask);
}

function configuration(a: Assembler, device: number, register: number): void {
  a.mov(eax, (0x80000000 | (device << 11) | register) >>> 0);
  a.mov(dx, 0xcf8);
  a.out(dx, eax);
  a.mov(dx, 0xcfc);
  a.in(eax, dx);
}

function networkBase(a: Assembler): void {
  configuration(a, 2, 0x10);
  a.and(eax, ~15);
  a.mov(ebx, eax);
}

function register(a: Assembler, offset: number): void {
  networkBase(a);
  a.mov(eax, mem({ base: ebx, disp: offset }));
}

function cmos(a: Assembler, index: number): void {
  command(a, 0x70, index);
  byteFrom(a, 0x71);
}

function cmosWord(a: Assembler, index: number): void {
  cmos(a, index + 1);
  a.shl(eax, 8);
  a.mov(ecx, eax);
  cmos(a, index);
  a.or(eax, ecx);
}

function initialisePics(a: Assembler): void {
  for (const [port, value] of [
    [0x20, 0x11],
    [0x21, 0x20],
    [0x21, 0x04],
    [0x21, 0x01],
    [0xa0, 0x11],
    [0xa1, 0x28],
    [0xa1, 0x02],
    [0xa1, 0x01],
    [0xa1, 0xff],
  ]) {
    command(a, port, value);
  }
}

async function ours(): Promise<string[]> {
  const machine = await makeMachine(image, [], { memoryMiB: MEMORY_MIB });
  let text = '';
  machine.observe({
    console: (byte, source) => {
      if (source === 'debug') text += String.fromCharCode(byte);
    },
  });
  const stop = machine.run(1_000_000_000n);
  expect(stop).toMatchObject({ reason: 'exit', code: 0 });
  return text.trim().split('\n');
}

function qemu(): string[] {
  const path = join(folder, 'questions.bin');
  writeFileSync(path, image);
  const machine = ['-m', String(MEMORY_MIB), '-nodefaults', '-display', 'none', '-no-reboot', '-accel', 'tcg'];
  const devices = ['-serial', 'null', '-debugcon', 'stdio', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];
  const network = ['-netdev', 'user,id=n', '-device', 'e1000,netdev=n'];
  const result = spawnSync('qemu-system-i386', [...machine, ...devices, ...network, '-kernel', path], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(result.status).toBe(1);
  return result.stdout.slice(result.stdout.indexOf(questions[0][0])).trim().split('\n');
}

const installed = spawnSync('qemu-system-i386', ['--version']).status === 0;

describe('devices', () => {
  it('answer every question of the guest', async () => {
    const answers = await ours();
    expect(answers.map((line) => line.split(':')[0])).toEqual(questions.map(([name]) => name));
  });

  it.skipIf(!installed)(
    `answer as QEMU's do${installed ? '' : ' (skipped: qemu-system-i386 is not installed)'}`,
    async () => {
      expect(await ours()).toEqual(qemu());
    },
  );
});
