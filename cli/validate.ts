/** `crossings validate hardware`: probes as guest code on each preset, measured beside published. */
import { Command } from 'commander';
import pc from 'picocolors';
import { type Comparison, compareHardware, neededExplanations, unexplained } from '../experiments/hardware/compare.js';
import { measureHardware } from '../experiments/hardware/measure.js';
import { processors } from '../machine/processors/index.js';
import { buildCore } from '../toolchain/driver/core.js';
import { CheckFailedError } from './errors.js';
import { known, list } from './options.js';
import { validateHost } from './validate-host.js';

interface Flags {
  processor?: string[];
  json?: boolean;
}

export function validateCommand(): Command {
  const validate = new Command('validate').description('hold the machine against what others have measured');
  validate.addCommand(
    new Command('hardware')
      .description('run latency probes as guest code and print measured beside published')
      .option('--processor <name>', `only these, of ${Object.keys(processors).join(', ')}`, list)
      .option('--json', 'as JSON, one object a row')
      .addHelpText(
        'after',
        '\ncalibration: a constant was chosen from this figure; validation: it had no influence on the preset.\n' +
          'Exit status 1 when a miss of more than 15 percent has no explanation.',
      )
      .action(validateHardware),
  );
  return validate.addCommand(
    new Command('host')
      .description('time on this very processor what user mode may do, and print it beside the presets')
      .option('--processor <name>', `beside these, of ${Object.keys(processors).join(', ')}`, list)
      .option('--json', 'as JSON')
      .action(validateHost),
  );
}

async function validateHardware({ processor, json }: Flags): Promise<void> {
  const chosen = known('processor', processor, Object.keys(processors));
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  const rows: Comparison[] = [];
  for (const id of chosen) {
    const measured = compareHardware(id, measureHardware(core, processors[id]));
    rows.push(...measured);
    if (!json) print(id, measured);
  }
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else summarise(rows);
  const open = unexplained(rows);
  if (open.length > 0) throw new CheckFailedError(`not explained:\n${open.join('\n')}`);
}

function print(id: string, rows: readonly Comparison[]): void {
  console.log(pc.bold(`${id}: ${processors[id].name}`));
  const heading = ['probe', 'measured', 'published', 'deviation', 'role', 'explanation', 'source'];
  const texts = rows.map((row) => [
    row.probe,
    row.unit === 'entries' ? `${row.measured} entries` : row.measured.toFixed(1),
    row.published === null ? '-' : [...new Set(row.published)].join('-'),
    deviationText(row),
    row.role ?? '-',
    row.explanation ?? (row.miss ? 'none' : ''),
    row.source ?? row.title,
  ]);
  const widths = heading.map((_, column) => Math.max(...[heading, ...texts].map((row) => row[column].length)));
  for (const row of [heading, ...texts]) {
    const cells = row.map((text, column) =>
      column >= 1 && column <= 3 ? text.padStart(widths[column]) : text.padEnd(widths[column]),
    );
    console.log(cut(cells.join('  ').trimEnd()));
  }
  console.log();
}

/** To the width of a terminal, at the sources' expense: a file, a pipe and --json have them whole. */
function cut(line: string): string {
  const { columns = Number.POSITIVE_INFINITY } = process.stdout;
  return line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
}

function deviationText({ published, deviation, miss }: Comparison): string {
  if (published === null) return '';
  if (deviation === null) return miss ? 'off' : 'near 0';
  if (deviation === 0) return published[0] === published[1] ? '0 %' : 'within';
  return `${deviation > 0 ? '+' : ''}${(deviation * 100).toFixed(0)} %`;
}

function summarise(rows: readonly Comparison[]): void {
  const held = rows.filter(({ published }) => published !== null);
  for (const role of ['calibration', 'validation'] as const) {
    const mine = held.filter((row) => row.role === role);
    const missed = mine.filter(({ miss }) => miss).length;
    console.log(`${role}: ${mine.length} figures, ${missed} missed by more than 15 %`);
  }
  console.log(`no published figure: ${rows.length - held.length} probes`);
  for (const [id, text] of neededExplanations(rows)) console.log(`${id}: ${text}`);
}
