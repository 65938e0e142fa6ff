// One word to another thread and one back, by call and reply-and-wait: the primitive, without any service around it.
// `ipc-bench threads=2 states=...`: partner in the same space. Two programs, the second with `role=server`: in another.
import { CHECKSUM_START } from '../../kernels/lib/bytes';
import { AT_NULL, AT_SYSINFO, CALL_EXIT, CALL_WRITE, FD_CONSOLE } from '../../kernels/lib/callnumbers';
import { consoleTo, newline, print, printHex, printNumber } from '../../kernels/lib/console';
import { __region_begin, __region_end } from '../../kernels/lib/hooks';
import { measureInit, pollute, repetitions, stateCount } from '../../kernels/lib/measure';
import { option } from '../../kernels/lib/text';
import { ANY, mr, myself, NEVER, NIL, setMr, tag } from '../servers/l4';
import { PERSONALITY, Personality } from '../servers/personality';
import { ipc, systemCall } from '../servers/stubs';

const text: usize = memory.data(1024, 4);
const line: usize = memory.data(128, 4);
let lineLength: u32 = 0;
let entry: usize = 0;

export function main(stack: usize): void {
  const personality = changetype<Personality>(<usize>PERSONALITY);
  if (myself() == personality.partner) return serve();
  readStack(stack);
  if (option(text, 'role')) return serve();
  measureInit(text, 4);
  measure(personality.partner);
}

/** Arguments and entry routine (see servers/loader.ts). */
function readStack(stack: usize): void {
  const count = load<u32>(stack);
  let length: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const word: usize = load<u32>(stack + 4 + (i << 2));
    for (let n: u32 = 0; load<u8>(word + n); n++) store<u8>(text + length++, load<u8>(word + n));
    store<u8>(text + length++, 0x20);
  }
  let at = stack + ((count + 3) << 2);
  for (; load<u32>(at) != AT_NULL; at += 8) if (load<u32>(at) == AT_SYSINFO) entry = load<u32>(at + 4);
}

/** Answers each word with the next one. */
function serve(): void {
  let to = NIL;
  for (;;) {
    to = ipc(to, ANY, NEVER);
    setMr(0, tag(0, 1, 0));
    setMr(1, mr(1) + 1);
  }
}

function measure(partner: u32): void {
  let operations: u32 = 0;
  let sum: u32 = CHECKSUM_START;
  for (let i: u32 = 0; i < stateCount; i++) {
    for (let n = repetitions(i); n; n--) {
      pollute(i);
      __region_begin();
      setMr(0, tag(0, 1, 0));
      setMr(1, operations);
      ipc(partner, partner, NEVER);
      const word = mr(1);
      __region_end();
      sum = (sum ^ word) * 0x01000193;
      operations++;
    }
  }
  consoleTo(putByte.index);
  print('ipc-primitive operations=');
  printNumber(operations);
  print(' checksum=');
  printHex(sum);
  newline();
  systemCall(entry, CALL_EXIT, 0, 0, 0);
}

function putByte(byte: u32): void {
  store<u8>(line + lineLength++, byte);
  if (byte != 0x0a) return;
  systemCall(entry, CALL_WRITE, FD_CONSOLE, line, lineLength);
  lineLength = 0;
}
