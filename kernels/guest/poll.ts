// The queue of those who wait for several files at once (select.ts): every event that can make a file ready wakes them
// all, and each looks at its files again.
import { waitOn, wakeAll } from './schedule';

const waiting: usize = memory.data(4, 4);

/** Some file may be ready that was not. */
export function pollChanged(): void {
  if (load<u32>(waiting)) wakeAll(waiting);
}

/** Until something changes; true: a signal came. */
export function waitForChange(): bool {
  return waitOn(waiting);
}
