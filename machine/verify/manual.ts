/**
 * Part "manual": what no oracle here can say, since QEMU and Bochs drop translations that a processor keeps. The rules
 * are the manual's (Intel SDM vol. 3, 4.10 "Caching Translation Information"); where it leaves a choice, the model's is
 * said. They are tested on this machine alone, and not counted as verified by anybody.
 */
import { buildCore } from '../../toolchain/driver/core.js';
import type { Outcome, Part, PartOptions } from '../../verify/part.js';
import { processors } from '../processors/index.js';
import { ours } from './oracles/machines.js';
import { linesFrom } from './scenarios/compare.js';
import { CODE, descriptor, FRAMES, paging, sel, tss, type, WINDOW } from './scenarios/map.js';
import { CR0, CR4, Scenario } from './scenarios/scenario.js';
import { recordOf } from './scenarios/trace.js';

export interface Rule {
  readonly id: string;
  readonly manual: string;
  readonly rule: string;
  readonly scenario: Scenario;
  /** Fields of the record. */
  readonly expected: Readonly<Record<string, number>>;
}

const [OLD, NEW] = [0x11111111, 0x22222222];
const G = 0x100;
const PAGE_FAULT = 14;
const DONE = 0x20;
const word = (value: number) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
/** mov eax, [window]; mov dword [address], value */
const use = [0xa1, ...word(WINDOW)];
const change = (address: number, value: number) => [0xc7, 0x05, ...word(address), ...word(value)];
/** mov ebx, [window] */
const useAgain = [0x8b, 0x1d, ...word(WINDOW)];
const invlpg = [0x0f, 0x01, 0x3d, ...word(WINDOW)];
const reloadCr3 = [0x0f, 0x20, 0xd9, 0x0f, 0x22, 0xd9];
/** Flips bits of a control register and flips them back: mov ecx, crN; xor ecx, bits; mov crN, ecx; and again. */
const flip = (register: 0 | 4, bits: number) => {
  const once = [0x81, 0xf1, ...word(bits), 0x0f, 0x22, 0xc1 | (register << 3)];
  return [0x0f, 0x20, 0xc1 | (register << 3), ...once, ...once];
};

/** A page that is used, changed in the tables, and used again after `between`. */
function used(
  id: string,
  between: readonly number[],
  o: { flags?: number; entry?: number; at?: number; large?: boolean } = {},
) {
  const s = new Scenario('manual', id, []);
  const { flags = 7, entry = (FRAMES + 0x1000) | 7, at = o.large ? paging.directory + 4 : paging.table } = o;
  s.set({ cr0: (s.start.cr0 | CR0.pg) >>> 0, cr4: CR4.pge | CR4.pse });
  s.write(FRAMES, OLD).write(FRAMES + 0x1000, NEW);
  // Large frames are aligned to their size: the first one, and the one behind it.
  if (o.large)
    s.write(paging.directory + 4, 0x80 | flags)
      .write(0, OLD)
      .write(0x400000, NEW);
  else s.write(paging.table, FRAMES | flags);
  return s.raw(...use, ...change(at, entry), ...between, ...useAgain);
}

const STALE = { vector: DONE, eax: OLD, ebx: OLD };
const FRESH = { vector: DONE, eax: OLD, ebx: NEW };
const FAULT = { vector: PAGE_FAULT, eax: OLD, cr2: WINDOW };
const TLB = 'vol. 3, 4.10.2.3 "Details of TLB Use"';
const INVALIDATION = 'vol. 3, 4.10.4.1 "Operations that Invalidate TLBs and Paging-Structure Caches"';
const GLOBAL = 'vol. 3, 4.10.2.4 "Global Pages"';
const rule = (id: string, manual: string, text: string, scenario: Scenario, expected: Rule['expected']): Rule => ({
  id,
  manual,
  rule: text,
  scenario,
  expected,
});

