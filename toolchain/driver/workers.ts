// Threads that compile side by side, as many as there are processors and things to do. Where one would do, or where the
// driver runs from its source, everything is compiled in this thread, one after the other.
import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';
import { compileCore } from './core.js';
import { type BuildAnswer, type BuildTask, buildOne } from './image-task.js';

const MOST = 8;
/** What a compile makes dies young: with V8's own size, copying it back and forth takes a tenth of the time. */
const YOUNG_MIB = 128;
const isCompiled = import.meta.url.endsWith('.js');

export class Workers {
  private pool?: Tinypool;
  private before: Promise<unknown> = Promise.resolve();

  /** @param tasks how many things there are to compile, at most */
  constructor(private readonly tasks: number) {}

  image(task: BuildTask): Promise<BuildAnswer> {
    return this.run('image', task, () => buildOne(task));
  }

  core(): Promise<Uint8Array> {
    return this.run('core', undefined, compileCore);
  }

  async close(): Promise<void> {
    await this.pool?.destroy();
  }

  private run<T>(name: string, task: unknown, here: () => Promise<T>): Promise<T> {
    const threads = Math.min(this.tasks, availableParallelism(), MOST);
    if (threads < 2 || !isCompiled) {
      const answer = this.before.then(here);
      this.before = answer.catch(() => undefined);
      return answer;
    }
    const filename = new URL('./build-worker.js', import.meta.url).href;
    this.pool ??= new Tinypool({
      ...{ filename, runtime: 'worker_threads', minThreads: threads, maxThreads: threads },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    return this.pool.run(task, { name });
  }
}
