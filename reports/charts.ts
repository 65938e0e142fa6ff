/**
 * The charts: one colour a system throughout, counterfactual cells hatched (bars) or dashed thin (lines), units on
 * every axis. Bars show busy cycles of the warm state, whiskers the seeds.
 */
import type { ChartConfiguration } from 'chart.js';
import type { Experiment, Family } from '../experiments/define.js';
import { experiments } from '../experiments/index.js';
import type { Cell, Manifest } from '../experiments/schema.js';
import type { SystemId } from '../experiments/system.js';
import { type BarMark, barMarks, pointWhiskers, renderChart } from './canvas.js';
import { cycles, shortTitle } from './format.js';
import { type Line, linesOf } from './summary.js';

export const systemColours: Record<SystemId, string> = { native: '#6b7280', vmm: '#c2570c', microkernel: '#1d6fb8' };

export interface ChartFile {
  experiment: string;
  family: string;
  /** Relative to the result folder. */
  path: string;
  /** What it shows, for the text beside it. */
  caption: string;
  png: Buffer;
}

export function drawCharts(manifest: Manifest, cells: readonly Cell[]): ChartFile[] {
  return (
    experiments
      // Rows of published tables have those beside them, not each other.
      .filter(({ id, operationsAreRows }) => !operationsAreRows && cells.some((cell) => cell.experiment === id))
      .flatMap((experiment) =>
        experiment.families.flatMap((family) => {
          const mine = cells.filter((cell) => cell.experiment === experiment.id && cell.factors.family === family.id);
          return [...barCharts(experiment, family, manifest, mine), ...sizeCharts(experiment, family, manifest, mine)];
        }),
      )
  );
}

function barCharts(experiment: Experiment, family: Family, manifest: Manifest, cells: Cell[]): ChartFile[] {
  const { operations, batches } = family.plan;
  const { size } = family.headline;
  return operations.flatMap((operation) =>
    batches.flatMap((batch): ChartFile[] => {
      const groups = Object.keys(manifest.processors).map((processor) => ({
        title: shortTitle(manifest.processors[processor].title),
        lines: linesOf(cells, family, processor, { operation, size, batch, state: 'warm' }).filter(
          (line) => line.cells.length > 0,
        ),
      }));
      if (groups.every(({ lines }) => lines.length === 0)) return [];
      const what = [
        operations.length > 1 ? operation : '',
        size > 0 ? `${size} B` : '',
        batches.length > 1 ? `batch ${batch}` : '',
      ];
      const words = what.filter((word) => word !== '');
      const title = words.length === 0 ? family.title : `${family.title}: ${words.join(', ')}`;
      const name = [experiment.id, family.id, operation, batches.length > 1 ? `batch-${batch}` : ''];
      return [
        {
          experiment: experiment.id,
          family: family.id,
          path: `charts/${distinct(name).join('-')}.png`,
          caption:
            `Busy cycles an operation, warm (${title}). Whiskers: least and greatest seed. ` +
            'Hatched: counterfactual.',
          png: bars(title, groups),
        },
      ];
    }),
  );
}

function distinct(words: string[]): string[] {
  return [...new Set(words.filter((word) => word !== ''))];
}

function bars(title: string, groups: { title: string; lines: Line[] }[]): Buffer {
  const labels: string[] = [];
  const values: (number | null)[] = [];
  const colours: string[] = [];
  const marks: (BarMark | undefined)[] = [];
  for (const group of groups.filter(({ lines }) => lines.length > 0)) {
    labels.push(group.title);
    values.push(null);
    colours.push('white');
    marks.push(undefined);
    for (const { row, busy, historical } of group.lines) {
      labels.push(row.label);
      values.push(busy.median);
      colours.push(systemColours[row.system]);
      marks.push({ min: busy.min, max: busy.max, hatched: !historical, text: cycles(busy.median) });
    }
  }
  const greatest = Math.max(...marks.map((mark) => mark?.max ?? 0));
  const configuration: ChartConfiguration<'bar', (number | null)[], string> = {
    type: 'bar',
    data: {
      labels,
      datasets: [{ data: values, backgroundColor: colours, barPercentage: 0.85, categoryPercentage: 0.9 }],
    },
    options: {
      indexAxis: 'y',
      layout: { padding: { right: 16 } },
      plugins: {
        legend: { display: false },
        title: { display: true, text: title, font: { size: 15 } },
        subtitle: { display: true, text: legendText(marks, 'hatched'), padding: { bottom: 8 } },
      },
      scales: {
        x: { min: 0, suggestedMax: greatest * 1.12, title: { display: true, text: 'busy cycles an operation, warm' } },
        y: {
          grid: { display: false },
          ticks: {
            autoSkip: false,
            font: (context) => ({ weight: values[context.index] === null ? 'bold' : 'normal' }),
          },
        },
      },
    },
    plugins: [barMarks(marks)],
  };
  return renderChart(configuration, 860, 110 + 26 * labels.length);
}

