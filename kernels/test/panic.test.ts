// A fault of the kernel itself: it says what it was doing and ends with a failed check, and the host names the functions.
import { expect, test } from 'vitest';
import { projectRoot } from '../../experiments/runner/project.js';
import { stackText } from '../../experiments/runner/stack.js';
import type { Boot } from '../../experiments/system.js';
import { Symbols } from '../../toolchain/debug/info.js';
import { debugInfo, imageBytes, imagePath } from '../../toolchain/driver/images.js';
import { symbolsOf } from '../../vmm/test/symbols.js';
import { bootHere } from './boots.js';

const CALL_GETPID = 20;
const boot: Boot = { image: 'native', modules: [{ image: 'checks', args: 'checks only=identity' }], append: 'seed=1' };

test('a panic tells its stack, with names, and fails the run', () => {
  const path = imagePath('native', projectRoot);
  const table = symbolsOf(imageBytes('native', projectRoot)).get('syscallTable') as number;
  const { status, lines, machine } = bootHere(boot, {
    // The first call of getpid goes to address 0, where nothing is.
    watch: (m) => m.memory.ram.fill(0, table - 0xc0000000 + CALL_GETPID * 4, table - 0xc0000000 + CALL_GETPID * 4 + 4),
  });
  expect(status).toBe(3);
  expect(lines.at(-2)).toBe('exception 14 error 00000000 eip 00000000 address 00000000, kernel');
  expect(lines.at(-1)).toMatch(/^stack: 00000000( c01[0-9a-f]{5})+$/);

  const info = debugInfo(path);
  if (!info) throw new Error(`${path} has no symbols beside it`);
  const symbols = new Symbols(info);
  const traced = (lines.at(-1) as string).split(' ').slice(2);
  const names = traced.map((word) => symbols.find(Number.parseInt(word, 16))?.function ?? '');
  // Where the table's handler returns to (kernels/ports/native/stubs/entry.ts).
  expect(names).toContain('called');
  expect(stackText(machine, [info])).toMatch(/pageFault[\s\S]*called/);
});
