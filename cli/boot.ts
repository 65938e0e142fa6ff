/**
 * `crossings boot`: runs any multiboot image on the machine, as `qemu-system-i386 -kernel` would. Standard output is
 * the serial port and nothing else, written at each newline or when a byte has waited for 10 ms of host time.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { stackText } from '../experiments/runner/stack.js';
import {
  ImageError,
  Machine,
  MEMORY_LIMITS,
  MemoryDisk,
  type Module,
  type Stop,
  UnknownComponentError,
} from '../machine/index.js';
import { processors } from '../machine/processors/index.js';
import { debugInfo } from '../toolchain/driver/images.js';
import { UsageError } from './errors.js';
import { optimisedCore } from './optimised-core.js';
import { refuseUnwritableFile, writeOutputFile } from './output-file.js';
import { resumeSnapshot, saveSnapshot } from './snapshot-file.js';

interface BootOptions {
  module: string[];
  append: string;
  processor: string;
  memory: number;
  disk: string[];
  diskOut: string[];
  debugcon?: string;
  screen?: boolean;
  save?: string;
  resume?: string;
  expect: string[];
  send: string[];
  until?: RegExp;
  maxCycles?: bigint;
}

/** Exit codes: 0 ok, 1 the guest failed, 2 usage, 3 a broken invariant, 130 interrupted. */
const EXIT = { FAILED: 1, USAGE: 2, BROKEN: 3, INTERRUPTED: 130 } as const;
/** How a run ends when nothing went wrong in the guest: well, with bad input, or by hand. */
const WITHOUT_STACK: readonly number[] = [0, EXIT.USAGE, EXIT.INTERRUPTED];
/** Cycles between two looks at the clock and the signals. */
const SLICE = 2_000_000n;
const FLUSH_MILLISECONDS = 10;
const MAXIMUM_DISKS = 4;

export function bootCommand(): Command {
  const collect = (value: string, all: string[]): string[] => [...all, value];
  const { least, most } = MEMORY_LIMITS;
  return new Command('boot')
    .description('boot a multiboot image; standard output is its serial port')
    .argument('[image]', 'multiboot image (ELF, or flat with load addresses in its header); none with --resume')
    .option('--module <"file args">', 'multiboot module and its arguments (repeatable)', collect, [])
    .option('--append <text>', 'kernel command line', '')
    .addOption(
      new Option('--processor <id>', 'processor preset').choices(Object.keys(processors)).default('pentium3-800'),
    )
    .option('--memory <MiB>', `size of memory in MiB, ${least} to ${most}`, parseMemory, 128)
    .option(
      '--disk <file>',
      'disk image, copied into memory: writes do not change the file (repeatable, up to 4 IDE drives)',
      collect,
      [],
    )
    .option(
      '--disk-out <file>',
      'where to write the contents of the disk at the end: the first one for the first --disk, and so on',
      collect,
      [],
    )
    .option('--debugcon <file>', 'where port 0xE9 goes: a file, stdout or stderr (default: nowhere)')
    .option('--save <file>', 'write a snapshot of the machine at the end')
    .option('--resume <file>', 'go on from a snapshot, with the same disks; it says processor and memory')
    .option('--screen', 'print the VGA text screen on standard error at the end')
    .option('--expect <regex>', 'line to wait for before the next --send (repeatable)', collect, [])
    .option(
      '--send <text>',
      'text to feed to the serial port then; \\n, \\t and \\xNN are understood (repeatable)',
      collect,
      [],
    )
    .option('--until <regex>', 'end with status 0 when a line of output matches', parseRegex)
    .option('--max-cycles <n>', 'end with status 1 after so many cycles', parseCycles)
    .action(async (image: string | undefined, options: BootOptions) => {
      process.exitCode = await boot(image, options);
    });
}

