// PCI configuration by mechanism 1 (PCI Local Bus 2.1, 3.2.2.3), bus 0 only.
import { inl, outl } from './x86';

const ADDRESS: u32 = 0xcf8;
const DATA: u32 = 0xcfc;

export const PCI_COMMAND: u32 = 0x04;
export const PCI_BAR0: u32 = 0x10;
/** Low byte: the line of the interrupt controller that the firmware routed the function to. */
export const PCI_INTERRUPT: u32 = 0x3c;
export const COMMAND_MEMORY: u32 = 2;
export const COMMAND_MASTER: u32 = 4;

/** `device` is the device's number on bus 0 (function 0); `register` a multiple of 4. */
export function pciRead(device: u32, register: u32): u32 {
  outl(ADDRESS, 0x80000000 | (device << 11) | register);
  return inl(DATA);
}

export function pciWrite(device: u32, register: u32, value: u32): void {
  outl(ADDRESS, 0x80000000 | (device << 11) | register);
  outl(DATA, value);
}

/** The device with this identification (device << 16 | vendor), or 32. */
export function pciFind(identification: u32): u32 {
  let device: u32 = 0;
  while (device < 32 && pciRead(device, 0) != identification) device++;
  return device;
}
