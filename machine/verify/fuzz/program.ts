/**
 * A guest that does nothing sensible, from a seed: a supervisor that comes back after every exception with other
 * registers, ring and place to go on at, and behind it random bytes, random instructions, and random things done to
 * ports, device memory, model-specific registers, tables and control registers.
 *
 * Tables start whole and are spoilt one by one: some seeds leave descriptors alone, some page tables. What the guest
 * overwrites of the supervisor is its own affair; a triple fault is an end like any other.
 */
import {
  type Assembler,
  ax,
  cr0,
  cr3,
  cr4,
  defineStubs,
  ds,
  eax,
  ebp,
  ecx,
  edx,
  es,
  esp,
  fs,
  gs,
  mem,
  ss,
} from '../../../toolchain/assembler/index.js';
import { flatImage } from '../../bench/flat-image.js';
import { instructions } from '../../tables/instructions.js';
import { little, Random } from '../host/random.js';
import { descriptor, GDT, gate, IDT, sel, stacks, tss, tssField, type } from '../scenarios/map.js';
import { CR0 } from '../scenarios/scenario.js';

export const MEMORY_MIB = 4;
const CODE = 0x120000;
const CODE_BYTES = 0x10000;
const DIRECTORY = 0x140000;
const TABLE = 0x141000;
const POINTERS = 0x800;
/** Records of what to go on with: registers, then a frame for IRET. */
const STARTS = 0x150000;
const START_BYTES = 64;
const START_COUNT = 256;

const PORTS = [
  ...[0x20, 0x21, 0xa0, 0xa1, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0x92, 0x1f0, 0x1f1, 0x1f2],
  ...[0x1f3, 0x1f4, 0x1f5, 0x1f6, 0x1f7, 0x170, 0x176, 0x177, 0x376, 0x3f6, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd],
  ...[0x3d4, 0x3d5, 0xcf8, 0xcfc, 0xcfe, 0xc000, 0xc002, 0xc004, 0xe9, 0x4d0, 0x4d1],
];
const MMIO = [0xfebc0000, 0xfee00000, 0xfec00000, 0xb8000, 0xa0000, 0xfffffff0, MEMORY_MIB << 20];
const MSRS = [
  0x10, 0x1b, 0x174, 0x175, 0x176, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000084, 0x277, 0x2ff, 0x8b, 0xfe,
];

/** A few instructions at a time, each drawn from a kind of mischief. */
class Mischief {
  readonly bytes: number[] = [];

  constructor(private readonly random: Random) {}

  fill(count: number): number[] {
    while (this.bytes.length < count) this.one();
    return this.bytes.slice(0, count);
  }

  private put(...bytes: number[]): void {
    this.bytes.push(...bytes);
  }

  /** mov register, value */
  private load(register: number, value: number): void {
    this.put(0xb8 | register, ...little(value));
  }

  private address(): number {
    const { random } = this;
    const places = [CODE, DIRECTORY, TABLE, STARTS, GDT, IDT, tss.A, 0x5000, 0x400000, 0x3ffffe, ...MMIO];
    return (random.of(places) + random.below(0x2000) - (random.chance(20) ? 8 : 0)) >>> 0;
  }

  private one(): void {
    const { random } = this;
    const kind = random.below(100);
    if (kind < 20) this.put(...Array.from({ length: 1 + random.below(12) }, () => random.below(256)));
    else if (kind < 60) this.instruction();
    else if (kind < 72) this.port();
    else if (kind < 80) this.memory();
    else if (kind < 85) this.modelSpecific();
    else if (kind < 91) this.system();
    else if (kind < 95) this.string();
    else this.transfer();
  }

  /** A row of the table with random operands and prefixes. */
  private instruction(): void {
    const { random } = this;
    const row = random.of(instructions);
    for (let n = random.chance(30) ? 1 + random.below(3) : 0; n > 0; n--) {
      this.put(random.of([0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]));
    }
    this.put(...(row.opcode >= 0x100 ? [0x0f, row.opcode & 0xff] : [row.opcode]));
    const mode = random.of([0x00, 0x40, 0x80, 0xc0, 0xc0]);
    const field = (row.group ?? random.below(8)) << 3;
    if (/(^|,)[EGMR]|Sw|Cd|Dd/.test(row.operands) || row.group !== undefined) {
      if (random.chance(40)) this.put(field | 5, ...little(this.address()));
      else this.put(mode | field | random.below(8));
    }
    for (let n = random.below(5); n > 0; n--) this.put(random.below(256));
  }

