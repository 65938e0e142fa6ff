// The guest with its disk: here, on QEMU, and its programs on this host's own kernel.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskBytes } from '../../experiments/runner/disks.js';
import { projectRoot } from '../../experiments/runner/project.js';
import type { Boot } from '../../experiments/system.js';
import { Machine, MemoryDisk } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { coreBytes } from '../../toolchain/driver/core.js';
import { imageBytes, imagePath } from '../../toolchain/driver/images.js';
import { linuxUnavailable } from '../../toolchain/verify/linux.js';
import { disks } from '../../workloads/stubs/disks.js';

export interface Run {
  /** What the guest wrote to port F4h. */
  readonly status: number;
  /** The console's lines, prompts and what was typed left out. */
  readonly lines: string[];
  /** What the disk holds at the end. */
  readonly disk: Uint8Array;
  readonly instructions: number;
}

const BUDGET = 200_000_000_000n;
const KERNEL_LINE = 'root=hda init=/bin/sh';
let core: WebAssembly.Module | undefined;

/**
 * What is typed at the shell's prompt: one command, so that its echo and the output do not mix; behind an empty line,
 * since a serial port that is being set up may drop what it has.
 */
const typed = (command: string) => `\n${command}; exit $?\n`;

export interface Booted {
  readonly status: number;
  /** All that the serial port sent. */
  readonly text: string;
  readonly instructions: number;
}

/** Boots on a machine of this processor, with what is typed waiting at the serial port. */
export function bootHere(boot: Boot, processor: string, drive?: MemoryDisk, input = ''): Booted {
  core ??= new WebAssembly.Module(coreBytes() as BufferSource);
  const preset = processors[processor];
  const machine = Machine.create({ core, preset, memoryMiB: 64, devices: { disks: drive ? [drive] : [] } });
  let text = '';
  machine.observe({
    console: (byte, source) => {
      if (source === 'com1') text += String.fromCharCode(byte);
    },
  });
  const modules = boot.modules.map(({ image, args }) => ({ bytes: imageBytes(image, projectRoot), args }));
  machine.load(imageBytes(boot.image, projectRoot), modules, boot.append);
  const before = machine.ledger.snapshot();
  machine.serial.feed(new TextEncoder().encode(input));
  const stop = machine.run(BUDGET);
  if (stop.reason !== 'exit') throw new Error(`the guest ended by ${stop.reason} at cycle ${stop.cycle}:\n${text}`);
  const { instructions } = machine.ledger.totals(machine.ledger.subtract(before, machine.ledger.snapshot()));
  return { status: stop.code & 0x7f, text, instructions };
}

/** Boots with the project's disk of this name and types a command; ends with the shell. `options`: of the kernel. */
export function runGuest(disk: string, command: string, processor = 'pentium3-800', options = ''): Run {
  const drive = new MemoryDisk(diskBytes(disk));
  const boot: Boot = { image: 'native', modules: [], append: `${KERNEL_LINE} ${options}`.trim() };
  const { status, text, instructions } = bootHere(boot, processor, drive, typed(command));
  return { status, lines: linesOf(text), disk: drive.bytes, instructions };
}

/** A boot without modules on QEMU's `pc`, with this disk and input; returns the disk as it was left. */
export function bootQemu(image: string, line: string, disk: Uint8Array, input = '') {
  const folder = mkdtempSync(join(tmpdir(), 'crossings-guest-'));
  try {
    const file = join(folder, 'disk.img');
    writeFileSync(file, disk);
    const options = ['-nodefaults', '-display', 'none', '-serial', 'stdio', '-m', '64'];
    const exit = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];
    const drive = ['-drive', `file=${file},format=raw,if=ide`];
    const kernel = ['-kernel', imagePath(image, projectRoot), '-append', line];
    const { stdout, status } = spawnSync('qemu-system-i386', [...options, ...exit, ...drive, ...kernel], {
      input,
      encoding: 'latin1',
      timeout: 60_000,
    });
    if (status === null) throw new Error(`QEMU did not end:\n${stdout}`);
    return { status: status >> 1, text: stdout, disk: new Uint8Array(readFileSync(file)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same as `runGuest` on QEMU. */
export function runQemu(disk: string, command: string): Omit<Run, 'instructions'> {
  const { text, ...rest } = bootQemu('native', KERNEL_LINE, diskBytes(disk), typed(command));
  return { ...rest, lines: linesOf(text) };
}

/** Behind the echo of what was typed. */
function linesOf(text: string): string[] {
  const lines = text.replaceAll('\r', '').split('\n');
  const first = lines.findIndex((line) => line.includes('; exit $?'));
  return lines
    .slice(first + 1)
    .map((line) => line.replace(/^(\$ )+/, ''))
    .filter((line) => line !== '');
}

/** Runs a program of ours on this host's kernel, in an empty folder, with the programs of the disk beside it. */
export function runLinux(program: string, args: readonly string[]): { status: number | null; lines: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'crossings-linux-'));
  // No set-group-id bit from the folder of temporary files, which all in it would have.
  chmodSync(folder, 0o755);
  try {
    const bin = join(folder, 'bin');
    const work = join(folder, 'work');
    for (const path of [bin, work]) mkdirSync(path);
    const { entries } = disks.find(({ name }) => name === 'proof')!;
    for (const entry of entries) {
      const file = join(folder, entry.path);
      if (entry.kind === 'image') {
        copyFileSync(imagePath(entry.image, projectRoot), file);
        chmodSync(file, 0o755);
      } else if (entry.kind === 'link') symlinkSync(join(folder, entry.to), file);
    }
    const { stdout, status } = spawnSync(join(bin, program), args, {
      cwd: work,
      env: { PATH: bin },
      encoding: 'latin1',
      timeout: 60_000,
    });
    return { status, lines: stdout.split('\n').filter((line) => line !== '') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why conformance cannot be run on this host, or undefined. */
export function linuxMissing(): string | undefined {
  if (process.platform !== 'linux') return 'this host is no Linux';
  if (process.getuid?.() !== 0) return 'its expected results are those of root';
  return linuxUnavailable();
}

/** What e2fsck has to say of a disk, undefined where it is whole. */
export function damage(disk: Uint8Array): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'crossings-fsck-'));
  try {
    const file = join(folder, 'disk.img');
    writeFileSync(file, disk);
    const { status, stdout, stderr } = spawnSync('e2fsck', ['-fn', file], { encoding: 'utf8' });
    return status === 0 ? undefined : `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Linux's answers, a line a case; the fixture says which Linux gave them, and how. */
export function linuxAnswers(): string[] {
  const text = readFileSync(join(projectRoot, 'workloads/test/fixtures/conformance.linux.txt'), 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * Cases where the guest differs from Linux, and why it may. There are none at present: a case goes here with its
 * reason, or the guest is mended.
 */
export const deviations: ReadonlyMap<string, string> = new Map();

export const caseOf = (line: string) => line.split(' ')[0];

/** What is typed to run every case. */
export const CONFORMANCE = 'mkdir /data/c; cd /data/c; /bin/conformance';

export const hasQemu = spawnSync('qemu-system-i386', ['--version']).status === 0;
export const hasFsck = spawnSync('e2fsck', ['-V']).error === undefined;
