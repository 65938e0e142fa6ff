// A worker thread that compiles images.
import { type BuildAnswer, type BuildTask, buildOne } from './images.js';

export default (task: BuildTask): Promise<BuildAnswer> => buildOne(task);
