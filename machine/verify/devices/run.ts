/** Runs a program of device accesses here and on QEMU's `pc`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Machine, MemoryDisk } from '../../index.js';
import { processors } from '../../processors/index.js';
import { inFolder, output } from '../oracles/children.js';

const MEMORY_MIB = 16;
const CYCLES = 20_000_000_000n;
const SECTORS = 4096;
/** A program takes seconds; this is where QEMU is given up. */
const SECONDS = 120;

function diskImage(): Uint8Array {
  return Uint8Array.from({ length: SECTORS * 512 }, (_, i) => (i >> 9) * 7 + i * 3);
}

function words(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length & ~3);
  return Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(4 * i, true));
}

export function valuesHere(core: WebAssembly.Module, image: Uint8Array): number[] {
  const devices = { disks: [new MemoryDisk(diskImage())] };
  const machine = Machine.create({ core, preset: processors['pentium3-800'], memoryMiB: MEMORY_MIB, devices });
  machine.load(image);
  const bytes: number[] = [];
  machine.observe({
    console: (byte, source) => {
      if (source === 'debug') bytes.push(byte);
    },
  });
  machine.run(CYCLES);
  return words(Uint8Array.from(bytes));
}

/** @param adapter with a VGA adapter, which takes the first place on the PCI bus */
export function valuesOfQemu(image: Uint8Array, adapter = false): Promise<number[]> {
  return inFolder(async (folder) => {
    const file = (name: string) => join(folder, name);
    writeFileSync(file('image'), image);
    writeFileSync(file('disk'), diskImage());
    writeFileSync(file('trace'), '');
    const machine = ['-accel', 'tcg', '-cpu', 'pentium3', '-m', String(MEMORY_MIB), '-nodefaults', '-display', 'none'];
    // Its clock counts instructions, so that no time passes between two accesses but that of the program.
    const time = ['-icount', 'shift=0,sleep=off', '-rtc', 'base=2005-06-12T00:00:00,clock=vm'];
    const ports = ['-no-reboot', '-serial', 'null', '-debugcon', `file:${file('trace')}`];
    const exit = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];
    const network = ['-netdev', 'user,id=n', '-device', 'e1000,netdev=n,mitigation=off'];
    const name = 'bus=ide.0,unit=0,drive=d,serial=CX1,ver=1.0,model=CROSSINGS DISK,discard_granularity=0';
    const disk = ['-drive', `file=${file('disk')},format=raw,if=none,id=d`, '-device', `ide-hd,${name}`];
    const all = [
      ...machine,
      ...time,
      ...ports,
      ...exit,
      ...network,
      ...disk,
      ...(adapter ? ['-vga', 'std'] : []),
      '-kernel',
      file('image'),
    ];
    await output('qemu-system-i386', all, SECONDS);
    return words(readFileSync(file('trace')));
  });
}
