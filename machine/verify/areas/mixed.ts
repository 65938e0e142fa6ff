/**
 * Random scenarios: descriptors of every kind in the free places of GDT and LDT, gates to them in the IDT, a random
 * processor state, and one or two instructions that look at all of that. What the other areas vary one by one meets here.
 * Targets of gates and far transfers fit the width of the code segment that they name, so that wild code is rare.
 */
import { little, Random } from '../host/random.js';
import { CODE, DATA, FRAMES, gate, paging, sel, stacks, tss, type, vector, WINDOW } from '../scenarios/map.js';
import { CR0, CR4, FLAG, IOPL, type Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, maker } from './area.js';
import { anySelector, entry, fill, type Slot, slotOf } from './mixed-descriptors.js';

const COUNT = 1500;
/** Far pointers: to where code may begin, and to data. */
const [TO_CODE, TO_DATA] = [DATA + 0x40, DATA + 0x48];

/** A stack frame for a far return: EIP, CS, and what the others take. */
function frame(s: Scenario, slots: readonly Slot[], random: Random, wide: boolean, flags: boolean): void {
  const cpl = s.start.cs & 3;
  const to = slotOf(slots, random);
  const rpl = random.chance(50) ? cpl : Math.max(cpl, random.below(4));
  const outer = random.chance(60) ? sel.data[rpl] : anySelector(slots, random, rpl);
  const words = [entry(to), to.selector | rpl];
  if (flags) words.push(2 | (random.word() & 0x44dd5) | (random.below(4) * IOPL));
  words.push(random.of([stacks.ring3 - 0x20, stacks.ring2 - 0x40]), outer);
  if (wide) s.write(s.start.esp, ...words);
  else s.bytes(s.start.esp, ...words.flatMap((w) => [w & 0xff, (w >> 8) & 0xff]));
}

/** Linear addresses that are interesting: edges of limits, pages under test. */
function address(random: Random): number {
  const edge = random.of([
    0xfff,
    0x1000,
    0x4fff,
    0x5000,
    0x5003,
    0x5004,
    0x5fff,
    WINDOW,
    WINDOW + 0xffc,
    WINDOW + 0xfff,
    WINDOW + 0x1000,
    WINDOW + 0x2ffe,
  ]);
  return edge < 0x5000 && random.chance(70) ? DATA + 0x80 : Math.max(0, edge - random.below(9));
}

/** What `address` can reach outside of the arena, which is not copied afresh: each word holds its address. */
function reachable(s: Scenario): void {
  for (const base of [WINDOW, FRAMES]) {
    for (const edge of [base, base + 0x1000, base + 0x3000]) {
      const words = Array.from({ length: 0x80 / 4 }, (_, i) => edge - 0x30 + 4 * i);
      s.write(words[0], ...words);
    }
  }
}

type Maker = (s: Scenario, slots: readonly Slot[], random: Random) => readonly number[];
const movSegment: Maker = (s, slots, random) => {
  const selector = anySelector(slots, random, s.start.cs & 3);
  const register = random.of([0, 2, 3, 4, 5]);
  // mov eax, imm; mov sreg, ax
  return [0xb8, ...little(selector), 0x8e, 0xc0 | (register << 3)];
};

