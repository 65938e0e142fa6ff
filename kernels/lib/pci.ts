// PCI configuration by mechanism 1 (PCI Local Bus 2.1, 3.2.2.3), bus 0 only.
import { inl, outl } from './x86';

const ADDRESS: u32 = 0xcf8;
const DATA: u32 = 0xcfc;

export const PCI_COMMAND: u32 = 0x04;
export const PCI_BAR0: u32 = 0x10;
export const PCI_BAR4: u32 = 0x20;
/** Low byte: the line of the interrupt controller that the firmware routed the function to. */
export const PCI_INTERRUPT: u32 = 0x3c;
export const COMMAND_IO: u32 = 1;
export const COMMAND_MEMORY: u32 = 2;
export const COMMAND_MASTER: u32 = 4;

function address(device: u32, register: u32): u32 {
  return 0x80000000 | ((device & 31) << 11) | ((device >> 5) << 8) | register;
}

/** `device` is the device's number on bus 0, plus 32 times the function's; `register` a multiple of 4. */
export function pciRead(device: u32, register: u32): u32 {
  outl(ADDRESS, address(device, register));
  return inl(DATA);
}

export function pciWrite(device: u32, register: u32, value: u32): void {
  outl(ADDRESS, address(device, register));
  outl(DATA, value);
}

/** The device with this identification (device << 16 | vendor), or 32. */
export function pciFind(identification: u32): u32 {
  let device: u32 = 0;
  while (device < 32 && pciRead(device, 0) != identification) device++;
  return device;
}

/** The first function of bus 0 with this class (class << 8 | subclass), as device | function << 5 for the calls above; 256: none. */
export function pciFindClass(code: u32): u32 {
  for (let device: u32 = 0; device < 32; device++) {
    for (let part: u32 = 0; part < 8; part++) {
      const at = device | (part << 5);
      if (pciRead(at, 0) != 0xffffffff && pciRead(at, 8) >> 16 == code) return at;
    }
  }
  return 256;
}
