/**
 * Questions that a guest asks of the machine's devices: each leaves its answer in EAX, which the guest prints in
 * hexadecimal behind the question's name on the debugging console. The same image asks our machine and QEMU's.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Assembler,
  al,
  ax,
  defineStubs,
  ds,
  dx,
  eax,
  ebx,
  ecx,
  edx,
  es,
  esi,
  esp,
  mem,
  mem8,
  mem16,
  ss,
  sym,
} from '../../toolchain/assembler/index.js';
import { flatImage, flatTables } from '../bench/flat-image.js';
import { MemoryDisk } from '../index.js';
import { processors } from '../processors/index.js';
import { makeMachine } from './guest.js';

export type Question = readonly [name: string, ask: (a: Assembler) => void];

const MEMORY_MIB = 16;
/** What the loader left: magic, boot information. */
export const LOADER_MAGIC = 0x7000;
export const BOOT_INFORMATION = 0x7004;

const installed = spawnSync('qemu-system-i386', ['--version']).status === 0;

/** Tests that our machine answers all questions, and as QEMU does. */
export function compareWithQemu(
  title: string,
  questions: readonly Question[],
  disks: readonly (Uint8Array | null)[] = [],
): void {
  const image = imageOf(questions);
  describe(title, () => {
    it('answer every question of the guest', async () => {
      const answers = await ours(image, disks);
      expect(answers.map((line) => line.split(':')[0])).toEqual(questions.map(([name]) => name));
    });

    it.skipIf(!installed)(
      `answer as QEMU's do${installed ? '' : ' (skipped: qemu-system-i386 is not installed)'}`,
      async () => {
        expect(await ours(image, disks)).toEqual(qemu(image, disks, questions[0][0]));
      },
    );
  });
}

/** Vectors whose interrupts the guest takes, and the log that it keeps of them: their number, then each vector. */
export const FIRST_VECTOR = 0x30;
const LAST_VECTOR = 0x4f;
const SPURIOUS_VECTOR = 0xff;
export const INTERRUPT_COUNT = 0x6000;
export const INTERRUPT_LOG = 0x6004;
const END_OF_INTERRUPT = 0xfee000b0;

/** Own segments, and handlers that log the vector and end the interrupt at the local APIC. */
function interruptSetup(a: Assembler): void {
  a.jmp('setUp');
  flatTables(a);
  const vectors = [SPURIOUS_VECTOR];
  for (let vector = FIRST_VECTOR; vector <= LAST_VECTOR; vector++) vectors.push(vector);
  for (const vector of vectors) {
    a.label(`vector${vector}`);
    a.push(vector);
    a.jmp('interrupt');
  }
  a.label('interrupt');
  a.push(eax);
  a.push(ebx);
  a.mov(ebx, mem({ disp: INTERRUPT_COUNT }));
  a.mov(eax, mem({ base: esp, disp: 8 }));
  a.mov(mem({ base: ebx, index: ebx, scale: 1, disp: INTERRUPT_LOG }), eax);
  a.add(ebx, 2);
  a.mov(mem({ disp: INTERRUPT_COUNT }), ebx);
  // After four of them the serial port's interrupts are switched off: a level that stays would come for ever.
  a.cmp(ebx, 8);
  a.jb('goOn');
  a.push(eax);
  a.push(edx);
  command(a, 0x3f9, 0);
  a.pop(edx);
  a.pop(eax);
  a.label('goOn');
  a.cmp(eax, SPURIOUS_VECTOR);
  a.je('noEnd');
  a.mov(mem({ disp: END_OF_INTERRUPT }), 0);
  a.label('noEnd');
  a.pop(ebx);
  a.pop(eax);
  a.add(esp, 4);
  a.iretd();
  a.label('setUp');
  a.lgdt(mem({ sym: 'gdtPointer' }));
  a.ljmp(0x08, sym('segments'));
  a.label('segments');
  a.mov(ax, 0x10);
  for (const register of [ds, es, ss]) a.mov(register, ax);
  for (const vector of vectors) {
    a.mov(eax, sym(`vector${vector}`));
    a.mov(mem16({ sym: 'idt', disp: 8 * vector }), ax);
    a.mov(mem16({ sym: 'idt', disp: 8 * vector + 2 }), 0x08);
    a.mov(mem16({ sym: 'idt', disp: 8 * vector + 4 }), 0x8e00);
    a.shr(eax, 16);
    a.mov(mem16({ sym: 'idt', disp: 8 * vector + 6 }), ax);
  }
  a.lidt(mem({ sym: 'idtPointer' }));
  a.mov(mem({ disp: INTERRUPT_COUNT }), 0);
}

/** Lets interrupts in for a while; EAX = the last four vectors of the log, newest lowest. The log is emptied. */
export function takeInterrupts(a: Assembler): void {
  const wait = `wait${unique()}`;
  a.mov(ecx, 20000);
  a.sti();
  a.label(wait);
  a.dec(ecx);
  a.jnz(wait);
  a.cli();
  interruptLog(a);
}