const instructions: readonly (readonly [name: string, weight: number, make: Maker])[] = [
  ['mov sreg', 5, movSegment],
  [
    'pop sreg',
    3,
    (s, slots, random) => [
      0x68,
      ...little(anySelector(slots, random, s.start.cs & 3)),
      ...random.of([[0x07], [0x17], [0x1f], [0x0f, 0xa1], [0x0f, 0xa9]]),
    ],
  ],
  [
    'lxs',
    3,
    (s, slots, random) => {
      s.write(TO_DATA, random.of([0x5000, 0x4f00]), anySelector(slots, random, s.start.cs & 3));
      return [...random.of([[0xc5], [0xc4], [0x0f, 0xb2], [0x0f, 0xb4], [0x0f, 0xb5]]), 0x1d, ...little(TO_DATA)];
    },
  ],
  [
    'far direct',
    5,
    (s, slots, random) => {
      const to = random.of(slots);
      const selector = to.selector | (random.chance(70) ? s.start.cs & 3 : random.below(4));
      return [random.of([0xea, 0x9a]), ...little(entry(to)), selector & 0xff, selector >> 8];
    },
  ],
  [
    'far indirect',
    3,
    (s, slots, random) => {
      const to = random.of(slots);
      s.write(TO_CODE, entry(to), to.selector | (random.chance(70) ? s.start.cs & 3 : random.below(4)));
      return [0xff, random.of([0x2d, 0x1d]), ...little(TO_CODE)];
    },
  ],
  [
    'retf',
    4,
    (s, slots, random) => {
      const wide = random.chance(70);
      frame(s, slots, random, wide, false);
      return [...(wide ? [] : [0x66]), ...random.of([[0xcb], [0xca, 4, 0]])];
    },
  ],
  [
    'iret',
    6,
    (s, slots, random) => {
      const wide = random.chance(75);
      frame(s, slots, random, wide, true);
      return [...(wide ? [] : [0x66]), 0xcf];
    },
  ],
  ['int', 5, (_s, _slots, random) => random.of([[0xcd, vector.test], [0xcc], [0xf1], [0xcd, vector.test]])],
  [
    'faults',
    2,
    (_s, _slots, random) => random.of([[0x0f, 0x0b], [0x31, 0xc0, 0xf7, 0xf0], [0xfb], [0xfa], [0x0f, 0x06]]),
  ],
  [
    'queries',
    4,
    (s, slots, random) => {
      const selector = anySelector(slots, random, s.start.cs & 3);
      const code = random.of([
        [0x0f, 0x02, 0xd8],
        [0x0f, 0x03, 0xd8],
        [0x0f, 0x00, 0xe0],
        [0x0f, 0x00, 0xe8],
        [0x63, 0xd8],
      ]);
      return [0xb8, ...little(selector), ...code];
    },
  ],
  [
    'ltr, lldt',
    3,
    (s, slots, random) => [
      0xb8,
      ...little(anySelector(slots, random, s.start.cs & 3)),
      0x0f,
      0x00,
      random.of([0xd8, 0xd0]),
    ],
  ],
  [
    'access',
    6,
    (_s, _slots, random) => {
      const prefix = random.of([[], [], [0x26], [0x64], [0x36], [0x2e]]);
      const code = random.of([
        [0x8b, 0x1d],
        [0x89, 0x1d],
        [0x88, 0x1d],
        [0x66, 0x89, 0x1d],
        [0x01, 0x1d],
        [0x87, 0x1d],
        [0xff, 0x35],
        [0x8f, 0x05],
        [0x0f, 0xc1, 0x1d],
        [0x0f, 0xc7, 0x0d],
      ]);
      return [...prefix, ...code, ...little(address(random))];
    },
  ],
  [
    'stack',
    4,
    (s, _slots, random) => {
      // mov esp, somewhere; then something that pushes or pops.
      const own = [s.start.esp, s.start.esp - 2, s.start.esp];
      const at = random.of((s.start.cs & 3) === 0 ? own : [...own, 0x5002, WINDOW + 0x42, WINDOW + 0xffe]);
      const code = random.of([
        [0x50],
        [0x58],
        [0x60],
        [0x61],
        [0xc8, 8, 0, 2],
        // mov ebp, esp; leave
        [0x89, 0xe5, 0xc9],
        [0x9c],
        [0x66, 0x50],
        [0xe8, 0, 0, 0, 0],
      ]);
      return [0xbc, ...little(at), ...code];
    },
  ],
  [
    'strings',
    3,
    (_s, _slots, random) => [
      0xbe,
      ...little(address(random)),
      0xbf,
      ...little(address(random)),
      0xb9,
      ...little(random.below(6)),
      ...random.of([[0xf3], [0xf2], []]),
      random.of([0xa4, 0xa5, 0xaa, 0xab, 0xa6, 0xae, 0xac]),
    ],
  ],
  ['popf', 2, (_s, _slots, random) => [0x68, ...little(2 | (random.word() & 0x47fd5)), 0x9d, 0x90]],
  [
    'ports',
    2,
    (_s, _slots, random) => [
      0xba,
      ...little(0x2f0 + random.below(16)),
      random.of([0xec, 0xed, 0xee, 0xef]),
      0x31,
      0xc0,
    ],
  ],
  [
    'control',
    1,
    (s, _slots, random) => {
      const bits = random.of([CR0.wp, CR0.am, CR0.ts, CR0.mp, CR0.em]);
      return [0xb8, ...little((s.start.cr0 ^ bits) >>> 0), 0x0f, 0x22, 0xc0];
    },
  ],
];
const weighted = instructions.flatMap((i) => Array.from({ length: i[1] }, () => i));

