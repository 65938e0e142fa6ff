/**
 * The supervisor: boots as a multiboot image, and for each scenario restores the arena, writes the scenario's blocks,
 * loads its state and goes to its first instruction. Whatever comes next enters a stub, which records the state as it
 * finds it at any privilege level, gets back to ring 0, and prints the record as one line of hexadecimal doublewords on
 * port E9h. The list of scenarios lies behind the image:
 *
 *     count of blocks { address, bytes, data padded to doublewords }  start state  count of dumps { address, words }
 *
 * and ends by a count of FFFFFFFFh.
 */
import {
  type Assembler,
  al,
  ax,
  cr0,
  cr2,
  cr3,
  cr4,
  cs,
  dr0,
  dr1,
  dr2,
  dr3,
  dr6,
  dr7,
  ds,
  dx,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  fs,
  gs,
  mem,
  mem8,
  mem16,
  si,
  ss,
  sym,
} from '../../../toolchain/assembler/index.js';
import { arena, STUB16, sel, vector } from './map.js';
import { msrs, REAL_CR0, type StartField, startFields } from './scenario.js';

/** Where the supervisor is loaded. */
export const BASE = 0x100000;
const STACK = 0x1f0000;
const RECORD = 0x1f1000;
export const STACK_WORDS = 12;
export const END = 0xffffffff;
const EFER = 0xc0000080;

const at = (field: StartField) => mem({ base: ebp, disp: 4 * startFields.indexOf(field) });
const RECORDED = { segments: 4, flags: 1, registers: 8, vector: 1 };
const SAVED = RECORDED.segments + RECORDED.flags + RECORDED.registers + RECORDED.vector;

function start(a: Assembler): void {
  a.label('start');
  a.cli();
  a.cld();
  a.mov(esp, STACK);
  a.mov(al, 0xff);
  a.out(0x21, al);
  a.out(0xa1, al);
  a.mov(eax, REAL_CR0);
  a.mov(cr0, eax);
  a.mov(mem({ sym: 'cursor' }), sym('scenarios'));
  a.label('next');
  a.mov(esi, sym('pristine'));
  a.mov(edi, arena.start);
  a.mov(ecx, (arena.end - arena.start) / 4);
  a.rep();
  a.movsd();
  a.mov(esi, mem({ sym: 'cursor' }));
  a.lodsd();
  a.cmp(eax, END);
  a.je('end');
  a.mov(ebx, eax);
  a.label('block');
  a.test(ebx, ebx);
  a.jz('load');
  a.lodsd();
  a.mov(edi, eax);
  a.lodsd();
  a.mov(ecx, eax);
  a.rep();
  a.movsb();
  a.add(esi, 3);
  a.and(esi, ~3);
  a.dec(ebx);
  a.jmp('block');
}

/** Loads everything but what the last IRET loads. */
function load(a: Assembler): void {
  a.label('load');
  a.mov(ebp, esi);
  a.mov(mem({ sym: 'state' }), esi);
  a.mov(eax, at('gdtLimit'));
  a.mov(mem16({ sym: 'gdtPointer' }), ax);
  a.mov(eax, at('idtLimit'));
  a.mov(mem16({ sym: 'idtPointer' }), ax);
  a.lgdt(mem({ sym: 'gdtPointer' }));
  a.lidt(mem({ sym: 'idtPointer' }));
  a.ljmp(sel.code[0], sym('segments'));
  a.label('segments');
  a.mov(eax, sel.data[0]);
  for (const register of [ds, es, ss, fs, gs]) a.mov(register, ax);
  a.mov(eax, at('ldtr'));
  a.lldt(ax);
  a.mov(eax, at('tr'));
  a.ltr(ax);
  a.test(at('msrs'), msrs.sysenter);
  a.jz('noSysenter');
  for (const [number, field] of [
    [0x174, 'sysenterCs'],
    [0x175, 'sysenterEsp'],
    [0x176, 'sysenterEip'],
  ] as const) {
    a.mov(ecx, number);
    a.mov(eax, at(field));
    a.xor(edx, edx);
    a.wrmsr();
  }
  a.label('noSysenter');
  a.bytes(0xdb, 0xe3); // fninit
  a.test(at('msrs'), msrs.efer);
  a.jz('noEfer');
  a.mov(ecx, EFER);
  a.mov(eax, at('efer'));
  a.xor(edx, edx);
  a.wrmsr();
  a.label('noEfer');
  a.mov(eax, 0xffff0ff0);
  a.mov(dr6, eax);
  for (const [register, field] of [
    [dr0, 'dr0'],
    [dr1, 'dr1'],
    [dr2, 'dr2'],
    [dr3, 'dr3'],
    [dr7, 'dr7'],
  ] as const) {
    a.mov(eax, at(field));
    a.mov(register, eax);
  }
  a.xor(eax, eax);
  a.mov(cr2, eax);
  a.mov(eax, at('cr3'));
  a.mov(cr3, eax);
  a.mov(eax, at('cr4'));
  a.mov(cr4, eax);
  a.mov(eax, at('cr0'));
  a.mov(cr0, eax);
  a.jmp('go');
}

