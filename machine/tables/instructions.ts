/**
 * The instruction table: one row an opcode (or an opcode's group member), from Intel's opcode maps.
 *
 * `operands` are the manual's letters: E general register or memory by ModRM, G register by ModRM, M memory only,
 * R register only (ModRM), Z register in the opcode, A accumulator, O absolute offset, S segment, C control and D debug
 * register, I immediate, J relative target, Ap far pointer, 1 the constant, CL the count register; b byte, w word,
 * v word or doubleword by operand size, z the same for immediates, u zero-extended byte, p far pointer in memory.
 *
 * `run` names the handlers for register and memory form at 32 bits, then at 16 bits (left out: the same as at 32; one
 * name: for both forms; `-`: no such form, #UD).
 */
import { aluNames, conditionNames, handlers } from './handlers.js';
import type { IssueClassId } from './issue.js';

/** Features of config.ts that guard an instruction: #UD where the preset lacks one. */
export const guards = ['none', 'cmov', 'sysenter', 'cx8', 'tsc', 'msr'] as const;
export type Guard = (typeof guards)[number];

export interface InstructionRow {
  /** Opcode; 0F xx is 100h + xx. */
  readonly opcode: number;
  /** Member of a group: the reg field of ModRM. */
  readonly group?: number;
  readonly mnemonic: string;
  readonly operands: string;
  readonly run: string;
  readonly issue: IssueClassId;
  /** Class of the memory form, where it differs. */
  readonly issueMemory?: IssueClassId;
  /** Which of a family: condition, rotate kind, ALU operation, segment register. */
  readonly operation?: number;
  /** LOCK is allowed on the memory form. */
  readonly lockable?: boolean;
  readonly guard?: Guard;
}

type Extra = Pick<InstructionRow, 'issueMemory' | 'operation' | 'lockable' | 'guard' | 'group'>;
const row = (
  opcode: number,
  mnemonic: string,
  operands: string,
  run: string,
  issue: IssueClassId,
  extra: Extra = {},
): InstructionRow => ({ opcode, mnemonic, operands, run, issue, ...extra });

/** `|`-separated member rows of a group: index is the reg field. */
const members = (opcode: number, make: (group: number) => InstructionRow | undefined): InstructionRow[] =>
  [0, 1, 2, 3, 4, 5, 6, 7].flatMap((group) => {
    const made = make(group);
    return made ? [{ ...made, opcode, group }] : [];
  });

const rotateNames = ['ROL', 'ROR', 'RCL', 'RCR', 'SHL', 'SHR', 'SAL', 'SAR'];

const alu = aluNames.flatMap((name, operation) => {
  const at = operation * 8;
  const compare = name === 'CMP';
  const stores: Extra = { operation, issueMemory: compare ? 'load' : 'modify', lockable: !compare };
  const loads: Extra = { operation, issueMemory: 'load' };
  return [
    row(at, name, 'Eb,Gb', 'ALU_RbRb|ALU_MbGb', 'alu', stores),
    row(at + 1, name, 'Ev,Gv', `${name}_RdRd|${name}_MdGd|ALU_RwRw|ALU_MwGw`, 'alu', stores),
    row(at + 2, name, 'Gb,Eb', 'ALU_RbRb|ALU_GbMb', 'alu', loads),
    row(at + 3, name, 'Gv,Ev', `${name}_RdRd|${name}_GdMd|ALU_RwRw|ALU_GwMw`, 'alu', loads),
    row(at + 4, name, 'Ab,Ib', 'ALU_RbIb', 'alu', { operation }),
    row(at + 5, name, 'Av,Iz', `${name}_RdId|${name}_RdId|ALU_RwIw|ALU_RwIw`, 'alu', { operation }),
    { ...row(0x80, name, 'Eb,Ib', 'ALU_RbIb|ALU_MbIb', 'alu', stores), group: operation },
    { ...row(0x82, name, 'Eb,Ib', 'ALU_RbIb|ALU_MbIb', 'alu', stores), group: operation },
    { ...row(0x81, name, 'Ev,Iz', `${name}_RdId|${name}_MdId|ALU_RwIw|ALU_MwIw`, 'alu', stores), group: operation },
    { ...row(0x83, name, 'Ev,Ib', `${name}_RdId|${name}_MdId|ALU_RwIw|ALU_MwIw`, 'alu', stores), group: operation },
  ];
});

const shifts = [
  [0xc0, 'Eb,Iu', 'b'],
  [0xc1, 'Ev,Iu', 'v'],
  [0xd0, 'Eb,1', 'b'],
  [0xd1, 'Ev,1', 'v'],
  [0xd2, 'Eb,CL', 'b'],
  [0xd3, 'Ev,CL', 'v'],
].flatMap(([opcode, operands, size]) =>
  members(opcode as number, (operation) => {
    const variable = (operands as string).endsWith('CL');
    const hot = { SHL: 'SHL_RdIb', SAL: 'SHL_RdIb', SHR: 'SHR_RdIb', SAR: 'SAR_RdIb' }[rotateNames[operation]];
    const wide = !variable && hot ? hot : 'SHIFT_Rd';
    return row(
      0,
      rotateNames[operation],
      operands as string,
      size === 'b' ? 'SHIFT_Rb|SHIFT_Mb' : `${wide}|SHIFT_Md|SHIFT_Rw|SHIFT_Mw`,
      variable ? 'shiftVariable' : 'shift',
      { operation, issueMemory: variable ? 'shiftVariable' : 'modify' },
    );
  }),
);

