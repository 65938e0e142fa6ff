/** Moves, exchanges, conditional moves and sets, the stack. */
import { conditionNames } from '../handlers.js';
import { type InstructionRow, row } from './row.js';

const conditional = conditionNames.flatMap((condition, operation) => [
  row(0x190 + operation, `SET${condition}`, 'Eb', 'SETCC_Rb|SETCC_Mb', 'alu', { operation, issueMemory: 'store' }),
  row(0x140 + operation, `CMOV${condition}`, 'Gv,Ev', 'CMOV_GdRd|CMOV_GdMd|CMOV_GwRw|CMOV_GwMw', 'alu', {
    operation,
    issueMemory: 'load',
    guard: 'cmov',
  }),
]);

const registers = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((register) => [
  row(0x40 + register, 'INC', 'Zv', 'INC_Rd|INC_Rd|UNARY_Rw|UNARY_Rw', 'alu', { operation: 0 }),
  row(0x48 + register, 'DEC', 'Zv', 'DEC_Rd|DEC_Rd|UNARY_Rw|UNARY_Rw', 'alu', { operation: 1 }),
  row(0x50 + register, 'PUSH', 'Zv', 'PUSH_Rd|PUSH_Rd|PUSH_Rw|PUSH_Rw', 'push'),
  row(0x58 + register, 'POP', 'Zv', 'POP_Rd|POP_Rd|POP_Rw|POP_Rw', 'push'),
  row(0x90 + register, 'XCHG', 'Av,Zv', register === 0 ? 'NOP' : 'XCHG_RdRd|XCHG_RdRd|XCHG_RwRw|XCHG_RwRw', 'alu'),
  row(0xb0 + register, 'MOV', 'Zb,Ib', 'MOV_RbIb', 'alu'),
  row(0xb8 + register, 'MOV', 'Zv,Iz', 'MOV_RdId|MOV_RdId|MOV_RwIw|MOV_RwIw', 'alu'),
  row(0x1c8 + register, 'BSWAP', 'Zv', 'BSWAP_Rd', 'exchange'),
]);

const segmentStack = [
  [0x06, 0x07, 0],
  [0x0e, -1, 1],
  [0x16, 0x17, 2],
  [0x1e, 0x1f, 3],
  [0x1a0, 0x1a1, 4],
  [0x1a8, 0x1a9, 5],
].flatMap(([push, pop, operation]) => [
  row(push, 'PUSH', 'S', 'PUSH_S', 'push', { operation }),
  ...(pop < 0 ? [] : [row(pop, 'POP', 'S', 'POP_S', 'system', { operation })]),
]);

