/**
 * A scenario: tables and memory as changed from the pristine arena, a processor state to start from, a few instructions,
 * and what to show of memory afterwards. It ends at the first entry into any stub (map.ts): an exception, the INT of
 * `end`, a task's first instruction.
 */
import { Assembler, AssemblerError } from '../../../toolchain/assembler/index.js';
import {
  CODE,
  type Descriptor,
  GDT,
  IDT,
  LDT,
  paging,
  sel,
  stacks,
  TABLE_LIMIT,
  tss,
  tssField,
  vector,
} from './map.js';

/** Who can say what is right. `manual`: nobody here but the manual; `rule` of the scenario says what it demands. */
export type OracleId = 'qemu' | 'bochs';

/** The state that a scenario starts from, in the order of the supervisor's record of it. */
export const startFields = [
  'gdtLimit',
  'idtLimit',
  'ldtr',
  'tr',
  'cr3',
  'cr4',
  'cr0',
  'dr0',
  'dr1',
  'dr2',
  'dr3',
  'dr7',
  'msrs',
  'sysenterCs',
  'sysenterEsp',
  'sysenterEip',
  'efer',
  'ds',
  'es',
  'fs',
  'gs',
  'ss',
  'esp',
  'eflags',
  'cs',
  'eip',
  'edi',
  'esi',
  'ebp',
  'ebx',
  'edx',
  'ecx',
  'eax',
] as const;
export type StartField = (typeof startFields)[number];

/** Bits of `msrs`: which model-specific registers to write. */
export const msrs = { sysenter: 1, efer: 2 } as const;
export const CR0 = { pe: 1, mp: 2, em: 4, ts: 8, et: 0x10, ne: 0x20, wp: 0x10000, am: 0x40000, pg: 0x80000000 };
export const CR4 = { tsd: 4, de: 8, pse: 0x10, pae: 0x20, pge: 0x80, pce: 0x100, fxsr: 0x200 };
export const FLAG = { cf: 1, tf: 0x100, if: 0x200, nt: 0x4000, rf: 0x10000, ac: 0x40000 };
export const IOPL = 0x1000;
export const REAL_CR0 = CR0.pe | CR0.et | CR0.ne;

export interface Block {
  readonly address: number;
  readonly bytes: readonly number[];
}

export class Scenario {
  readonly start: Record<StartField, number>;
  readonly blocks: Block[] = [];
  /** Memory to show afterwards: address and doublewords. */
  readonly shown: (readonly [address: number, count: number])[] = [];
  /** A Pentium III; `later`, or `amd`, for what that has not. */
  model: 'usual' | 'later' | 'amd' = 'usual';
  /** Parts of the record that nobody defines: field name and bits. */
  readonly open: (readonly [field: string, mask: number])[] = [];

  /** @param name unique in its area; what is special about it */
  constructor(
    readonly area: string,
    readonly name: string,
    readonly oracles: readonly OracleId[],
    readonly cpl = 0,
  ) {
    const data = sel.data[cpl];
    const from = [stacks.start, stacks.ring1, stacks.ring2, stacks.ring3][cpl];
    this.start = {
      ...(Object.fromEntries(startFields.map((field) => [field, 0])) as Record<StartField, number>),
      gdtLimit: TABLE_LIMIT,
      idtLimit: TABLE_LIMIT,
      tr: sel.tssA,
      cr3: paging.directory,
      cr0: REAL_CR0,
      ds: data,
      es: data,
      fs: data,
      gs: data,
      ss: data,
      cs: sel.code[cpl],
      // Space above for what a scenario pushes before it starts.
      esp: from - 0x80,
      eip: CODE,
      eflags: 2,
      eax: 0xa0a0a0a0,
      ecx: 0xc0c0c0c0,
      edx: 0xd0d0d0d0,
      ebx: 0xb0b0b0b0,
      ebp: 0xb1b1b1b1,
      esi: 0x51515151,
      edi: 0xd1d1d1d1,
    };
  }

  set(values: Partial<Record<StartField, number>>): this {
    Object.assign(this.start, values);
    return this;
  }

  write(address: number, ...words: number[]): this {
    this.blocks.push({
      address,
      bytes: words.flatMap((w) => [w & 0xff, (w >>> 8) & 0xff, (w >>> 16) & 0xff, w >>> 24]),
    });
    return this;
  }

  bytes(address: number, ...values: number[]): this {
    this.blocks.push({ address, bytes: values });
    return this;
  }

  /** A descriptor of the GDT or, for a selector with TI set, the LDT. */
  describe(selector: number, d: Descriptor): this {
    return this.write((selector & 4 ? LDT : GDT) + (selector & ~7), ...d);
  }

  interrupt(number: number, d: Descriptor): this {
    return this.write(IDT + 8 * number, ...d);
  }

  task(name: keyof typeof tss, fields: Partial<Record<keyof typeof tssField, number>>): this {
    for (const [field, value] of Object.entries(fields)) {
      this.write(tss[name] + tssField[field as keyof typeof tssField], value);
    }
    return this;
  }

  show(address: number, count = 1): this {
    this.shown.push([address, count]);
    return this;
  }

  ignore(field: string, mask = 0xffffffff): this {
    this.open.push([field, mask]);
    return this;
  }

  /** Instructions at CODE (or elsewhere), then the end. */
  code(write: (a: Assembler) => void, at = CODE): this {
    return this.bytes(
      at,
      ...assembleAt((a) => {
        write(a);
        a.int(vector.done);
      }, at),
    );
  }

  raw(...values: number[]): this {
    return this.bytes(CODE, ...values, 0xcd, vector.done);
  }
}

/** Bytes of a few lines of assembly that refer to their own labels alone. */
export function assembleAt(write: (a: Assembler) => void, base: number): number[] {
  const a = new Assembler('scenario');
  write(a);
  const [section] = a.finish().sections;
  const { bytes, relocations, labels } = section.code;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { offset, kind, symbol, addend } of relocations) {
    const label = labels.find(({ name }) => name === symbol);
    if (!label) throw new AssemblerError(`scenario: no label '${symbol}'`);
    view.setUint32(offset, base + label.offset + addend - (kind === 'rel32' ? base + offset : 0), true);
  }
  return [...bytes];
}
