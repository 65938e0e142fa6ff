// Commands that only the shell itself can do, and `test`, which scripts use so often.
import { chdir, S_IFDIR, S_IFMT, S_IFREG, Stat, stat } from '../lib/files';
import { complain, complainOf } from '../lib/output';
import { waitFor } from '../lib/processes';
import { compareTexts, numberAt, text, textIs } from '../lib/text';
import { quit } from '../lib/unix';
import { lastStatus } from './expand';
import { replaceBy } from './programs';
import { assign, exportVariable, nameLength, valueOf } from './variables';

const word: usize = memory.data(4, 4);
const status: usize = memory.data(96, 8);

export function isBuiltin(name: usize): bool {
  return (
    textIs(name, 'cd') ||
    textIs(name, 'exit') ||
    textIs(name, 'export') ||
    textIs(name, 'wait') ||
    textIs(name, 'exec') ||
    textIs(name, ':') ||
    textIs(name, 'test') ||
    textIs(name, '[')
  );
}

function wordAt(list: usize, i: u32): usize {
  return load<u32>(list + (i << 2));
}

export function builtin(list: usize, count: u32): u32 {
  const name = load<u32>(list);
  if (textIs(name, 'cd')) return cd(count > 1 ? wordAt(list, 1) : 0);
  if (textIs(name, 'exit')) quit(count > 1 ? numberAt(wordAt(list, 1)) & 0xff : lastStatus);
  if (textIs(name, 'export')) return exportAll(list, count);
  if (textIs(name, 'wait')) return waitForAll();
  if (textIs(name, 'exec') && count > 1) replaceBy(list + 4);
  if (textIs(name, 'test')) return test(list, count);
  if (textIs(name, '[')) {
    if (textIs(wordAt(list, count - 1), ']')) return test(list, count - 1);
    return complainOf('sh', '[ without ]') + 1;
  }
  return 0;
}

function cd(path: usize): u32 {
  if (!path) path = valueOf(text('HOME'), 4);
  if (!path) path = text('/');
  const result = chdir(path);
  return result < 0 ? complain('cd', path, result) : 0;
}

function exportAll(list: usize, count: u32): u32 {
  for (let i: u32 = 1; i < count; i++) {
    const entry = wordAt(list, i);
    if (nameLength(entry)) assign(entry, true);
    else if (!exportVariable(entry)) return complainOf('export', 'no such variable');
  }
  return 0;
}

function waitForAll(): u32 {
  while (waitFor(-1, word, 0) > 0);
  // ^C ends the wait, and none of those that run behind.
  return 0;
}

/** `test -f path`, `-d`, `-e`, `-z text`, `-n text`, `a = b`, `a != b`; 0 is true. */
function test(list: usize, count: u32): u32 {
  if (count > 2 && textIs(wordAt(list, 1), '!')) return test(list + 4, count - 1) ? 0 : 1;
  if (count == 2) return load<u8>(wordAt(list, 1)) ? 0 : 1;
  if (count == 4) {
    const equal = compareTexts(wordAt(list, 1), wordAt(list, 3)) == 0;
    if (textIs(wordAt(list, 2), '=')) return equal ? 0 : 1;
    if (textIs(wordAt(list, 2), '!=')) return equal ? 1 : 0;
  }
  if (count == 3) {
    const option = wordAt(list, 1);
    const operand = wordAt(list, 2);
    if (textIs(option, '-z')) return load<u8>(operand) ? 1 : 0;
    if (textIs(option, '-n')) return load<u8>(operand) ? 0 : 1;
    const found = stat(operand, status) == 0;
    const kind = changetype<Stat>(status).mode & S_IFMT;
    if (textIs(option, '-e')) return found ? 0 : 1;
    if (textIs(option, '-f')) return found && kind == S_IFREG ? 0 : 1;
    if (textIs(option, '-d')) return found && kind == S_IFDIR ? 0 : 1;
  }
  return complainOf('test', 'expected -e|-f|-d PATH, -z|-n TEXT, A = B or A != B') + 1;
}
