// Linear addresses of what is not this domain's ordinary memory, in the last 4 MiB below the VMM; one page table, made at
// boot so that every space has it.
import { Structs } from '../../lib/elements';
import {
  FRAME_MASK,
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_NO_CACHE,
  PAGE_PRESENT,
  PAGE_WRITE,
  PAGE_WRITE_THROUGH,
} from '../../lib/paging';
import { GrantEntry } from '../../lib/xen/grants';
import { UVMF_INVLPG } from '../../lib/xen/mmu';
import { SharedInfo } from '../../lib/xen/sharedInfo';
import { must, updateEntry, updateVaMapping } from './hypercalls';
import { directoryMachine, machineOf, setReadOnly } from './memory';
import { addressOf_fixmapTable } from './stubs';

const FIXMAP: u32 = 0xfb800000;
export const SHARED_INFO: u32 = 0xfb800000;
const GRANT_TABLE: u32 = 0xfb801000;
/** Domain 0's view of the guest's store page, of a device's ring, and of the channel's three pages. */
export const REMOTE_STORE: u32 = 0xfb805000;
export const REMOTE_RING: u32 = 0xfb806000;
export const REMOTE_CHANNEL: u32 = 0xfb808000;
export const DEVICE_REGISTERS: u32 = 0xfb840000;
/** One page for each packet that domain 0 has mapped. */
export const PACKET_WINDOWS: u32 = 0xfb900000;

const WRITABLE: u32 = PAGE_PRESENT | PAGE_WRITE | PAGE_ACCESSED | PAGE_DIRTY;

export function sharedInfo(): SharedInfo {
  return changetype<SharedInfo>(<usize>SHARED_INFO);
}

/** This domain's grant entries, in pages of which mapGrantTable maps one. */
export function grantTable(): Structs<GrantEntry> {
  return changetype<Structs<GrantEntry>>(<usize>GRANT_TABLE);
}

export function mapGrantTable(page: u32, machine: u32): void {
  mapMachine(GRANT_TABLE + (page << 12), machine);
}

export function fixmapInit(): void {
  const table = addressOf_fixmapTable();
  setReadOnly(table);
  must(
    updateEntry(
      directoryMachine() + ((FIXMAP >> 22) << 2),
      machineOf(table) | PAGE_PRESENT | PAGE_WRITE | PAGE_ACCESSED,
    ),
  );
}

/** Maps the page at machine address `machine`. */
export function mapMachine(linear: u32, machine: u32): void {
  must(updateVaMapping(linear, (machine & FRAME_MASK) | WRITABLE, UVMF_INVLPG));
}

export function mapRegisters(machine: u32, bytes: u32): usize {
  for (let at: u32 = 0; at < bytes; at += 4096) {
    must(
      updateVaMapping(
        DEVICE_REGISTERS + at,
        (machine + at) | WRITABLE | PAGE_NO_CACHE | PAGE_WRITE_THROUGH,
        UVMF_INVLPG,
      ),
    );
  }
  return DEVICE_REGISTERS;
}