export function rules(): Rule[] {
  const global = { flags: 7 | G, entry: (FRAMES + 0x1000) | 7 | G };
  const large = { large: true, flags: 7, entry: 0x400000 | 0x87 };
  const task = used('task switch', [0xea, 0, 0, 0, 0, sel.free, 0]);
  task.describe(sel.free, descriptor(type.tss32, { base: tss.B, limit: 0x67 }));
  // The task goes on behind the jump.
  task.task('B', { eip: CODE + use.length + 10 + 7, eax: OLD });
  const enabled = new Scenario('manual', 'made present', []);
  enabled.set({ cr0: (enabled.start.cr0 | CR0.pg) >>> 0 }).write(FRAMES, NEW);
  enabled.raw(...change(paging.table, FRAMES | 7), ...useAgain);
  const dirty = used('dirty after a clean read', change(WINDOW, NEW), { entry: FRAMES | 0x27 }).show(paging.table);
  return [
    rule(
      'stale-frame',
      TLB,
      'a translation in the TLB is used although the entry names another frame',
      used('frame', []),
      STALE,
    ),
    rule(
      'stale-absent',
      TLB,
      'and although the entry is not present any more',
      used('absent', [], { entry: 0 }),
      STALE,
    ),
    rule(
      'stale-rights',
      TLB,
      'and although the entry is for the supervisor alone',
      used('rights', [], { entry: FRAMES | 3 }),
      STALE,
    ),
    rule(
      'stale-directory',
      TLB,
      'and although the directory names no table any more',
      used('directory', [], { at: paging.directory + 4, entry: 0 }),
      STALE,
    ),
    rule('stale-large', TLB, 'the same of a 4 MiB page', used('large', [], large), STALE),
    rule('invlpg', INVALIDATION, 'INVLPG drops the page', used('invlpg', invlpg), FRESH),
    rule(
      'invlpg-absent',
      INVALIDATION,
      'after it an absent page faults',
      used('invlpg absent', invlpg, { entry: 0 }),
      FAULT,
    ),
    rule(
      'invlpg-global',
      INVALIDATION,
      'INVLPG drops a global page, too',
      used('invlpg global', invlpg, global),
      FRESH,
    ),
    rule(
      'invlpg-large',
      INVALIDATION,
      'INVLPG of any address drops the whole 4 MiB page',
      used('invlpg large', [0x0f, 0x01, 0x3d, ...word(WINDOW + 0x123000)], large),
      FRESH,
    ),
    rule(
      'invlpg-other',
      INVALIDATION,
      'INVLPG of another page leaves it (the model drops nothing more than it must)',
      used('invlpg other', [0x0f, 0x01, 0x3d, ...word(WINDOW + 0x1000)]),
      STALE,
    ),
    rule('cr3', INVALIDATION, 'a load of CR3 drops pages that are not global', used('cr3', reloadCr3), FRESH),
    rule('cr3-global', GLOBAL, 'and keeps global ones', used('cr3 global', reloadCr3, global), STALE),
    rule(
      'cr4-pge',
      INVALIDATION,
      'changing CR4.PGE drops all, global ones included',
      used('pge', flip(4, CR4.pge), global),
      FRESH,
    ),
    rule('cr4-pse', INVALIDATION, 'changing CR4.PSE drops all', used('pse', flip(4, CR4.pse), global), FRESH),
    rule('cr0-pg', INVALIDATION, 'turning paging off and on drops all', used('pg', flip(0, CR0.pg), global), FRESH),
    rule(
      'cr0-wp',
      INVALIDATION,
      'changing CR0.WP drops all (more than it must, which the manual allows)',
      used('wp', flip(0, CR0.wp)),
      FRESH,
    ),
    rule('task', INVALIDATION, 'a task switch that loads CR3 drops pages that are not global', task, FRESH),
    rule(
      'no-negative',
      'vol. 3, 4.10.2.2 "Caching Translations in TLBs"',
      'an absent page is not remembered: made present it is found at once',
      enabled,
      { vector: DONE, ebx: NEW },
    ),
    rule(
      'dirty',
      'vol. 3, 4.8 "Accessed and Dirty Flags"',
      'the first write through a translation that a read loaded sets D',
      dirty,
      { vector: DONE, eax: OLD, ebx: NEW, [`[${paging.table.toString(16)}]`]: FRAMES | 0x67 },
    ),
  ];
}

async function run({ progress }: PartOptions): Promise<Outcome> {
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  const list = rules();
  const details: string[] = [];
  const lines = await linesFrom(
    ours(core, processors['pentium3-800']),
    list.map(({ scenario }) => scenario),
  );
  list.forEach(({ id, manual, rule: text, scenario, expected }, i) => {
    progress(i + 1, list.length, id);
    const line = lines[i];
    const record = line === undefined ? undefined : recordOf(scenario, line);
    const wrong = Object.entries(expected).filter(([field, value]) => record?.get(field) !== value);
    const found = wrong.map(
      ([field, value]) => `${field} is ${record?.get(field)?.toString(16)}, not ${value.toString(16)}`,
    );
    if (wrong.length > 0) details.push(`${id} (${manual}): ${text}: ${found.join('; ')}`);
  });
  return {
    count: list.length,
    mismatches: details.length,
    unit: 'rules',
    details,
    skipped: ['oracles (none keeps a stale translation)'],
  };
}

export const manualPart: Part = { id: 'manual', title: 'TLB rules by the manual alone', run };
