/** A program of instances on this project's processor, in ring 3 with Linux's selectors, under a supervisor of its own. */
import { ax, cr0, defineStubs, ds, eax, edx, es, esp, mem, ss } from '../../../toolchain/assembler/index.js';
import { flatImage } from '../../bench/flat-image.js';
import { Machine } from '../../index.js';
import { processors } from '../../processors/index.js';
import { descriptor, gate, type } from '../scenarios/map.js';
import { block, local, user } from './block.js';
import { CODE, loadLocal, type Program, RUNTIME, WINDOW_LIMIT } from './program.js';

const MEGABYTES = 64;
/** Below the image at 1 MiB. */
const [GDT, IDT, TSS, POINTERS, LDT, STACK0, STACK3] = [0x2000, 0x3000, 0x4000, 0x5000, 0x6000, 0x20000, 0x28000];
const sel = { code0: 0x08, data0: 0x10, tss: 0x18, ldt: 0x30 };
const LIMIT = 0x7ff;

const withError = new Set([8, 10, 11, 12, 13, 14, 17]);
const vectors = [0, 1, 3, 4, 5, 6, 7, 11, 12, 13, 16, 17];
/** CR0.NE and AM, as Linux sets them. */
const CR0 = 0x00040020;
const END = 0x80;

/** Ring 0: starts the program, and goes on behind whatever faults. */
const supervisor = (current: number) =>
  defineStubs('supervisor', (a) => {
    a.label('start');
    a.lgdt(mem({ disp: POINTERS }));
    a.lidt(mem({ disp: POINTERS + 8 }));
    a.mov(eax, sel.data0);
    a.mov(ss, ax);
    a.mov(esp, STACK0);
    a.mov(eax, sel.tss);
    a.ltr(ax);
    a.mov(eax, sel.ldt);
    a.lldt(ax);
    a.mov(eax, cr0);
    a.or(eax, CR0);
    a.mov(cr0, eax);
    a.mov(eax, user.data);
    a.mov(ds, ax);
    a.mov(es, ax);
    a.bytes(...loadLocal);
    for (const word of [user.data, STACK3, 2, user.code, CODE]) a.push(word);
    a.iretd();
    for (const vector of vectors) {
      a.label(`raise${vector}`);
      if (!withError.has(vector)) a.push(0);
      a.push(vector);
      a.jmp('raise');
    }
    a.label('raise');
    a.push(eax);
    a.push(edx);
    a.mov(edx, mem({ disp: current }));
    for (const [from, to] of [
      [8, block.vector],
      [12, block.error],
      [16, block.eip],
    ]) {
      a.mov(eax, mem({ base: esp, disp: from }));
      a.mov(mem({ base: edx, disp: to }), eax);
    }
    a.mov(eax, mem({ base: edx, disp: block.resume }));
    a.mov(mem({ base: esp, disp: 16 }), eax);
    a.pop(edx);
    a.pop(eax);
    a.add(esp, 8);
    a.iretd();
    a.label('end');
    a.hlt();
  });

/** The blocks after a run. */
export async function runOnCore(core: WebAssembly.Module, program: Program): Promise<Uint8Array> {
  const { bytes, blocks, current, instances, windows } = program;
  const machine = Machine.create({ core, preset: processors['pentium3-800'], memoryMiB: MEGABYTES });
  const image = flatImage(supervisor(current), 'start');
  machine.load(image.bytes);
  const { ram } = machine.memory;
  const view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
  ram.set(bytes, RUNTIME);
  const put = (table: number, selector: number, words: readonly number[]) =>
    words.forEach((word, i) => {
      view.setUint32(table + (selector & ~7) + 4 * i, word, true);
    });
  put(GDT, sel.code0, descriptor(type.code));
  put(GDT, sel.data0, descriptor(type.data));
  put(GDT, user.code, descriptor(type.code, { dpl: 3 }));
  put(GDT, user.data, descriptor(type.data, { dpl: 3 }));
  put(GDT, sel.tss, descriptor(type.tss32, { base: TSS, limit: 103 }));
  put(GDT, sel.ldt, descriptor(type.ldt, { base: LDT, limit: 8 * (Object.keys(local).length + windows.length) - 1 }));
  for (const { selector, base, limit, writable } of Object.values(local)) {
    // As modify_ldt makes them: already accessed.
    put(LDT, selector, descriptor((writable ? type.data : type.readOnly) | 1, { base, limit, dpl: 3 }));
  }
  for (const { selector, base } of windows) {
    put(LDT, selector, descriptor(type.data | 1, { base, limit: WINDOW_LIMIT, dpl: 3 }));
  }
  put(TSS, 0, [0, STACK0, sel.data0]);
  view.setUint16(TSS + 102, 104, true);
  for (const vector of [...vectors, END]) {
    const label = vector === END ? 'end' : `raise${vector}`;
    const dpl = vector === 3 || vector === 4 || vector === END ? 3 : 0;
    put(IDT, 8 * vector, gate(type.int32, sel.code0, image.symbols.get(label)!, { dpl }));
  }
  put(POINTERS, 0, [LIMIT | (GDT << 16), GDT >>> 16, LIMIT | (IDT << 16), IDT >>> 16]);
  const stop = machine.run(BigInt(instances.length) * 1_000_000n);
  if (stop.reason !== 'halted') throw new Error(`the core did not come to the end: ${stop.reason}`);
  return ram.slice(blocks, blocks + instances.length * block.bytes);
}