const conditions = conditionNames.flatMap((condition, operation) => [
  row(0x70 + operation, `J${condition}`, 'Jb', `J${condition}`, 'jump', { operation }),
  row(0x180 + operation, `J${condition}`, 'Jz', `J${condition}`, 'jump', { operation }),
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

const integer: InstructionRow[] = [
  row(0x84, 'TEST', 'Eb,Gb', 'ALU_RbRb|ALU_MbGb', 'alu', { operation: 8, issueMemory: 'load' }),
  row(0x85, 'TEST', 'Ev,Gv', 'TEST_RdRd|TEST_MdGd|ALU_RwRw|ALU_MwGw', 'alu', { operation: 8, issueMemory: 'load' }),
  row(0xa8, 'TEST', 'Ab,Ib', 'ALU_RbIb', 'alu', { operation: 8 }),
  row(0xa9, 'TEST', 'Av,Iz', 'TEST_RdId|TEST_RdId|ALU_RwIw|ALU_RwIw', 'alu', { operation: 8 }),
  ...members(0xf6, (group) =>
    group < 2
      ? row(0, 'TEST', 'Eb,Ib', 'ALU_RbIb|ALU_MbIb', 'alu', { operation: 8, issueMemory: 'load' })
      : group < 4
        ? row(0, group === 2 ? 'NOT' : 'NEG', 'Eb', 'UNARY_Rb|UNARY_Mb', 'alu', {
            operation: group,
            issueMemory: 'modify',
            lockable: true,
          })
        : row(
            0,
            ['MUL', 'IMUL', 'DIV', 'IDIV'][group - 4],
            'Eb',
            'MULDIV_Rb|MULDIV_Mb',
            group < 6 ? 'multiply' : 'divide8',
            {
              operation: group - 4,
            },
          ),
  ),
  ...members(0xf7, (group) =>
    group < 2
      ? row(0, 'TEST', 'Ev,Iz', 'TEST_RdId|TEST_MdId|ALU_RwIw|ALU_MwIw', 'alu', { operation: 8, issueMemory: 'load' })
      : group < 4
        ? row(
            0,
            group === 2 ? 'NOT' : 'NEG',
            'Ev',
            `${group === 2 ? 'NOT_Rd' : 'NEG_Rd'}|UNARY_Md|UNARY_Rw|UNARY_Mw`,
            'alu',
            { operation: group, issueMemory: 'modify', lockable: true },
          )
        : row(
            0,
            ['MUL', 'IMUL', 'DIV', 'IDIV'][group - 4],
            'Ev',
            'MULDIV_Rd|MULDIV_Md|MULDIV_Rw|MULDIV_Mw',
            group < 6 ? 'multiply' : 'divide32',
            { operation: group - 4 },
          ),
  ),
  ...members(0xfe, (group) =>
    group < 2
      ? row(0, ['INC', 'DEC'][group], 'Eb', 'UNARY_Rb|UNARY_Mb', 'alu', {
          operation: group,
          issueMemory: 'modify',
          lockable: true,
        })
      : undefined,
  ),
  row(0x69, 'IMUL', 'Gv,Ev,Iz', 'IMUL_GdRdId|IMUL_GdMdId|IMUL_GwRwIw|IMUL_GwMwIw', 'multiply'),
  row(0x6b, 'IMUL', 'Gv,Ev,Ib', 'IMUL_GdRdId|IMUL_GdMdId|IMUL_GwRwIw|IMUL_GwMwIw', 'multiply'),
  row(0x1af, 'IMUL', 'Gv,Ev', 'IMUL_GdRd|IMUL_GdMd|IMUL_GwRw|IMUL_GwMw', 'multiply'),
  row(0x27, 'DAA', '', 'DAA', 'decimal'),
  row(0x2f, 'DAS', '', 'DAS', 'decimal'),
  row(0x37, 'AAA', '', 'AAA', 'decimal'),
  row(0x3f, 'AAS', '', 'AAS', 'decimal'),
  row(0xd4, 'AAM', 'Iu', 'AAM', 'divide8'),
  row(0xd5, 'AAD', 'Iu', 'AAD', 'multiply'),
  ...[0x1a4, 0x1ac].flatMap((opcode, operation) => [
    row(opcode, ['SHLD', 'SHRD'][operation], 'Ev,Gv,Iu', 'SHIFTD_Rd|SHIFTD_Md|SHIFTD_Rw|SHIFTD_Mw', 'shiftVariable', {
      operation,
    }),
    row(
      opcode + 1,
      ['SHLD', 'SHRD'][operation],
      'Ev,Gv,CL',
      'SHIFTD_Rd|SHIFTD_Md|SHIFTD_Rw|SHIFTD_Mw',
      'shiftVariable',
      {
        operation,
      },
    ),
  ]),
  ...['BT', 'BTS', 'BTR', 'BTC'].flatMap((name, operation) => [
    row(0x1a3 + operation * 8, name, 'Ev,Gv', 'BT_RdGd|BT_MdGd|BT_RwGw|BT_MwGw', 'bitTest', {
      operation,
      lockable: operation > 0,
    }),
    {
      ...row(0x1ba, name, 'Ev,Iu', 'BT_RdIb|BT_MdIb|BT_RwIb|BT_MwIb', 'bitTest', {
        operation,
        lockable: operation > 0,
      }),
      group: 4 + operation,
    },
  ]),
  row(0x1bc, 'BSF', 'Gv,Ev', 'BSF_GdRd|BSF_GdMd|BSF_GwRw|BSF_GwMw', 'bitScan'),
  row(0x1bd, 'BSR', 'Gv,Ev', 'BSR_GdRd|BSR_GdMd|BSR_GwRw|BSR_GwMw', 'bitScan'),
  row(0x1b0, 'CMPXCHG', 'Eb,Gb', 'CMPXCHG_RbGb|CMPXCHG_MbGb', 'exchange', { lockable: true }),
  row(0x1b1, 'CMPXCHG', 'Ev,Gv', 'CMPXCHG_RdGd|CMPXCHG_MdGd|CMPXCHG_RwGw|CMPXCHG_MwGw', 'exchange', { lockable: true }),
  row(0x1c0, 'XADD', 'Eb,Gb', 'XADD_RbGb|XADD_MbGb', 'exchange', { lockable: true }),
  row(0x1c1, 'XADD', 'Ev,Gv', 'XADD_RdGd|XADD_MdGd|XADD_RwGw|XADD_MwGw', 'exchange', { lockable: true }),
  { ...row(0x1c7, 'CMPXCHG8B', 'M', '-|CMPXCHG8B_M', 'wideExchange', { lockable: true, guard: 'cx8' }), group: 1 },
  row(0x62, 'BOUND', 'Gv,M', '-|BOUND_Gd|-|BOUND_Gw', 'load'),
  row(0x9e, 'SAHF', '', 'SAHF', 'flag'),
  row(0x9f, 'LAHF', '', 'LAHF', 'flag'),
  row(0xf5, 'CMC', '', 'CMC', 'flag'),
  row(0xf8, 'CLC', '', 'CLC', 'flag'),
  row(0xf9, 'STC', '', 'STC', 'flag'),
  row(0xfc, 'CLD', '', 'CLD', 'flag'),
  row(0xfd, 'STD', '', 'STD', 'flag'),
];

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
  row(0x134, 'SYSENTER', '', 'SYSENTER', 'system', { guard: 'sysenter' }),
  row(0x135, 'SYSEXIT', '', 'SYSEXIT', 'system', { guard: 'sysenter' }),
];

const system: InstructionRow[] = [
  row(0xe4, 'IN', 'Ab,Iu', 'IN_Ib', 'system', { operation: 0 }),
  row(0xe5, 'IN', 'Av,Iu', 'IN_Ib', 'system', { operation: 1 }),
  row(0xe6, 'OUT', 'Iu,Ab', 'OUT_Ib', 'system', { operation: 0 }),
  row(0xe7, 'OUT', 'Iu,Av', 'OUT_Ib', 'system', { operation: 1 }),
  row(0xec, 'IN', 'Ab,DX', 'IN_DX', 'system', { operation: 0 }),
  row(0xed, 'IN', 'Av,DX', 'IN_DX', 'system', { operation: 1 }),
  row(0xee, 'OUT', 'DX,Ab', 'OUT_DX', 'system', { operation: 0 }),
  row(0xef, 'OUT', 'DX,Av', 'OUT_DX', 'system', { operation: 1 }),
  row(0x63, 'ARPL', 'Ew,Gw', 'ARPL', 'system'),
  row(0x9b, 'WAIT', '', 'WAIT', 'system'),
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
  row(0x133, 'RDPMC', '', 'RDPMC', 'system', { guard: 'tsc' }),
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
  ...[0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf].map((opcode) => row(opcode, 'x87', 'Eb', 'FPU', 'system')),
];

export const instructions: readonly InstructionRow[] = [
  ...alu,
  ...shifts,
  ...conditions,
  ...registers,
  ...segmentStack,
  ...strings,
  ...move,
  ...stack,
  ...integer,
  ...transfer,
  ...system,
];

/** Handler names of a row: register and memory form at 32 bits, then at 16 bits; undefined where there is no form. */
export function formsOf({ mnemonic, run }: InstructionRow): (string | undefined)[] {
  const parts = run.split('|');
  const [register32, memory32 = register32, register16 = register32, memory16 = memory32] = parts;
  return [register32, memory32, register16, memory16].map((name) => {
    if (name === '-') return undefined;
    if (!handlers.includes(name)) throw new Error(`${mnemonic}: no handler ${name} in machine/tables/handlers.ts`);
    return name;
  });
}
