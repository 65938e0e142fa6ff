import { expect, it } from 'vitest';
import { buildCore } from '../../toolchain/driver/core.js';
import { chips } from '../verify/devices/chips/index.js';
import { deviceImage } from '../verify/devices/program.js';
import { valuesHere, valuesOfQemu } from '../verify/devices/run.js';
import { firstDifference, programOf } from '../verify/devices.js';
import { qemuMissing } from '../verify/oracles/machines.js';

const missing = qemuMissing();

/** The others take longer: `npm run verify -- devices`. */
const some = chips.filter(({ name }) => ['8259', '8042', 'PCI', 'APIC', 'e1000'].includes(name));

it.skipIf(missing).each(some)(
  `$name answers a random program as QEMU's does${missing ? ` (skipped: ${missing})` : ''}`,
  { timeout: 60_000 },
  async (chip) => {
    const core = await WebAssembly.compile((await buildCore()) as BufferSource);
    const steps = programOf(chip, 1, 50);
    const image = deviceImage(steps);
    const here = valuesHere(core, image);
    expect(here.length).toBeGreaterThan(30);
    expect(firstDifference(chip, steps, here, await valuesOfQemu(image))).toBeUndefined();
  },
);

it('a value that differs is found, and the access that read it', () => {
  const [chip] = chips;
  const steps = [
    ['outb', 0x21, 5] as const,
    ['inb', 0x21, 0] as const,
    ['window', 0, 0] as const,
    ['inb', 0xa1, 0] as const,
  ];
  expect(firstDifference(chip, steps, [5, 0x49000041, 0x57000000, 7], [5, 0x49000041, 0x57000000, 7])).toBeUndefined();
  const difference = firstDifference(chip, steps, [5, 0x49000041, 0x57000000, 7], [5, 0x49000041, 0x57000000, 6]);
  expect(difference).toBe('value 3 (step 3, inb a1): here 7, qemu 6');
});