function pages(s: Scenario, random: Random): void {
  const bits = () => random.of([7, 7, 5, 3, 1, 6, 0x67, 0x65, 0x27]);
  for (let page = 0; page < 4; page++) s.write(paging.table + 4 * page, (FRAMES + 0x1000 * page) | bits());
  if (random.chance(30)) s.write(paging.directory + 4, paging.table | bits());
  if (random.chance(20)) s.write(paging.low + 4 * (DATA >> 12), DATA | bits());
  s.set({ cr0: (s.start.cr0 | CR0.pg | (random.chance(50) ? CR0.wp : 0)) >>> 0 });
  s.show(paging.table, 4)
    .show(paging.directory, 2)
    .show(paging.low + 4 * (DATA >> 12));
}

function one(scenario: ReturnType<typeof maker>, seed: number): Scenario {
  const random = new Random(seed);
  const cpl = random.of([0, 0, 1, 2, 3, 3, 3]);
  const chosen = Array.from({ length: 1 + random.below(2) }, () => random.of(weighted));
  const s = scenario([chosen.map(([name]) => name).join(' then '), 'cpl', cpl, 'seed', seed], cpl, bochsAlone);
  s.set({ ldtr: random.chance(85) ? sel.ldt : 0 });
  const slots = fill(s, random);
  reachable(s);
  let flags = 2 | (random.below(4) * IOPL);
  if (random.chance(10)) flags |= FLAG.tf;
  if (random.chance(10)) flags |= FLAG.nt;
  if (random.chance(15)) flags |= FLAG.ac;
  if (random.chance(10)) flags |= 0x400;
  s.set({ eflags: flags });
  if (flags & FLAG.nt || random.chance(10))
    s.task('A', { link: random.of([sel.tssB, sel.tssC, sel.tssD, 0, anySelector(slots, random, 0)]) });
  if (random.chance(30)) s.set({ cr0: (s.start.cr0 | CR0.am) >>> 0 });
  if (random.chance(15)) s.set({ cr4: random.of([CR4.tsd, CR4.de, CR4.pge]) });
  if (random.chance(35)) pages(s, random);
  if (random.chance(60)) {
    const to = slotOf(slots, random);
    const kind = random.of([type.int32, type.trap32, type.int16, type.trap16, type.task, type.int32]);
    const target = kind === type.task ? random.of([sel.tssB, sel.tssC, sel.tssD, to.selector]) : to.selector;
    s.interrupt(
      random.of([vector.test, vector.test, 1, 3, 10, 11, 12, 13, 14, 17]),
      gate(kind, target, entry(to), { dpl: random.of([3, 3, cpl, 0]), absent: random.chance(5) }),
    );
  }
  if (random.chance(25)) {
    // Without its stack of ring 0 the machine is down at the first fault.
    const ring = 1 + random.below(2);
    s.task('A', { [`ss${ring}`]: random.chance(50) ? anySelector(slots, random, ring) : sel.data[ring] });
    if (random.chance(40)) s.task('A', { [`esp${ring}`]: random.of([stacks.ring0, WINDOW + 0x10, WINDOW + 0x1008]) });
  }
  const bytes = chosen.flatMap(([, , make]) => make(s, slots, random));
  s.bytes(CODE, ...bytes, 0xcd, vector.done);
  // In what order a frame or a far pointer is read, which CR2 tells at the end of a page, is left open.
  if (chosen.some(([name]) => name === 'lxs')) s.ignore('cr2', 4);
  if (chosen.some(([name]) => name === 'iret' || name === 'retf')) s.ignore('cr2', 0x1e);
  // LAR leaves bits 19-16 to the processor.
  if (chosen.some(([name]) => name === 'queries')) s.ignore('ebx', 0xf0000);
  // Whether a transfer that fails at the limit has set the accessed bit, nobody says.
  s.ignore(`[${(0x2004 + sel.free).toString(16)}]`, 0x100);
  return s
    .show(DATA, 4)
    .show(0x2000 + sel.tssA + 4)
    .show(0x2000 + sel.tssB + 4)
    .show(0x2000 + sel.free + 4)
    .show(tss.A, 1)
    .show(FRAMES, 1);
}

export const mixed: Area = {
  id: 'mixed',
  about: 'Protection, at random',
  scenarios: (seed) => {
    const scenario = maker('mixed');
    return Array.from({ length: COUNT }, (_, i) => one(scenario, seed + i + 1));
  },
};
