/**
 * Where the supervisor of scenarios keeps things, and what is in its tables before a scenario changes them.
 *
 *     0x1000  IDT       0x4000  code of the scenario      0x8000  stubs: one entry for each vector, then markers
 *     0x1800  LDT       0x5000  its data                  0xa000  page directory, table of 0-4 MiB, table of the window
 *     0x2000  GDT       0x6000  stacks, see below         0xd000  the same for PAE
 *     0x3000  TSSs              0x9800  16-bit stubs      0x100000 the supervisor
 *
 * All of it lies below 64 KiB, so that 16-bit gates and segments reach it. It is the arena: copied afresh before each
 * scenario.
 */
export const arena = { start: 0x1000, end: 0x10000 };
export const IDT = 0x1000;
export const LDT = 0x1800;
export const GDT = 0x2000;
export const CODE = 0x4000;
export const DATA = 0x5000;
/** Tops: of ring 0 at start and by the TSS, of the other rings, and of tasks. */
export const stacks = { start: 0x6400, ring0: 0x6800, ring1: 0x6c00, ring2: 0x7000, ring3: 0x7400 };
export const taskStacks = { B: 0x7700, C: 0x7a00, D: 0x7d00, E: 0x7f80 };
export const STUBS = 0x8000;
/** The one stub of 16-bit code. */
export const STUB16 = 0x9800;
/**
 * Handlers of real mode: entries that push their vector, the way back to protected mode that all of them take, and the
 * pointer to the GDT that it loads. In real mode the IDT is the vector table, at the same place.
 */
export const real = { pointer: STUB16 + 0x10, back: STUB16 + 0x20, entries: STUB16 + 0x80, count: 64 } as const;
export const realEntryOf = (number: number) => real.entries + 10 * number;
export const paging = { directory: 0xa000, low: 0xb000, table: 0xc000 };
export const pae = { pointers: 0xd000, directory: 0xe000, table: 0xf000 };
/** Linear address of the pages under test, and the frames that scenarios put there. */
export const WINDOW = 0x400000;
export const FRAMES = 0x200000;

/** Selectors, with the RPL that belongs to them. */
export const sel = {
  code: [0x08, 0x19, 0x2a, 0x3b],
  data: [0x10, 0x21, 0x32, 0x43],
  tssA: 0x48,
  tssB: 0x50,
  tssC: 0x58,
  tssD: 0x60,
  tssE: 0x68,
  ldt: 0x70,
  /** Flat 32-bit code, conforming, DPL 0. */
  conforming: 0x78,
  /** A 16-bit stack of ring 0, for tasks whose TSS has no upper half of ESP. */
  smallStack: 0x80,
  /** From here on descriptors are the scenario's. */
  free: 0x88,
} as const;
export const TABLE_LIMIT = 0x7ff;
export const tss = { A: 0x3000, B: 0x3200, C: 0x3300, D: 0x3400, E: 0x3500 } as const;
/** 32-bit TSS: offsets (Intel SDM vol. 3, "Task-State Segment (TSS)"). */
export const tssField = {
  link: 0x00,
  esp0: 0x04,
  ss0: 0x08,
  esp1: 0x0c,
  ss1: 0x10,
  esp2: 0x14,
  ss2: 0x18,
  cr3: 0x1c,
  eip: 0x20,
  eflags: 0x24,
  eax: 0x28,
  ecx: 0x2c,
  edx: 0x30,
  ebx: 0x34,
  esp: 0x38,
  ebp: 0x3c,
  esi: 0x40,
  edi: 0x44,
  es: 0x48,
  cs: 0x4c,
  ss: 0x50,
  ds: 0x54,
  fs: 0x58,
  gs: 0x5c,
  ldt: 0x60,
  trap: 0x64,
  io: 0x66,
} as const;

/** Vectors of the supervisor: a scenario that ran to its end; a recorder outside of ring 0 that wants to go on. */
export const vector = { done: 0x20, finish: 0x21, test: 0x30 } as const;
/**
 * What stubs record as vector that are no vector: first instructions of tasks, the 16-bit stub, places to go to. Handlers
 * of real mode add theirs to the vector.
 */
export const marker = {
  taskB: 0x102,
  taskC: 0x103,
  taskD: 0x104,
  taskE: 0x105,
  from16: 0x110,
  place: 0x111,
  real: 0x1000,
} as const;
export const MARKERS = 0x120;
export const stubOf = (number: number) => STUBS + 16 * number;

/** Access bytes without DPL; `present` and DPL are added by `descriptor`. */
export const type = {
  readOnly: 0x10,
  data: 0x12,
  down: 0x16,
  executeOnly: 0x18,
  code: 0x1a,
  conforming: 0x1e,
  tss16: 0x01,
  ldt: 0x02,
  tss16Busy: 0x03,
  call16: 0x04,
  task: 0x05,
  int16: 0x06,
  trap16: 0x07,
  tss32: 0x09,
  tss32Busy: 0x0b,
  call32: 0x0c,
  int32: 0x0e,
  trap32: 0x0f,
} as const;

export type Descriptor = readonly [low: number, high: number];
export interface DescriptorOptions {
  dpl?: number;
  absent?: boolean;
  /** 16-bit segment (D/B clear). */
  small?: boolean;
  /** Limit in bytes less one; above FFFFFh in pages. */
  limit?: number;
  base?: number;
}