  private port(): void {
    const { random } = this;
    this.load(
      2,
      random.chance(85) ? random.of(PORTS) + (random.chance(10) ? random.below(4) : 0) : random.word() & 0xffff,
    );
    this.load(0, random.chance(40) ? random.below(256) : random.value());
    if (random.chance(20)) this.put(0x66);
    this.put(random.of([0xec, 0xed, 0xee, 0xef, 0xee, 0xef]));
    // PCI: an address, then its data.
    if (random.chance(15)) {
      this.load(2, 0xcf8);
      this.load(0, (0x80000000 | (random.below(4) << 11) | (random.below(64) << 2)) >>> 0);
      this.put(0xef, 0xb2, 0xfc);
      this.load(0, random.value());
      this.put(random.of([0xed, 0xef, 0xee]));
    }
  }

  private memory(): void {
    const { random } = this;
    const at = little(random.chance(60) ? (random.of(MMIO) + 4 * random.below(0x400)) >>> 0 : this.address());
    this.load(0, random.value());
    this.put(
      ...random.of([[0xa1], [0xa3], [0xa2], [0xa0], [0x66, 0xa3], [0x01, 0x05], [0xf0, 0x0f, 0xc1, 0x05]]),
      ...at,
    );
  }

  private modelSpecific(): void {
    const { random } = this;
    this.load(1, random.chance(80) ? random.of(MSRS) : random.word());
    this.load(0, random.value());
    this.load(2, random.chance(70) ? 0 : random.value());
    this.put(0x0f, random.of([0x30, 0x32]));
  }

  private system(): void {
    const { random } = this;
    const choice = random.below(8);
    if (choice === 0) {
      this.load(
        0,
        (random.of([0x80000011, 0x80010011, 0x11, 0x31]) ^ (random.chance(30) ? 1 << random.below(32) : 0)) >>> 0,
      );
      this.put(0x0f, 0x22, 0xc0);
    } else if (choice === 1) {
      this.load(0, random.chance(70) ? random.of([0x10, 0x90, 0x20, 0xb0, 0]) : random.value());
      this.put(0x0f, 0x22, 0xe0);
    } else if (choice === 2) {
      this.load(0, random.of([DIRECTORY, DIRECTORY, TABLE, this.address()]));
      this.put(0x0f, 0x22, 0xd8);
    } else if (choice === 3) {
      this.load(0, random.chance(50) ? this.address() : random.value());
      this.put(0x0f, 0x23, 0xc0 | (random.of([0, 1, 2, 3, 6, 7]) << 3));
    } else if (choice === 4) {
      this.load(0, random.below(0x90));
      this.put(0x0f, 0x00, 0xc0 | (random.below(6) << 3));
    } else if (choice === 5) this.put(0x0f, 0x01, 0x3d, ...little(this.address()));
    else if (choice === 6) this.put(0x68, ...little(random.word() & 0x257fd7), 0x9d);
    else this.put(...random.of([[0xfb], [0xfa], [0x0f, 0x06], [0x0f, 0x09], [0xfb, 0xf4], [0x0f, 0xa2]]));
  }

  private string(): void {
    const { random } = this;
    this.load(6, this.address());
    this.load(7, this.address());
    this.load(1, random.chance(80) ? random.below(300) : random.word());
    this.put(random.of([0xfc, 0xfc, 0xfd]), random.of([0xf3, 0xf2]));
    this.put(random.of([0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0x6c, 0x6d, 0x6e, 0x6f]));
  }

  private transfer(): void {
    const { random } = this;
    const target = little(CODE + random.below(CODE_BYTES));
    const selector = little(random.chance(60) ? random.of([...sel.code, sel.conforming]) : random.below(0x90), 2);
    const choice = random.below(5);
    if (choice === 0) this.put(0xea, ...target, ...selector);
    else if (choice === 1) this.put(0x9a, ...target, ...selector);
    else if (choice === 2) this.put(0xcd, random.below(256));
    else if (choice === 3) this.put(0x68, 2, 0, 0, 0, 0x68, ...selector, 0, 0, 0x68, ...target, 0xcf);
    else this.put(0xe8, ...little(random.below(2000) - 1000));
  }
}

/** Exceptions and interrupts all come here; nothing of the stack or the registers is believed. */
function recover(a: Assembler): void {
  a.label('recover');
  a.cli();
  a.mov(eax, sel.data[0]);
  for (const register of [ds, es, ss, fs, gs]) a.mov(register, ax);
  a.label('start');
  a.mov(esp, stacks.start);
  a.lgdt(mem({ disp: POINTERS }));
  a.lidt(mem({ disp: POINTERS + 8 }));
  a.mov(edx, mem({ disp: POINTERS + 16 }));
  a.add(edx, START_BYTES);
  a.and(edx, START_BYTES * START_COUNT - 1);
  a.mov(mem({ disp: POINTERS + 16 }), edx);
  a.lea(ebp, mem({ base: edx, disp: STARTS }));
  a.mov(eax, mem({ base: ebp, disp: 56 }));
  a.mov(cr3, eax);
  a.mov(eax, mem({ base: ebp, disp: 60 }));
  a.mov(cr0, eax);
  a.mov(eax, mem({ base: ebp, disp: 52 }));
  a.mov(cr4, eax);
  // The task register once; its descriptor is busy from then on.
  a.mov(ecx, mem({ disp: POINTERS + 20 }));
  a.test(ecx, ecx);
  a.jnz('loaded');
  a.mov(mem({ disp: POINTERS + 20 }), 1);
  a.mov(eax, sel.tssA);
  a.ltr(ax);
  a.label('loaded');
  a.mov(esp, ebp);
  a.popad();
  a.iretd();
}

