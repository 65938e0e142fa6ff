// What the measured programs print on every system, worked out here a second time, and the frames that leave the machine. The
// same must come from QEMU.
import { describe, expect, test } from 'vitest';
import { type ModuleWorkloadId, moduleWorkloadIds, systemIds, variants } from '../../experiments/system.js';
import { systems } from '../../experiments/systems/index.js';
import { bootHere, bootUnderQemu, noQemu, qemu } from '../../kernels/test/boots.js';

const PRIME = 0x01000193;
const START = 0x811c9dc5;
const step = (sum: number, value: number) => Math.imul(sum ^ value, PRIME) >>> 0;
const hashed = (bytes: Uint8Array, sum = START) => bytes.reduce(step, sum);
const hex = (sum: number) => sum.toString(16).padStart(8, '0');
const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);

/** Every getppid of a first process returns 0. */
function nullCalls(n: number): string {
  let sum = START;
  for (let i = 0; i < n; i++) sum = step(sum, 0);
  return `null-call operations=${n} checksum=${hex(sum)}`;
}

/** Each page holds the number of repetitions its state still had to do; a write-protected one held ~index before. */
function pageFaults(operations: string[], states: number[]): string {
  let sum = START;
  for (const _ of operations)
    for (const n of states) for (let left = n; left > 0; left--) sum = hashed(words(left, 0), sum);
  const count = operations.length * states.reduce((a, b) => a + b, 0);
  return `page-fault operations=${count} checksum=${hex(sum)}`;
}

/** A message of `size` bytes after n answers: the first and the last word have been counted up by n. */
function message(size: number, n: number): Uint8Array {
  const contents = Uint32Array.from({ length: size / 4 }, (_, i) => Math.imul(i * 4, 0x01010101));
  contents[0] = (contents[0] as number) + n;
  contents[contents.length - 1] = (contents[contents.length - 1] as number) + n;
  return new Uint8Array(contents.buffer);
}

function service(sizes: number[], n: number): string[] {
  let sum = START;
  for (const size of sizes) sum = hashed(message(size, n), sum);
  const last = hashed(message(sizes.at(-1) as number, n));
  const count = sizes.length * n;
  return [
    `service-client operations=${count} checksum=${hex(sum)}`,
    `service-server operations=${count} checksum=${hex(last)}`,
  ];
}

function packets(sizes: number[], batches: number[], n: number) {
  const frames: Uint8Array[] = [];
  let sum = START;
  for (const size of sizes)
    for (const batch of batches)
      for (let i = 0; i < n * batch; i++) {
        const number = words(frames.length);
        const frame = Uint8Array.from({ length: size }, (_, at) => at);
        frame.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x88, 0xb5, ...number]);
        sum = hashed(number, sum);
        frames.push(frame);
      }
  return { line: `packet operations=${sizes.length * batches.length * n} checksum=${hex(sum)}`, frames };
}

/** The kernel threads answer each word with the next. */
function threads(n: number): string {
  let sum = START;
  for (let i = 0; i < n; i++) sum = step(sum, i + 1);
  return `ipc-primitive operations=${n} checksum=${hex(sum)}`;
}

const sent = packets([64, 1460], [1, 16], 3);
const scenarios: Record<ModuleWorkloadId, { args: string; lines: string[]; frames: Uint8Array[] }> = {
  'null-call': { args: 'states=first:1,warm:60,polluted-4:12', lines: [nullCalls(73)], frames: [] },
  'page-fault': {
    args: 'operations=demand-zero,write-protect states=first:1,warm:60',
    lines: [pageFaults(['demand-zero', 'write-protect'], [1, 60])],
    frames: [],
  },
  service: { args: 'sizes=4,252,4096 states=warm:55', lines: service([4, 252, 4096], 55), frames: [] },
  packet: { args: 'sizes=64,1460 batches=1,16 states=warm:3', lines: [sent.line], frames: sent.frames },
  'ipc-primitive': { args: 'states=warm:60', lines: [threads(60)], frames: [] },
};

/** Every way in which some system serves some workload. */
const rows = systemIds.flatMap((system) =>
  moduleWorkloadIds.flatMap((workload) =>
    variants[system][workload].map((variant) => [system, workload, variant] as const),
  ),
);

/** The programs' own lines, without what a VMM's console puts before them. */
const results = (lines: string[]) =>
  lines.map((line) => /[\w-]+ operations=\d+ checksum=[0-9a-f]{8}/.exec(line)?.[0] ?? '').filter((line) => line !== '');

describe.each(rows)('%s: %s by %s', (system, workload, variant) => {
  const { args, lines, frames } = scenarios[workload];
  const boot = systems[system].build({ workload, variant, seed: 3, timer: false, arguments: args });

  test('prints and sends what it should', () => {
    const outcome = bootHere(boot);
    expect(outcome.status).toBe(0);
    expect(results(outcome.lines).sort()).toEqual(lines);
    expect(outcome.packets).toEqual(frames);
  });

  test.runIf(qemu)(`does the same under QEMU${qemu ? '' : ` (${noQemu})`}`, () => {
    const outcome = bootUnderQemu(boot);
    expect(outcome.status).toBe(0);
    expect(results(outcome.lines).sort()).toEqual(lines);
    expect(outcome.packets).toEqual(frames);
  });
});
