import { little } from '../host/random.js';
import { CODE, FRAMES, pae, paging, WINDOW } from '../scenarios/map.js';
import { CR0, CR4, type Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, both, maker, product } from './area.js';

const P = 1;
const RW = 2;
const US = 4;
const A = 0x20;
const D = 0x40;
const PS = 0x80;
const G = 0x100;
const on = (s: Scenario, wp: boolean) => s.set({ cr0: (s.start.cr0 | CR0.pg | (wp ? CR0.wp : 0)) >>> 0 });

/** Accesses to the page under test, at its middle. */
const at = WINDOW + 0x800;
const accesses: Record<string, readonly number[]> = {
  read: [0xa1, ...little(at)],
  write: [0xa3, ...little(at)],
  modify: [0x01, 0x05, ...little(at)],
  fetch: [0xe9, ...little(at - (CODE + 5))],
  push: [0xff, 0x35, ...little(at)],
  bts: [0x0f, 0xba, 0x2d, ...little(at), 3],
  cmpxchg: [0x0f, 0xb1, 0x1d, ...little(at)],
};
const names = Object.keys(accesses);
const bits = (flags: number) =>
  [
    flags & P ? 'P' : '-',
    flags & RW ? 'W' : '-',
    flags & US ? 'U' : '-',
    flags & A ? 'A' : '',
    flags & D ? 'D' : '',
    flags & G ? 'G' : '',
  ].join('');
const combinations = [P, P | RW, P | US, P | RW | US, 0, RW | US];

function prepare(s: Scenario): Scenario {
  // int done, for those that go there
  return s.write(FRAMES + 0x800, 0x000020cd, 0x99).show(FRAMES + 0x800, 1);
}

/** 4 KiB pages: every combination of both levels' bits. */
const small: Area = {
  id: 'paging',
  about: 'Page-Level Protection; Accessed and Dirty Flags',
  scenarios: () => {
    const scenario = maker('paging');
    const list: Scenario[] = [];
    for (const [directory, table, cpl, way, wp] of product(
      combinations,
      combinations,
      [0, 3],
      ['read', 'write', 'modify', 'fetch'],
      [false, true],
    )) {
      const s = scenario(['directory', bits(directory), 'table', bits(table), 'cpl', cpl, way, wp ? 'WP' : ''], cpl);
      s.write(paging.directory + 4, paging.table | directory).write(paging.table, FRAMES | table);
      list.push(
        prepare(on(s, wp))
          .raw(...accesses[way])
          .show(paging.directory + 4)
          .show(paging.table),
      );
    }
    for (const [a, b, cpl, way] of product([0, A], [0, A, D, A | D, G, A | D | G], [0, 1, 2, 3], names)) {
      const s = scenario(['was', bits(a), bits(b), 'cpl', cpl, way], cpl);
      s.write(paging.directory + 4, paging.table | a | 7).write(paging.table, FRAMES | b | 7);
      list.push(
        prepare(on(s, true))
          .raw(...accesses[way])
          .show(paging.directory + 4)
          .show(paging.table),
      );
    }
    // Across a page boundary, the second page at fault: nothing of the first may change but its accessed bit.
    for (const [first, second, cpl, way, offset] of product(
      [P | RW | US, P | US],
      [0, P | US, P | RW, P | RW | US],
      [0, 3],
      ['read', 'write', 'modify'],
      [0xffd, 0xffe, 0xfff],
    )) {
      const s = scenario(['across', bits(first), bits(second), 'cpl', cpl, way, 'offset', offset.toString(16)], cpl);
      s.write(paging.table, FRAMES | first, (FRAMES + 0x1000) | second).write(
        FRAMES + 0xff8,
        0x11223344,
        0x55667788,
        0x99aabbcc,
      );
      const place = little(WINDOW + offset);
      const code = way === 'read' ? [0xa1, ...place] : way === 'write' ? [0xa3, ...place] : [0x01, 0x05, ...place];
      list.push(
        on(s, true)
          .raw(...code)
          .show(paging.table, 2)
          .show(FRAMES + 0xff8, 3),
      );
    }
    return list;
  },
};

/** 4 MiB pages beside 4 KiB ones, and what CR4.PSE decides. */
const large: Area = {
  id: 'large-pages',
  about: '4-MByte Pages',
  scenarios: () => {
    const scenario = maker('large-pages');
    const list: Scenario[] = [];
    for (const [flags, cpl, way, wp, pse, extra] of product(
      combinations,
      [0, 3],
      ['read', 'write', 'modify', 'fetch'],
      [false, true],
      [false, true],
      [0, A, A | D, G],
    )) {
      const s = scenario([bits(flags | extra), 'cpl', cpl, way, wp ? 'WP' : '', pse ? 'PSE' : ''], cpl);
      // Without PSE the bit means nothing, and the entry points to a table at 0: the arena's, of which 2 is a PTE.
      s.write(paging.directory + 4, (pse ? 0 : paging.table) | PS | flags | extra).write(paging.table, 7);
      s.set({ cr4: (pse ? CR4.pse : 0) | CR4.pge }).write(0x800, 0x000020cd);
      list.push(
        on(s, wp)
          .raw(...accesses[way])
          .show(paging.directory + 4)
          .show(paging.table),
      );
    }
    // A reserved bit of the entry; those below are address bits where there are more than 32 (PSE-36).
    for (const [bit, cpl] of product([21], [0, 3])) {
      const s = scenario(['reserved bit', bit, 'cpl', cpl], cpl);
      s.write(paging.directory + 4, PS | 7 | (1 << bit)).set({ cr4: CR4.pse });
      list.push(on(s, true).raw(...accesses.read));
    }
    return list;
  },
};

