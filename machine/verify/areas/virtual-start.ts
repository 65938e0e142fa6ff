/** How scenarios get to virtual-8086 mode. */
import type { Scenario } from '../scenarios/scenario.js';

export const VM = 0x20000;
/** Where the code of virtual-8086 mode lies, and the paragraphs that it starts with. */
export const CODE16 = 0x4100;
export const segments = { cs: CODE16 >> 4, ss: 0x700, es: 0x510, ds: 0x500, fs: 0x520, gs: 0x530 } as const;
export const SP = 0x100;
/** The end of a scenario: raised whatever IOPL says. */
export const UD2 = [0x0f, 0x0b];

interface Entry {
  readonly flags?: number;
  readonly ip?: number;
  readonly sp?: number;
  readonly frame?: Partial<Record<keyof typeof segments, number>>;
}

/** Enters virtual-8086 mode by the IRET of ring 0 that the manual has for it, and runs `code` there. */
export function virtual(s: Scenario, code: readonly number[], { flags = 0, ip = 0, sp = SP, frame = {} }: Entry = {}) {
  const { cs, ss, es, ds, fs, gs } = { ...segments, ...frame };
  s.write(s.start.esp, ip, cs, flags | VM | 2, sp, ss, es, ds, fs, gs);
  return s.bytes(CODE16, ...code, ...UD2).raw(0xcf);
}
