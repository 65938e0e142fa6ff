/**
 * Paging at random: entries of any kind over four pages, in both formats, and up to three accesses to them, some across a
 * boundary, some through an entry that is changed and invalidated in between. Each page's frame holds INT 20h, so that
 * fetches end.
 */
import { little, Random } from '../host/random.js';
import { CODE, FRAMES, pae, paging, vector, WINDOW } from '../scenarios/map.js';
import { CR0, CR4, type Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, maker } from './area.js';

const COUNT = 600;
const PAGES = 4;
const [P, RW, US, A, D, PS, G] = [1, 2, 4, 0x20, 0x40, 0x80, 0x100];
const NX = 0x80000000;
/** What a page of 4 MiB shows. */
const LARGE = 0x800000;
const modes = ['4 KiB', 'PSE', 'PAE', 'NX'] as const;
type Mode = (typeof modes)[number];

/** Mostly usable; cache bits and those that software may use among them. */
function bits(random: Random): number {
  let flags = P | RW | US;
  for (const [bit, percent] of [
    [P, 10],
    [RW, 35],
    [US, 30],
  ])
    if (random.chance(percent)) flags &= ~bit;
  for (const bit of [A, D, G, 0x08, 0x10, 0x200, 0x800]) if (random.chance(30)) flags |= bit;
  return flags;
}

/** Upper half of an entry: reserved bits seldom, no-execute where it may mean something. */
function high(random: Random, mode: Mode): number {
  if (random.chance(4)) return random.of([0x400, 0x40000000]);
  return mode === 'NX' && random.chance(40) ? NX : 0;
}

function tables(s: Scenario, mode: Mode, random: Random): void {
  if (mode === 'PAE' || mode === 'NX') {
    s.set({ cr3: pae.pointers, cr4: CR4.pae | (random.chance(50) ? CR4.pge : 0) });
    for (let page = 0; page < PAGES; page++) {
      s.write(pae.table + 8 * page, (FRAMES + 0x1000 * page) | bits(random), high(random, mode));
    }
    const large = random.chance(30);
    const reserved = large && random.chance(10) ? 0x2000 : 0;
    s.write(pae.directory + 16, (large ? FRAMES | PS | reserved : pae.table) | bits(random), high(random, mode));
    s.show(pae.directory + 16, 2).show(pae.table, 2 * PAGES);
    return;
  }
  s.set({ cr4: (mode === 'PSE' ? CR4.pse : 0) | (random.chance(50) ? CR4.pge : 0) });
  for (let page = 0; page < PAGES; page++) s.write(paging.table + 4 * page, (FRAMES + 0x1000 * page) | bits(random));
  const large = mode === 'PSE' && random.chance(40);
  s.write(paging.directory + 4, (large ? LARGE | PS : paging.table) | bits(random));
  s.show(paging.directory + 4).show(paging.table, PAGES);
}

function access(random: Random): readonly number[] {
  const page = random.below(PAGES - 1);
  const offset = random.of([0x800, 0x800, 0, 0xffc, 0xffd, 0xffe, 0xfff]);
  const place = WINDOW + 0x1000 * page + offset;
  return [
    ...random.of([
      [0xa1],
      [0xa1],
      [0xa3],
      [0xa2],
      [0x01, 0x05],
      [0x66, 0xa3],
      [0xff, 0x35],
      [0x8f, 0x05],
      [0x0f, 0xb1, 0x1d],
      [0x0f, 0xc1, 0x1d],
      [0x87, 0x1d],
      [0x0f, 0xc7, 0x0d],
      [0x39, 0x05],
    ]),
    ...little(place),
  ];
}

/** An entry of the table is written and its page invalidated; CPL 0. */
function change(mode: Mode, random: Random): readonly number[] {
  const page = random.below(PAGES);
  const wide = mode === 'PAE' || mode === 'NX';
  const entry = wide ? pae.table + 8 * page : paging.table + 4 * page;
  const value = (FRAMES + 0x1000 * random.below(PAGES)) | bits(random);
  // mov dword [entry], value; invlpg [page]
  const store = [0xc7, 0x05, ...little(entry), ...little(value)];
  return [...store, 0x0f, 0x01, 0x3d, ...little(WINDOW + 0x1000 * page)];
}

function one(scenario: ReturnType<typeof maker>, seed: number): Scenario {
  const random = new Random(0x50000 + seed);
  const mode = random.of(modes);
  const cpl = random.of([0, 0, 3, 3, 1]);
  const wp = random.chance(50);
  const fetches = random.chance(25);
  const s = scenario([mode, 'cpl', cpl, wp ? 'WP' : '', fetches ? 'fetch' : '', 'seed', seed], cpl, bochsAlone);
  if (mode === 'NX') {
    s.model = 'later';
    s.set({ msrs: 2, efer: random.chance(80) ? 0x800 : 0 });
  }
  tables(s, mode, random);
  s.set({ cr0: (s.start.cr0 | CR0.pg | (wp ? CR0.wp : 0)) >>> 0 });
  const code: number[] = [];
  for (let i = 1 + random.below(3); i > 0; i--) {
    if (cpl === 0 && random.chance(30)) code.push(...change(mode, random));
    // What is fetched afterwards nobody has written to.
    if (!fetches) code.push(...access(random));
  }
  if (fetches) {
    // mov eax, place; jmp eax
    code.push(0xb8, ...little(WINDOW + 0x1000 * random.below(PAGES) + random.of([0x800, 0xfff])), 0xff, 0xe0);
  }
  for (let i = 0; i < 2 * PAGES; i++) {
    const page = i % PAGES;
    const frame = (i < PAGES ? FRAMES : LARGE) + 0x1000 * page;
    s.write(frame + 0x800, 0x000020cd, 0x1000 + page);
    // The last byte of one page and the first of the next are an instruction, too.
    s.bytes(frame, vector.done, 0x90, page, 0x55, page, 0x90, 0x55, page).bytes(frame + 0xffc, page, 0x90, 0x90, 0xcd);
  }
  s.show(FRAMES + 0x800)
    .show(FRAMES + 0xffc, 2)
    .show(FRAMES + 0x1800)
    .show(FRAMES + 0x1ffc, 2);
  return s.bytes(CODE, ...code, 0xcd, vector.done);
}

export const mixedPaging: Area = {
  id: 'mixed-paging',
  about: 'Paging, at random',
  scenarios: (seed) => {
    const scenario = maker('mixed-paging');
    return Array.from({ length: COUNT }, (_, i) => one(scenario, seed + i + 1));
  },
};
