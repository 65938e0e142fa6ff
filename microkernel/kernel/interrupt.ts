// Interrupts as IPC (L4 X.2, "Interrupts"): line n is thread number n, version 1. Its message (tag label -1 * 16, no
// words) goes to the thread that ThreadControl made its handler, the line's "pager"; the line stays masked until the
// handler sends anything back to it. The timer is the kernel's own.
import { picEnd, picMask, picUnmask } from '../../kernels/lib/pic';
import { tick } from './clock';
import { sendForKernel } from './ipc';
import { block, KERNEL_INTERRUPTS, lookup, MESSAGE_INTERRUPT, NIL_THREAD, STATE_INACTIVE } from './tcb';

const TIMER: u32 = 0;
const TAG_INTERRUPT: u32 = 0xfff00000;

export function interruptsInit(): void {
  for (let line: u32 = 0; line < KERNEL_INTERRUPTS; line++) {
    const t = block(line);
    t.globalId = (line << 14) | 1;
    t.state = STATE_INACTIVE;
    t.message = MESSAGE_INTERRUPT;
    t.word0 = TAG_INTERRUPT;
  }
}

/** Names the handler of a line and lets it interrupt; NIL_THREAD: masks it. */
export function attachInterrupt(line: u32, handler: u32): bool {
  if (line == TIMER || line == 2) return false;
  block(line).handler = handler;
  if (handler == NIL_THREAD) picMask(line);
  else picUnmask(line);
  return true;
}

export function interrupt(line: u32): void {
  if (line == TIMER) {
    picEnd(line);
    return tick();
  }
  picMask(line);
  picEnd(line);
  const t = block(line);
  const handler = lookup(t.handler);
  if (!handler || t.state != STATE_INACTIVE) return;
  sendForKernel(t, handler);
}
