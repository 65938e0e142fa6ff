// Who is running is part of a snapshot: domains, threads and their tables go on in a machine that loaded nothing.
import { expect, test } from 'vitest';
import { bootHere } from '../../kernels/test/boots.js';
import { Machine, type MachineSnapshot } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { coreBytes } from '../../toolchain/driver/core.js';
import { vmmBoot } from './boots.js';

test('two domains go on from snapshots as if nothing had happened', () => {
  const every = 4_000_037;
  const snapshots: MachineSnapshot[] = [];
  const boot = vmmBoot({
    dom0: 'net=on',
    domU: 'net=on',
    programsU: ['packet states=warm:2 sizes=64 batches=1,4', 'null-call states=warm:10'],
  });
  const whole = bootHere(boot, {
    watch: (machine) => {
      machine.observe({ sample: { every, take: () => void snapshots.push(machine.snapshot()) } });
    },
  });
  expect(whole.status).toBe(0);
  const core = new WebAssembly.Module(coreBytes() as BufferSource);
  const preset = processors['pentium3-800'];
  const points = [0, Math.floor(snapshots.length / 2), snapshots.length - 1].map((i) => snapshots[i]);
  expect(snapshots.length).toBeGreaterThan(2);
  for (const snapshot of points) {
    const machine = Machine.create({ core, preset, memoryMiB: 64 });
    machine.restore(snapshot);
    expect(machine.run(1_000_000_000n)).toMatchObject({ reason: 'exit', code: 0, cycle: whole.cycle });
    expect(machine.stateHash(), `from cycle ${snapshot.cycle}`).toBe(whole.machine.stateHash());
    expect(machine.ledger.snapshot()).toEqual(whole.machine.ledger.snapshot());
  }
});
