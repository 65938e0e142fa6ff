/** A clock that tests turn by hand, and an interrupt line that remembers what happened on it. */
import type { BusMemory, Clock, InterruptLine } from '../devices/device.js';

export class HandClock implements Clock {
  cycle = 0;

  constructor(readonly hz: number) {}

  now(): number {
    return this.cycle;
  }
}

export class RecordedLine implements InterruptLine {
  level = false;
  /** Rising edges so far. */
  edges = 0;
  unmasked = true;

  set(level: boolean): void {
    if (level && !this.level) this.edges++;
    this.level = level;
  }
}

export function fakeMemory(size: number): BusMemory & { writes: [number, number][] } {
  const writes: [number, number][] = [];
  return { size, bytes: new Uint8Array(size), written: (at, length) => void writes.push([at, length]), writes };
}
