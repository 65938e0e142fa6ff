import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Claim } from '../experiments/claims/claim.js';
import { claims } from '../experiments/claims/index.js';
import { type ResultSet, readResults } from '../experiments/runner/store.js';
import { judge, type Verdict } from '../experiments/verdict.js';
import { judgeAll, statusText, verdictSection, weakCauses } from '../reports/verdicts.js';
import { known } from './options.js';

export function claimsCommand(): Command {
  return new Command('claims')
    .description('verdicts on the claims of the debate, from results measured earlier')
    .argument('[id...]', 'such as C12 R7; all of them by default')
    .option('--from <dir>', 'result folder (default: the newest in ./crossings-out)')
    .option('--json', 'as JSON')
    .action((ids: string[], flags: { from?: string; json?: boolean }) => {
      const allowed = claims.map(({ id }) => id);
      const given = ids.flatMap((id) => id.split(','));
      const wanted = known(
        'claim',
        given.map((id) => allowed.find((each) => each === id.toUpperCase()) ?? id),
        allowed,
      );
      const chosen = claims.filter(({ id }) => wanted.includes(id));
      const from = flags.from ?? newest('crossings-out');
      const verdicts = judged(chosen, from === undefined ? undefined : readResults(from));
      if (flags.json) {
        console.log(JSON.stringify(chosen.map((claim, index) => ({ ...described(claim), verdict: verdicts[index] }))));
        return;
      }
      if (from === undefined) process.stderr.write('no results in ./crossings-out yet; "crossings run" makes some\n');
      else process.stderr.write(`from ${from}\n`);
      if (ids.length > 0) {
        console.log(chosen.map((claim, index) => verdictSection(claim, verdicts[index])).join('\n\n'));
        return;
      }
      chosen.forEach((claim, index) => {
        const structural = claim.structural ? ' (structural)' : '';
        console.log(`${claim.id.padEnd(4)}${(statusText(verdicts[index]) + structural).padEnd(28)}${claim.title}`);
      });
    });
}

function judged(chosen: readonly Claim[], results: ResultSet | undefined): Verdict[] {
  if (results !== undefined) return judgeAll(results.manifest, results.cells, chosen);
  return chosen.map((claim) => judge(claim, { cells: [], constants: {}, weakCauses }));
}

/** A claim without its functions. */
function described({ tests: _tests, ...claim }: Claim): object {
  return claim;
}

function newest(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((dir) => existsSync(join(dir, 'manifest.json')))
    .sort((a, b) => statSync(join(b, 'manifest.json')).mtimeMs - statSync(join(a, 'manifest.json')).mtimeMs)[0];
}
