/** Part "determinism": the state after a run is the same in another process, and with observers. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildCore } from '../../toolchain/driver/core.js';
import type { Outcome, Part, PartOptions } from '../../verify/part.js';
import { observer, subjects, wholeHash } from './determinism/subjects.js';

const FUZZED = { quick: 12, usual: 92, deep: 192 } as const;

/** Hash of each subject, from a process of its own. */
function elsewhere(fuzzed: number): Promise<Map<string, string>> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('./determinism/child.js', import.meta.url)), `${fuzzed}`],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      if (status !== 0) reject(new Error(`the other process ended with status ${status}`));
      else
        resolve(
          new Map(
            text
              .trim()
              .split('\n')
              .map((line) => line.split('\t') as [string, string]),
          ),
        );
    });
  });
}

async function run({ depth, progress }: PartOptions): Promise<Outcome> {
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  const list = subjects(FUZZED[depth]);
  const other = elsewhere(FUZZED[depth]);
  const details: string[] = [];
  let count = 0;
  const hold = (what: string, right: string, got: string | undefined) => {
    count++;
    if (right !== got) details.push(`${what}: the state differs`);
  };
  const here = new Map<string, string>();
  list.forEach((subject, i) => {
    const { name, make, cycles } = subject;
    const machine = make(core);
    machine.run(BigInt(cycles));
    const hash = wholeHash(machine);
    here.set(name, hash);
    const observed = make(core);
    const end = observed.observe(observer);
    observed.run(BigInt(cycles));
    end();
    hold(`${name}, observed`, hash, wholeHash(observed));
    progress(i + 1, list.length, name);
  });
  const theirs = await other;
  for (const [name, hash] of here) hold(`${name}, in another process`, hash, theirs.get(name));
  return { count, mismatches: details.length, unit: 'states', details, skipped: [], notes: [`${list.length} runs`] };
}

export const determinismPart: Part = {
  id: 'determinism',
  title: 'the same state in two processes, with observers and without',
  run,
};
