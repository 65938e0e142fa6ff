// The disk of the native kernel: the first one on the primary IDE channel, by bus master where the controller is one
// (`disk=dma`, as Linux 2.4 with DMA on), else or with `disk=pio` by the processor.
import {
  IDE_LINE,
  ideDescribe,
  ideEnd,
  ideFinish,
  ideIdentify,
  idePiece,
  ideStart,
  ideStartMaster,
} from '../../lib/ide';
import { COMMAND_IO, COMMAND_MASTER, PCI_BAR4, PCI_COMMAND, pciFindClass, pciRead, pciWrite } from '../../lib/pci';
import { option, wordIs } from '../../lib/text';
import { diskDone } from '../guest/stubs';
import { linearOf, physicalOf } from './physical';

export const DISK_LINE: u32 = IDE_LINE;
/** Mass storage, IDE; bit 7 of the interface: a bus master. */
const CLASS_IDE: u32 = 0x0101;
const INTERFACE_MASTER: u32 = 0x80;
/** What pciFindClass says when there is none. */
const NO_DEVICE: u32 = 256;

const table: usize = memory.data(16 * 8, 128);
let sectors: u32 = 0;
/** I/O address of the bus master; 0: none. */
let master: u32 = 0;

/** The controller's place on the bus, if it is a bus master; NO_DEVICE: there is none. */
function masterDevice(): u32 {
  const device = pciFindClass(CLASS_IDE);
  return device != NO_DEVICE && (pciRead(device, 8) >> 8) & INTERFACE_MASTER ? device : NO_DEVICE;
}

/** Values of `disk=`. */
export function diskWays(): string {
  return masterDevice() == NO_DEVICE ? 'pio' : 'dma, pio';
}

/** Looks for the disk. */
export function diskFind(commandLine: usize): void {
  sectors = ideIdentify();
  const how = option(commandLine, 'disk');
  if (!sectors || (how && wordIs(how, 'pio'))) return;
  const device = masterDevice();
  if (device == NO_DEVICE) return;
  pciWrite(device, PCI_COMMAND, pciRead(device, PCI_COMMAND) | COMMAND_IO | COMMAND_MASTER);
  master = pciRead(device, PCI_BAR4) & 0xfff0;
}

export function diskInterrupts(): bool {
  return master != 0;
}

export function diskSectors(): u32 {
  return sectors;
}

/** Piece i of `count`: two words at `pieces`, a frame's address and a length in bytes. */
export function diskStart(write: bool, sector: u32, pieces: usize, count: u32): void {
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < count; i++) bytes += load<u32>(pieces + (i << 3) + 4);
  if (!master) return byProcessor(write, sector, pieces, count, bytes >> 9);
  for (let i: u32 = 0; i < count; i++) {
    ideDescribe(table, i, load<u32>(pieces + (i << 3)), load<u32>(pieces + (i << 3) + 4), i + 1 == count);
  }
  ideStartMaster(master, physicalOf(table), write, sector, bytes >> 9);
}

function byProcessor(write: bool, sector: u32, pieces: usize, count: u32, sectors: u32): void {
  ideStart(write, sector, sectors);
  let good: bool = true;
  for (let i: u32 = 0; good && i < count; i++) {
    good = idePiece(write, linearOf(load<u32>(pieces + (i << 3))), load<u32>(pieces + (i << 3) + 4));
  }
  diskDone(good && ideFinish() ? 0 : 1);
}

export function diskInterrupt(): void {
  const result = ideEnd(master);
  if (result >= 0) diskDone(result);
}
