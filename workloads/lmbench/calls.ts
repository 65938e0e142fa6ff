// System calls that do little, and signals. Each repetition is one region of `batch` operations.
import { __region_begin, __region_end } from '../../kernels/lib/hooks';
import {
  close,
  dup,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  open,
  read,
  select as selectCall,
  stat as statCall,
  write,
} from '../lib/files';
import { MAP_SHARED, map, PROT_READ, PROT_WRITE, protect, unmap } from '../lib/memory';
import { getpid, getppid, kill } from '../lib/processes';
import { Action, catchSignal, SA_RESTORER, SIGSEGV, SIGUSR1, signalAction } from '../lib/signals';
import { addressOf_signalEntry, addressOf_signalReturn } from '../lib/stubs';
import { text } from '../lib/text';

const PAGE: u32 = 4096;
const buffer: usize = memory.data(128, 8);
const action: usize = memory.data(16, 4);
const old: usize = memory.data(16, 4);
const set: usize = memory.data(128, 4);
const full: usize = memory.data(128, 4);
const timeout: usize = memory.data(8, 4);
let caught: u32 = 0;
let path: usize = 0;

/** The file that stat and open look at. */
export function callsInit(): void {
  path = text('/data/lmbench');
  close(open(path, O_RDWR | O_CREAT, 0o644));
}

export function nullCall(batch: u32, n: u32): void {
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) getppid();
    __region_end();
  }
}

/** Half of them read a byte of /dev/zero, half write one to /dev/null. */
export function nullIo(batch: u32, n: u32): void {
  const zero = open(text('/dev/zero'), O_RDONLY);
  const none = open(text('/dev/null'), O_WRONLY);
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i += 2) {
      read(zero, buffer, 1);
      write(none, buffer, 1);
    }
    __region_end();
  }
  close(zero);
  close(none);
}

export function stat(batch: u32, n: u32): void {
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) statCall(path, buffer);
    __region_end();
  }
}

export function openClose(batch: u32, n: u32): void {
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) close(open(path, O_RDONLY));
    __region_end();
  }
}

/** `count` descriptors of one file, asked whether they can be written, without waiting. */
export function select(batch: u32, n: u32, count: u32): void {
  const file = open(path, O_RDWR);
  let last = file;
  for (let i: u32 = 1; i < count; i++) last = dup(file);
  memory.fill(full, 0, 128);
  for (let fd = file; fd <= last; fd++)
    store<u32>(full + ((fd >> 5) << 2), load<u32>(full + ((fd >> 5) << 2)) | (1 << (fd & 31)));
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) {
      memory.copy(set, full, 16);
      selectCall(last + 1, 0, set, 0, timeout);
    }
    __region_end();
  }
  for (let fd = file; fd <= last; fd++) close(fd);
}

function count(_signal: u32): void {
  caught++;
}

export function signalInstall(batch: u32, n: u32): void {
  catchSignal(SIGUSR1, count.index);
  const a = changetype<Action>(action);
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) {
      a.handler = addressOf_signalEntry();
      a.mask = 0;
      a.flags = SA_RESTORER;
      a.restorer = addressOf_signalReturn();
      signalAction(SIGUSR1, action, old);
    }
    __region_end();
  }
}

/** What sending alone costs: signal 0 is checked and not delivered. */
export function signalSend(batch: u32, n: u32): void {
  const self = getpid();
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) kill(self, 0);
    __region_end();
  }
}

export function signalCatch(batch: u32, n: u32): void {
  catchSignal(SIGUSR1, count.index);
  const self = getpid();
  for (; n; n--) {
    __region_begin();
    for (let i: u32 = 0; i < batch; i++) kill(self, SIGUSR1);
    __region_end();
  }
}

let page: usize = 0;
let faults: u32 = 0;
let faultsWanted: u32 = 0;

/** Returns to the same instruction, which faults again: between the first entry and the last lie `faultsWanted`. */
function faulted(_signal: u32): void {
  if (!faults++) {
    __region_begin();
    return;
  }
  if (faults <= faultsWanted) return;
  __region_end();
  protect(page, PAGE, PROT_READ | PROT_WRITE);
}

export function protectionFault(batch: u32, n: u32): void {
  const file = open(path, O_RDWR);
  write(file, buffer, 128);
  page = map(0, PAGE, PROT_READ, MAP_SHARED, file, 0);
  catchSignal(SIGSEGV, faulted.index);
  faultsWanted = batch;
  for (; n; n--) {
    faults = 0;
    store<u32>(page, n);
    protect(page, PAGE, PROT_READ);
  }
  unmap(page, PAGE);
  close(file);
}

/** Signals caught and faults taken so far, for the checksum. */
export function signalsCaught(): u32 {
  return caught;
}