/** PAE: 64-bit entries, 2 MiB pages. */
const extended: Area = {
  id: 'pae',
  about: 'PAE Paging',
  scenarios: () => {
    const scenario = maker('pae');
    const list: Scenario[] = [];
    const begin = (s: Scenario, wp: boolean) => on(s.set({ cr3: pae.pointers, cr4: CR4.pae | CR4.pge }), wp);
    for (const [directory, table, cpl, way, wp] of product(
      combinations,
      combinations,
      [0, 3],
      ['read', 'write', 'fetch'],
      [false, true],
    )) {
      const s = scenario(['directory', bits(directory), 'table', bits(table), 'cpl', cpl, way, wp ? 'WP' : ''], cpl);
      s.write(pae.directory + 16, pae.table | directory, 0).write(pae.table, FRAMES | table, 0);
      list.push(
        prepare(begin(s, wp))
          .raw(...accesses[way])
          .show(pae.directory + 16)
          .show(pae.table),
      );
    }
    for (const [flags, cpl, way, wp, extra] of product(
      combinations,
      [0, 3],
      ['read', 'write', 'modify', 'fetch'],
      [false, true],
      [0, A | D | G],
    )) {
      const s = scenario(['2 MiB', bits(flags | extra), 'cpl', cpl, way, wp ? 'WP' : ''], cpl);
      s.write(pae.directory + 16, FRAMES | PS | flags | extra, 0);
      list.push(
        prepare(begin(s, wp))
          .raw(...accesses[way])
          .show(pae.directory + 16),
      );
    }
    for (const [level, high, cpl, way] of product(
      ['directory', 'table', '2 MiB'],
      [0x10, 0x400, 0x80000000, 0x7fffffff],
      [0, 3],
      ['read', 'write'],
    )) {
      const s = scenario(['reserved bits', high.toString(16), 'in', level, 'cpl', cpl, way], cpl);
      s.write(pae.directory + 16, level === '2 MiB' ? FRAMES | PS | 7 : pae.table | 7, level === 'table' ? 0 : high);
      s.write(pae.table, FRAMES | 7, level === 'table' ? high : 0);
      list.push(begin(s, true).raw(...accesses[way]));
    }
    for (const [bit, cpl] of product([13, 17, 20], [0, 3])) {
      const s = scenario(['2 MiB entry with bit', bit, 'cpl', cpl], cpl);
      s.write(pae.directory + 16, FRAMES | PS | 7 | (1 << bit), 0);
      list.push(begin(s, true).raw(...accesses.read));
    }
    // Pointers: absent, and with reserved bits set when CR3 is loaded.
    for (const [pointer, cpl] of product([0, 1, 5, 0x1e1], [0])) {
      const s = scenario(['pointer with', pointer.toString(16), 'cpl', cpl], cpl);
      // mov [pointer 1], ebx; mov eax, cr3; mov cr3, eax; mov eax, [1 GiB + 2 MiB]
      s.set({ ebx: pae.directory | pointer });
      const store = [0x89, 0x1d, ...little(pae.pointers + 8)];
      list.push(begin(s, true).raw(...store, 0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, 0xa1, 0, 0, 0x20, 0x40));
    }
    for (const [cr4, cr0] of product([0, CR4.pae], [0, 1])) {
      // Without PAE these tables map nothing.
      if (cr4 === 0 && cr0 === 1) continue;
      const s = scenario(['mov to cr4', cr4, 'while paging', cr0], 0);
      s.set({ cr3: pae.pointers, cr4: CR4.pae, cr0: (s.start.cr0 | (cr0 ? CR0.pg : 0)) >>> 0, eax: cr4 });
      list.push(s.raw(0x0f, 0x22, 0xe0));
    }
    return list;
  },
};

