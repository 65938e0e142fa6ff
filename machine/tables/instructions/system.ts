/** Ports, control registers, descriptor tables, model-specific registers. */
import { type InstructionRow, members, row } from './row.js';

export const system: readonly InstructionRow[] = [
  row(0xe4, 'IN', 'Ab,Iu', 'IN_Ib', 'system', { operation: 0 }),
  row(0xe5, 'IN', 'Av,Iu', 'IN_Ib', 'system', { operation: 1 }),
  row(0xe6, 'OUT', 'Iu,Ab', 'OUT_Ib', 'system', { operation: 0 }),
  row(0xe7, 'OUT', 'Iu,Av', 'OUT_Ib', 'system', { operation: 1 }),
  row(0xec, 'IN', 'Ab,DX', 'IN_DX', 'system', { operation: 0 }),
  row(0xed, 'IN', 'Av,DX', 'IN_DX', 'system', { operation: 1 }),
  row(0xee, 'OUT', 'DX,Ab', 'OUT_DX', 'system', { operation: 0 }),
  row(0xef, 'OUT', 'DX,Av', 'OUT_DX', 'system', { operation: 1 }),
  row(0x63, 'ARPL', 'Ew,Gw', 'ARPL', 'system'),
  row(0xf4, 'HLT', '', 'HLT', 'system'),
  row(0xfa, 'CLI', '', 'CLI', 'system'),
  row(0xfb, 'STI', '', 'STI', 'system'),
  row(0x106, 'CLTS', '', 'CLTS', 'system'),
  row(0x108, 'INVD', '', 'INVD', 'system'),
  row(0x109, 'WBINVD', '', 'WBINVD', 'system'),
  row(0x10b, 'UD2', '', 'UD', 'system'),
  row(0x120, 'MOV', 'Rd,Cd', 'MOV_RC', 'system'),
  row(0x121, 'MOV', 'Rd,Dd', 'MOV_RD', 'system'),
  row(0x122, 'MOV', 'Cd,Rd', 'MOV_CR', 'system'),
  row(0x123, 'MOV', 'Dd,Rd', 'MOV_DR', 'system'),
  row(0x130, 'WRMSR', '', 'WRMSR', 'system', { guard: 'msr' }),
  row(0x131, 'RDTSC', '', 'RDTSC', 'system', { guard: 'tsc' }),
  row(0x132, 'RDMSR', '', 'RDMSR', 'system', { guard: 'msr' }),
  row(0x133, 'RDPMC', '', 'RDPMC', 'system', { guard: 'cmov' }),
  row(0x1a2, 'CPUID', '', 'CPUID', 'system'),
  row(0x102, 'LAR', 'Gv,Ew', 'LAR', 'system'),
  row(0x103, 'LSL', 'Gv,Ew', 'LSL', 'system'),
  ...members(0x100, (group) => {
    const name = ['SLDT', 'STR', 'LLDT', 'LTR', 'VERR', 'VERW'][group];
    return name ? row(0, name, group < 2 ? 'Ev' : 'Ew', name, 'system') : undefined;
  }),
  ...members(0x101, (group) => {
    const name = ['SGDT', 'SIDT', 'LGDT', 'LIDT', 'SMSW', '', 'LMSW', 'INVLPG'][group];
    if (name === '') return undefined;
    const memory = group < 4 || group === 7;
    return row(0, name, memory ? 'M' : group === 4 ? 'Ev' : 'Ew', memory ? `-|${name}` : name, 'system');
  }),
];
