/**
 * Small guests for tests of the ledger: a kernel of a few straight lines that lets programs run one after another.
 *
 * Each party signs what it does with a number of `out` instructions to port 80h, where no device is: `n` of them cost
 * exactly n times the preset's price and nothing else has the cause `io`, so an account's `io` cycles say how many of
 * them it was charged for.
 */
import {
  type Assembler,
  al,
  ax,
  cr0,
  cr3,
  defineStubs,
  ds,
  eax,
  ecx,
  es,
  esp,
  fs,
  gs,
  type Memory,
  mem,
  mem16,
  ss,
  sym,
} from '../../toolchain/assembler/index.js';
import { buildCore } from '../../toolchain/driver/core.js';
import { type FlatImage, flatImage } from '../bench/flat-image.js';
import { Machine, type MachineOptions, type Module } from '../index.js';
import { processors } from '../processors/index.js';
import { elf } from './elf-writer.js';

/** Selectors of the guests' GDT: flat segments for rings 0, 1 and 3, then the TSS. */
export const selectors = { code0: 0x08, data0: 0x10, code1: 0x19, data1: 0x21, code3: 0x2b, data3: 0x33, tss: 0x38 };
export const KERNEL_STACK = 0x90000;
export const RING1_STACK = 0x88000;
export const USER_STACK = 0x80000;
/** Interrupts off, IOPL 3. */
const FLAGS = 0x3002;

export const preset = processors['pentium-133'];
export const OUT_PRICE = preset.events.portOut.value;

export interface Record_ {
  readonly word: number;
  readonly id: number;
  /** 0 kernel, 1 program, 2 server, 3 domain, 4 idle. */
  readonly kind: number;
  /** 1 + index of the module, or 0. */
  readonly image?: number;
  readonly name: string;
}

export interface Gate {
  readonly vector: number;
  readonly handler: string;
  /** 0 or 1. */
  readonly ring: number;
}

export interface GuestParts {
  readonly name: string;
  readonly records: readonly Record_[];
  readonly gates?: readonly Gate[];
  /** Continues after boot, in ring 0 without paging; ends by `powerOff`. */
  main(a: Assembler): void;
}

/** Signs `times` times. */
export function sign(a: Assembler, times: number): void {
  for (let i = 0; i < times; i++) a.out(0x80, al);
}

export function powerOff(a: Assembler): void {
  a.mov(al, 0);
  a.out(0xf4, al);
}

/** Names the thread that runs next. */
export function commit(a: Assembler, word: number): void {
  a.mov(mem({ sym: 'currentThread' }), word);
  a.hook('__switch_commit');
}

/** Leaves ring 0 for `ring` (1 or 3) at `entry`; goes on here, in ring 0, after the next `int 0x80`. */
export function enter(a: Assembler, ring: 1 | 3, entry: string | Memory, resume: string): void {
  a.mov(mem({ sym: 'resume' }), sym(resume));
  a.push(ring === 1 ? selectors.data1 : selectors.data3);
  a.push(ring === 1 ? RING1_STACK : USER_STACK);
  a.push(FLAGS);
  a.push(ring === 1 ? selectors.code1 : selectors.code3);
  a.push(typeof entry === 'string' ? sym(entry) : entry);
  a.iretd();
  a.label(resume);
}

/** Page directories that map the first 4 MiB one to one for everybody, each by a table of its own from `tables` on. */
export function identityPaging(a: Assembler, directories: readonly number[], tables: number): void {
  directories.forEach((directory, i) => {
    const at = tables + i * 0x1000;
    a.mov(eax, 7);
    a.mov(ecx, 0);
    a.label(`map${i}`);
    a.mov(mem({ index: ecx, scale: 4, disp: at }), eax);
    a.add(eax, 0x1000);
    a.inc(ecx);
    a.cmp(ecx, 1024);
    a.jb(`map${i}`);
    a.mov(mem({ disp: directory }), at + 7);
  });
  a.mov(eax, directories[0]);
  a.mov(cr3, eax);
  a.mov(eax, cr0);
  a.or(eax, 0x80000000);
  a.mov(cr0, eax);
}

/** The component table and the current-thread word, at labels of their usual names. */
export function table(a: Assembler, records: readonly Record_[]): void {
  a.align(4);
  a.label('currentThread');
  a.dd(0);
  a.label('components');
  a.dd(sym('records'));
  a.label('componentCount');
  a.dd(records.length);
  a.label('records');
  for (const { word, id, kind, image = 0, name } of records) {
    a.dd(word, id, kind, image);
    a.db(name);
    a.space(16 - name.length);
  }
}

/** A multiboot image with its note. */
export function guestImage(parts: GuestParts): Uint8Array {
  return noted(flatGuest(parts), 'kernel', parts.name);
}

/** The same without the note. */
export function flatGuest(parts: GuestParts): FlatImage {
  const stubs = defineStubs(parts.name, (a) => {
    boot(a, parts.gates ?? []);
    parts.main(a);
    a.label('service');
    a.mov(esp, KERNEL_STACK);
    a.jmpIndirect(mem({ sym: 'resume' }));
    a.data();
    a.align(0x1000);
    table(a, parts.records);
    a.label('resume');
    a.dd(0);
  });
  return flatImage(stubs, 'start');
}

