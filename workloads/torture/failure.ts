// What went wrong: told at once, counted, and the end of the program's good name.
import { flushOutput, newline, outputTo, print } from '../lib/output';

export let failures: u32 = 0;

export function fail(what: string): void {
  failures++;
  outputTo(1);
  print('torture: wrong: ');
  print(what);
  newline();
  flushOutput();
}