/** A segment descriptor; flat and 32-bit unless told otherwise. System segments have no D bit. */
export function descriptor(kind: number, o: DescriptorOptions = {}): Descriptor {
  const { dpl = 0, absent = false, small = false, limit = 0xffffffff, base = 0 } = o;
  const pages = limit > 0xfffff;
  const units = pages ? limit >>> 12 : limit;
  const accessByte = kind | (dpl << 5) | (absent ? 0 : 0x80);
  const flags = (pages ? 0x800000 : 0) | (kind & 0x10 && !small ? 0x400000 : 0);
  return [
    ((base << 16) | (units & 0xffff)) >>> 0,
    ((base & 0xff000000) | flags | (units & 0xf0000) | (accessByte << 8) | ((base >>> 16) & 0xff)) >>> 0,
  ];
}

/** Any gate; a task gate has no offset. `parameters` are a call gate's. */
export function gate(
  kind: number,
  selector: number,
  offset: number,
  o: { dpl?: number; absent?: boolean; parameters?: number } = {},
): Descriptor {
  const { dpl = 0, absent = false, parameters = 0 } = o;
  const high = kind & 8 ? offset & 0xffff0000 : 0;
  return [
    ((selector << 16) | (offset & 0xffff)) >>> 0,
    (high | ((kind | (dpl << 5) | (absent ? 0 : 0x80)) << 8) | parameters) >>> 0,
  ];
}

/** The arena as it is before each scenario. */
export function pristine(): Uint8Array {
  const bytes = new Uint8Array(arena.end - arena.start);
  const view = new DataView(bytes.buffer);
  const word = (address: number, value: number) => view.setUint32(address - arena.start, value, true);
  const put = (table: number, selector: number, [low, high]: Descriptor) => {
    word(table + (selector & ~7), low);
    word(table + (selector & ~7) + 4, high);
  };
  for (let ring = 0; ring < 4; ring++) {
    put(GDT, sel.code[ring], descriptor(type.code | 1, { dpl: ring }));
    put(GDT, sel.data[ring], descriptor(type.data | 1, { dpl: ring }));
  }
  for (const [name, selector] of [
    ['A', sel.tssA],
    ['B', sel.tssB],
    ['C', sel.tssC],
    ['E', sel.tssE],
  ] as const) {
    put(GDT, selector, descriptor(type.tss32, { base: tss[name], limit: 0x67 }));
  }
  put(GDT, sel.tssD, descriptor(type.tss16, { base: tss.D, limit: 0x2b }));
  put(GDT, sel.ldt, descriptor(type.ldt, { base: LDT, limit: 0x3ff }));
  put(GDT, sel.conforming, descriptor(type.conforming | 1));
  put(GDT, sel.smallStack, descriptor(type.data | 1, { small: true, limit: 0xffff }));
  for (let n = 0; n < 256; n++) {
    const open = n === 3 || n === 4 || n === vector.done || n === vector.finish;
    put(IDT, 8 * n, gate(type.int32, sel.code[0], stubOf(n), { dpl: open ? 3 : 0 }));
  }
  for (const name of ['A', 'B', 'C', 'E'] as const) {
    const at = tss[name];
    word(at + tssField.esp0, stacks.ring0);
    word(at + tssField.ss0, sel.data[0]);
    word(at + tssField.esp1, stacks.ring1);
    word(at + tssField.ss1, sel.data[1]);
    word(at + tssField.esp2, stacks.ring2);
    word(at + tssField.ss2, sel.data[2]);
    word(at + tssField.cr3, paging.directory);
    word(at + tssField.trap, 0x68 << 16);
    if (name === 'A') continue;
    word(at + tssField.eip, stubOf(marker[`task${name}`]));
    word(at + tssField.eflags, 2);
    for (const [i, register] of (['eax', 'ecx', 'edx', 'ebx', 'ebp', 'esi', 'edi'] as const).entries()) {
      word(at + tssField[register], 0x11110000 + 0x100 * name.charCodeAt(0) + i);
    }
    word(at + tssField.esp, taskStacks[name]);
    word(at + tssField.cs, sel.code[0]);
    for (const segment of ['es', 'ss', 'ds', 'fs', 'gs'] as const) word(at + tssField[segment], sel.data[0]);
  }
  // 16-bit TSS: link, sp0, ss0, sp1, ss1, sp2, ss2, ip, flags, ax, cx, dx, bx, sp, bp, si, di, es, cs, ss, ds, ldt.
  const small = [0, stacks.ring0, sel.data[0], stacks.ring1, sel.data[1], stacks.ring2, sel.data[2]];
  small.push(stubOf(marker.taskD), 2, 0xa, 0xc, 0xd, 0xb, taskStacks.D, 0xbb, 0x51, 0xd1);
  small.push(sel.data[0], sel.code[0], sel.smallStack, sel.data[0], 0);
  small.forEach((value, i) => {
    view.setUint16(tss.D - arena.start + 2 * i, value, true);
  });
  word(paging.directory, paging.low | 0x67);
  word(paging.directory + 4, paging.table | 0x67);
  for (let page = 0; page < 1024; page++) word(paging.low + 4 * page, (page << 12) | 0x67);
  word(pae.pointers, pae.directory | 1);
  // 0-4 MiB as two large pages, then the window's table.
  word(pae.directory, 0x0000e7);
  word(pae.directory + 8, 0x2000e7);
  word(pae.directory + 16, pae.table | 0x67);
  return bytes;
}
