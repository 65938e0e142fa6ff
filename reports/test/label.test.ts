/** A label must show on a machine without fonts: the font library is told, in a fresh process, that there are none. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCanvas, loadImage } from 'canvas';
import { expect, test } from 'vitest';
import { projectRoot } from '../../experiments/runner/project.js';

const built = join(projectRoot, 'dist/reports/canvas.js');

/** Dark pixels in the left third of a chart, where the axis labels stand. */
async function ink(png: Buffer): Promise<number> {
  const image = await loadImage(png);
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, Math.floor(image.width / 3), image.height);
  let dark = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] + data[at + 1] + data[at + 2] < 300) dark += 1;
  return dark;
}

test.skipIf(!existsSync(built))('labels are drawn with the fonts of the system hidden', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'crossings-fonts-'));
  writeFileSync(join(dir, 'fonts.conf'), `<?xml version="1.0"?><fontconfig><cachedir>${dir}</cachedir></fontconfig>`);
  const chart = (label: string) => `
    import { renderChart } from ${JSON.stringify(built)};
    const png = renderChart({
      type: 'bar',
      data: { labels: [${JSON.stringify(label)}], datasets: [{ data: [1], backgroundColor: '#eee' }] },
      options: { indexAxis: 'y', plugins: { legend: { display: false } }, scales: { x: { display: false } } },
    }, 600, 80);
    process.stdout.write(png);`;
  const render = (label: string) =>
    execFileSync(process.execPath, ['--input-type=module', '-e', chart(label)], {
      cwd: projectRoot,
      env: { ...process.env, FONTCONFIG_FILE: join(dir, 'fonts.conf'), FONTCONFIG_PATH: dir },
      maxBuffer: 1 << 24,
    });
  const blank = await ink(render(' '));
  const labelled = await ink(render('microkernel, other space'));
  expect(labelled - blank).toBeGreaterThan(500);
});
