/** Records that the supervisor prints, as named fields, and how two of them differ. */
import type { Scenario } from './scenario.js';
import { STACK_WORDS } from './supervisor.js';

export const recordFields = [
  ...['gs', 'fs', 'es', 'ds', 'eflags', 'edi', 'esi', 'ebp', 'esp', 'ebx', 'edx', 'ecx', 'eax', 'vector'],
  ...Array.from({ length: STACK_WORDS }, (_, i) => `stack${i}`),
  ...['cs', 'ss', 'cr0', 'cr2', 'cr3', 'dr6', 'dr7', 'tr', 'ldtr'],
];

/** Field -> value; memory that the scenario shows is under `[address]`. */
export type Record_ = ReadonlyMap<string, number>;

/** The lines of records in a trace; firmware and prompts around them are left out. */
export function linesOf(trace: string): string[] {
  return trace.split('\n').flatMap((line) => /#((?:[0-9a-f]{8})+)\s*$/.exec(line)?.[1] ?? []);
}

export function recordOf(scenario: Scenario, line: string): Record_ {
  const names = [...recordFields];
  for (const [address, count] of scenario.shown) {
    for (let i = 0; i < count; i++) names.push(`[${(address + 4 * i).toString(16)}]`);
  }
  if (line.length !== 8 * names.length) throw new Error(`${scenario.name}: a record of ${line.length / 8} words`);
  return new Map(names.map((name, i) => [name, Number.parseInt(line.slice(8 * i, 8 * i + 8), 16)]));
}

/** Names of the fields in which two records differ, apart from what the scenario leaves open. */
export function differing(scenario: Scenario, a: Record_, b: Record_): string[] {
  return [...a.keys()].filter((name) => {
    const open = scenario.open.reduce((mask, [field, bits]) => (field === name ? mask | bits : mask), 0);
    return ((a.get(name)! ^ b.get(name)!) & ~open) !== 0;
  });
}

const hex = (value: number | undefined) => (value === undefined ? 'none' : value.toString(16));

export function describeDifference(fields: readonly string[], ours: Record_, theirs: Record_, who: string): string {
  const texts = fields.map((field) => `${field} is ${hex(ours.get(field))}, ${who} ${hex(theirs.get(field))}`);
  return texts.slice(0, 8).join('; ');
}
