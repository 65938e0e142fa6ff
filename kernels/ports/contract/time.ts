// The timer: 100 ticks a second, heard in idle() and not in kernel code; and the time between two.

import { ticks } from '../../guest/clock';
import { option, wordIs } from '../../lib/text';
import { commandLine, idle, tickMicroseconds, timerGap } from '../port';
import { begin, end, expect, skipped } from './say';

export function checkTime(): void {
  const timer = option(commandLine(), 'timer');
  if (timer && wordIs(timer, 'off')) return skipped('time', 'timer=off');
  if (timerGap().length) return skipped('time', timerGap());
  begin();
  const start = ticks;
  while (ticks == start) idle();
  // Kernel code that works for longer than a tick is not interrupted.
  const quiet = ticks;
  let work: u32 = 1;
  for (let i: u32 = 0; i < 2000000; i++) work = work * 5 + 1;
  expect(work != 0 && ticks == quiet);
  idle();
  while (ticks < quiet + 5) idle();
  expect(ticks == quiet + 5);
  if (tickMicroseconds()) {
    expect(tickMicroseconds() <= 20000);
  }
  end('time');
}
