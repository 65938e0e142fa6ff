// The TrapFrame (kernels/lib/trapframe.ts) as stubs make it and take it apart, and what kernels do about data segments that a
// program spoiled.
import {
  type Assembler,
  ax,
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
} from '../../../toolchain/assembler/index.js';

/** Exceptions that push an error code (Intel SDM vol. 3, table 6-1). */
export const WITH_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17]);

/** The general registers; the one slot that nobody reads gets EBP once more. The error code, or 0, is on the stack. */
export function saveRegisters(a: Assembler): void {
  for (const r of [eax, ecx, edx, ebx, ebp, ebp, esi, edi]) a.push(r);
}

/** All of them back from the frame at ESP, and the error code dropped: ESP is where IRET wants it. */
export function restoreRegisters(a: Assembler): void {
  for (const r of [edi, esi, ebp]) a.pop(r);
  a.add(esp, 4);
  for (const r of [ebx, edx, ecx, eax]) a.pop(r);
  a.add(esp, 4);
}

/**
 * #GP in the kernel's own code, error code on top of the stack. Kernels use the flat segment that programs have, and reload
 * nothing when they are entered; so a program that put another into DS or ES has spoiled the kernel's. If that is so, both
 * are loaded and the instruction is tried again. `otherwise` writes what follows when they are as they must be.
 */
export function repairDataSegments(a: Assembler, flat: number, otherwise: () => void): void {
  a.push(eax);
  for (const segment of [ds, es]) {
    a.mov(eax, segment);
    a.cmp(ax, flat);
    a.jne('repairSegments');
  }
  a.pop(eax);
  otherwise();
  a.label('repairSegments');
  a.mov(eax, flat);
  a.mov(ds, eax);
  a.mov(es, eax);
  a.pop(eax);
  a.add(esp, 4);
  a.iretd();
}
