/**
 * The guest kernel: its system calls answer as Linux's do, on several processors, by both ways in and on QEMU; torture
 * finds nothing wrong, its file system is whole afterwards (e2fsck), and what the kernel counts is what it was.
 */
import { processors } from '../../machine/processors/index.js';
import type { Depth, Outcome, Part, PartOptions } from '../part.js';
import {
  CONFORMANCE,
  caseOf,
  damage,
  deviations,
  hasFsck,
  hasQemu,
  linuxAnswers,
  linuxMissing,
  runGuest,
  runLinux,
  runQemu,
} from './run.js';

/** Instructions of torture, and how much of it one boot runs. */
const TORTURE: Record<Depth, number> = { quick: 10e6, usual: 100e6, deep: 1000e6 };
const ROUNDS = 400;
const PROCESSORS: Record<Depth, readonly string[]> = {
  quick: ['pentium3-800'],
  usual: ['pentium-133', 'pentium3-800', 'xeon-p4-2400'],
  deep: ['pentium-133', 'pentium3-800', 'xeon-p4-2400'],
};

/** Ways into the kernel that its entry page offers. */
const ENTRIES = ['int80', 'sysenter'];

export const guestPart: Part = {
  id: 'guest',
  title: 'the guest kernel answers as Linux and survives torture',
  run: async (options) => {
    const state: State = { count: 0, details: [], skipped: [] };
    conformance(state, options);
    const instructions = torture(state, options);
    const { count, details, skipped } = state;
    const torturing = `${Math.round(instructions / 1e6)} million instructions of torture`;
    const notes = [torturing, `seeds from ${options.seed + 1} on`];
    return { count, mismatches: details.length, unit: 'answers and rounds', details, skipped, notes } satisfies Outcome;
  },
};

interface State {
  count: number;
  readonly details: string[];
  readonly skipped: string[];
}

function conformance(state: State, { depth, progress }: PartOptions): void {
  const ways: [string, () => string[]][] = PROCESSORS[depth].flatMap((processor): [string, () => string[]][] => [
    ...ENTRIES.filter((entry) => entry !== 'sysenter' || processors[processor].features.includes('sysenter')).map(
      (entry): [string, () => string[]] => [
        `${processor}, entry=${entry}`,
        () => runGuest('proof', CONFORMANCE, processor, `entry=${entry}`).lines,
      ],
    ),
    [
      `${processor}, the raw gate, disk=pio`,
      () => runGuest('proof', `ENTRY=int80; export ENTRY; ${CONFORMANCE}`, processor, 'disk=pio').lines,
    ],
  ]);
  if (hasQemu) ways.push(['QEMU', () => runQemu('proof', CONFORMANCE).lines]);
  else state.skipped.push('QEMU: not installed');
  const missing = linuxMissing();
  if (missing === undefined) ways.push(["this host's Linux", () => runLinux('conformance', []).lines]);
  else state.skipped.push(`this host's Linux: ${missing}`);
  const expected = linuxAnswers();
  ways.forEach(([way, run], i) => {
    progress(i, ways.length, `conformance on ${way}`);
    compare(state, way, run(), expected);
  });
}

function compare(state: State, way: string, lines: readonly string[], expected: readonly string[]): void {
  const found = new Map(lines.map((line) => [caseOf(line), line]));
  for (const line of expected.filter((one) => !deviations.has(caseOf(one)))) {
    state.count++;
    const answer = found.get(caseOf(line));
    if (answer !== line) state.details.push(`conformance on ${way}: ${answer ?? 'no answer'}, Linux: ${line}`);
  }
}

/** Seed by seed, every second one in memory and not on the disk, two of four by SYSENTER; returns the instructions that were executed. */
function torture(state: State, { depth, seed: added, progress }: PartOptions): number {
  if (!hasFsck) state.skipped.push('e2fsck after torture: not installed');
  let instructions = 0;
  for (let seed = 1 + added; instructions < TORTURE[depth]; seed++) {
    progress(Math.round(instructions / 1e6), TORTURE[depth] / 1e6, 'million instructions of torture');
    const folder = seed % 2 === 1 ? '/data' : '/tmp';
    const entry = seed % 4 < 2 ? 'int80' : 'sysenter';
    const run = runGuest('proof', `cd ${folder}; torture seed=${seed} rounds=${ROUNDS}`, undefined, `entry=${entry}`);
    instructions += run.instructions;
    state.count += ROUNDS;
    const last = `torture seed=${seed} rounds=${ROUNDS} processes=3 failures=0`;
    if (run.status !== 0 || run.lines.length !== 1 || run.lines[0] !== last)
      state.details.push(`torture seed=${seed} in ${folder}: ${run.lines.join(' | ')}`);
    const broken = hasFsck ? damage(run.disk) : undefined;
    if (broken !== undefined) state.details.push(`torture seed=${seed} in ${folder}: e2fsck: ${broken}`);
  }
  return instructions;
}
