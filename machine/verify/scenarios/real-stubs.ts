/**
 * Handlers of real mode (map.ts says where): each pushes its number as the stubs of protected mode do, then all registers
 * in the order of the record, and goes back to protected mode by the GDT as it is in the arena.
 */
import { GDT, marker, real, realEntryOf, STUB16, sel, TABLE_LIMIT } from './map.js';

/** @param target linear address of the 32-bit code that goes on with the record; @returns bytes from `real.pointer` on */
export function realStubs(target: number): Uint8Array {
  const bytes = new Uint8Array(realEntryOf(real.count) - real.pointer);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, TABLE_LIMIT, true);
  view.setUint32(2, GDT, true);
  bytes.set(back(target), real.back - real.pointer);
  for (let n = 0; n < real.count; n++) {
    const at = realEntryOf(n) - real.pointer;
    // push dword marker + n; jmp back
    bytes.set([0x66, 0x68, 0, 0, 0, 0, 0xe9], at);
    view.setUint32(at + 2, marker.real + n, true);
    view.setInt16(at + 7, real.back - (realEntryOf(n) + 9), true);
  }
  return bytes;
}

function back(target: number): number[] {
  const code = [0x66, 0x60, 0x66, 0x9c]; // pushad; pushfd
  // mov eax, segment; push eax: ds, es, fs, gs
  for (const modrm of [0xd8, 0xc0, 0xe0, 0xe8]) code.push(0x66, 0x8c, modrm, 0x66, 0x50);
  code.push(0x66, 0x0f, 0xb7, 0xf4, 0x66, 0x8c, 0xd5); // movzx esi, sp; mov ebp, ss
  code.push(0x66, 0x89, 0xeb, 0x66, 0xc1, 0xe3, 4, 0x66, 0x01, 0xde); // mov ebx, ebp; shl ebx, 4; add esi, ebx
  code.push(0xfa, 0x2e, 0x66, 0x0f, 0x01, 0x16, real.pointer - STUB16, 0); // cli; lgdt [cs:pointer]
  code.push(0x0f, 0x20, 0xc0, 0x0c, 1, 0x0f, 0x22, 0xc0); // mov eax, cr0; or al, 1; mov cr0, eax
  code.push(0x66, 0xea, target & 0xff, (target >>> 8) & 0xff, (target >>> 16) & 0xff, target >>> 24, sel.code[0], 0);
  return code;
}