/** A multiboot image, and what its seed chose for the machine around it. */
export interface FuzzCase {
  readonly image: Uint8Array;
  /** What lies in RAM below and behind the image, by address. */
  readonly memory: readonly (readonly [address: number, bytes: Uint8Array])[];
  readonly random: Random;
}

export function fuzzCase(seed: number): FuzzCase {
  const random = new Random(seed);
  const image = flatImage(defineStubs('fuzz', recover), 'start');
  const low = new DataView(new ArrayBuffer(0x8000));
  const put = (at: number, words: readonly number[]) =>
    words.forEach((word, i) => {
      low.setUint32(at + 4 * i, word >>> 0, true);
    });
  for (let ring = 0; ring < 4; ring++) {
    put(GDT + (sel.code[ring] & ~7), descriptor(type.code, { dpl: ring }));
    put(GDT + (sel.data[ring] & ~7), descriptor(type.data, { dpl: ring }));
  }
  put(GDT + sel.tssA, descriptor(type.tss32, { base: tss.A, limit: 0x2067 }));
  put(GDT + sel.tssB, descriptor(type.tss32, { base: tss.B, limit: 0x67 }));
  put(GDT + sel.conforming, descriptor(type.conforming));
  put(tss.A + tssField.esp0, [stacks.ring0, sel.data[0], stacks.ring1, sel.data[1], stacks.ring2, sel.data[2]]);
  const entry = image.symbols.get('recover')!;
  for (let n = 0; n < 256; n++)
    put(IDT + 8 * n, gate(type.int32, sel.code[0], entry, { dpl: random.chance(30) ? 3 : 0 }));
  put(POINTERS, [0x7ff | (GDT << 16), GDT >>> 16, 0x7ff | (IDT << 16), IDT >>> 16, 0, 0]);
  // What this seed spoils: descriptors, gates, task states.
  const spoil = (from: number, bytes: number, percent: number) => {
    for (let at = from; at < from + bytes; at += 4) if (random.chance(percent)) put(at, [random.word()]);
  };
  if (random.chance(40)) spoil(GDT + sel.free, 0x700, 60);
  if (random.chance(15)) spoil(IDT + 8 * 32, 0x700, 20);
  if (random.chance(30)) spoil(tss.B, 0x68, 50);
  const tables = new DataView(new ArrayBuffer(0x2000));
  const loose = random.chance(50);
  for (let i = 0; i < 1024; i++) {
    const low4 =
      i < 1 ? TABLE : random.chance(20) ? random.word() & ~0xfff : (random.below(MEMORY_MIB * 256) << 12) >>> 0;
    const flags = i < 1 ? 7 : random.below(0x200);
    tables.setUint32(4 * i, (low4 | flags) >>> 0, true);
    const wild = loose && i >= 0x170 && random.chance(40);
    tables.setUint32(0x1000 + 4 * i, wild ? random.word() : (i << 12) | 7, true);
  }
  const starts = new Uint32Array((START_BYTES * START_COUNT) / 4);
  for (let i = 0; i < START_COUNT; i++) {
    const ring = random.of([0, 0, 3, 3, 1]);
    const at = 16 * i;
    for (let n = 0; n < 8; n++) starts[at + n] = random.chance(50) ? CODE + random.below(CODE_BYTES) : random.value();
    starts.set([CODE + random.below(CODE_BYTES), sel.code[ring], 2 | (random.word() & 0x7ed5)], at + 8);
    starts.set([[stacks.start, stacks.ring1, stacks.ring2, stacks.ring3][ring] - 0x100, sel.data[ring]], at + 11);
    starts.set([random.of([0, 0x10, 0x90]), DIRECTORY, (random.chance(50) ? CR0.pg : 0) + 0x11], at + 13);
  }
  return {
    image: image.bytes,
    memory: [
      [0, new Uint8Array(low.buffer)],
      [CODE, Uint8Array.from(new Mischief(random).fill(CODE_BYTES))],
      [DIRECTORY, new Uint8Array(tables.buffer)],
      [STARTS, new Uint8Array(starts.buffer)],
    ],
    random,
  };
}
