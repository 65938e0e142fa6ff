// Transmit side of the Intel 82540EM (Intel PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual,
// chapters 3.3, 13 and 14). One source for every kernel and driver server here; what differs is who maps the registers,
// who allocates memory that the device can read, and who hears the interrupt.
//
// The ring has RING descriptors of 16 bytes; [done, next) belong to the device:
//
//   +0 buffer address (64 bits)   +8 length (16) | checksum offset (8) | command (8)   +12 status (8) | ... (24)
//
// Every frame asks for its status to be written back (RS) with a delayed interrupt (IDE): the interrupt comes once the
// device has been silent for TRANSMIT_DELAY. The delay is long against the handling of a batch, so the interrupt always
// finds a system that waits, whatever the batch cost: elapsed time contains the delay, busy time does not.
import { vload32, vstore32 } from './x86';

export const E1000_IDENTIFICATION: u32 = 0x100e8086;
/** Descriptors; the ring takes RING * 16 bytes, physically contiguous, aligned to 16. One slot always stays empty. */
export const RING: u32 = 64;
/** In units of 1.024 us (section 13.4.44, TIDV). */
export const TRANSMIT_DELAY: u32 = 1024;
/** Bytes of register space behind BAR 0. */
export const E1000_REGISTERS: u32 = 0x20000;

const CTRL: usize = 0x0000;
const ICR: usize = 0x00c0;
const IMS: usize = 0x00d0;
const IMC: usize = 0x00d8;
const TCTL: usize = 0x0400;
const TIPG: usize = 0x0410;
const TDBAL: usize = 0x3800;
const TDBAH: usize = 0x3804;
const TDLEN: usize = 0x3808;
const TDH: usize = 0x3810;
const TDT: usize = 0x3818;
const TIDV: usize = 0x3820;
const TADV: usize = 0x382c;

const CTRL_AUTO_SPEED: u32 = 1 << 5;
const CTRL_LINK_UP: u32 = 1 << 6;
const CTRL_RESET: u32 = 1 << 26;
/** Enable, pad short frames, collision threshold 15, collision distance for full duplex 64. */
const TCTL_VALUE: u32 = (1 << 1) | (1 << 3) | (0x0f << 4) | (0x40 << 12);
/** The manual's value for the 82540EM with copper: 10, 8, 6. */
const TIPG_VALUE: u32 = 10 | (8 << 10) | (6 << 20);
const INTERRUPT_TRANSMITTED: u32 = 1;
/** EOP, IFCS, RS, IDE. */
const COMMAND: u32 = (0x01 | 0x02 | 0x08 | 0x80) << 24;
const STATUS_DONE: u32 = 1;

@unmanaged
export class E1000 {
  registers: usize;
  /** The ring as the driver sees it. */
  ring: usize;
  /** Next free slot, and the oldest that the device still has. */
  next: u32;
  done: u32;
}

/**
 * Resets the device and readies its transmitter. `registers`: linear address of BAR 0's space, not cached. `ring`: linear
 * address of RING * 16 bytes; `ringDma`: the address at which the device finds them.
 */
export function e1000Init(nic: E1000, registers: usize, ring: usize, ringDma: u32): void {
  nic.registers = registers;
  nic.ring = ring;
  nic.next = 0;
  nic.done = 0;
  for (let i: u32 = 0; i < RING * 16; i += 4) store<u32>(ring + i, 0);
  vstore32(registers + IMC, ~0);
  vstore32(registers + CTRL, CTRL_RESET);
  while (vload32(registers + CTRL) & CTRL_RESET) {}
  vstore32(registers + IMC, ~0);
  vload32(registers + ICR);
  vstore32(registers + CTRL, CTRL_LINK_UP | CTRL_AUTO_SPEED);
  vstore32(registers + TDBAL, ringDma);
  vstore32(registers + TDBAH, 0);
  vstore32(registers + TDLEN, RING * 16);
  vstore32(registers + TDH, 0);
  vstore32(registers + TDT, 0);
  vstore32(registers + TIDV, TRANSMIT_DELAY);
  vstore32(registers + TADV, 0);
  vstore32(registers + TIPG, TIPG_VALUE);
  vstore32(registers + TCTL, TCTL_VALUE);
  vstore32(registers + IMS, INTERRUPT_TRANSMITTED);
}

/** Free slots: how many frames e1000Queue takes now. */
export function e1000Room(nic: E1000): u32 {
  return RING - 1 - ((nic.next - nic.done) & (RING - 1));
}

/** Puts a frame of `length` bytes at `dma` into the ring; the caller has checked e1000Room. */
export function e1000Queue(nic: E1000, dma: u32, length: u32): void {
  const slot = nic.ring + (nic.next << 4);
  vstore32(slot, dma);
  vstore32(slot + 8, COMMAND | length);
  vstore32(slot + 12, 0);
  nic.next = (nic.next + 1) & (RING - 1);
}

/** Hands all queued frames to the device. */
export function e1000Start(nic: E1000): void {
  vstore32(nic.registers + TDT, nic.next);
}

/** Acknowledges the interrupt; false: it was not this device's. */
export function e1000Acknowledge(nic: E1000): bool {
  return vload32(nic.registers + ICR) != 0;
}

/** How many frames have been sent since the last call; they are taken off the ring in order. */
export function e1000Completed(nic: E1000): u32 {
  let n: u32 = 0;
  while (nic.done != nic.next && vload32(nic.ring + (nic.done << 4) + 12) & STATUS_DONE) {
    nic.done = (nic.done + 1) & (RING - 1);
    n++;
  }
  return n;
}
