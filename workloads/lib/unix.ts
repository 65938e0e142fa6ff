// What happens before and after `main(count, words)` of a UNIX program; the stub (workloads/stubs/unix.ts) calls both
// functions, so every program exports them, and with them the way to its signal handlers.
//
//   ESP -> argc | argv[0] ... argv[argc-1] | 0 | envp ... | 0 | auxv: pairs of type and value, up to type 0
//
// The variable ENTRY=int80 in the environment keeps the raw gate even where the kernel supplies an entry routine.
import { AT_NULL, AT_SYSINFO } from '../../kernels/lib/callnumbers';
import { variable } from './environment';
import { complainOfOutput, flushOutput, outputError, outputInit } from './output';
import { addressOf_systemEntry } from './stubs';
import { exit } from './system';
import { textIs } from './text';

export { signalDispatch } from './signals';

/** The environment: addresses of texts NAME=value, ended by a 0. */
export let environment: usize = 0;

/** Reads the start of the stack. */
export function unixStart(stack: usize): void {
  let at = stack + ((load<u32>(stack) + 2) << 2);
  environment = at;
  while (load<u32>(at)) at += 4;
  const chosen = variable(environment, 'ENTRY');
  if (!chosen || !textIs(chosen, 'int80'))
    for (at += 4; load<u32>(at) != AT_NULL; at += 8)
      if (load<u32>(at) == AT_SYSINFO) store<u32>(addressOf_systemEntry(), load<u32>(at + 4));
  outputInit();
}

/** Ends the program with the result of main; output that was lost is a failure. */
export function unixEnd(status: i32): void {
  flushOutput();
  if (!status && outputError) {
    status = 1;
    complainOfOutput();
  }
  exit(status);
}

/** Ends the program at once, from anywhere. */
export function quit(status: i32): void {
  flushOutput();
  exit(status);
}
