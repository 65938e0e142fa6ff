// Helpers that compiled code calls for what takes too many instructions in line. An image contains those it uses.
// All follow the calling convention; 64-bit operands come low half first: EDX:EAX, then ECX and the stack.
import { type Assembler, defineStubs, type Stubs } from '../assembler/assembler.js';
import { cl, dl, eax, ebp, ebx, ecx, edi, edx, esi, esp, mem } from '../assembler/operands.js';

/** memory.copy(to EAX, from EDX, count ECX): the areas may overlap. */
const memoryCopy = defineStubs('runtime memory.copy', (a) => {
  a.global('__memory_copy');
  a.push(esi);
  a.push(edi);
  a.mov(edi, eax);
  a.mov(esi, edx);
  a.sub(eax, edx);
  a.mov(edx, ecx);
  a.cmp(eax, ecx); // 0 < to - from < count: upwards would overwrite what is still to be read
  a.jb('down');
  a.shr(ecx, 2);
  a.rep();
  a.movsd();
  a.mov(ecx, edx);
  a.and(ecx, 3);
  a.rep();
  a.movsb();
  a.label('done');
  a.pop(edi);
  a.pop(esi);
  a.ret();
  a.label('down');
  a.lea(esi, mem({ base: esi, index: ecx, disp: -1 }));
  a.lea(edi, mem({ base: edi, index: ecx, disp: -1 }));
  a.std();
  a.rep();
  a.movsb();
  a.cld();
  a.jmp('done');
});

/** memory.fill(to EAX, value EDX, count ECX). */
const memoryFill = defineStubs('runtime memory.fill', (a) => {
  a.global('__memory_fill');
  a.push(edi);
  a.mov(edi, eax);
  a.movzx(eax, dl);
  a.imul(eax, eax, 0x01010101);
  a.mov(edx, ecx);
  a.shr(ecx, 2);
  a.rep();
  a.stosd();
  a.mov(ecx, edx);
  a.and(ecx, 3);
  a.rep();
  a.stosb();
  a.pop(edi);
  a.ret();
});

/** EAX % EDX, signed; IDIV would fault on INT_MIN % -1, which is 0. */
const remainder = defineStubs('runtime remainder', (a) => {
  a.global('__remainder_s32');
  a.mov(ecx, edx);
  a.cmp(ecx, -1);
  a.je('zero');
  a.cdq();
  a.idiv(ecx);
  a.mov(eax, edx);
  a.ret();
  a.label('zero');
  a.xor(eax, eax);
  a.ret();
});

/** Number of one bits in EAX, by adding neighbours. */
const population = defineStubs('runtime popcnt', (a) => {
  a.global('__popcnt32');
  a.mov(edx, eax);
  a.shr(edx, 1);
  a.and(edx, 0x55555555);
  a.sub(eax, edx);
  a.mov(edx, eax);
  a.shr(edx, 2);
  a.and(eax, 0x33333333);
  a.and(edx, 0x33333333);
  a.add(eax, edx);
  a.mov(edx, eax);
  a.shr(edx, 4);
  a.add(eax, edx);
  a.and(eax, 0x0f0f0f0f);
  a.imul(eax, eax, 0x01010101);
  a.shr(eax, 24);
  a.ret();
  a.global('__popcnt64');
  a.push(ebx);
  a.push(edx);
  a.call('__popcnt32');
  a.mov(ebx, eax);
  a.pop(eax);
  a.call('__popcnt32');
  a.add(eax, ebx);
  a.pop(ebx);
  a.ret();
});

const zeros = defineStubs('runtime clz64 ctz64', (a) => {
  a.global('__clz64');
  a.bsr(ecx, edx);
  a.jne('high');
  a.mov(edx, 63);
  a.bsr(ecx, eax);
  a.jne('sub');
  a.mov(eax, 64);
  a.ret();
  a.label('high');
  a.mov(edx, 31);
  a.label('sub');
  a.mov(eax, edx);
  a.sub(eax, ecx);
  a.ret();
  a.global('__ctz64');
  a.bsf(ecx, eax);
  a.mov(eax, 0);
  a.jne('add');
  a.mov(eax, 32);
  a.bsf(ecx, edx);
  a.jne('add');
  a.mov(ecx, 32);
  a.label('add');
  a.add(eax, ecx);
  a.ret();
});

