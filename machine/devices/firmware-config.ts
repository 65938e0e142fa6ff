/** QEMU's configuration interface (fw_cfg), as far as kernels ask it for sizes: a selector at 510h, bytes at 511h. */
import type { Device } from './device.js';
import { SavedByName } from './saved-state.js';

const selector = { SIGNATURE: 0x00, ID: 0x01, RAM_SIZE: 0x03, PROCESSORS: 0x05, MOST_PROCESSORS: 0x0f, FILES: 0x19 };

export class FirmwareConfig extends SavedByName implements Device {
  readonly name = 'firmware configuration';
  readonly ports = [{ first: 0x510, last: 0x511 }];
  protected readonly stateFields = ['selected', 'position'];
  private selected = 0;
  private position = 0;
  private readonly items: ReadonlyMap<number, readonly number[]>;

  constructor(ramBytes: number) {
    super();
    const little = (value: number, bytes: number) =>
      Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) & 0xff);
    this.items = new Map([
      [selector.SIGNATURE, [...'QEMU'].map((c) => c.charCodeAt(0))],
      // The traditional interface alone, without DMA.
      [selector.ID, little(1, 4)],
      [selector.RAM_SIZE, little(ramBytes, 8)],
      [selector.PROCESSORS, little(1, 2)],
      [selector.MOST_PROCESSORS, little(1, 2)],
      [selector.FILES, little(0, 4)],
    ]);
  }

  read(port: number): number {
    if (port === 0x510) return 0;
    return this.items.get(this.selected)?.[this.position++] ?? 0;
  }

  write(port: number, size: number, value: number): void {
    if (port !== 0x510 || size !== 2) return;
    this.selected = value & 0x3fff;
    this.position = 0;
  }
}