/** What is drawn beside the length of a bar or the height of a point. */
function legendText(marks: readonly (BarMark | undefined)[], counterfactual: string): string {
  const drawn = marks.filter((mark) => mark !== undefined);
  return [
    ...(drawn.some(({ min, max }) => min < max) ? ['whiskers: least and greatest seed'] : []),
    ...(drawn.some(({ hatched }) => hatched) ? [`${counterfactual}: this system never ran on this processor`] : []),
  ].join('; ');
}

function sizeCharts(experiment: Experiment, family: Family, manifest: Manifest, cells: Cell[]): ChartFile[] {
  const { sizes, operations, batches } = family.plan;
  if (sizes.length < 3) return [];
  return Object.keys(manifest.processors).flatMap((processor): ChartFile[] => {
    const perSize = sizes.map((size) =>
      linesOf(cells, family, processor, { operation: operations[0], size, batch: batches[0], state: 'warm' }),
    );
    const rows = family.rows.filter((row) =>
      perSize.every((lines) => lines.some((line) => line.row === row && line.cells.length > 0)),
    );
    if (rows.length === 0) return [];
    const title = `${family.title}, ${shortTitle(manifest.processors[processor].title)}`;
    const marks = rows.map((row) =>
      perSize.map((all): BarMark => {
        const { busy, historical } = all.find((line) => line.row === row)!;
        return { min: busy.min, max: busy.max, hatched: !historical, text: '' };
      }),
    );
    const configuration: ChartConfiguration<'line', number[], string> = {
      type: 'line',
      data: {
        labels: sizes.map((size) => `${size}`),
        datasets: rows.map((row) => {
          const lines = perSize.map((all) => all.find((line) => line.row === row)!);
          const second = rows.find((other) => other.system === row.system) !== row;
          const note = lines[0].historical ? '' : ' (counterfactual)';
          return {
            label: row.label + note,
            data: lines.map((line) => line.busy.median),
            borderColor: systemColours[row.system],
            backgroundColor: systemColours[row.system],
            borderWidth: lines[0].historical ? 2.5 : 1.2,
            borderDash: lines[0].historical ? [] : [6, 4],
            pointStyle: second ? 'rectRot' : 'circle',
            pointRadius: 5,
          };
        }),
      },
      options: {
        layout: { padding: { right: 16 } },
        plugins: {
          title: { display: true, text: title, font: { size: 15 } },
          subtitle: { display: true, text: legendText(marks.flat(), 'dashed'), padding: { bottom: 8 } },
          legend: { position: 'bottom', labels: { usePointStyle: true } },
        },
        scales: {
          x: { title: { display: true, text: 'message, bytes' } },
          y: { min: 0, title: { display: true, text: 'busy cycles a round trip, warm' } },
        },
      },
      plugins: [pointWhiskers(marks)],
    };
    return [
      {
        experiment: experiment.id,
        family: family.id,
        path: `charts/${experiment.id}-${family.id}-sizes-${processor}.png`,
        caption:
          `Busy cycles a round trip by size, warm, ${shortTitle(manifest.processors[processor].title)}. ` +
          'Whiskers: least and greatest seed.',
        png: renderChart(configuration, 860, 480),
      },
    ];
  });
}
