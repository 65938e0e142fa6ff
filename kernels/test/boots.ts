// Boots of built images, here and under QEMU, for the tests of all kernels.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { projectRoot } from '../../experiments/runner/project.js';
import type { Boot } from '../../experiments/system.js';
import { Machine, MemoryDisk } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { coreBytes } from '../../toolchain/driver/core.js';
import { imageBytes, imagePath } from '../../toolchain/driver/images.js';

export interface Outcome {
  /** What the guest wrote to port F4h. */
  readonly status: number;
  readonly lines: string[];
  /** Ethernet frames in the order they left. */
  readonly packets: Uint8Array[];
}

export interface Here extends Outcome {
  readonly cycle: bigint;
  readonly machine: Machine;
  /** The drive's contents at the end. */
  readonly disk?: Uint8Array;
}

export interface HereOptions {
  readonly processor?: string;
  readonly memoryMiB?: number;
  /** Contents of the first IDE drive; the guest's writes go to `Here.disk`. */
  readonly disk?: Uint8Array;
  /** Text for the serial port, fed when the first prompt (`$ `) has been written. */
  readonly input?: string;
  /** Called with the machine before its first instruction. */
  readonly watch?: (machine: Machine) => void;
}

const BUDGET = 5_000_000_000n;
let core: WebAssembly.Module | undefined;

/** @throws Error when the guest does not end by itself */
export function bootHere(boot: Boot, options: HereOptions = {}): Here {
  const { processor = 'pentium3-800', memoryMiB = 64, watch, input = '' } = options;
  const disk = options.disk && new MemoryDisk(options.disk);
  core ??= new WebAssembly.Module(coreBytes() as BufferSource);
  const packets: Uint8Array[] = [];
  const transmit = (frame: Uint8Array) => void packets.push(frame.slice());
  const machine = Machine.create({
    core,
    preset: processors[processor],
    memoryMiB,
    devices: { packets: { transmit }, disks: disk ? [disk] : [] },
  });
  let text = '';
  let waiting = input !== '';
  machine.observe({
    console: (byte, source) => {
      if (source !== 'com1') return;
      text += String.fromCharCode(byte);
      if (waiting && text.endsWith('$ ')) {
        waiting = false;
        machine.serial.feed(Buffer.from(input, 'latin1'));
      }
    },
  });
  const modules = boot.modules.map(({ image, args }) => ({ bytes: imageBytes(image, projectRoot), args }));
  machine.load(imageBytes(boot.image, projectRoot), modules, boot.append);
  watch?.(machine);
  const stop = machine.run(BUDGET);
  if (stop.reason !== 'exit') throw new Error(`the guest ended by ${stop.reason} at cycle ${stop.cycle}:\n${text}`);
  return { status: stop.code, lines: linesOf(text), packets, cycle: stop.cycle, machine, disk: disk?.bytes };
}

/** Whether QEMU is here: a test that needs it says so in its title when it is skipped. */
export const qemu = spawnSync('qemu-system-i386', ['--version']).status === 0;
export const noQemu = 'skipped: qemu-system-i386 is not installed';

/**
 * The same boot on QEMU's `pc` machine, with one of its processors.
 * @throws Error when the guest does not end by itself within a minute
 */
export function bootUnderQemu(boot: Boot, cpu = 'qemu32', disk?: Uint8Array): Outcome & { disk?: Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), 'crossings-'));
  try {
    const dump = join(folder, 'packets');
    const image = join(folder, 'disk');
    if (disk) writeFileSync(image, disk);
    const commas = (text: string) => text.replaceAll(',', ',,');
    // By their names below the project: QEMU ends a module's name at the first space.
    const nameOf = (image: string) => relative(projectRoot, imagePath(image, projectRoot));
    const modules = boot.modules.map(({ image, args }) => {
      const [, ...rest] = args.split(' ');
      return commas([nameOf(image), ...rest].join(' '));
    });
    const run = spawnSync(
      'qemu-system-i386',
      [
        ...['-nodefaults', '-display', 'none', '-no-reboot', '-serial', 'stdio', '-m', '128', '-cpu', cpu],
        ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
        ...['-netdev', 'user,id=n', '-device', 'e1000,netdev=n'],
        ...['-object', `filter-dump,id=f,netdev=n,file=${dump}`],
        ...(disk ? ['-drive', `file=${image},format=raw,if=ide`] : []),
        ...['-kernel', nameOf(boot.image), '-append', boot.append],
        ...(modules.length > 0 ? ['-initrd', modules.join(',')] : []),
      ],
      { cwd: projectRoot, encoding: 'latin1', timeout: 60_000 },
    );
    if (run.status === null || run.status % 2 === 0) {
      throw new Error(`QEMU ended with ${run.status ?? run.signal}:\n${run.stdout}${run.stderr}`);
    }
    return {
      status: run.status >> 1,
      lines: linesOf(run.stdout),
      packets: guestFrames(readFileSync(dump)),
      disk: disk && readFileSync(image),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** Frames of a packet capture (libpcap's format) that the guest sent: QEMU's own network answers some of them. */
function guestFrames(capture: Buffer): Uint8Array[] {
  const OURS = '525400123456';
  const frames: Uint8Array[] = [];
  for (let at = 24; at + 16 <= capture.length; ) {
    const length = capture.readUInt32LE(at + 8);
    const frame = capture.subarray(at + 16, at + 16 + length);
    if (frame.toString('hex', 6, 12) === OURS) frames.push(new Uint8Array(frame));
    at += 16 + length;
  }
  return frames;
}
