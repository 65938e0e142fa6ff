/** Arithmetic, logic, shifts, bits, flags. */
import { aluNames } from '../handlers.js';
import { type Extra, type InstructionRow, members, row } from './row.js';

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
  row(0xd6, 'SALC', '', 'SALC', 'alu'),
  row(0xf5, 'CMC', '', 'CMC', 'flag'),
  row(0xf8, 'CLC', '', 'CLC', 'flag'),
  row(0xf9, 'STC', '', 'STC', 'flag'),
  row(0xfc, 'CLD', '', 'CLD', 'flag'),
  row(0xfd, 'STD', '', 'STD', 'flag'),
];

export const arithmetic: readonly InstructionRow[] = [...alu, ...shifts, ...integer];
