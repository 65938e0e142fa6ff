// The last line of a measured program: its name, what it did, and the checksum of its results.
import { newline, print, printHex, printNumber, printText } from '../../kernels/lib/console';
import { copyName } from '../../kernels/lib/text';

const NAME_SIZE: u32 = 32;
const name: usize = memory.data(32, 4);

/** The program's name without the folder and the ending that a boot loader may have left on it. */
function printName(text: usize): void {
  copyName(name, text, NAME_SIZE);
  printText(name);
}

/** Prints `name operations=N checksum=xxxxxxxx`. */
export function report(text: usize, operations: u32, sum: u32): void {
  printName(text);
  print(' operations=');
  printNumber(operations);
  print(' checksum=');
  printHex(sum);
  newline();
}

/** Prints `name: what error`, for a result that should not have been negative; returns the program's exit status. */
export function failed(text: usize, what: string, result: i32): i32 {
  printName(text);
  print(': ');
  print(what);
  print(' failed, error ');
  printNumber(<u32>-result);
  newline();
  return 1;
}