const move: InstructionRow[] = [
  row(0x88, 'MOV', 'Eb,Gb', 'MOV_RbRb|MOV_MbGb', 'alu', { issueMemory: 'store' }),
  row(0x89, 'MOV', 'Ev,Gv', 'MOV_RdRd|MOV_MdGd|MOV_RwRw|MOV_MwGw', 'alu', { issueMemory: 'store' }),
  row(0x8a, 'MOV', 'Gb,Eb', 'MOV_RbRb|MOV_GbMb', 'alu', { issueMemory: 'load' }),
  row(0x8b, 'MOV', 'Gv,Ev', 'MOV_RdRd|MOV_GdMd|MOV_RwRw|MOV_GwMw', 'alu', { issueMemory: 'load' }),
  row(0x8c, 'MOV', 'Ev,Sw', 'MOV_RS|MOV_MS', 'alu', { issueMemory: 'store' }),
  row(0x8e, 'MOV', 'Sw,Ew', 'MOV_SR|MOV_SM', 'system'),
  row(0xa0, 'MOV', 'Ab,Ob', '-|MOV_GbMb', 'load'),
  row(0xa1, 'MOV', 'Av,Ov', '-|MOV_GdMd|-|MOV_GwMw', 'load'),
  row(0xa2, 'MOV', 'Ob,Ab', '-|MOV_MbGb', 'store'),
  row(0xa3, 'MOV', 'Ov,Av', '-|MOV_MdGd|-|MOV_MwGw', 'store'),
  { ...row(0xc6, 'MOV', 'Eb,Ib', 'MOV_RbIb|MOV_MbIb', 'alu', { issueMemory: 'store' }), group: 0 },
  {
    ...row(0xc7, 'MOV', 'Ev,Iz', 'MOV_RdId|MOV_MdId|MOV_RwIw|MOV_MwIw', 'alu', { issueMemory: 'store' }),
    group: 0,
  },
  row(0x1b6, 'MOVZX', 'Gv,Eb', 'MOVZX_GdRb|MOVZX_GdMb|MOVZX_GwRb|MOVZX_GwMb', 'alu', { issueMemory: 'load' }),
  row(0x1b7, 'MOVZX', 'Gv,Ew', 'MOVZX_GdRw|MOVZX_GdMw|MOV_RwRw|MOV_GwMw', 'alu', { issueMemory: 'load' }),
  row(0x1be, 'MOVSX', 'Gv,Eb', 'MOVSX_GdRb|MOVSX_GdMb|MOVSX_GwRb|MOVSX_GwMb', 'alu', { issueMemory: 'load' }),
  row(0x1bf, 'MOVSX', 'Gv,Ew', 'MOVSX_GdRw|MOVSX_GdMw|MOV_RwRw|MOV_GwMw', 'alu', { issueMemory: 'load' }),
  row(0x8d, 'LEA', 'Gv,M', '-|LEA_Gd|-|LEA_Gw', 'alu'),
  row(0x86, 'XCHG', 'Eb,Gb', 'XCHG_RbRb|XCHG_MbGb', 'alu', { issueMemory: 'exchange', lockable: true }),
  row(0x87, 'XCHG', 'Ev,Gv', 'XCHG_RdRd|XCHG_MdGd|XCHG_RwRw|XCHG_MwGw', 'alu', {
    issueMemory: 'exchange',
    lockable: true,
  }),
  row(0x98, 'CWDE', '', 'CWDE|CWDE|CBW|CBW', 'alu'),
  row(0x99, 'CDQ', '', 'CDQ|CDQ|CWD|CWD', 'alu'),
  row(0xd7, 'XLAT', '', 'XLAT', 'load'),
  row(0xc4, 'LES', 'Gv,Mp', '-|LES', 'system', { operation: 0 }),
  row(0xc5, 'LDS', 'Gv,Mp', '-|LDS', 'system', { operation: 3 }),
  row(0x1b2, 'LSS', 'Gv,Mp', '-|LSS', 'system', { operation: 2 }),
  row(0x1b4, 'LFS', 'Gv,Mp', '-|LFS', 'system', { operation: 4 }),
  row(0x1b5, 'LGS', 'Gv,Mp', '-|LGS', 'system', { operation: 5 }),
];

const stack: InstructionRow[] = [
  row(0x60, 'PUSHA', '', 'PUSHAD|PUSHAD|PUSHA|PUSHA', 'pushAll'),
  row(0x61, 'POPA', '', 'POPAD|POPAD|POPA|POPA', 'pushAll'),
  row(0x68, 'PUSH', 'Iz', 'PUSH_Id|PUSH_Id|PUSH_Iw|PUSH_Iw', 'push'),
  row(0x6a, 'PUSH', 'Ib', 'PUSH_Id|PUSH_Id|PUSH_Iw|PUSH_Iw', 'push'),
  { ...row(0x8f, 'POP', 'Ev', 'POP_Rd|POP_Md|POP_Rw|POP_Mw', 'push', { issueMemory: 'pushMemory' }), group: 0 },
  row(0xc8, 'ENTER', 'Iw,Iu', 'ENTER', 'enter'),
  row(0xc9, 'LEAVE', '', 'LEAVE|LEAVE|LEAVE_w|LEAVE_w', 'leave'),
  row(0x9c, 'PUSHF', '', 'PUSHF', 'system'),
  row(0x9d, 'POPF', '', 'POPF', 'system'),
];

/** Places that the P6 family reads as NOP with an operand: hints, where later processors have any (SDM vol. 2, NOP). */
const hints = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => row(0x118 + n, 'NOP', 'Ev', 'NOP', 'alu', { guard: 'cmov' }));

export const dataTransfer: readonly InstructionRow[] = [
  ...conditional,
  ...registers,
  ...segmentStack,
  ...move,
  ...stack,
  ...hints,
];
