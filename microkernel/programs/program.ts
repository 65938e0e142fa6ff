// A program of this system that also speaks L4 directly: its arguments, console and end, by the same entry routine and
// calls as all programs.
import {
  AT_NULL,
  AT_SYSINFO,
  CALL_CATCH_FAULT,
  CALL_EXIT,
  CALL_WRITE,
  FD_CONSOLE,
} from '../../kernels/lib/callnumbers';
import { consoleTo } from '../../kernels/lib/console';
import { systemCall } from '../servers/stubs';

const TEXT_SIZE: u32 = 1024;
const text: usize = memory.data(1024, 4);
const LINE_SIZE: u32 = 128;
const line: usize = memory.data(128, 4);
let lineLength: u32 = 0;
let entry: usize = 0;

/** Reads the stack that servers/loader.ts built; returns the arguments as one text. */
export function programInit(stack: usize): usize {
  const count = load<u32>(stack);
  let length: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const word: usize = load<u32>(stack + 4 + (i << 2));
    for (let n: u32 = 0; load<u8>(word + n) && length < TEXT_SIZE - 2; n++)
      store<u8>(text + length++, load<u8>(word + n));
    store<u8>(text + length++, 0x20);
  }
  let at = stack + ((count + 3) << 2);
  for (; load<u32>(at) != AT_NULL; at += 8) if (load<u32>(at) == AT_SYSINFO) entry = load<u32>(at + 4);
  consoleTo(putByte.index);
  return text;
}

export function finish(status: u32): void {
  systemCall(entry, CALL_EXIT, status, 0, 0);
}

/** The next fatal exception resumes the program at `handler`, with the vector in EAX. */
export function catchFault(handler: usize): void {
  systemCall(entry, CALL_CATCH_FAULT, handler, 0, 0);
}

function putByte(byte: u32): void {
  store<u8>(line + lineLength++, byte);
  if (byte != 0x0a && lineLength < LINE_SIZE) return;
  systemCall(entry, CALL_WRITE, FD_CONSOLE, line, lineLength);
  lineLength = 0;
}
