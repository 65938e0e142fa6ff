// A worker thread that compiles images, and the machine's core.
import { compileCore } from './core.js';
import { type BuildAnswer, type BuildTask, buildOne } from './image-task.js';

export const image = (task: BuildTask): Promise<BuildAnswer> => buildOne(task);
export const core = (): Promise<Uint8Array> => compileCore();
