/** Numbers and tables as text. */
import type { Spread } from './summary.js';

/** Cycles: whole above 100, one digit below. */
export function cycles(value: number): string {
  if (Number.isNaN(value)) return '';
  return Math.abs(value) >= 100 || Number.isInteger(value) ? group(Math.round(value)) : value.toFixed(1);
}

export function spreadText({ median, min, max }: Spread): string {
  if (Number.isNaN(median)) return '';
  return cycles(min) === cycles(max) ? cycles(median) : `${cycles(median)} (${cycles(min)} to ${cycles(max)})`;
}

/** Three significant digits, never in powers of ten. */
export function short(value: number): string {
  if (Number.isNaN(value)) return '';
  if (Math.abs(value) >= 1000) return group(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

export function percent(share: number): string {
  return Number.isNaN(share) ? '' : `${Math.round(100 * share)}%`;
}

/** Thousands apart by a thin comma: 12,345. */
export function group(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A number, a share, a range or a list of numbers, or nothing. */
const numeric = /^[-\d.,%()/ ]*(to)?[-\d.,%()/ ]*$/;

/** A Markdown table; columns that hold nothing but numbers are right-aligned. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const right = head.map((_, column) => rows.length > 0 && rows.every((row) => numeric.test(row[column])));
  return [line(head), line(right.map((yes) => (yes ? '---:' : '---'))), ...rows.map(line)].join('\n');
}

/**
 * A processor's name without what stands around it: "Pentium III 800 MHz (Coppermine), PC133" is the first four words.
 */
export function shortTitle(title: string): string {
  return title.split(/[,(]/)[0].trim();
}
