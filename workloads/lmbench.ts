// The rows of lmbench, after its methods: `lmbench operations=ROW,... batches=N states=warm:N`. Rows are named as in
// the published tables (experiments/reference/figures.json); those called overhead, send and catch are what lmbench
// measures to take it off another row.
import { batchAt, measureInit, repetitionsOfAll } from '../kernels/lib/measure';
import { nextItem, numberAfter, option, startsWith, wordIs } from '../kernels/lib/text';
import { argumentsText } from './lib/arguments';
import { complainOf, flushOutput, newline, print, printHex, printNumber } from './lib/output';
import {
  callsInit,
  nullCall,
  nullIo,
  openClose,
  protectionFault,
  select,
  signalCatch,
  signalInstall,
  signalSend,
  signalsCaught,
  stat,
} from './lmbench/calls';
import {
  fileCreate,
  fileDelete,
  fileReread,
  filesInit,
  memoryCopy,
  memoryRead,
  mmap,
  mmapReread,
  pageFault,
  TENTH,
  total,
  zeroFault,
} from './lmbench/files';
import { pipeBandwidth, pipeLatency, pipesInit, received } from './lmbench/pipes';
import { failures, forkExec, forkExit, forkShell } from './lmbench/processes';
import { contextSwitch, sum, switchesInit, switchOverhead } from './lmbench/switches';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

export function main(count: u32, words: usize): i32 {
  const text = argumentsText(count, words);
  measureInit(text, 0);
  callsInit();
  filesInit();
  pipesInit();
  switchesInit();
  const n = repetitionsOfAll();
  const batch = batchAt(0);
  let operations: u32 = 0;
  let check: u32 = 0;
  for (let at = option(text, 'operations'); at; at = nextItem(at)) {
    if (!row(at, batch, n)) return complainOf('lmbench', 'unknown row; see workloads/lmbench.ts');
    operations += n * batch;
    check = check * 31 + sum + received + total + failures + signalsCaught();
  }
  print('lmbench operations=');
  printNumber(operations);
  print(' checksum=');
  printHex(check);
  newline();
  flushOutput();
  return failures ? 1 : 0;
}

/** Measures the row whose name stands at `at`; false where there is no such row. */
function row(at: usize, batch: u32, n: u32): bool {
  if (startsWith(at, 'context-switch-') || startsWith(at, 'switch-overhead-')) return ring(at, n);
  if (wordIs(at, 'null-call')) nullCall(batch, n);
  else if (wordIs(at, 'null-io')) nullIo(batch, n);
  else if (wordIs(at, 'stat')) stat(batch, n);
  else if (wordIs(at, 'open-close')) openClose(batch, n);
  else if (wordIs(at, 'select-10')) select(batch, n, 10);
  else if (wordIs(at, 'select')) select(batch, n, 100);
  else if (wordIs(at, 'signal-install')) signalInstall(batch, n);
  else if (wordIs(at, 'signal-send')) signalSend(batch, n);
  else if (wordIs(at, 'signal-catch')) signalCatch(batch, n);
  else if (wordIs(at, 'protection-fault')) protectionFault(batch, n);
  else if (wordIs(at, 'fork')) forkExit(batch, n);
  else if (wordIs(at, 'exec')) forkExec(batch, n);
  else if (wordIs(at, 'sh')) forkShell(batch, n);
  else if (wordIs(at, 'pipe-latency')) pipeLatency(batch, n);
  else if (wordIs(at, 'pipe-bandwidth')) pipeBandwidth(batch, n);
  else return fileRow(at, batch, n);
  return true;
}

function fileRow(at: usize, batch: u32, n: u32): bool {
  if (wordIs(at, 'file-create-0k')) fileCreate(batch, n, 0);
  else if (wordIs(at, 'file-create-10k')) fileCreate(batch, n, 10240);
  else if (wordIs(at, 'file-delete-0k')) fileDelete(batch, n, 0);
  else if (wordIs(at, 'file-delete-10k')) fileDelete(batch, n, 10240);
  else if (wordIs(at, 'mmap')) mmap(batch, n, TENTH);
  else if (wordIs(at, 'mmap-untouched')) mmap(batch, n, 0);
  else if (wordIs(at, 'page-fault')) pageFault(batch, n);
  else if (wordIs(at, 'zero-fault')) zeroFault(batch, n);
  else if (wordIs(at, 'file-reread-bandwidth')) fileReread(batch, n);
  else if (wordIs(at, 'mmap-reread-bandwidth')) mmapReread(batch, n);
  else if (wordIs(at, 'memory-read-bandwidth')) memoryRead(batch, n);
  else if (wordIs(at, 'memory-copy-bandwidth')) memoryCopy(batch, n);
  else return false;
  return true;
}

/** `context-switch-8p-16k`: the numbers stand behind the second and third hyphen. */
function ring(at: usize, n: u32): bool {
  const overhead = startsWith(at, 'switch-');
  let hyphens = 0;
  let place = at;
  for (; hyphens < 2; place++) if (load<u8>(place) == 0x2d) hyphens++;
  const processes = numberAfter(place - 1, 0x2d, 0);
  while (load<u8>(place) != 0x2d) place++;
  const bytes = numberAfter(place, 0x2d, 0) << 10;
  if (processes < 1 || processes > 16 || bytes > 65536) return false;
  if (overhead) switchOverhead(processes, bytes, n);
  else contextSwitch(processes, bytes, n);
  return true;
}
