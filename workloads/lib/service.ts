// One program asks, another answers: by calls of their own where the kernel has them (AT_SERVICE), else by write and read
// on the channel's descriptors. Buffers are page-aligned and MESSAGE_MAX long; a reply overwrites the request.
import { ANSWER_LAST, CALL_ANSWER, CALL_ASK, FD_CHANNEL_READ, FD_CHANNEL_WRITE } from '../../kernels/lib/callnumbers';
import { systemCall2 } from './stubs';
import { read, write } from './system';

export const MESSAGE_MAX: u32 = 4096;

let serviceCalls: u32 = 0;

export function useServiceCalls(yes: u32): void {
  serviceCalls = yes;
}

/** Sends `length` bytes and waits for as many; returns the length received, or an error. */
export function ask(buffer: usize, length: u32): i32 {
  if (serviceCalls) return systemCall2(CALL_ASK, buffer, length);
  const sent = write(FD_CHANNEL_WRITE, buffer, length);
  if (sent < 0) return sent;
  let received: u32 = 0;
  while (received < length) {
    const n = read(FD_CHANNEL_READ, buffer + received, length - received);
    if (n <= 0) return n;
    received += n;
  }
  return received;
}

/** Replies with `length` bytes (0: nothing yet) and waits for a request; returns its length, or an error. */
export function answer(buffer: usize, length: u32): i32 {
  if (serviceCalls) return systemCall2(CALL_ANSWER, buffer, length);
  if (length) {
    const sent = write(FD_CHANNEL_WRITE, buffer, length);
    if (sent < 0) return sent;
  }
  return read(FD_CHANNEL_READ, buffer, MESSAGE_MAX);
}

/** Replies for the last time. */
export function answerLast(buffer: usize, length: u32): i32 {
  if (serviceCalls) return systemCall2(CALL_ANSWER, buffer, length | ANSWER_LAST);
  return write(FD_CHANNEL_WRITE, buffer, length);
}
