/** The call stack of a guest that failed, with functions and lines, for the message that says so. */
import type { Machine } from '../../machine/index.js';
import { type DebugInfo, placeText, Symbols } from '../../toolchain/debug/info.js';
import { unwind } from '../../toolchain/debug/unwind.js';
import { debugInfo, imagePath } from '../../toolchain/driver/images.js';
import type { BootSpec } from './boots.js';
import { projectRoot } from './project.js';

/** A line a frame, indented, the innermost first; nothing when no symbols are known. */
export function guestStack(machine: Machine, { boot, layout }: Pick<BootSpec, 'boot' | 'layout'>): string {
  const names = [boot.image, ...boot.modules.map(({ image }) => image)];
  const infos = [...new Set(names)].map((name) => infoOf(name, layout)).filter((info) => info !== undefined);
  return stackText(machine, infos);
}

function infoOf(name: string, layout: number): DebugInfo | undefined {
  try {
    return debugInfo(imagePath(name, projectRoot, layout));
  } catch {
    return undefined;
  }
}

/** In ring 3 programs are looked at first, elsewhere kernels: their addresses may be the same. */
export function stackText(machine: Machine, infos: readonly DebugInfo[]): string {
  if (infos.length === 0) return '';
  const { eip, esp, cpl } = machine.position;
  const first = cpl === 3 ? 'program' : 'kernel';
  const ordered = [...infos.filter((i) => i.kind === first), ...infos.filter((i) => i.kind !== first)];
  const read = (linear: number) => machine.memory.readLinear(linear, 1)?.[0];
  const frames = unwind(
    { eip, esp, cpl, read },
    ordered.map((info) => new Symbols(info)),
  );
  const line = ({ address, place, searched, interrupted }: (typeof frames)[number]) =>
    `\n  ${address.toString(16).padStart(8, '0')} ${place ? `${place.image}: ${placeText(place)}` : 'unknown code'}` +
    (!searched ? '' : interrupted ? ' (interrupted here)' : ' (found by searching the stack)');
  return `\nguest stack, CPL ${cpl}:${withoutRepeats(frames.map(line)).join('')}`;
}

/** Runs of the same few lines, as faults in fault handlers leave them, shown once with their number. */
export function withoutRepeats(lines: readonly string[]): string[] {
  const shown: string[] = [];
  for (let i = 0; i < lines.length; ) {
    const period = [1, 2, 3, 4, 5, 6].find((n) => repeats(lines, i, n) > 2);
    const times = period === undefined ? 1 : repeats(lines, i, period);
    shown.push(...lines.slice(i, i + (period ?? 1)));
    if (period !== undefined) shown.push(`\n  ... these ${period} again, ${times - 1} times`);
    i += (period ?? 1) * times;
  }
  return shown;
}

/** How often the `period` lines from `from` on stand there one behind another. */
function repeats(lines: readonly string[], from: number, period: number): number {
  let times = 1;
  const same = (at: number) => lines.slice(from, from + period).every((line, i) => lines[at + i] === line);
  while (from + (times + 1) * period <= lines.length && same(from + times * period)) times++;
  return times;
}
