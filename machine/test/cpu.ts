/**
 * A bench for the processor: a few lines of assembly between tables that the bench writes into RAM itself, run to the
 * first HLT with interrupts off. Every exception vector ends there, too, and leaves its frame to look at.
 */
import {
  type Assembler,
  ax,
  defineStubs,
  ds,
  eax,
  ebp,
  es,
  esp,
  fs,
  gs,
  mem,
  ss,
  sym,
} from '../../toolchain/assembler/index.js';
import { buildCore } from '../../toolchain/driver/core.js';
import { flatImage } from '../bench/flat-image.js';
import type { Core } from '../core.js';
import { Machine, type MachineOptions, type Stop } from '../index.js';
import { processors } from '../processors/index.js';
import { layout } from '../tables/layout.js';
import { stateOffset } from '../tables/state.js';

/** Where the bench keeps things; all below the image at 1 MiB. */
export const GDT = 0x2000;
export const IDT = 0x3000;
export const TSS = 0x4000;
const POINTERS = 0x5000;
export const DATA = 0x8000;
export const STACK0 = 0x20000;
export const STACK1 = 0x24000;
export const STACK3 = 0x28000;

/** Selectors: flat segments for rings 0, 1 and 3, the TSS, and the descriptors that a test asks for, from `extra` on. */
export const sel = {
  code0: 0x08,
  data0: 0x10,
  code1: 0x19,
  data1: 0x21,
  code3: 0x2b,
  data3: 0x33,
  tss: 0x38,
  extra: 0x40,
};

/** Access bytes of descriptors, and flags of EFLAGS, by name. */
export const access = { code: 0x9b, data: 0x93, readOnly: 0x91, executeOnly: 0x99, conforming: 0x9f, downward: 0x97 };
export const flag = { cf: 1, pf: 4, af: 0x10, zf: 0x40, sf: 0x80, tf: 0x100, if: 0x200, df: 0x400, of: 0x800 };

export interface Scene {
  /** Runs in ring 0 with ring-0 segments and STACK0; falls into a HLT. */
  main(a: Assembler): void;
  /** Descriptors from selector `sel.extra` on, as low and high word. */
  descriptors?: readonly (readonly [low: number, high: number])[];
  /** Handlers in place of the recording one: vector -> label. `ring` is the gate's DPL, `code` its code selector. */
  gates?: readonly { vector: number; label: string; dpl?: number; code?: number; trap?: boolean; absent?: boolean }[];
  /** Limit of the IDT in bytes less one. */
  idtLimit?: number;
  /** Changes RAM before the run. */
  poke?(ram: DataView): void;
  options?: Partial<MachineOptions>;
}

export interface Outcome {
  readonly machine: Machine;
  readonly core: Core;
  readonly stop: Stop;
  /** General registers and others by their name in machine/tables/state.ts. */
  reg(name: string): number;
  /** The exception that ended the run, -1 if none did. */
  readonly vector: number;
  /** What it pushed: from the top of the stack, [error code,] EIP, CS, EFLAGS [, ESP, SS]. */
  readonly frame: readonly number[];
  readonly symbols: ReadonlyMap<string, number>;
  ram32(address: number): number;
}

/** A descriptor for base, limit in bytes less one, and access byte; 32-bit. */
export function descriptor(base: number, limit: number, accessByte: number): readonly [number, number] {
  const pages = limit > 0xfffff;
  const units = pages ? limit >>> 12 : limit;
  const high =
    (base & 0xff000000) |
    (pages ? 0x00c00000 : 0x00400000) |
    (units & 0xf0000) |
    (accessByte << 8) |
    ((base >>> 16) & 0xff);
  return [((base & 0xffff) << 16) | (units & 0xffff), high];
}

/** A 32-bit call gate. */
export function callGate(selector: number, offset: number, dpl: number, parameters: number): readonly [number, number] {
  return [(selector << 16) | (offset & 0xffff), (offset & 0xffff0000) | 0x8c00 | (dpl << 13) | parameters];
}

/** What only tests of the processor look at. */
export function coreOf(machine: Machine): Core {
  return (machine as unknown as { core: Core }).core;
}

/** A 32-bit field of machine/tables/state.ts, unsigned. */
export function stateWord(machine: Machine, name: string): number {
  return new DataView(coreOf(machine).memory.buffer).getUint32(layout.STATE + stateOffset[name], true);
}

let core: WebAssembly.Module | null = null;

/** A machine with the scene loaded, at its first instruction. */
export async function stage(scene: Scene): Promise<{ machine: Machine; symbols: ReadonlyMap<string, number> }> {
  core ??= await WebAssembly.compile((await buildCore()) as BufferSource);
  const image = flatImage(
    defineStubs('scene', (a) => write(a, scene)),
    'start',
  );
  const options = { core, preset: processors['pentium-133'], memoryMiB: 8, ...scene.options };
  const machine = Machine.create(options);
  machine.load(image.bytes);
  const ram = new DataView(machine.memory.ram.buffer, machine.memory.ram.byteOffset, machine.memory.ram.byteLength);
  fillTables(ram, scene, image.symbols);
  scene.poke?.(ram);
  return { machine, symbols: image.symbols };
}

