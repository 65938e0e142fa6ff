// The package's own types cannot be found through its "exports": what is used here.
declare module 'capstone-wasm' {
  export interface Insn {
    readonly address: number | bigint;
    readonly size: number;
    readonly mnemonic: string;
    readonly opStr: string;
  }
  export class Capstone {
    constructor(architecture: number, mode: number);
    disasm(bytes: Uint8Array, options?: { address?: number }): Insn[];
  }
  export const Const: { readonly CS_ARCH_X86: number; readonly CS_MODE_16: number; readonly CS_MODE_32: number };
  export function loadCapstone(): Promise<void>;
}
