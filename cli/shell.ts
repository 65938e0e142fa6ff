/**
 * `crossings shell`: the guest on the machine, its serial console on this terminal. Keys go to the guest as they are,
 * ^C too; ^] leaves. On a terminal the guest's clock keeps to the host's when it is ahead, so that waiting costs
 * nothing; input that is no terminal is fed as the guest reads it, and its end is ^D.
 */
import { readFileSync, writeSync } from 'node:fs';
import { Command, Option } from 'commander';
import { diskBytes, diskImages } from '../experiments/runner/disks.js';
import { imageBytes } from '../experiments/runner/images.js';
import { reasonOf } from '../experiments/runner/store.js';
import { systemIds } from '../experiments/system.js';
import { ImageError, Machine, MEMORY_LIMITS, MemoryDisk, type Stop } from '../machine/index.js';
import { processors } from '../machine/processors/index.js';
import { buildCore } from '../toolchain/driver/core.js';
import { CheckFailedError, UsageError } from './errors.js';
import { bringUpToDate } from './fresh.js';
import { wholeNumber } from './options.js';

interface ShellOptions {
  system: string;
  processor: string;
  memory: number;
  disk?: string;
}

const KERNEL = 'native';
const DISK = 'system';
/** ^] and ^D. */
const LEAVE = 0x1d;
const END = 0x04;
/** Guest time between two looks at the keyboard, in milliseconds. */
const SLICE = 5;

export function shellCommand(): Command {
  const { least, most } = MEMORY_LIMITS;
  return new Command('shell')
    .description('boot a system with its disk and look around: a prompt on the serial console; ^] leaves')
    .addOption(new Option('--system <name>', 'the system').choices([...systemIds]).default('native'))
    .addOption(
      new Option('--processor <id>', 'processor preset').choices(Object.keys(processors)).default('pentium3-800'),
    )
    .option('--memory <MiB>', `size of memory in MiB, ${least} to ${most}`, wholeNumber(least, most), 64)
    .option('--disk <file>', "ext2 image in place of the project's own; the file stays as it is")
    .action(shell);
}

async function shell(options: ShellOptions): Promise<void> {
  if (options.system !== 'native') {
    throw new UsageError(`--system ${options.system}: has no port of the guest with a disk yet; allowed: native`);
  }
  await bringUpToDate([KERNEL, ...(options.disk === undefined ? diskImages(DISK) : [])]);
  const machine = await boot(options);
  process.exitCode = await converse(machine, processors[options.processor].hz);
}

async function boot({ processor, memory, disk }: ShellOptions): Promise<Machine> {
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  try {
    const disks = [new MemoryDisk(disk === undefined ? diskBytes(DISK) : new Uint8Array(readFileSync(disk)))];
    const machine = Machine.create({ core, preset: processors[processor], memoryMiB: memory, devices: { disks } });
    machine.load(imageBytes(KERNEL), [], 'root=hda init=/bin/sh');
    return machine;
  } catch (error) {
    const place = disk === undefined ? '' : `--disk ${disk}: `;
    if (error instanceof RangeError || error instanceof ImageError) throw new UsageError(`${place}${error.message}`);
    if ((error as NodeJS.ErrnoException).code !== undefined) throw new UsageError(`${place}${reasonOf(error)}`);
    throw error;
  }
}

/** Runs until the guest ends or the user leaves; the exit status. */
async function converse(machine: Machine, hz: number): Promise<number> {
  const output: number[] = [];
  const stopWatching = machine.observe({
    console: (byte, source) => {
      if (source === 'com1') output.push(byte);
    },
  });
  const input = new Input(machine);
  const slice = BigInt(Math.round((hz / 1000) * SLICE));
  const start = performance.now();
  let guest = 0;
  try {
    for (;;) {
      const stop = machine.run(slice);
      guest += SLICE;
      writeAll(Uint8Array.from(output.splice(0)));
      if (stop.reason !== 'budget') return statusOf(stop);
      if (input.left) return 0;
      const ahead = input.terminal ? guest - (performance.now() - start) : 0;
      await new Promise((done) => (ahead > 1 ? setTimeout(done, ahead) : setImmediate(done)));
      // A guest that is behind the host does not have to catch up.
      if (ahead < 0) guest -= ahead;
    }
  } finally {
    input.close();
    stopWatching();
  }
}

function statusOf(stop: Stop): number {
  if (stop.reason === 'exit') return stop.code & 0x7f;
  throw new CheckFailedError(`cycle ${stop.cycle}: the guest ended by ${stop.reason}`);
}

function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** The keyboard, or whatever stands in for it. */
class Input {
  /** The user pressed ^]. */
  left = false;
  readonly terminal = process.stdin.isTTY === true;

  constructor(private readonly machine: Machine) {
    if (this.terminal) process.stdin.setRawMode(true);
    process.stdin.on('data', this.take);
    if (!this.terminal) process.stdin.on('end', this.end);
    process.stdin.resume();
  }

  private readonly take = (bytes: Buffer): void => {
    const leave = this.terminal ? bytes.indexOf(LEAVE) : -1;
    this.machine.serial.feed(leave < 0 ? bytes : bytes.subarray(0, leave));
    if (leave >= 0) this.left = true;
  };

  private readonly end = (): void => this.machine.serial.feed(Uint8Array.of(END));

  close(): void {
    process.stdin.off('data', this.take);
    process.stdin.off('end', this.end);
    if (this.terminal) process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}
