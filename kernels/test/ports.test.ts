// Counting a port's lines, which is what claims about porting effort rest on.
import { expect, test } from 'vitest';
import { projectRoot } from '../../experiments/runner/project.js';
import { codeLines, portNames, portSizes } from '../../toolchain/driver/ports.js';

test('a line counts when it holds more than blanks and comments', () => {
  const text = [
    '// one',
    '',
    'let a = 1; // two',
    '/* three',
    ' four */',
    '  /** five */ let b = 2;',
    "let c = 'http://x';",
  ];
  expect(codeLines(text.join('\n'))).toBe(3);
});

test('every folder with a port.ts is a port', () => {
  expect(portNames(projectRoot)).toEqual(['native', 'xen']);
});

test('own, library and shared lines are told apart', () => {
  const [native, xen] = portSizes(projectRoot);
  expect(native.guest).toBe(xen.guest);
  expect(native.own).toBeGreaterThan(native.ownStubs);
  // Drivers of this machine's devices are the native port's, the VMM's structures the other's.
  expect(native.library).toBeGreaterThan(100);
  expect(xen.library).toBeGreaterThan(100);
  expect(native.shared).toBeGreaterThan(0);
});