export function interruptLog(a: Assembler): void {
  const [next, done] = [`log${unique()}`, `logged${unique()}`];
  a.xor(eax, eax);
  a.xor(ecx, ecx);
  a.label(next);
  a.cmp(ecx, mem({ disp: INTERRUPT_COUNT }));
  a.jae(done);
  a.shl(eax, 8);
  a.mov(ebx, mem({ base: ecx, index: ecx, scale: 1, disp: INTERRUPT_LOG }));
  a.and(ebx, 0xff);
  a.or(eax, ebx);
  a.add(ecx, 2);
  a.jmp(next);
  a.label(done);
  a.mov(mem({ disp: INTERRUPT_COUNT }), 0);
}

let names = 0;
/** For labels. */
export function unique(): number {
  return names++;
}

function imageOf(questions: readonly Question[]): Uint8Array {
  const stubs = defineStubs('questions', (a) => {
    a.label('start');
    a.mov(mem({ disp: LOADER_MAGIC }), eax);
    a.mov(mem({ disp: BOOT_INFORMATION }), ebx);
    a.mov(esp, 0x80000);
    interruptSetup(a);
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
  });
  return flatImage(stubs, 'start').bytes;
}

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

export function byteFrom(a: Assembler, port: number): void {
  a.xor(eax, eax);
  a.mov(edx, port);
  a.in(al, dx);
}

export function command(a: Assembler, port: number, value: number): void {
  a.mov(edx, port);
  a.mov(al, value);
  a.out(dx, al);
}

export function masked(a: Assembler, mask: number, ask: () => void): void {
  ask();
  a.and(eax, mask);
}

export function configuration(a: Assembler, device: number, register: number): void {
  a.mov(eax, (0x80000000 | (device << 11) | register) >>> 0);
  a.mov(dx, 0xcf8);
  a.out(dx, eax);
  a.mov(dx, 0xcfc);
  a.in(eax, dx);
}

export function networkBase(a: Assembler): void {
  configuration(a, 2, 0x10);
  a.and(eax, ~15);
  a.mov(ebx, eax);
}

export function register(a: Assembler, offset: number): void {
  networkBase(a);
  a.mov(eax, mem({ base: ebx, disp: offset }));
}

export function cmos(a: Assembler, index: number): void {
  command(a, 0x70, index);
  byteFrom(a, 0x71);
}

export function cmosWord(a: Assembler, index: number): void {
  cmos(a, index + 1);
  a.shl(eax, 8);
  a.mov(ecx, eax);
  cmos(a, index);
  a.or(eax, ecx);
}

export function initialisePics(a: Assembler): void {
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

async function ours(image: Uint8Array, disks: readonly (Uint8Array | null)[]): Promise<string[]> {
  const devices = { disks: disks.map((bytes) => bytes && new MemoryDisk(bytes)) };
  const machine = await makeMachine(image, [], { preset: processors['pentium3-800'], memoryMiB: MEMORY_MIB, devices });
  let text = '';
  machine.observe({
    console: (byte, source) => {
      if (source === 'debug') text += String.fromCharCode(byte);
    },
  });
  const stop = machine.run(4_000_000_000n);
  expect(stop, text).toMatchObject({ reason: 'exit', code: 0 });
  return text.trim().split('\n');
}

const folder = mkdtempSync(join(tmpdir(), 'crossings-oracle-'));
afterAll(() => rmSync(folder, { recursive: true }));

function qemu(image: Uint8Array, disks: readonly (Uint8Array | null)[], first: string): string[] {
  const path = join(folder, 'questions.bin');
  writeFileSync(path, image);
  const machine = ['-m', String(MEMORY_MIB), '-nodefaults', '-display', 'none', '-no-reboot', '-accel', 'tcg'];
  const devices = ['-serial', 'null', '-debugcon', 'stdio', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];
  const network = ['-netdev', 'user,id=n', '-device', 'e1000,netdev=n'];
  const drives = disks.flatMap((bytes, i) => {
    if (!bytes) return [];
    const file = join(folder, `disk${i}`);
    writeFileSync(file, bytes);
    return ['-drive', `file=${file},format=raw,if=ide,index=${i}`];
  });
  // Its clock counts instructions: how much the host has to do besides shall not matter.
  const time = ['-icount', 'shift=0,sleep=off'];
  const all = [...machine, ...time, ...devices, ...network, ...drives, '-kernel', path];
  const result = spawnSync('qemu-system-i386', all, {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(result.status, result.stderr).toBe(1);
  return result.stdout.slice(result.stdout.indexOf(first)).trim().split('\n');
}

/** EBX = EBX x 256 + what a port says. */
export function append(a: Assembler, port: number): void {
  byteFrom(a, port);
  a.shl(ebx, 8);
  a.or(ebx, eax);
}
