// The running guest's registers, at the top of the VMM's one stack, as entry.ts draws them.
import {
  type Assembler,
  ds,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  mem,
  mem8,
  type Register,
} from '../../toolchain/assembler/index.js';

export const EXCEPTIONS = 20;
export const PAGE_FAULT = 14;
export const PROTECTION = 13;

/** In `bounce`, CL: mask events, push the error code. */
export const MASK_EVENTS = 4;
export const PUSH_ERROR = 0x10;

export const frame = (disp: number) => mem({ base: esp, disp });
export const frame8 = (disp: number) => mem8({ base: esp, disp });

/** What the entry paths look at, of the structures of compiled code. */
export const structures = (a: Assembler) => ({
  regs: a.struct('UserRegs'),
  vcpu: a.struct('Vcpu'),
  trap: a.struct('TrapInfo'),
  info: a.struct('VcpuInfo'),
});

export function saveRegisters(a: Assembler): void {
  for (const r of [eax, ebp, edi, esi, edx, ecx, ebx]) a.push(r);
}

export function restoreRegisters(a: Assembler): void {
  for (const r of [ebx, ecx, edx, esi, edi, ebp, eax]) a.pop(r);
  a.add(esp, 4);
  a.iretd();
}

/** The registers are on the stack: saves the guest's segments, and takes the VMM's. */
export function enterVmm(a: Assembler): void {
  const { regs } = structures(a);
  a.mov(frame(regs.ds), ds);
  a.mov(frame(regs.es), es);
  vmmSegments(a, ebp);
}

export function vmmSegments(a: Assembler, scratch: Register): void {
  a.mov(scratch, a.constant('VMM_DATA'));
  a.mov(ds, scratch);
  a.mov(es, scratch);
}
