/** Runs in a worker thread; an error crosses by name and message only. */
import type { BootCells } from '../cells.js';
import type { BootSpec } from './boots.js';
import { type Materials, measureBoot } from './measure.js';

export type WorkerAnswer = { ok: BootCells } | { error: { name: string; message: string } };

export interface Task {
  spec: BootSpec;
  materials: Materials;
}

export default function work({ spec, materials }: Task): WorkerAnswer {
  try {
    return { ok: measureBoot(spec, materials) };
  } catch (error) {
    const { name, message, stack } = error as Error;
    return { error: { name, message: name === 'BrokenAccountError' ? message : (stack ?? message) } };
  }
}
