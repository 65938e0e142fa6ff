/** The machine's public interface. */

export { type BlockDevice, MemoryDisk } from './devices/ide/block-device.js';
export { PacketLog, type PacketPort } from './devices/packet-port.js';
export { SnapshotMismatch } from './devices/saved-state.js';
export { type Disassembled, type DisassembleOptions, disassemble } from './disassembler.js';
export { ImageError, LedgerError, RegionError, UnknownComponentError } from './errors.js';
export type { Module } from './image/multiboot.js';
export { type ImageNote, readNote } from './image/note.js';
export type { Crossing, CrossingCounts } from './ledger/crossings.js';
export type { AccountRow, LedgerDifference, Snapshot } from './ledger/ledger.js';
export {
  RegionMeter,
  type RegionResult,
  type RegionSample,
  type RegionStep,
  type RegionTrace,
  type TraceRequest,
} from './ledger/region.js';
export { Machine, type MachineOptions, MEMORY_LIMITS, type Stop } from './machine.js';
export type { GuestMemory } from './memory.js';
export type { HookPlace, Observer } from './observer.js';
export { type DeviceOptions, defaultDevices } from './pc.js';
export { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION, type Snapshot as MachineSnapshot } from './snapshot.js';
