// What a process has from its parent, put as it is for the first process of a system: descriptors, file mode mask, signals.
import { CALL_UMASK } from '../../kernels/lib/callnumbers';
import { close } from '../lib/files';
import { disposeSignal, SIG_DFL, SIG_SETMASK, signalMask } from '../lib/signals';
import { systemCall1, systemCall2 } from '../lib/stubs';

/** Descriptors that a parent may have left open, and signals. */
const DESCRIPTORS: u32 = 1024;
const SIGNALS: u32 = 31;
// Calls that the guest has not.
const CALL_SETRLIMIT: u32 = 75;
const CALL_GETRLIMIT: u32 = 76;
const RLIMIT_NOFILE: u32 = 7;
const limit: usize = memory.data(8, 4);
const none: usize = memory.data(4, 4);

export function forgetParent(): void {
  // As many as are allowed at most; a system without limits answers that there is no such call.
  if (systemCall2(CALL_GETRLIMIT, RLIMIT_NOFILE, limit) == 0) {
    store<u32>(limit, load<u32>(limit + 4));
    systemCall2(CALL_SETRLIMIT, RLIMIT_NOFILE, limit);
  }
  for (let fd: u32 = 3; fd < DESCRIPTORS; fd++) close(fd);
  systemCall1(CALL_UMASK, 0o022);
  for (let signal: u32 = 1; signal <= SIGNALS; signal++) disposeSignal(signal, SIG_DFL);
  signalMask(SIG_SETMASK, none, 0);
}