/** Boots and returns the exit status; what is wrong is said on stderr. */
async function boot(path: string | undefined, options: BootOptions): Promise<number> {
  try {
    for (const path of options.diskOut) refuseUnwritableFile('--disk-out', path);
    refuseUnwritableFile('--save', options.save);
    const disks = readDisks(options);
    const machine = await prepare(path, options, disks);
    const status = await runToEnd(machine, options);
    if (!WITHOUT_STACK.includes(status)) tellStack(machine, path, options);
    if (options.save !== undefined) saveSnapshot(machine, options.save);
    if (options.screen) process.stderr.write(`${machine.screen}\n`);
    options.diskOut.forEach((file, i) => {
      writeOutputFile('--disk-out', file, disks[i].bytes);
    });
    return status;
  } catch (error) {
    if (error instanceof UsageError || error instanceof ImageError) return complain(error.message, EXIT.USAGE);
    if (error instanceof UnknownComponentError) return complain(error.message, EXIT.BROKEN);
    throw error;
  }
}

/** Where the guest was, for images that have their symbols beside them. */
function tellStack(machine: Machine, path: string | undefined, options: BootOptions): void {
  const files = [...(path === undefined ? [] : [path]), ...options.module.map((text) => text.split(' ')[0])];
  const text = stackText(
    machine,
    files.map(debugInfo).filter((info) => info !== undefined),
  );
  if (text !== '') process.stderr.write(`${text.trimStart()}\n`);
}

function complain(message: string, status: number): number {
  process.stderr.write(`crossings boot: ${message}\n`);
  return status;
}

async function prepare(path: string | undefined, options: BootOptions, disks: readonly MemoryDisk[]): Promise<Machine> {
  if (options.expect.length !== options.send.length) {
    const counts = `${options.expect.length} --expect and ${options.send.length} --send`;
    throw new UsageError(`${counts}: each --expect needs one --send, in the same order`);
  }
  if (options.resume !== undefined) {
    if (path !== undefined) throw new UsageError(`--resume ${options.resume}: an image (${path}) is not wanted then`);
    return resumeSnapshot(options.resume, await optimisedCore(), disks);
  }
  if (path === undefined) throw new UsageError('no image: give one, or --resume FILE');
  const image = read(path, 'image');
  const modules = options.module.map(readModule);
  const core = await optimisedCore();
  const machine = Machine.create({
    core,
    preset: processors[options.processor],
    memoryMiB: options.memory,
    devices: { disks },
  });
  machine.load(image, modules, options.append);
  return machine;
}

async function runToEnd(machine: Machine, options: BootOptions): Promise<number> {
  const output = new Output(1);
  const debug = options.debugcon === undefined ? null : openDebug(options.debugcon, output);
  const script = new Script(machine, options);
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt);
  machine.observe({
    console: (byte, source) => {
      if (source === 'debug') debug?.put(byte);
      else {
        output.put(byte);
        script.take(byte);
      }
    },
  });
  try {
    let left = options.maxCycles ?? null;
    for (;;) {
      const slice = left !== null && left < SLICE ? left : SLICE;
      const stop = machine.run(slice, () => script.finished);
      if (left !== null) left -= slice;
      if (stop.reason !== 'budget') return report(stop);
      if (left === 0n) return complain(`--max-cycles ${options.maxCycles} reached`, EXIT.FAILED);
      output.flushOld();
      debug?.flushOld();
      await new Promise(setImmediate);
      if (interrupted) return EXIT.INTERRUPTED;
    }
  } finally {
    process.off('SIGINT', interrupt);
    output.flush();
    debug?.close();
  }
}

function report(stop: Stop): number {
  switch (stop.reason) {
    case 'exit':
      return stop.code & 0x7f;
    case 'until':
      return 0;
    case 'halted':
      return complain(`cycle ${stop.cycle}: halted, and nothing can wake the processor`, EXIT.FAILED);
    case 'triple-fault':
      return complain(`cycle ${stop.cycle}: triple fault`, EXIT.FAILED);
    case 'reset':
      return complain(`cycle ${stop.cycle}: the guest reset the processor by the ${stop.by}`, EXIT.FAILED);
    case 'power-off':
      return 0;
    case 'budget':
      return EXIT.FAILED;
  }
}