/** Runs a scene to its end. */
export async function run(scene: Scene, budget = 1_000_000n): Promise<Outcome> {
  const { machine, symbols } = await stage(scene);
  const stop = machine.run(budget);
  return look(machine, symbols, stop);
}

export function look(machine: Machine, symbols: ReadonlyMap<string, number>, stop: Stop): Outcome {
  const ram = new DataView(machine.memory.ram.buffer, machine.memory.ram.byteOffset, machine.memory.ram.byteLength);
  const reg = (name: string) => stateWord(machine, name);
  const top = reg('esp');
  const caught = reg('eip') === symbols.get('caught')! + 1;
  const word = (i: number) => ram.getUint32(top + 4 * i, true);
  return {
    machine,
    core: coreOf(machine),
    stop,
    reg,
    symbols,
    vector: caught ? word(0) : -1,
    frame: caught ? [1, 2, 3, 4, 5, 6].map(word) : [],
    ram32: (address) => ram.getUint32(address, true),
  };
}

function write(a: Assembler, scene: Scene): void {
  for (let vector = 0; vector < 32; vector++) {
    a.label(`vector${vector}`);
    a.push(vector);
    a.jmp('caught');
  }
  a.label('caught');
  a.hlt();
  a.label('start');
  a.lgdt(mem({ disp: POINTERS }));
  a.lidt(mem({ disp: POINTERS + 8 }));
  a.ljmp(sel.code0, sym('segments'));
  a.label('segments');
  a.mov(eax, sel.data0);
  for (const register of [ds, es, ss, fs, gs]) a.mov(register, ax);
  a.mov(eax, sel.tss);
  a.ltr(ax);
  a.mov(esp, STACK0);
  scene.main(a);
  a.label('end');
  a.hlt();
}

function fillTables(ram: DataView, scene: Scene, symbols: ReadonlyMap<string, number>): void {
  const flat = (accessByte: number) => descriptor(0, 0xffffffff, accessByte);
  const rings = [0, 1, 3].flatMap((ring) => [flat(access.code | (ring << 5)), flat(access.data | (ring << 5))]);
  const all = [[0, 0], ...rings, [103 | (TSS << 16), 0x00008900], ...(scene.descriptors ?? [])];
  all.forEach(([low, high], i) => {
    ram.setUint32(GDT + 8 * i, low, true);
    ram.setUint32(GDT + 8 * i + 4, high, true);
  });
  ram.setUint16(POINTERS, 8 * all.length - 1, true);
  ram.setUint32(POINTERS + 2, GDT, true);
  ram.setUint16(POINTERS + 8, scene.idtLimit ?? 256 * 8 - 1, true);
  ram.setUint32(POINTERS + 10, IDT, true);
  ram.setUint32(TSS + 4, STACK0, true);
  ram.setUint32(TSS + 8, sel.data0, true);
  ram.setUint32(TSS + 12, STACK1, true);
  ram.setUint32(TSS + 16, sel.data1, true);
  ram.setUint16(TSS + 102, 104, true);
  const gates = [
    ...Array.from({ length: 32 }, (_, vector) => ({ vector, label: `vector${vector}` })),
    ...(scene.gates ?? []),
  ];
  for (const {
    vector,
    label,
    dpl = 0,
    code = sel.code0,
    trap = false,
    absent = false,
  } of gates as Required<Scene>['gates']) {
    const offset = symbols.get(label);
    if (offset === undefined) throw new Error(`no label ${label} for vector ${vector}`);
    ram.setUint32(IDT + 8 * vector, (code << 16) | (offset & 0xffff), true);
    const type = (absent ? 0 : 0x8000) | (trap ? 0x0f00 : 0x0e00) | (dpl << 13);
    ram.setUint32(IDT + 8 * vector + 4, (offset & 0xffff0000) | type, true);
  }
}

const ARITHMETIC = flag.cf | flag.pf | flag.af | flag.zf | flag.sf | flag.of;

/** Runs `main`; EFLAGS at its end are in EBP. */
export async function outcomeOf(main: (a: Assembler) => void): Promise<Outcome & { flags: number }> {
  const outcome = await run({
    main: (a) => {
      main(a);
      a.pushfd();
      a.pop(ebp);
    },
  });
  if (outcome.stop.reason !== 'halted' || outcome.vector !== -1)
    throw new Error(`ended by ${outcome.stop.reason}, vector ${outcome.vector}`);
  return { ...outcome, flags: outcome.reg('ebp') & ARITHMETIC };
}

/** IRET frame to a label in `ring`, interrupts off; the stack is that ring's. */
export function iretTo(a: Assembler, ring: 1 | 3, label: string, flags = 2): void {
  a.push(ring === 1 ? sel.data1 : sel.data3);
  a.push(ring === 1 ? STACK1 : STACK3);
  a.push(flags);
  a.push(ring === 1 ? sel.code1 : sel.code3);
  a.push(sym(label));
  a.iretd();
}
