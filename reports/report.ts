/** report.md: the whole report from the result files alone. */
import { claims } from '../experiments/claims/index.js';
import { experiments } from '../experiments/index.js';
import type { ResultSet } from '../experiments/runner/store.js';
import type { Cell } from '../experiments/schema.js';
import type { ChartFile } from './charts.js';
import { shortTitle } from './format.js';
import { publishedTable } from './held-against.js';
import { crossingTable } from './partial.js';
import { rowTables } from './rows.js';
import { experimentSection } from './sections.js';
import { splitTables } from './split.js';
import { termsSection } from './terms.js';
import { judgeAll, verdictSection, verdictTable } from './verdicts.js';

/** Each once, without the guest's stack on the lines behind. */
function reasonsOf(failed: readonly Cell[]): string[] {
  return [...new Set(failed.map(({ reason }) => reason?.split('\n')[0] ?? ''))];
}

export function reportMarkdown({ manifest, cells }: ResultSet, charts: readonly ChartFile[]): string {
  const verdicts = judgeAll(manifest, cells);
  const judged = verdicts.filter((verdict) => verdict.findings.length > 0);
  const failed = cells.filter((cell) => cell.status === 'failed');
  const held = publishedTable(manifest, cells);
  const crossings = crossingTable(manifest, cells);
  const processors = Object.entries(manifest.processors).map(([id, { title }]) => `${title} (\`${id}\`)`);
  const parts = [
    '# crossings: report',
    'Are virtual machine monitors microkernels done right? Counted in crossings between protection domains, and in ' +
      'cycles of the executed kernel code, on a model of the hardware of the time.',
    [
      `- Systems: ${manifest.systems.join(', ')}; processors: ${processors.join(', ')}`,
      `- Seeds ${manifest.seeds.join(', ')} (page placement, stack offset, timer phase); timer ${manifest.timer}`,
      '- Every number is a median over seeds of the median over repetitions, with the least and greatest seed behind ' +
        'it; *busy* leaves out the halted processor, *elapsed* does not; crossings are a mean an operation.',
      '- *Counterfactual*: this kind of system never ran on this processor. Prices of the hardware have sources or ' +
        'intervals (`crossings list constants`); those of kernel operations are nowhere: they come out of executed code.',
      '- Words and columns are explained under *Terms*, at the end.',
      `- Run \`${manifest.id}\` of crossings ${manifest.version}; core \`${manifest.core}\`.`,
    ].join('\n'),
    ...(failed.length === 0 ? [] : [`**${failed.length} cells failed.** ${reasonsOf(failed).slice(0, 5).join('; ')}`]),
    '## Verdicts',
    judged.length === 0 ? 'This run judges no claim: none rests on what it measured.' : verdictTable(judged),
    ...judged.map((verdict) => verdictSection(claims.find(({ id }) => id === verdict.claim)!, verdict)),
    ...(crossings === undefined
      ? []
      : [
          '### C7 and R8: crossings a unit of work',
          '*Partial: fork, exec and files run on native alone as yet.* Warm, on ' +
            `${shortTitle(Object.values(manifest.processors)[0].title)}; a null call of the VMM goes by the direct ` +
            'gate, a page fault by `update_va_mapping`, the service across domains. A mean is no whole number where ' +
            'the clock ticked in some operations.',
          crossings,
        ]),
    ...(held === undefined
      ? []
      : [
          '## Held against published figures',
          'Validation only: nothing was fitted to these. Historical cells only.',
          held,
        ]),
    ...[rowTables(manifest, cells), splitTables(manifest, cells)].filter((part) => part !== undefined),
    ...experiments
      .filter(({ id }) => manifest.experiments.includes(id))
      .map((experiment) => experimentSection(experiment, manifest, cells, charts)),
    '## Claims not judged',
    verdictTable(verdicts.filter((verdict) => verdict.findings.length === 0)),
    termsSection(),
  ];
  return `${parts.join('\n\n')}\n`;
}
