/**
 * The task file of a drive: what was last written to each register, and what was there before, since LBA48 commands take
 * two bytes of each; and the sector that it names. Three forms (ATA/ATAPI-6, 6.2; registers by their LBA names):
 *
 *     CHS     sector, cylinder low, cylinder high, head in DEVICE     LBA28   low, middle, high, bits 27-24 in DEVICE
 *     LBA48   low, middle, high as written last; bits 47-24 in the same order as written before
 */
import { SavedByName } from '../saved-state.js';
import type { Geometry } from './identify.js';
import { device, reg } from './registers.js';

export class TaskFile extends SavedByName {
  protected readonly stateFields = ['registers', 'previous'];
  readonly registers = new Uint8Array(8);
  readonly previous = new Uint8Array(8);

  write(offset: number, value: number): void {
    this.previous[offset] = this.registers[offset];
    this.registers[offset] = value;
  }

  /** Number of the sector; -1 for sector 0 of the first track, which does not exist. */
  sector(extended: boolean, { heads, sectors }: Geometry): number {
    const { registers, previous } = this;
    const low = registers[reg.LOW] | (registers[reg.MIDDLE] << 8) | (registers[reg.HIGH] << 16);
    if (extended) {
      return low + (previous[reg.LOW] + previous[reg.MIDDLE] * 0x100 + previous[reg.HIGH] * 0x10000) * 0x1000000;
    }
    const top = registers[reg.DEVICE] & 15;
    if (registers[reg.DEVICE] & device.LBA) return low + top * 0x1000000;
    return ((low >> 8) * heads + top) * sectors + (low & 0xff) - 1;
  }

  putSector(sector: number, extended: boolean, { heads, sectors }: Geometry): void {
    const { registers, previous } = this;
    const setTop = (bits: number) => {
      registers[reg.DEVICE] = (registers[reg.DEVICE] & 0xf0) | bits;
    };
    const byte = (index: number) => Math.floor(sector / 256 ** index) & 0xff;
    if (extended || registers[reg.DEVICE] & device.LBA) {
      for (let i = 0; i < 3; i++) {
        registers[reg.LOW + i] = byte(i);
        if (extended) previous[reg.LOW + i] = byte(i + 3);
      }
      if (!extended) setTop(byte(3) & 15);
      return;
    }
    const track = Math.floor(sector / sectors);
    const cylinder = Math.floor(track / heads);
    registers[reg.LOW] = (sector % sectors) + 1;
    registers[reg.MIDDLE] = cylinder & 0xff;
    registers[reg.HIGH] = cylinder >> 8;
    setTop(track % heads);
  }
}
