// The port contract (kernels/ports/README.md): one suite for every port. What a port does not have yet is skipped by the
// suite itself, with the reason. Here a few combinations of options; `npm run verify -- contract` runs all of them.
import { describe, expect, test } from 'vitest';
import { contractDisk, contractLines, nativeContract, xenContract, xenSkips } from '../../verify/guest/contract.js';
import { bootHere, bootUnderQemu, noQemu, qemu } from './boots.js';

describe('native', () => {
  test.each([
    ['486dx2-66', ''],
    ['pentium3-800', 'pages=4k'],
    ['xeon-p4-2400', 'global=off'],
    ['pentium3-800', 'disk=pio timer=apic'],
  ])('keeps the contract on %s, %s', (processor, options) => {
    const outcome = bootHere(nativeContract(options), { processor, disk: contractDisk(), memoryMiB: 32 });
    expect(outcome.lines).toEqual(['kernel native', ...contractLines()]);
    expect(outcome.status).toBe(0);
    expect(Buffer.compare(outcome.disk as Uint8Array, contractDisk())).toBe(0);
  });

  test('skips what the machine does not have', () => {
    const { lines } = bootHere(nativeContract('timer=off'));
    expect(lines.slice(1)).toEqual(contractLines({ time: 'timer=off', disk: 'no block device' }));
  });

  test.runIf(qemu)(`keeps it under QEMU${qemu ? '' : ` (${noQemu})`}`, () => {
    const outcome = bootUnderQemu(nativeContract(''), 'qemu32', contractDisk());
    expect(outcome).toMatchObject({ status: 0, lines: ['kernel native', ...contractLines()] });
  });
});

describe('xen', () => {
  test('keeps the contract', () => {
    const { lines } = bootHere(xenContract('timer=on', ''));
    expect(lines.filter((line) => line.startsWith('contract'))).toEqual(contractLines(xenSkips));
  });
});
