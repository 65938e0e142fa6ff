// The network device of the native kernel: the e1000, with a transmit buffer a frame.

import {
  E1000,
  E1000_IDENTIFICATION,
  E1000_REGISTERS,
  e1000Acknowledge,
  e1000Completed,
  e1000Init,
  e1000Queue,
  e1000Start,
  RING,
} from '../../lib/e1000';
import {
  COMMAND_MASTER,
  COMMAND_MEMORY,
  PCI_BAR0,
  PCI_COMMAND,
  PCI_INTERRUPT,
  pciFind,
  pciRead,
  pciWrite,
} from '../../lib/pci';
import { packetsDone } from '../guest/stubs';
import { mapDevice, physicalOf } from './physical';

const BUFFERS: u32 = 16;
const BUFFER_SIZE: u32 = 2048;
const NO_LINE: u32 = 16;

const buffers: usize = memory.data(16 * 2048, 4096);
const ring: usize = memory.data(64 * 16, 4096);
const nic: E1000 = changetype<E1000>(memory.data(16, 4));
let line: u32 = NO_LINE;

/** Finds and readies the device, if there is one. */
export function networkInit(): void {
  const device = pciFind(E1000_IDENTIFICATION);
  if (device == 32) return;
  pciWrite(device, PCI_COMMAND, pciRead(device, PCI_COMMAND) | COMMAND_MEMORY | COMMAND_MASTER);
  line = pciRead(device, PCI_INTERRUPT) & 0xff;
  const registers = mapDevice(pciRead(device, PCI_BAR0) & ~15, E1000_REGISTERS);
  e1000Init(nic, registers, ring, physicalOf(ring));
}

export function nicLine(): u32 {
  return line;
}

export function nicInterrupt(): void {
  if (e1000Acknowledge(nic)) packetsDone(e1000Completed(nic));
}

export function packetBuffers(): u32 {
  return line < NO_LINE ? min(BUFFERS, RING - 1) : 0;
}

export function packetBuffer(i: u32): usize {
  return buffers + i * BUFFER_SIZE;
}

export function packetQueue(i: u32, length: u32): void {
  e1000Queue(nic, physicalOf(packetBuffer(i)), length);
}

export function packetStart(): void {
  e1000Start(nic);
}