/** Bytes on their way to a file descriptor. */
class Output {
  private readonly bytes: number[] = [];
  private since = 0;

  constructor(private readonly descriptor: number) {}

  put(byte: number): void {
    if (this.bytes.length === 0) this.since = performance.now();
    this.bytes.push(byte);
    if (byte === 0x0a) this.flush();
    else this.flushOld();
  }

  flushOld(): void {
    if (this.bytes.length > 0 && performance.now() - this.since >= FLUSH_MILLISECONDS) this.flush();
  }

  flush(): void {
    const bytes = Uint8Array.from(this.bytes);
    this.bytes.length = 0;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
  }

  close(): void {
    this.flush();
    if (this.descriptor > 2) closeSync(this.descriptor);
  }
}

/** What is expected of the guest's output, line by line, and what it is sent in answer. */
class Script {
  finished = false;
  private line = '';
  private next = 0;
  private readonly expected: RegExp[];
  private readonly answers: Uint8Array[];

  constructor(
    private readonly machine: Machine,
    private readonly options: BootOptions,
  ) {
    this.expected = options.expect.map((text) => toRegex(text, '--expect'));
    this.answers = options.send.map(decodeEscapes);
  }

  take(byte: number): void {
    if (byte === 0x0a) this.line = '';
    else this.line += String.fromCharCode(byte);
    if (this.options.until?.test(this.line)) this.finished = true;
    if (!this.expected[this.next]?.test(this.line)) return;
    // One answer a match: what has been matched is not looked at again.
    this.line = '';
    this.machine.serial.feed(this.answers[this.next++]);
  }
}

function openDebug(target: string, output: Output): Output {
  if (target === 'stdout') return output;
  if (target === 'stderr') return new Output(2);
  try {
    return new Output(openSync(target, 'w'));
  } catch (error) {
    throw new UsageError(`--debugcon ${target}: ${(error as Error).message}`);
  }
}

function readModule(text: string): Module {
  const file = text.trim().split(/\s+/)[0];
  if (file === '') throw new UsageError('--module: expected "FILE ARGS"');
  return { bytes: read(file, 'module'), args: text.trim() };
}

function readDisks(options: BootOptions): MemoryDisk[] {
  if (options.disk.length > MAXIMUM_DISKS) {
    throw new UsageError(`${options.disk.length} --disk: the machine has room for ${MAXIMUM_DISKS}`);
  }
  if (options.diskOut.length > options.disk.length) {
    throw new UsageError(`${options.diskOut.length} --disk-out, but only ${options.disk.length} --disk`);
  }
  return options.disk.map((path) => {
    const bytes = read(path, 'disk');
    try {
      return new MemoryDisk(bytes);
    } catch (error) {
      throw new UsageError(`disk ${path}: ${(error as Error).message}`);
    }
  });
}

function read(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${what} ${path}: ${(error as Error).message}`);
  }
}

function parseMemory(text: string): number {
  const value = Number(text);
  const { least, most } = MEMORY_LIMITS;
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
  }
  return value;
}

function parseCycles(text: string): bigint {
  if (!/^[1-9][0-9]*$/.test(text)) throw new InvalidArgumentError('expected a whole number above 0');
  return BigInt(text);
}

function parseRegex(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function toRegex(text: string, option: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`${option} ${text}: ${(error as Error).message}`);
  }
}

function decodeEscapes(text: string): Uint8Array {
  const plain = text.replace(/\\(?:n|t|\\|x([0-9a-fA-F]{2}))/g, (match, code: string | undefined) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    return { '\\n': '\n', '\\t': '\t', '\\\\': '\\' }[match]!;
  });
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}
