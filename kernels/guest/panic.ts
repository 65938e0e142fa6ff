// The kernel's own faults: what it was doing, as addresses that `crossings symbols` (or the image's map) turns into names,
// and the end of the machine with a failed check.
//
// The stack is searched for words that lie in the kernel's text: return addresses, and perhaps a few that were return
// addresses once.
import { newline, print, printHex } from '../lib/console';
import { __text_end, __text_start } from '../lib/linker';
import { TrapFrame } from '../lib/trapframe';
import { currentStack } from '../lib/x86';
import { powerOff } from '../ports/port';
import { describe } from './fault';
import { self } from './thread';

const DEPTH: u32 = 32;

export function panic(frame: TrapFrame, vector: u32, address: u32): void {
  describe('kernel', frame, vector, address);
  newline();
  stackTrace(frame.eip, changetype<usize>(frame));
  powerOff(3);
}

/** A condition that the kernel relies on does not hold. */
export function bug(what: string): void {
  print('kernel bug: ');
  print(what);
  newline();
  stackTrace(0, currentStack());
  powerOff(3);
}

function stackTrace(eip: u32, stack: usize): void {
  print('stack:');
  if (eip) {
    print(' ');
    printHex(eip);
  }
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
