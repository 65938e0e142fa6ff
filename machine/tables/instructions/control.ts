/** Jumps, calls, returns, traps, and string instructions. */
import { conditionNames } from '../handlers.js';
import { type InstructionRow, members, row } from './row.js';

const conditional = conditionNames.flatMap((condition, operation) => [
  row(0x70 + operation, `J${condition}`, 'Jb', `J${condition}`, 'jump', { operation }),
  row(0x180 + operation, `J${condition}`, 'Jz', `J${condition}`, 'jump', { operation }),
]);

const strings = (
  [
    [0xa4, 'MOVS', 'stringMove'],
    [0xa6, 'CMPS', 'stringCompare'],
    [0xaa, 'STOS', 'stringStore'],
    [0xac, 'LODS', 'stringMove'],
    [0xae, 'SCAS', 'stringCompare'],
    [0x6c, 'INS', 'system'],
    [0x6e, 'OUTS', 'system'],
  ] as const
).flatMap(([opcode, name, issue]) => [
  row(opcode, `${name}B`, '', name, issue, { operation: 0 }),
  row(opcode + 1, `${name}W/D`, '', name, issue, { operation: 1 }),
]);

const transfer: InstructionRow[] = [
  row(0xe8, 'CALL', 'Jz', 'CALL_J', 'call'),
  row(0xe9, 'JMP', 'Jz', 'JMP_J', 'jump'),
  row(0xeb, 'JMP', 'Jb', 'JMP_J', 'jump'),
  row(0xc3, 'RET', '', 'RET', 'return'),
  row(0xc2, 'RET', 'Iw', 'RET_Iw', 'return'),
  row(0xe0, 'LOOPNE', 'Jb', 'LOOPNE', 'loop'),
  row(0xe1, 'LOOPE', 'Jb', 'LOOPE', 'loop'),
  row(0xe2, 'LOOP', 'Jb', 'LOOP', 'loop'),
  row(0xe3, 'JECXZ', 'Jb', 'JCXZ', 'loop'),
  ...members(
    0xff,
    (group) =>
      [
        row(0, 'INC', 'Ev', 'INC_Rd|UNARY_Md|UNARY_Rw|UNARY_Mw', 'alu', {
          operation: 0,
          issueMemory: 'modify',
          lockable: true,
        }),
        row(0, 'DEC', 'Ev', 'DEC_Rd|UNARY_Md|UNARY_Rw|UNARY_Mw', 'alu', {
          operation: 1,
          issueMemory: 'modify',
          lockable: true,
        }),
        row(0, 'CALL', 'Ev', 'CALL_R|CALL_M', 'call'),
        row(0, 'CALL', 'Mp', '-|CALL_Mp', 'system'),
        row(0, 'JMP', 'Ev', 'JMP_R|JMP_M', 'jumpIndirect'),
        row(0, 'JMP', 'Mp', '-|JMP_Mp', 'system'),
        row(0, 'PUSH', 'Ev', 'PUSH_Rd|PUSH_Md|PUSH_Rw|PUSH_Mw', 'push', { issueMemory: 'pushMemory' }),
        undefined,
      ][group],
  ),
  row(0x9a, 'CALL', 'Ap', 'CALL_Ap', 'system'),
  row(0xea, 'JMP', 'Ap', 'JMP_Ap', 'system'),
  row(0xcb, 'RETF', '', 'RETF', 'system'),
  row(0xca, 'RETF', 'Iw', 'RETF_Iw', 'system'),
  row(0xcc, 'INT3', '', 'INT3', 'system'),
  row(0xcd, 'INT', 'Iu', 'INT_Ib', 'system'),
  row(0xce, 'INTO', '', 'INTO', 'system'),
  row(0xcf, 'IRET', '', 'IRET', 'system'),
  row(0xf1, 'INT1', '', 'INT1', 'system'),
  row(0x134, 'SYSENTER', '', 'SYSENTER', 'system', { guard: 'sysenter' }),
  row(0x135, 'SYSEXIT', '', 'SYSEXIT', 'system', { guard: 'sysenter' }),
  row(0x105, 'SYSCALL', '', 'SYSCALL', 'system', { guard: 'syscall' }),
  row(0x107, 'SYSRET', '', 'SYSRET', 'system', { guard: 'syscall' }),
];

export const control: readonly InstructionRow[] = [...conditional, ...strings, ...transfer];
