/**
 * Which rows of the instruction table the proof has exercised, by which oracle, how often: counted from the runs of
 * parts "host" and "scenarios", recorded in coverage.json by `npm run verify -- --deep --record host scenarios`.
 */
import { disassemble } from '../disassembler.js';
import { type InstructionRow, instructions } from '../tables/instructions.js';
import recorded from './coverage.json' with { type: 'json' };
import { CODE } from './scenarios/map.js';
import type { Scenario } from './scenarios/scenario.js';

export type CoverageOracle = 'host' | 'qemu' | 'bochs';
/** Row id -> instances. */
export type RowCounts = Record<string, number>;

export interface Coverage {
  /** What recorded each oracle's counts: the command, seeds and numbers of instances. */
  readonly recordedBy: Record<CoverageOracle, string>;
  readonly counts: Record<CoverageOracle, RowCounts>;
}

/** What of an instruction no oracle here could judge, by mnemonic. */
const unverified: Readonly<Record<string, string>> = {
  x87: 'arithmetic: it is not there and raises #UD; only #NM is compared',
  INVLPG: 'which translations go: by the manual (machine/verify/manual.ts)',
  INVD: 'what happens to caches: by the model',
  WBINVD: 'what happens to caches: by the model',
  RDTSC: 'the count: by the model',
  RDPMC: 'the counts, which are always 0',
  CPUID: 'leaves other than 0: by the preset',
};

/** Rows of the instructions that a scenario has at its start, one behind another, up to the first transfer. */
export function rowsOf(scenario: Scenario): string[] {
  const code = scenario.blocks.findLast(({ address }) => address === CODE);
  if (!code || scenario.start.eip !== CODE) return [];
  const bytes = Uint8Array.from(code.bytes);
  const found: string[] = [];
  for (let at = 0; at < bytes.length - 2; ) {
    const { length, row } = disassemble(bytes.subarray(at), { address: CODE + at });
    if (!row) break;
    found.push(row.id);
    at += length;
    if (/^(J|CALL|RET|IRET|INT|SYS|UD2|HLT)/.test(row.mnemonic)) break;
  }
  return found;
}

export function countRows(scenarios: readonly Scenario[]): RowCounts {
  const counts = new Map<string, number>();
  for (const scenario of scenarios) for (const id of rowsOf(scenario)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return inTableOrder(counts);
}

/** The same counts in the order of the table, so that a record does not depend on the order of runs. */
export function inTableOrder(counts: ReadonlyMap<string, number>): RowCounts {
  return Object.fromEntries(instructions.flatMap(({ id }) => (counts.has(id) ? [[id, counts.get(id)!]] : [])));
}

export interface RowCoverage {
  readonly oracles: readonly (CoverageOracle | 'manual')[];
  /** Over all oracles. */
  readonly instances: number;
  readonly host: number;
  readonly qemu: number;
  readonly bochs: number;
  /** What of it was not verified. */
  readonly unverified?: string;
}

/** What the record says of a row. */
export function coverageOf(row: InstructionRow, coverage: Coverage = recorded as Coverage): RowCoverage {
  const by = (oracle: CoverageOracle) => coverage.counts[oracle][row.id] ?? 0;
  const [host, qemu, bochs] = [by('host'), by('qemu'), by('bochs')];
  const judged = (['host', 'qemu', 'bochs'] as const).filter((oracle) => by(oracle) > 0);
  const instances = host + qemu + bochs;
  const open = instances > 0 ? unverified[row.mnemonic] : 'everything: no oracle here has run it';
  return {
    oracles: judged.length > 0 ? judged : ['manual'],
    instances,
    host,
    qemu,
    bochs,
    ...(open === undefined ? {} : { unverified: open }),
  };
}
