/**
 * Where an oracle is known to do something else than the manual (Intel SDM, volume and section named) demands. Each is
 * held both ways: a difference counts as known only where this machine does as the manual says and the oracle does as
 * described here; one that no scenario shows any more is reported, so that the list stays true.
 */
import type { OracleId, Scenario } from '../scenarios/scenario.js';
import type { Record_ } from '../scenarios/trace.js';

export interface KnownDifference {
  readonly id: string;
  readonly oracle: OracleId;
  readonly manual: string;
  readonly what: string;
  /** Areas that show it. */
  readonly areas: readonly string[];
  /** Fields of the record that it explains; 'all' when the rest follows from it. */
  covers(s: Scenario, ours: Record_, theirs: Record_): readonly string[] | 'all';
}

export const VECTOR = { df: 8, ts: 10, np: 11, ss: 12, gp: 13, pf: 14, done: 0x20 };
export const all = (condition: boolean): 'all' | [] => (condition ? 'all' : []);
export const fieldsWhere = (ours: Record_, theirs: Record_, test: (field: string, a: number, b: number) => boolean) =>
  [...ours.keys()].filter(
    (field) => ours.get(field) !== theirs.get(field) && test(field, ours.get(field)!, theirs.get(field)!),
  );
export const raised = (r: Record_) => r.get('vector')!;
export const memory = (field: string) => field.startsWith('[') || field.startsWith('stack');
