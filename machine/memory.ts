/** Guest memory as an observer reads it: no access is charged, no TLB or accessed bit changes. */
import type { Core } from './core.js';

/** Bit 31 of CR0. */
const PAGING = 0x80000000;

export class GuestMemory {
  private readonly view: DataView;

  constructor(private readonly core: Core) {
    this.view = new DataView(core.ram.buffer, core.ram.byteOffset, core.ram.byteLength);
  }

  /** All of RAM, by physical address; not a copy. */
  get ram(): Uint8Array {
    return this.core.ram;
  }

  /** A 32-bit word at a physical address, or null beyond RAM. */
  read32(physical: number): number | null {
    return physical + 4 <= this.view.byteLength ? this.view.getUint32(physical, true) : null;
  }

  /** Physical address behind a linear one under the current CR3, or null where nothing is mapped. */
  translate(linear: number): number | null {
    if (this.core.get('cr0') < PAGING) return linear >>> 0;
    const physical = this.core.exports.translate(linear | 0);
    return physical === -1 ? null : physical >>> 0;
  }

  /** A 32-bit word at a linear address that does not cross a page, or null where nothing is mapped. */
  readLinear32(linear: number): number | null {
    const physical = this.translate(linear);
    return physical === null ? null : this.read32(physical);
  }

  /** Bytes at a linear address, page by page; null where any of it is not mapped. */
  readLinear(linear: number, length: number): Uint8Array | null {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const physical = this.translate(linear + done);
      if (physical === null) return null;
      const part = Math.min(length - done, 0x1000 - (physical & 0xfff));
      if (physical + part > this.ram.length) return null;
      bytes.set(this.ram.subarray(physical, physical + part), done);
      done += part;
    }
    return bytes;
  }
}
