/**
 * Drawing charts without a screen. The font is the project's own (a package, registered under a name that no system
 * has), since a bare machine has none and text would silently vanish.
 */
import { createRequire } from 'node:module';
import { GlobalFonts } from 'canvas';
import type { Chart, ChartConfiguration, ChartType, Plugin } from 'chart.js';
import { ChartJSNodeCanvas } from 'chartjs-node-canvas';

export const fontFamily = 'Crossings Sans';

const require = createRequire(import.meta.url);
let registered = false;

function registerFonts(): void {
  if (registered) return;
  for (const file of ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf']) {
    const path = require.resolve(`dejavu-fonts-ttf/ttf/${file}`);
    if (!GlobalFonts.registerFromPath(path, fontFamily)) throw new Error(`the font ${path} cannot be read`);
  }
  registered = true;
}

/** Renders to PNG at twice the size, for dense screens. */
export function renderChart<T extends ChartType>(
  configuration: ChartConfiguration<T>,
  width: number,
  height: number,
): Buffer {
  registerFonts();
  const canvas = new ChartJSNodeCanvas({
    width,
    height,
    backgroundColour: 'white',
    chartCallback: (chart) => {
      chart.defaults.font.family = fontFamily;
      chart.defaults.font.size = 13;
      chart.defaults.color = '#222';
      chart.defaults.devicePixelRatio = 2;
    },
  });
  return canvas.renderToBufferSync(configuration as ChartConfiguration, 'image/png');
}

/** Extra facts of one bar, beside its length. */
export interface BarMark {
  min: number;
  max: number;
  hatched: boolean;
  text: string;
}

/** Hatching for counterfactual bars, whiskers from the least to the greatest seed, and the number at the end. */
export function barMarks(marks: (BarMark | undefined)[]): Plugin<'bar'> {
  return {
    id: 'barMarks',
    afterDatasetsDraw(chart: Chart<'bar'>) {
      const context = chart.ctx;
      const axis = chart.scales.x;
      chart.getDatasetMeta(0).data.forEach((element, index) => {
        const mark = marks[index];
        if (mark === undefined) return;
        const { x, y, base, height } = element.getProps(['x', 'y', 'base', 'height'] as never[]) as Record<
          string,
          number
        >;
        context.save();
        if (mark.hatched) hatch(context, base, y - height / 2, x - base, height);
        const [from, to] = [axis.getPixelForValue(mark.min), axis.getPixelForValue(mark.max)];
        context.strokeStyle = '#222';
        context.lineWidth = 1;
        if (to - from >= 1) {
          line(context, from, y, to, y);
          line(context, from, y - 3, from, y + 3);
          line(context, to, y - 3, to, y + 3);
        }
        context.fillStyle = '#222';
        context.font = `12px "${fontFamily}"`;
        context.textBaseline = 'middle';
        context.fillText(mark.text, Math.max(x, to) + 6, y);
        context.restore();
      });
    },
  };
}

/**
 * Whiskers from the least to the greatest seed at the points of lines, where they are longer than the points are high.
 */
export function pointWhiskers(marks: readonly (readonly BarMark[])[]): Plugin<'line'> {
  return {
    id: 'pointWhiskers',
    afterDatasetsDraw(chart: Chart<'line'>) {
      const { ctx: context } = chart;
      const axis = chart.scales.y;
      context.save();
      context.strokeStyle = '#222';
      context.lineWidth = 1;
      marks.forEach((points, dataset) => {
        // Beside each other, since points of several lines stand above each other.
        const aside = 5 * (dataset - (marks.length - 1) / 2);
        chart.getDatasetMeta(dataset).data.forEach((point, index) => {
          const x = point.x + aside;
          const [low, high] = [points[index].min, points[index].max].map((value) => axis.getPixelForValue(value));
          if (low - high < 1) return;
          line(context, x, low, x, high);
          line(context, x - 3, low, x + 3, low);
          line(context, x - 3, high, x + 3, high);
        });
      });
      context.restore();
    },
  };
}

function hatch(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = 'white';
  context.lineWidth = 2;
  for (let at = x - height; at < x + width; at += 7) line(context, at, y + height, at + height, y);
  context.restore();
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
