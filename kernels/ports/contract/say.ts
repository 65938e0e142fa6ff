// What a check says: one line each, `contract NAME ok`, `contract NAME FAILED at N` with the number of the first condition
// that did not hold, or `contract NAME skipped: REASON`.
import { newline, print, printNumber } from '../../lib/console';

export let failures: u32 = 0;
let condition: u32 = 0;
let broken: u32 = 0;

/** One condition of the check that is going on; conditions are numbered from 1. */
export function expect(holds: bool): void {
  condition++;
  if (!holds && !broken) broken = condition;
}

export function begin(): void {
  condition = 0;
  broken = 0;
}

export function end(name: string): void {
  print('contract ');
  print(name);
  if (!broken) print(' ok');
  else {
    print(' FAILED at ');
    printNumber(broken);
    failures++;
  }
  newline();
}

export function skipped(name: string, reason: string): void {
  print('contract ');
  print(name);
  print(' skipped: ');
  print(reason);
  newline();
}
