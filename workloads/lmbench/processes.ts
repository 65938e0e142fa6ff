// fork and exit; fork, exec and exit; the same through the shell.
import { __region_begin, __region_end } from '../../kernels/lib/hooks';
import { close } from '../lib/files';
import { execute, exit, exitStatus, fork, waitFor } from '../lib/processes';
import { text } from '../lib/text';
import { environment } from '../lib/unix';

const words: usize = memory.data(16, 4);
const status: usize = memory.data(4, 4);
/** Sum of the children's exit statuses: 0 where all went well. */
export let failures: u32 = 0;

export function forkExit(batch: u32, n: u32): void {
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) {
      const child = fork();
      if (!child) exit(0);
      waitFor(child, status, 0);
    }
    __region_end();
    failures += exitStatus(load<u32>(status));
  }
}

/** The child closes its output first, as lmbench does, so that the program's greeting goes nowhere. */
function run(path: usize, batch: u32, n: u32): void {
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) {
      const child = fork();
      if (!child) {
        close(1);
        execute(path, words, environment);
        exit(127);
      }
      waitFor(child, status, 0);
    }
    __region_end();
    failures += exitStatus(load<u32>(status));
  }
}

export function forkExec(batch: u32, n: u32): void {
  store<u32>(words, text('/bin/hello'));
  store<u32>(words + 4, 0);
  run(load<u32>(words), batch, n);
}

export function forkShell(batch: u32, n: u32): void {
  store<u32>(words, text('sh'));
  store<u32>(words + 4, text('-c'));
  store<u32>(words + 8, text('/bin/hello'));
  store<u32>(words + 12, 0);
  run(text('/bin/sh'), batch, n);
}
