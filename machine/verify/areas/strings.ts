import { DATA, FRAMES, paging, WINDOW } from '../scenarios/map.js';
import { CR0, type Scenario } from '../scenarios/scenario.js';
import { type Area, maker, product } from './area.js';

const ABSENT = WINDOW + 0x1000;
const DF = 0x400;
const strings: Record<string, readonly number[]> = {
  'rep movsb': [0xf3, 0xa4],
  'rep movsw': [0xf3, 0x66, 0xa5],
  'rep movsd': [0xf3, 0xa5],
  'rep stosb': [0xf3, 0xaa],
  'rep stosd': [0xf3, 0xab],
  'rep lodsd': [0xf3, 0xad],
  'repe cmpsb': [0xf3, 0xa6],
  'repne scasd': [0xf2, 0xaf],
};
const same = Array.from({ length: 32 }, () => 0x61616161);

/**
 * Repeated string instructions with counts that only a fault can end: the count and the pointers that the handler finds
 * are those of the iteration that faulted, so that it can be resumed.
 */
export const repeatedStrings: Area = {
  id: 'repeated-strings',
  about: 'REP/REPE/REPZ/REPNE/REPNZ; Page-Fault Exception (#PF)',
  scenarios: () => {
    const scenario = maker('repeated-strings');
    const list: Scenario[] = [];
    for (const [name, ecx, before, absent, down] of product(
      Object.keys(strings),
      [0x40, 0x7fffffff, 0x80000001, 0x80000020, 0xffffffff],
      [4, 5, 0x28, 0x60],
      ['source', 'destination'] as const,
      [false, true],
    )) {
      if (absent === 'source' ? /stos|scas/.test(name) : /lods/.test(name)) continue;
      const s = scenario(
        [name, 'ecx', ecx.toString(16), 'to', before, 'bytes before an absent', absent, down ? 'downwards' : ''],
        0,
      );
      // Of the page that is there, the end on the way up, the start on the way down, where the page below is absent.
      const edge = down ? ABSENT + before - 4 : ABSENT - before;
      const other = down ? DATA + 0x400 : DATA;
      const [esi, edi] = absent === 'source' ? [edge, other] : [other, edge];
      s.write(paging.table, down ? 0 : FRAMES | 7, down ? FRAMES | 7 : 0);
      s.write(FRAMES + (down ? 0 : 0xf80), ...same)
        .write(DATA, ...same)
        .write(DATA + 0x384, ...same);
      s.set({ esi, edi, ecx, eax: 0x62626262, eflags: 2 | (down ? DF : 0), cr0: (s.start.cr0 | CR0.pg) >>> 0 });
      list.push(s.raw(...strings[name]).show(absent === 'source' ? other : FRAMES + (down ? 0 : 0xf80), 32));
    }
    return list;
  },
};
