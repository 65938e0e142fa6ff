// The kernel's own faults: what it was doing, and the end of the machine with a failed check. The stack is told as
// addresses; the tables beside the image (toolchain/debug) turn them into functions and lines, which `crossings boot` and
// the experiments do when a guest fails.
//
// The stack is searched for words that lie in the kernel's text: return addresses, and perhaps a few that were return
// addresses once.
import { newline, print, printHex, printNumber } from '../lib/console';
import { __text_end, __text_start } from '../lib/linker';
import { TrapFrame } from '../lib/trapframe';
import { powerOff } from '../ports/port';
import { self } from './thread';

const DEPTH: u32 = 32;

export function panic(frame: TrapFrame, vector: u32, address: u32): void {
  describe('kernel', frame, vector, address);
  newline();
  stackTrace(frame.eip, changetype<usize>(frame));
  powerOff(3);
}

export function describe(who: string, frame: TrapFrame, vector: u32, address: u32): void {
  print('exception ');
  printNumber(vector);
  print(' error ');
  printHex(frame.error);
  print(' eip ');
  printHex(frame.eip);
  print(' address ');
  printHex(address);
  print(', ');
  print(who);
}

function stackTrace(eip: u32, stack: usize): void {
  print('stack:');
  print(' ');
  printHex(eip);
  const top = <usize>self().stackTop;
  const end = top > stack && top - stack <= 8192 ? top : stack + 2048;
  let found: u32 = 0;
  for (let at = stack; at < end && found < DEPTH; at += 4) {
    const word = load<u32>(at);
    if (word < __text_start() || word >= __text_end()) continue;
    print(' ');
    printHex(word);
    found++;
  }
  newline();
}
