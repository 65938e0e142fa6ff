// What happens before and after `main(text)` of a program; every program exports both functions for its start stub. The
// arguments reach main as one text: the words of argv, parted by blanks.
//
//   ESP -> argc | argv[0] ... argv[argc-1] | 0 | envp ... | 0 | auxv: pairs of type and value, up to type 0

import { AT_NULL, AT_SERVICE, AT_SYSINFO, FD_CONSOLE } from '../../kernels/lib/callnumbers';
import { consoleTo } from '../../kernels/lib/console';
import { useServiceCalls } from './service';
import { addressOf_systemEntry } from './stubs';
import { exit, write } from './system';

const TEXT_SIZE: u32 = 1024;
const text: usize = memory.data(1024, 4);

const LINE_SIZE: u32 = 256;
const line: usize = memory.data(256, 4);
let lineLength: u32 = 0;

/** Reads the start of the stack; returns the arguments' text. */
export function programStart(stack: usize): usize {
  const count = load<u32>(stack);
  let at = stack + 4;
  let length: u32 = 0;
  for (let i: u32 = 0; i < count; i++, at += 4) {
    const word = load<usize>(at);
    if (i) store<u8>(text + length++, 0x20);
    for (let n: u32 = 0; load<u8>(word + n) && length < TEXT_SIZE - 2; n++)
      store<u8>(text + length++, load<u8>(word + n));
  }
  store<u8>(text + length, 0);
  at += 4;
  while (load<u32>(at)) at += 4;
  at += 4;
  for (; load<u32>(at) != AT_NULL; at += 8) {
    const value = load<u32>(at + 4);
    if (load<u32>(at) == AT_SYSINFO) store<u32>(addressOf_systemEntry(), value);
    if (load<u32>(at) == AT_SERVICE) useServiceCalls(value);
  }
  consoleTo(putByte.index);
  return text;
}

/** Ends the program with the result of main. */
export function programEnd(status: i32): void {
  flush();
  exit(status);
}

function putByte(byte: u32): void {
  store<u8>(line + lineLength++, byte);
  if (byte == 0x0a || lineLength == LINE_SIZE) flush();
}

function flush(): void {
  if (lineLength) write(FD_CONSOLE, line, lineLength);
  lineLength = 0;
}