/** EDX:EAX shifted or rotated by ECX modulo 64. SHLD and shifts by CL take the count modulo 32. */
const shifts = defineStubs('runtime shifts', (a) => {
  a.global('__shl64');
  a.shld(edx, eax, cl);
  a.shl(eax, cl);
  a.test(cl, 32);
  a.je('done');
  a.mov(edx, eax);
  a.xor(eax, eax);
  a.label('done');
  a.ret();
  a.global('__shr64');
  a.shrd(eax, edx, cl);
  a.shr(edx, cl);
  a.test(cl, 32);
  a.je('done');
  a.mov(eax, edx);
  a.xor(edx, edx);
  a.ret();
  a.global('__sar64');
  a.shrd(eax, edx, cl);
  a.sar(edx, cl);
  a.test(cl, 32);
  a.je('done');
  a.mov(eax, edx);
  a.sar(edx, 31);
  a.ret();
  a.global('__rol64');
  a.push(ebx);
  swapHalvesBy32(a, 'rol');
  a.mov(ebx, edx);
  a.shld(edx, eax, cl);
  a.shld(eax, ebx, cl);
  a.pop(ebx);
  a.ret();
  a.global('__ror64');
  a.push(ebx);
  swapHalvesBy32(a, 'ror');
  a.mov(ebx, eax);
  a.shrd(eax, edx, cl);
  a.shrd(edx, ebx, cl);
  a.pop(ebx);
  a.ret();
});

function swapHalvesBy32(a: Assembler, label: string): void {
  a.test(cl, 32);
  a.je(label);
  a.xchg(eax, edx);
  a.label(label);
}

/**
 * Division of EDX:EAX by EBP:ECX, unsigned. Quotient in EDX:EAX, remainder in EDI:ESI; EBX is lost. A divisor below
 * 2^32 takes two DIVs (#DE for zero); a larger one leaves a quotient below 2^32, found bit by bit.
 */
function division(a: Assembler): void {
  a.label('divide');
  a.test(ebp, ebp);
  a.jne('long');
  a.mov(ebx, eax);
  a.mov(eax, edx);
  a.xor(edx, edx);
  a.div(ecx);
  a.mov(edi, eax);
  a.mov(eax, ebx);
  a.div(ecx);
  a.mov(esi, edx);
  a.mov(edx, edi);
  a.xor(edi, edi);
  a.ret();
  a.label('long');
  a.mov(esi, edx);
  a.xor(edi, edi);
  a.mov(edx, 32);
  a.label('bit');
  a.add(eax, eax);
  a.adc(esi, esi);
  a.adc(edi, edi);
  a.jc('subtract');
  a.cmp(edi, ebp);
  a.jb('next');
  a.ja('subtract');
  a.cmp(esi, ecx);
  a.jb('next');
  a.label('subtract');
  a.sub(esi, ecx);
  a.sbb(edi, ebp);
  a.inc(eax);
  a.label('next');
  a.dec(edx);
  a.jne('bit');
  a.ret();
}

const SAVED = [ebx, esi, edi, ebp];
function enter(a: Assembler): void {
  for (const r of SAVED) a.push(r);
  a.mov(ebp, mem({ base: esp, disp: 4 * SAVED.length + 4 }));
}
function leave(a: Assembler): void {
  for (const r of [...SAVED].reverse()) a.pop(r);
  a.ret();
}

/** high:low = -high:low */
function negate(a: Assembler, high: typeof eax, low: typeof eax): void {
  a.neg(low);
  a.adc(high, 0);
  a.neg(high);
}

/** Makes the operands of a signed division positive. */
function magnitudes(a: Assembler, label: string): void {
  a.test(edx, edx);
  a.jns(`${label}1`);
  negate(a, edx, eax);
  a.label(`${label}1`);
  a.test(ebp, ebp);
  a.jns(`${label}2`);
  negate(a, ebp, ecx);
  a.label(`${label}2`);
}

const divisions = defineStubs('runtime division', (a) => {
  division(a);
  a.global('__divide_u64');
  enter(a);
  a.call('divide');
  leave(a);
  a.global('__remainder_u64');
  enter(a);
  a.call('divide');
  a.mov(eax, esi);
  a.mov(edx, edi);
  leave(a);
  a.global('__divide_s64');
  enter(a);
  a.mov(ebx, edx);
  a.xor(ebx, ebp);
  a.push(ebx); // the quotient's sign
  magnitudes(a, 'q');
  a.call('divide');
  a.pop(ebx);
  a.test(ebx, ebx);
  a.jns('positiveQuotient');
  negate(a, edx, eax);
  a.label('positiveQuotient');
  leave(a);
  a.global('__remainder_s64');
  enter(a);
  a.push(edx); // the remainder's sign is the dividend's
  magnitudes(a, 'r');
  a.call('divide');
  a.mov(eax, esi);
  a.mov(edx, edi);
  a.pop(ebx);
  a.test(ebx, ebx);
  a.jns('positiveRemainder');
  negate(a, edx, eax);
  a.label('positiveRemainder');
  leave(a);
});

export const RUNTIME: readonly Stubs[] = [memoryCopy, memoryFill, remainder, population, zeros, shifts, divisions];
