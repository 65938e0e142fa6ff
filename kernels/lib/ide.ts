// The first disk on the primary IDE channel (ATA-4, T13/1153D; bus mastering: Intel 82371SB data sheet, section 2.7). Sectors
// are addressed by 28 bits. A request is one command of up to 256 sectors: by bus master, which reads and writes memory by
// itself and interrupts when it is done, or by the processor, a word at a time.
import { inb, inw, outb, outl, outw } from './x86';

const DATA: u32 = 0x1f0;
const ERROR: u32 = 0x1f1;
const COUNT: u32 = 0x1f2;
const LBA_LOW: u32 = 0x1f3;
const LBA_MIDDLE: u32 = 0x1f4;
const LBA_HIGH: u32 = 0x1f5;
const DEVICE: u32 = 0x1f6;
const STATUS: u32 = 0x1f7;
const CONTROL: u32 = 0x3f6;

const STATUS_ERROR: u32 = 0x01;
const STATUS_REQUEST: u32 = 0x08;
const STATUS_FAULT: u32 = 0x20;
const STATUS_BUSY: u32 = 0x80;
const NO_INTERRUPTS: u32 = 2;
/** Device 0, by LBA. */
const DEVICE_0: u32 = 0xe0;

const IDENTIFY: u32 = 0xec;
const READ_SECTORS: u32 = 0x20;
const WRITE_SECTORS: u32 = 0x30;
const READ_DMA: u32 = 0xc8;
const WRITE_DMA: u32 = 0xca;

/** Line of the interrupt controller. */
export const IDE_LINE: u32 = 14;

// Registers of the bus master, primary channel.
const MASTER_COMMAND: u32 = 0;
const MASTER_STATUS: u32 = 2;
const MASTER_TABLE: u32 = 4;
const MASTER_START: u32 = 1;
const MASTER_TO_MEMORY: u32 = 8;
const MASTER_ERROR: u32 = 2;
const MASTER_INTERRUPT: u32 = 4;
const END_OF_TABLE: u32 = 0x80000000;

/** False: the device does not answer, or says that it failed. */
function ready(mask: u32): bool {
  for (let n: u32 = 0; n < 10000000; n++) {
    const status = inb(STATUS);
    if (status & STATUS_BUSY) continue;
    if (status & (STATUS_ERROR | STATUS_FAULT)) return false;
    if ((status & mask) == mask) return true;
  }
  return false;
}

/** Asks the device who it is; how many sectors it has, 0: there is none. No interrupt comes of this. */
export function ideIdentify(): u32 {
  outb(CONTROL, NO_INTERRUPTS);
  outb(DEVICE, DEVICE_0);
  const status = inb(STATUS);
  // An empty channel floats high, or reads as 0.
  if (!status || status == 0xff) return 0;
  outb(STATUS, IDENTIFY);
  if (!inb(STATUS) || !ready(STATUS_REQUEST)) return 0;
  let sectors: u32 = 0;
  for (let i: u32 = 0; i < 256; i++) {
    const word = inw(DATA);
    if (i == 60) sectors = word;
    if (i == 61) sectors |= word << 16;
  }
  return sectors;
}

function command(sector: u32, count: u32, code: u32): void {
  outb(DEVICE, DEVICE_0 | ((sector >> 24) & 15));
  outb(ERROR, 0);
  outb(COUNT, count & 0xff);
  outb(LBA_LOW, sector & 0xff);
  outb(LBA_MIDDLE, (sector >> 8) & 0xff);
  outb(LBA_HIGH, (sector >> 16) & 0xff);
  outb(STATUS, code);
}

/** Starts a request of `count` sectors by the processor; then idePiece moves them, in order. */
export function ideStart(write: bool, sector: u32, count: u32): void {
  outb(CONTROL, NO_INTERRUPTS);
  command(sector, count, write ? WRITE_SECTORS : READ_SECTORS);
}

/** Moves `bytes` (a multiple of 512) between the device and memory at linear address `at`; false: it failed. */
export function idePiece(write: bool, at: usize, bytes: u32): bool {
  for (let done: u32 = 0; done < bytes; done += 512) {
    if (!ready(STATUS_REQUEST)) return false;
    for (let i: u32 = 0; i < 512; i += 2) {
      if (write) outw(DATA, load<u16>(at + done + i));
      else store<u16>(at + done + i, <u16>inw(DATA));
    }
  }
  return true;
}

/** After the last piece of a write: did the device take it? */
export function ideFinish(): bool {
  return ready(0);
}

/** Entry `i` of the table that the bus master reads: `bytes` at `address`, which may not cross 64 KiB. */
export function ideDescribe(table: usize, i: u32, address: u32, bytes: u32, last: bool): void {
  store<u32>(table + (i << 3), address);
  store<u32>(table + (i << 3) + 4, (bytes & 0xffff) | (last ? END_OF_TABLE : 0));
}

/** Starts a request by the bus master at I/O address `master`, whose table lies at physical address `table`. */
export function ideStartMaster(master: u32, table: u32, write: bool, sector: u32, count: u32): void {
  const direction = write ? 0 : MASTER_TO_MEMORY;
  outb(CONTROL, 0);
  outl(master + MASTER_TABLE, table);
  outb(master + MASTER_COMMAND, direction);
  outb(master + MASTER_STATUS, MASTER_ERROR | MASTER_INTERRUPT);
  command(sector, count, write ? WRITE_DMA : READ_DMA);
  outb(master + MASTER_COMMAND, direction | MASTER_START);
}

/** After the interrupt: -1: it was not this device's; else 0, or 1 when the request failed. */
export function ideEnd(master: u32): i32 {
  const status = inb(master + MASTER_STATUS);
  if (!(status & MASTER_INTERRUPT)) return -1;
  outb(master + MASTER_COMMAND, 0);
  outb(master + MASTER_STATUS, MASTER_ERROR | MASTER_INTERRUPT);
  const device = inb(STATUS);
  return status & MASTER_ERROR || device & (STATUS_ERROR | STATUS_FAULT) ? 1 : 0;
}