/** Puts registers and the frame for IRET on the stack to leave from: the scenario's own in ring 0. */
function go(a: Assembler): void {
  a.label('go');
  a.mov(esp, STACK);
  a.push(at('ss'));
  a.push(at('esp'));
  a.mov(edx, sel.data[0]);
  a.test(mem8({ base: ebp, disp: 4 * startFields.indexOf('cs') }), 3);
  a.jnz('frame');
  a.mov(edx, at('ss'));
  a.mov(esp, at('esp'));
  a.label('frame');
  for (const field of ['eflags', 'cs', 'eip', 'eax', 'ecx', 'edx', 'ebx', 'ebp', 'ebp', 'esi', 'edi'] as const) {
    a.push(at(field));
  }
  a.mov(ecx, esp);
  for (const [register, field] of [
    [fs, 'fs'],
    [gs, 'gs'],
    [es, 'es'],
  ] as const) {
    a.mov(eax, at(field));
    a.mov(register, ax);
  }
  a.mov(eax, at('ds'));
  a.mov(ss, dx);
  a.mov(esp, ecx);
  a.mov(ds, ax);
  a.popad();
  a.iretd();
}

function record(a: Assembler): void {
  a.label('stub');
  a.pushad();
  a.pushfd();
  a.cld();
  for (const register of [ds, es, fs, gs]) {
    a.mov(eax, register);
    a.push(eax);
  }
  a.mov(eax, sel.data[3]);
  a.mov(ds, ax);
  a.mov(es, ax);
  a.mov(esi, esp);
  // A 16-bit stack: whatever is in the upper half of ESP.
  a.mov(edx, ss);
  a.bytes(0x0f, 0x02, 0xca); // lar ecx, edx
  a.test(ecx, 1 << 22);
  a.jnz('saved');
  a.movzx(esi, si);
  a.label('saved');
  a.mov(edx, cs);
  a.mov(ebp, ss);
  // Where the record lies is in ESI, CS and SS in EDX and EBP.
  a.label('copy');
  a.mov(edi, RECORD);
  a.mov(ecx, SAVED + STACK_WORDS);
  a.rep();
  a.movsd();
  a.mov(eax, edx);
  a.stosd();
  a.mov(eax, ebp);
  a.stosd();
  a.test(edx, 3);
  a.jz('finish');
  a.int(vector.finish);
  a.label('finish');
  for (const register of [cr0, cr2, cr3, dr6, dr7]) {
    a.mov(eax, register);
    a.mov(mem({ disp: RECORD + 4 * (SAVED + STACK_WORDS + 2 + [cr0, cr2, cr3, dr6, dr7].indexOf(register)) }), eax);
  }
  a.mov(edi, RECORD + 4 * (SAVED + STACK_WORDS + 7));
  a.xor(eax, eax);
  a.str(eax);
  a.stosd();
  a.xor(eax, eax);
  a.bytes(0x0f, 0x00, 0xc0); // sldt eax
  a.stosd();
  // The way back to the next scenario: paging off first, then tables, segments and flags.
  a.mov(eax, REAL_CR0);
  a.mov(cr0, eax);
  a.xor(eax, eax);
  a.mov(cr4, eax);
  a.mov(dr7, eax);
  a.mov(eax, sel.data[0]);
  a.lgdt(mem({ sym: 'wholeGdt' }));
  a.lidt(mem({ sym: 'wholeIdt' }));
  for (const register of [ds, es, ss, fs, gs]) a.mov(register, ax);
  a.mov(esp, STACK);
  a.push(2);
  a.popfd();
  a.xor(eax, eax);
  a.lldt(ax);
  a.mov(ebp, mem({ sym: 'state' }));
  a.test(at('msrs'), msrs.efer);
  a.jz('dump');
  // Once: a processor without that register gets here again.
  a.mov(at('msrs'), 0);
  a.mov(ecx, EFER);
  a.xor(edx, edx);
  a.wrmsr();
}

/** Where handlers of real mode arrive, in flat 32-bit code, with ESI and EBP as `copy` wants them. */
function fromReal(a: Assembler): void {
  a.label('fromReal');
  a.mov(eax, sel.data[0]);
  a.mov(ds, ax);
  a.mov(es, ax);
  a.cld();
  a.mov(edx, STUB16 >> 4);
  a.jmp('copy');
}

function print(a: Assembler): void {
  a.label('dump');
  a.lea(esi, mem({ base: ebp, disp: 4 * startFields.length }));
  a.lodsd();
  a.mov(ebx, eax);
  a.label('nextDump');
  a.test(ebx, ebx);
  a.jz('line');
  a.lodsd();
  a.mov(edx, eax);
  a.lodsd();
  a.mov(ecx, eax);
  a.xchg(esi, edx);
  a.rep();
  a.movsd();
  a.mov(esi, edx);
  a.dec(ebx);
  a.jmp('nextDump');
  a.label('line');
  a.mov(mem({ sym: 'cursor' }), esi);
  a.mov(edx, 0xe9);
  a.mov(al, 0x23);
  a.out(dx, al);
  a.mov(esi, RECORD);
  a.mov(ebp, edi);
  a.label('word');
  a.lodsd();
  a.mov(edi, eax);
  a.mov(ecx, 8);
  a.label('digit');
  a.rol(edi, 4);
  a.mov(ebx, edi);
  a.and(ebx, 15);
  a.mov(al, mem8({ base: ebx, sym: 'digits' }));
  a.out(dx, al);
  a.dec(ecx);
  a.jnz('digit');
  a.cmp(esi, ebp);
  a.jb('word');
  a.mov(al, 10);
  a.out(dx, al);
  a.jmp('next');
  // Ends each machine in its own way: QEMU and ours by port F4h, Bochs by a word to port 8900h.
  a.label('end');
  a.mov(al, 0);
  a.out(0xf4, al);
  a.mov(edx, 0x8900);
  a.mov(esi, sym('shutdown'));
  a.label('letter');
  a.lodsb();
  a.out(dx, al);
  a.jmp('letter');
}

/** The code of the supervisor; stubs jump to its first instruction, which is that of `record`. */
export function supervise(a: Assembler): void {
  record(a);
  print(a);
  fromReal(a);
  start(a);
  load(a);
  go(a);
}