/** No-execute, where the processor has it: EFER.NXE on and off. */
const noExecute: Area = {
  id: 'nx',
  about: 'Execute-Disable Page Protection',
  scenarios: () => {
    const scenario = maker('nx');
    const list: Scenario[] = [];
    const NX = 0x80000000;
    for (const [directory, table, flags, cpl, way, nxe] of product(
      [0, NX],
      [0, NX],
      combinations,
      [0, 3],
      ['read', 'write', 'fetch'],
      [false, true],
    )) {
      const s = scenario(
        [
          'directory',
          directory ? 'NX' : '',
          'table',
          table ? 'NX' : '',
          bits(flags),
          'cpl',
          cpl,
          way,
          nxe ? 'NXE' : '',
        ],
        cpl,
      );
      s.write(pae.directory + 16, pae.table | 7, directory).write(pae.table, FRAMES | flags, table);
      s.model = 'later';
      s.set({ cr3: pae.pointers, cr4: CR4.pae, msrs: 2, efer: nxe ? 0x800 : 0 });
      list.push(
        prepare(on(s, true))
          .raw(...accesses[way])
          .show(pae.directory + 16, 2)
          .show(pae.table, 2),
      );
    }
    return list;
  },
};

/** Control registers that turn paging on and off, and refuse to. */
const control: Area = {
  id: 'control-registers',
  about: 'Control Registers',
  scenarios: () => {
    const scenario = maker('control-registers');
    const list: Scenario[] = [];
    const cr0s = [
      0, 1, 0x80000000, 0x80000001, 0x20000001, 0x40000001, 0x60000001, 0x11, 0x80010031, 0x50033, 0xffffffff,
      0x8005003b,
    ];
    for (const [value, cpl, paged] of product(cr0s, [0, 1, 3], [false, true])) {
      // Leaving protected mode is another subject.
      if ((value & 1) === 0 && value !== 0x80000000) continue;
      // Without protection, and with caches that write nothing back, QEMU goes on.
      const s = scenario(
        ['mov cr0', value.toString(16), 'cpl', cpl, paged ? 'paging' : ''],
        cpl,
        value === 0x80000000 ? bochsAlone : both,
      );
      if (paged) on(s, false);
      list.push(s.set({ eax: value }).raw(0x0f, 0x22, 0xc0, 0x0f, 0x20, 0xc3));
    }
    for (const [value, cpl] of product(
      [0, 4, 8, 0x10, 0x20, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x80000000],
      [0, 1, 3],
    )) {
      // mov cr4, eax; mov ebx, cr4
      const oracles = value > 0x400 ? bochsAlone : both;
      list.push(
        scenario(['mov cr4', value.toString(16), 'cpl', cpl], cpl, oracles)
          .set({ eax: value })
          .raw(0x0f, 0x22, 0xe0, 0x0f, 0x20, 0xe3),
      );
    }
    // PSE and PGE turned on and off while paging: what an entry means changes with them at once.
    for (const [before, after, flags, way] of product(
      [0, CR4.pse, CR4.pge, CR4.pse | CR4.pge],
      [0, CR4.pse, CR4.pge, CR4.pse | CR4.pge],
      [PS | 7, PS | G | 7, 7],
      ['read', 'write'],
    )) {
      if (before === after) continue;
      const s = scenario(
        ['cr4', before.toString(16), 'then', after.toString(16), bits(flags), flags & PS ? 'PS' : '', way],
        0,
      );
      // The same address by the table and by the large page: other memory, of which one is not there without PSE.
      s.write(paging.directory + 4, paging.table | flags)
        .write(paging.table, FRAMES | 7, 0)
        .set({ cr4: before, eax: after });
      if (flags & PS) s.write(paging.directory + 4, flags);
      // mov ecx, [at]; mov cr4, eax; access
      on(
        s
          .write(FRAMES + 0x800, 0x5555)
          .write(0x800, 0x7777)
          .write(0, FRAMES | 7),
        false,
      );
      s.raw(0x8b, 0x0d, ...little(at), 0x0f, 0x22, 0xe0, ...accesses[way]);
      list.push(s.show(paging.directory + 4).show(paging.table));
    }
    for (const [number, to, cpl] of product([0, 1, 2, 3, 4, 5, 6, 7], [false, true], [0, 3])) {
      if (to && number === 0) continue;
      const s = scenario(['mov', to ? 'to' : 'from', 'cr', number, 'cpl', cpl], cpl).set({ eax: 0 });
      list.push(s.raw(0x0f, to ? 0x22 : 0x20, 0xc0 | (number << 3)));
    }
    for (const [value, cpl, way] of product([0, 1, 0xe, 0xf, 0xffff], [0, 3], ['register', 'memory'])) {
      const s = scenario(['lmsw', value.toString(16), way, 'cpl', cpl], cpl)
        .set({ eax: value })
        .write(0x5000, value);
      list.push(s.raw(0x0f, 0x01, ...(way === 'register' ? [0xf0] : [0x35, 0, 0x50, 0, 0]), 0x0f, 0x01, 0xe3));
    }
    for (const [mod, cpl] of product([0x00, 0x40, 0x80], [0, 3])) {
      // The mod field of MOV CRn is ignored: always a register.
      list.push(scenario(['mov from cr0, mod', mod, 'cpl', cpl], cpl).raw(0x0f, 0x20, mod | 3));
    }
    return list;
  },
};

export const pagingAreas: readonly Area[] = [small, large, extended, noExecute, control];
