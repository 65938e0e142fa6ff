// The map of an image, as text: how large each section is, and of each symbol the address, the size in bytes and where it
// comes from: the compiled function (by file and name), the global, or the stubs. `sort -nk2` finds the largest.
import { loadOf } from '../image.js';
import type { LinkedImage } from './link.js';

const hex = (address: number): string => (address >>> 0).toString(16).padStart(8, '0');

export function mapOf(image: LinkedImage): string {
  const { definition: d, layout, entry, symbols } = image;
  const origins = new Map<string, string>();
  for (const { chunk, address } of layout.chunks)
    for (const { name, offset } of chunk.code.labels) origins.set(`${address + offset} ${name}`, chunk.origin);
  const lines = [`# image ${d.name}: linked at ${hex(d.base)}, loaded at ${hex(loadOf(d))}, entry ${hex(entry)}`];
  for (const [section, { start, end }] of Object.entries(layout.sections)) {
    lines.push('', `# ${section} ${hex(start)}-${hex(end)}, ${end - start} bytes`);
    for (const { name, address, size, section: its } of symbols)
      if (its === section)
        lines.push(`${hex(address)} ${String(size).padStart(7)} ${name}  ${origins.get(`${address} ${name}`)}`);
  }
  return `${lines.join('\n')}\n`;
}
