/**
 * The x87 and SSE state: what a kernel needs to initialise, save and restore it. Arithmetic does not exist here: `x87`
 * stands for all of it and raises #UD, or #NM while CR0.EM or CR0.TS asks for that (CAVEATS.md).
 */
import { type InstructionRow, row } from './row.js';

/** State instructions with a memory operand, by reg field. */
const inMemory: Readonly<Record<number, readonly string[]>> = {
  216: [],
  217: ['', '', '', '', 'FLDENV', 'FLDCW', 'FNSTENV', 'FNSTCW'],
  218: [],
  219: [],
  220: [],
  221: ['', '', '', '', 'FRSTOR', '', 'FNSAVE', 'FNSTSW'],
  222: [],
  223: [],
};

/** Those without: opcode, reg field, rm field, name, handler. */
const inRegisters: readonly (readonly [number, number, number, string, string])[] = [
  [0xd9, 2, 0, 'FNOP', 'FNOP'],
  [0xdb, 4, 0, 'FNENI', 'FNENI'],
  [0xdb, 4, 1, 'FNDISI', 'FNENI'],
  [0xdb, 4, 2, 'FNCLEX', 'FNCLEX'],
  [0xdb, 4, 3, 'FNINIT', 'FNINIT'],
  [0xdb, 4, 4, 'FNSETPM', 'FNENI'],
  [0xdf, 4, 0, 'FNSTSW', 'FNSTSW_AX'],
];

const x87: readonly InstructionRow[] = Object.entries(inMemory).flatMap(([opcode, names]) =>
  [0, 1, 2, 3, 4, 5, 6, 7].map((group) => {
    const name = names[group];
    if (!name) return row(Number(opcode), 'x87', 'Eb', 'FPU', 'system', { group });
    return row(Number(opcode), name, 'E', `FPU|${name}`, 'system', { group });
  }),
);

export const floatingPoint: readonly InstructionRow[] = [
  row(0x9b, 'WAIT', '', 'WAIT', 'system'),
  ...x87,
  ...inRegisters.map(([opcode, group, rm, name, run]) => row(opcode, name, 'R', run, 'system', { group, rm })),
  row(0x1ae, 'FXSAVE', 'M', '-|FXSAVE', 'system', { group: 0, guard: 'fxsr' }),
  row(0x1ae, 'FXRSTOR', 'M', '-|FXRSTOR', 'system', { group: 1, guard: 'fxsr' }),
  row(0x1ae, 'LDMXCSR', 'M', '-|LDMXCSR', 'system', { group: 2, guard: 'fxsr' }),
  row(0x1ae, 'STMXCSR', 'M', '-|STMXCSR', 'system', { group: 3, guard: 'fxsr' }),
];
