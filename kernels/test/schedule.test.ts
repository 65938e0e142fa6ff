// The scheduler's shares (workloads/priorities.ts), here and under QEMU.
import { expect, test } from 'vitest';
import type { Boot } from '../../experiments/system.js';
import { bootHere, bootUnderQemu, noQemu, qemu } from './boots.js';

const boot: Boot = { image: 'native', modules: [{ image: 'priorities', args: 'priorities' }], append: 'seed=1' };
const lines = ['kernel native', 'priorities ok'];

test('a nice process gets on, and the other one further', () => {
  expect(bootHere(boot, { processor: '486dx2-66' })).toMatchObject({ status: 0, lines });
});

test.runIf(qemu)(`the same under QEMU${qemu ? '' : ` (${noQemu})`}`, () => {
  expect(bootUnderQemu(boot)).toMatchObject({ status: 0, lines });
});
