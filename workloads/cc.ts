// A small compiler: `cc SOURCE... -o FILE`. Statements of one language to code of a stack machine:
//
//   name = expression;      + - * ( ) numbers names
//
// The unit is parsed, then optimised by rounds of a peephole over all of its code, each held against a run of the code.
// ROUNDS says how much there is to compute for each byte that is read and written, and so sets the share of the kernel
// in a build; it was set once (experiments/macro.ts) and is frozen.
import { CHECKSUM_START, checksum } from '../kernels/lib/bytes';
import { optimiseUnit } from './compiler/optimise';
import { codeAt, codeLength, parseUnit, unitInit } from './compiler/parse';
import { close, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, open, readFully, writeAll } from './lib/files';
import { allocate } from './lib/memory';
import { complain, complainOf } from './lib/output';
import { textIs } from './lib/text';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

const SOURCE_MAX: u32 = 32 * 1024;
const ROUNDS: u32 = 72;

export function main(count: u32, words: usize): i32 {
  if (count < 4 || !textIs(load<u32>(words + ((count - 2) << 2)), '-o'))
    return complainOf('cc', 'expected SOURCE... -o FILE');
  const source = allocate(SOURCE_MAX);
  if (!source || !unitInit()) return complainOf('cc', 'out of memory');
  for (let i: u32 = 1; i < count - 2; i++) {
    const path = load<u32>(words + (i << 2));
    const fd = open(path, O_RDONLY);
    if (fd < 0) return complain('cc', path, fd);
    const length = readFully(fd, source, SOURCE_MAX - 1);
    close(fd);
    if (length < 0) return complain('cc', path, length);
    store<u8>(source + length, 0);
    if (!parseUnit(source)) return complain('cc', path, -22);
  }
  if (!optimiseUnit(ROUNDS)) return complainOf('cc', 'an optimisation changed what the unit computes');
  const path = load<u32>(words + ((count - 1) << 2));
  const fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  if (fd < 0) return complain('cc', path, fd);
  const bytes = codeLength << 2;
  store<u32>(codeAt(codeLength), checksum(CHECKSUM_START, codeAt(0), bytes));
  const written = writeAll(fd, codeAt(0), bytes + 4);
  close(fd);
  return written < 0 ? complain('cc', path, written) : 0;
}
