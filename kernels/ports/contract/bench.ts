// The port contract (kernels/ports/README.md) as checks. The image is the guest with this file in the place of its
// benchmarks: `bench=contract` runs the checks as the kernel's boot thread, when the port has said that it is ready and
// before there is a process.
import { newline, print, printNumber } from '../../lib/console';
import { wordIs } from '../../lib/text';
import { powerOff } from '../port';
import { checkCopies } from './copies';
import { checkDisk } from './disk';
import { checkFrames, checkStart } from './frames';
import { failures } from './say';
import { checkBatches, checkSpaces } from './spaces';
import { checkSwitches } from './threads';
import { checkTime } from './time';

/** In the place of kernels/guest/bench.ts. */
export function runBenchmark(name: usize, _commandLine: usize): bool {
  if (!wordIs(name, 'contract')) return false;
  checkStart();
  checkFrames();
  checkSpaces();
  checkBatches();
  checkCopies();
  checkSwitches();
  checkTime();
  checkDisk();
  print('contract failures=');
  printNumber(failures);
  newline();
  powerOff(failures ? 1 : 0);
  return true;
}
