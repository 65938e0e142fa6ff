/**
 * The machines that a scenario image runs on: this project's, QEMU's TCG, and Bochs. Each is a function from an image to
 * what it prints on port E9h.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Machine } from '../../index.js';
import type { Preset } from '../../processors/index.js';
import { bochsConfiguration, romOf } from './bochs.js';
import { inFolder, output } from './children.js';

const MEMORY_MIB = 16;

export type Run = (image: Uint8Array) => Promise<string>;

/** Why an oracle cannot be used here, undefined when it can. */
export function qemuMissing(): string | undefined {
  return spawnSync('qemu-system-i386', ['--version']).status === 0 ? undefined : 'qemu-system-i386 is not installed';
}

export function bochsMissing(): string | undefined {
  const { error, stdout, stderr } = spawnSync('bochs', ['--help', 'features'], { encoding: 'utf8', timeout: 10_000 });
  if (error) return 'bochs is not installed';
  const version = /Bochs x86 Emulator (\S+)/.exec(`${stdout}${stderr}`);
  return version ? undefined : 'bochs does not say its version';
}

/** This project's machine; a boot takes some ten million cycles, `cycles` is where a hang is declared. */
export function ours(core: WebAssembly.Module, preset: Preset, cycles = 400_000_000n): Run {
  return async (image) => {
    const machine = Machine.create({ core, preset, memoryMiB: MEMORY_MIB });
    machine.load(image);
    const bytes: number[] = [];
    machine.observe({
      console: (byte, source) => {
        if (source === 'debug') bytes.push(byte);
      },
    });
    machine.run(cycles);
    return Buffer.from(bytes).toString('latin1');
  };
}

/** @param model QEMU's name of a processor: it decides what CPUID and CR4 have */
export function qemu(model: string, seconds = 60): Run {
  return (image) =>
    inFolder(async (folder) => {
      const path = join(folder, 'image');
      const log = join(folder, 'trace');
      writeFileSync(path, image);
      writeFileSync(log, '');
      const machine = ['-accel', 'tcg', '-cpu', model, '-m', String(MEMORY_MIB), '-nodefaults', '-display', 'none'];
      const devices = ['-no-reboot', '-debugcon', `file:${log}`, '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];
      await output('qemu-system-i386', [...machine, ...devices, '-kernel', path], seconds);
      return readFileSync(log, 'latin1');
    });
}

/** @param model Bochs' name of a processor */
export function bochs(model: string, seconds = 120): Run {
  return (image) =>
    inFolder(async (folder) => {
      const file = (name: string) => join(folder, name);
      writeFileSync(file('rom'), romOf(image));
      writeFileSync(file('vga'), new Uint8Array(1024));
      // A Bochs with its debugger built in waits for the word to continue.
      writeFileSync(file('commands'), 'c\n');
      writeFileSync(file('configuration'), bochsConfiguration(model, file, MEMORY_MIB));
      const environment = { ...process.env, TERM: 'vt100' };
      const options = ['-q', '-f', file('configuration')];
      const withDebugger = await output('bochs', [...options, '-rc', file('commands')], seconds, environment);
      if (/^#/m.test(withDebugger)) return withDebugger;
      return output('bochs', options, seconds, environment);
    });
}
