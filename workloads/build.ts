// The build, measured as one operation: the shell runs /src/build.sh, which compiles every file of /src.
import { CHECKSUM_START, checksum } from '../kernels/lib/bytes';
import { __region_begin, __region_end } from '../kernels/lib/hooks';
import { close, O_RDONLY, open, read } from './lib/files';
import { complainOf, newline, print, printHex, printNumber } from './lib/output';
import { execute, exit, exitStatus, fork, waitFor } from './lib/processes';
import { text } from './lib/text';
import { environment } from './lib/unix';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

const words: usize = memory.data(12, 4);
const status: usize = memory.data(4, 4);
const buffer: usize = memory.data(4096, 4096);

export function main(): i32 {
  store<u32>(words, text('sh'));
  store<u32>(words + 4, text('/src/build.sh'));
  store<u32>(words + 8, 0);
  const shell = text('/bin/sh');
  __region_begin();
  const child = fork();
  if (!child) {
    execute(shell, words, environment);
    exit(127);
  }
  waitFor(child, status, 0);
  __region_end();
  if (exitStatus(load<u32>(status))) return complainOf('build', 'the script failed');
  const fd = open(text('/data/program'), O_RDONLY);
  let sum: u32 = CHECKSUM_START;
  let bytes: u32 = 0;
  for (let n = read(fd, buffer, 4096); n > 0; n = read(fd, buffer, 4096)) {
    sum = checksum(sum, buffer, n);
    bytes += n;
  }
  close(fd);
  print('build bytes=');
  printNumber(bytes);
  print(' checksum=');
  printHex(sum);
  newline();
  return bytes ? 0 : 1;
}