/** Wraps a flat image into an ELF file with a note of its hooks and, for kernels, its table. */
export function noted(image: FlatImage, kind: 'kernel' | 'program', name: string): Uint8Array {
  const { symbols, hooks, bytes } = image;
  const base = new DataView(bytes.buffer).getUint32(16, true);
  const address = (symbol: string) => symbols.get(symbol);
  const note = {
    name,
    kind,
    hooks,
    currentThread: address('currentThread'),
    components: address('components'),
    componentCount: address('componentCount'),
  };
  return elf({
    entry: 0,
    segments: [{ virtual: base, physical: base, bytes }],
    note: { name: 'crossings', type: 1, text: JSON.stringify(note) },
  });
}

let core: WebAssembly.Module | null = null;

/** A machine with the guest loaded. */
export async function makeMachine(
  image: Uint8Array,
  modules: readonly Module[] = [],
  options: Partial<MachineOptions> = {},
): Promise<Machine> {
  core ??= await WebAssembly.compile((await buildCore()) as BufferSource);
  const machine = Machine.create({ core, preset, memoryMiB: 8, ...options });
  machine.load(image, modules);
  return machine;
}

/** Runs to the guest's own end and says how often each account signed, sorted: `component for onBehalfOf, CPL n: times`. */
export function signatures(machine: Machine, budget = 10_000_000n): string[] {
  const before = machine.ledger.snapshot();
  const stop = machine.run(budget);
  if (stop.reason !== 'exit') throw new Error(`the guest ended by ${stop.reason} at cycle ${stop.cycle}`);
  const { ledger } = machine.ledger.difference(before, machine.ledger.snapshot());
  return ledger
    .filter((row) => row.cause === 'io')
    .map(
      ({ component, onBehalfOf, cpl, cycles }) => `${component} for ${onBehalfOf}, CPL ${cpl}: ${cycles / OUT_PRICE}`,
    )
    .sort();
}

function boot(a: Assembler, gates: readonly Gate[]): void {
  a.align(8);
  a.label('gdt');
  a.dd(0, 0);
  for (const access of [0x9b, 0x93, 0xbb, 0xb3, 0xfb, 0xf3]) a.dd(0x0000ffff, 0x00cf0000 | (access << 8));
  a.label('tssDescriptor');
  a.dd(103, 0x00008900);
  a.label('gdtPointer');
  a.dw(8 * 8 - 1);
  a.dd(sym('gdt'));
  a.label('idtPointer');
  a.dw(256 * 8 - 1);
  a.dd(sym('idt'));
  a.align(4);
  a.label('tss');
  a.space(104);
  a.align(8);
  a.label('idt');
  a.space(256 * 8);

  a.label('start');
  a.cli();
  a.mov(esp, KERNEL_STACK);
  a.mov(eax, sym('tss'));
  a.mov(mem16({ sym: 'tssDescriptor', disp: 2 }), ax);
  a.shr(eax, 16);
  a.or(mem({ sym: 'tssDescriptor', disp: 4 }), eax);
  a.lgdt(mem({ sym: 'gdtPointer' }));
  a.ljmp(selectors.code0, sym('segments'));
  a.label('segments');
  a.mov(ax, selectors.data0);
  a.mov(ss, ax);
  a.mov(fs, ax);
  a.mov(gs, ax);
  a.mov(ax, selectors.data3);
  a.mov(ds, ax);
  a.mov(es, ax);
  a.mov(mem({ sym: 'tss', disp: 4 }), KERNEL_STACK);
  a.mov(mem({ sym: 'tss', disp: 8 }), selectors.data0);
  a.mov(mem({ sym: 'tss', disp: 12 }), RING1_STACK);
  a.mov(mem({ sym: 'tss', disp: 16 }), selectors.data1);
  a.mov(mem16({ sym: 'tss', disp: 102 }), 104);
  a.mov(ax, selectors.tss);
  a.ltr(ax);
  for (const { vector, handler, ring } of [{ vector: 0x80, handler: 'service', ring: 0 }, ...gates]) {
    const at = 8 * vector;
    a.mov(eax, sym(handler));
    a.mov(mem16({ sym: 'idt', disp: at }), ax);
    a.mov(mem16({ sym: 'idt', disp: at + 2 }), ring === 0 ? selectors.code0 : selectors.code1);
    a.mov(mem16({ sym: 'idt', disp: at + 4 }), 0xee00);
    a.shr(eax, 16);
    a.mov(mem16({ sym: 'idt', disp: at + 6 }), ax);
  }
  a.lidt(mem({ sym: 'idtPointer' }));
}

/** A record of a program. */
export const program = (word: number, id: number, name: string): Record_ => ({ word, id, kind: 1, name });

/** A program that signs and calls the kernel. */
export function user(a: Assembler, label: string, times: number): void {
  a.label(label);
  sign(a, times);
  a.int(0x80);
}

/** The image of a kernel named so, with no gates but that of its calls. */
export const kernelImage = (records: readonly Record_[], main: GuestParts['main']) =>
  guestImage({ name: 'kernel', records, main });
