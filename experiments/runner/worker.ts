/** Runs in a worker thread; an error crosses by name and message only. */
import type { BootCells } from '../cells.js';
import type { BootSpec } from './boots.js';
import { measureBoot } from './measure.js';

export type WorkerAnswer = { ok: BootCells } | { error: { name: string; message: string } };

export default function work(spec: BootSpec): WorkerAnswer {
  try {
    return { ok: measureBoot(spec) };
  } catch (error) {
    const { name, message, stack } = error as Error;
    return { error: { name, message: name === 'BrokenAccountError' ? message : (stack ?? message) } };
  }
}
