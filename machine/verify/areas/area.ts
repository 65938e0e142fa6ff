/** An area of scenarios: one subject of the manual, all its combinations in a fixed order. */
import { type OracleId, Scenario } from '../scenarios/scenario.js';

export interface Area {
  readonly id: string;
  /** The manual's chapter or section. */
  readonly about: string;
  /** @param seed added to the seeds of what is random; most areas have nothing that is */
  scenarios(seed: number): Scenario[];
}

export const both: readonly OracleId[] = ['qemu', 'bochs'];
/** For what Bochs decides otherwise without a rule to go by. */
export const qemuAlone: readonly OracleId[] = ['qemu'];
/** QEMU's TCG looks at no limit and no type of a segment when memory is accessed. */
export const bochsAlone: readonly OracleId[] = ['bochs'];
export const RINGS = [0, 1, 2, 3] as const;

/** All combinations, the last list varying fastest. */
export function product<T extends readonly unknown[]>(...lists: { [K in keyof T]: readonly T[K][] }): T[] {
  return lists.reduce<unknown[][]>(
    (all, list) => all.flatMap((head) => list.map((x) => [...head, x])),
    [[]],
  ) as unknown as T[];
}

/** Makes the scenarios of one area; names are put together from words, and must differ. */
export function maker(area: string) {
  const names = new Set<string>();
  return (words: readonly unknown[], cpl: number, oracles: readonly OracleId[] = both): Scenario => {
    const name = words.filter((w) => w !== '' && w !== false).join(' ');
    if (names.has(name)) throw new Error(`${area}: two scenarios are named "${name}"`);
    names.add(name);
    return new Scenario(area, name, oracles, cpl);
  };
}

const registers = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const;

/** A 16-bit TSS says nothing about upper halves. */
export function only16(s: Scenario): Scenario {
  for (const register of registers) s.ignore(register, 0xffff0000);
  return s;
}
