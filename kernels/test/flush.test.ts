// What a program wrote reaches the disk without its asking, in half a minute and a round of kupdate (kernels/guest/flush.ts).
import { expect, test } from 'vitest';
import { diskBytes } from '../../experiments/runner/disks.js';
import { projectRoot } from '../../experiments/runner/project.js';
import { Machine, MemoryDisk } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { coreBytes } from '../../toolchain/driver/core.js';
import { imageBytes } from '../../toolchain/driver/images.js';

const TEXT = 'telltale of kupdate';

/** Types the command; tells at each line of its output whether the disk holds the text. */
function watched(command: string, lines: readonly string[]): Record<string, boolean> {
  const drive = new MemoryDisk(diskBytes('system'));
  const core = new WebAssembly.Module(coreBytes() as BufferSource);
  const preset = processors['pentium3-800'];
  const machine = Machine.create({ core, preset, memoryMiB: 32, devices: { disks: [drive] } });
  const seen: Record<string, boolean> = {};
  let line = '';
  machine.observe({
    console: (byte) => {
      if (byte !== 10) {
        line += String.fromCharCode(byte);
        return;
      }
      // A prompt may stand before it.
      const name = lines.find((one) => line.trimEnd().endsWith(one));
      if (name !== undefined) seen[name] = Buffer.from(drive.bytes).includes(TEXT);
      line = '';
    },
  });
  machine.load(imageBytes('native', projectRoot), [], 'root=hda init=/bin/sh');
  machine.serial.feed(Buffer.from(`\n${command}\n`));
  machine.run(100_000_000_000n, () => lines.every((name) => name in seen));
  return seen;
}

test('the disk has it after 35 seconds at the latest, and not at once', () => {
  const command = `echo ${TEXT} > /data/f; echo writ""ten; sleep 20; echo ear""ly; sleep 16; echo la""te`;
  expect(watched(command, ['written', 'early', 'late'])).toEqual({ written: false, early: false, late: true });
});
