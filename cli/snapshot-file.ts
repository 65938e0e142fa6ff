/** Snapshots of a machine as files: compressed on the way out, either way on the way in. */
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type BlockDevice, decodeSnapshot, encodeSnapshot, Machine, SnapshotMismatch } from '../machine/index.js';
import { processors } from '../machine/processors/index.js';
import { UsageError } from './errors.js';
import { writeOutputFile } from './output-file.js';

const MIB = 0x100000;

export function saveSnapshot(machine: Machine, path: string): void {
  writeOutputFile('--save', path, gzipSync(encodeSnapshot(machine.snapshot())));
}

/**
 * A machine that goes on where a snapshot was taken.
 * @throws UsageError when the file cannot be read or is no snapshot that this program understands
 */
export function resumeSnapshot(path: string, core: WebAssembly.Module, disks: readonly BlockDevice[]): Machine {
  try {
    const bytes = readFileSync(path);
    const compressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const snapshot = decodeSnapshot(compressed ? gunzipSync(bytes) : bytes);
    const preset = processors[snapshot.processor];
    if (!preset) {
      const known = Object.keys(processors).join(', ');
      throw new SnapshotMismatch(`made with the unknown preset ${snapshot.processor}; there are ${known}`);
    }
    const machine = Machine.create({ core, preset, memoryMiB: snapshot.memoryBytes / MIB, devices: { disks } });
    machine.restore(snapshot);
    return machine;
  } catch (error) {
    throw new UsageError(`--resume ${path}: ${(error as Error).message}`);
  }
}
