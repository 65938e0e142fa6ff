// The last line of a measured program: its name, what it did, and the checksum of its results.
import { newline, print, printHex, printNumber, printWord } from '../../kernels/lib/console';

/** Prints `name operations=N checksum=xxxxxxxx`. */
export function report(text: usize, operations: u32, sum: u32): void {
  printWord(text);
  print(' operations=');
  printNumber(operations);
  print(' checksum=');
  printHex(sum);
  newline();
}

/** Prints `name: what error`, for a result that should not have been negative; returns the program's exit status. */
export function failed(text: usize, what: string, result: i32): i32 {
  printWord(text);
  print(': ');
  print(what);
  print(' failed, error ');
  printNumber(<u32>-result);
  newline();
  return 1;
}
