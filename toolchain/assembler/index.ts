// The stub assembler. A kernel's entry code lies in `<kernel>/stubs/*.ts` and reads like assembly:
//
//   import { cr0, defineStubs, eax, edx, esp, gs, mem, mem8, sym } from '../../toolchain/assembler/index.js'
//
//   export const entryStubs = defineStubs('entry', (a) => {
//     a.global('_start')                                  // a symbol of the image; text is the first section
//     a.mov(esp, sym('bootStackTop'))                     // the address of a symbol: an immediate
//     a.mov(eax, mem({ sym: 'currentThread' }))           // the word at a symbol (here an exported global)
//     const thread = a.struct('Thread')                   // a class of the compiled code: offsets of its fields
//     a.mov(edx, mem({ base: eax, disp: thread.stack }))  // [eax + offset]
//     a.test(mem8({ base: eax, index: edx, scale: 4, disp: 3 }), 1)
//     a.je('idle')                                        // a label of this module, or else a symbol
//     a.hook('__switch_commit')                           // zero bytes: a label for the image's note
//     a.mov(eax, mem({ seg: gs, disp: 0 }))
//     a.call('kernelMain')                                // an exported AssemblyScript function
//     a.label('idle'); a.sti(); a.hlt(); a.jmp('idle')
//     a.bss(); a.align(16); a.space(4096); a.global('bootStackTop')
//   })
//
// Operands are in Intel's order, destination first. A memory operand's size is that of the register operand, else that
// of its maker: mem (32 bits), mem16, mem8. 16-bit registers take the prefix 66h by themselves. `label` is local to
// the module, `global` is a symbol of the image. Branches to labels of the module are short where they reach; `jmp`
// and `jcc` to symbols are near. `rep`, `repne` and `lock` are prefixes: call them before the instruction. Indirect
// transfers are `callIndirect`, `jmpIndirect` (near) and `ljmpIndirect`, `lcallIndirect` (far).
//
// The calling convention of compiled code: arguments in EAX, EDX, ECX, then on the stack (pushed right to left, removed
// by the caller); result in EAX, or EDX:EAX for 64 bits; EBX, ESI, EDI, EBP, ESP are kept by the callee; the direction
// flag is clear. A 64-bit argument takes two consecutive places of that row, low half first.
// Compiled code calls a stub by `declare function` in a file named stubs.ts (`declare function addressOf_NAME(): u32`
// there, or in linker.ts, is the address of symbol NAME). `__module_start` is always defined: boot code calls it once,
// before any AssemblyScript, to run initialisers of globals that are not constants.
export { Assembler, defineStubs, SECTIONS, type Section, type StubCode, type Stubs, type Target } from './assembler.js';
export type { Assembled, Label, Relocation } from './fragment.js';
export type { Layout, Layouts } from './layouts.js';
export * from './operands.js';
