// Guest-physical and machine memory. This domain's memory appears as frames from 0 up, mapped at KERNEL_BASE; the VMM's list
// says which machine frame each is, and its machine-to-physical table the reverse. Only page tables, grants and devices
// see machine addresses.
import { Elements } from '../../lib/elements';
import { FRAME_MASK, PAGE_ACCESSED, PAGE_DIRTY, PAGE_PRESENT, PAGE_WRITE } from '../../lib/paging';
import { MACHINE_TO_PHYS } from '../../lib/xen/arch';
import { UVMF_INVLPG } from '../../lib/xen/mmu';
import { StartInfo } from '../../lib/xen/sharedInfo';
import { must, updateVaMapping } from './hypercalls';

export const KERNEL_BASE: u32 = 0xc0000000;

let machineFrames: Elements<u32> = changetype<Elements<u32>>(0);
let bootDirectory: usize = 0;

export function memoryInit(start: StartInfo): void {
  machineFrames = changetype<Elements<u32>>(<usize>start.mfnList);
  bootDirectory = start.ptBase;
}

/** The page directory this domain was built with, which lasts for ever: what is loaded when no program's is. */
export function kernelDirectory(): usize {
  return bootDirectory;
}

export function directoryMachine(): u32 {
  return machineOf(bootDirectory);
}

export function machineFrame(frame: u32): u32 {
  return machineFrames[frame >> 12];
}

/** A guest-physical page-table entry as the processor must see it, and back. */
export function toMachine(entry: u32): u32 {
  return (machineFrame(entry) << 12) | (entry & ~FRAME_MASK);
}

export function toPhysical(entry: u32): u32 {
  return (load<u32>(MACHINE_TO_PHYS + ((entry >> 12) << 2)) << 12) | (entry & ~FRAME_MASK);
}

/** Machine address of a byte of the kernel's own memory. */
export function machineOf(linear: usize): u32 {
  const physical = <u32>linear - KERNEL_BASE;
  return (machineFrame(physical) << 12) | (physical & ~FRAME_MASK);
}

const READ_ONLY: u32 = PAGE_PRESENT | PAGE_ACCESSED | PAGE_DIRTY;

/** The kernel gives up writing a page of its own, so that it can be a page table; and takes that back. */
export function setReadOnly(linear: u32): void {
  must(updateVaMapping(linear, (machineOf(linear) & FRAME_MASK) | READ_ONLY, UVMF_INVLPG));
}

export function setWritable(linear: u32): void {
  must(updateVaMapping(linear, (machineOf(linear) & FRAME_MASK) | READ_ONLY | PAGE_WRITE, UVMF_INVLPG));
}
