import { features } from './config.js';
import { constants } from './generate.js';
import { handlerGroups, handlers } from './handlers.js';
import { formsOf, type Guard, guards, type InstructionRow, instructions } from './instructions.js';
import { issueClasses } from './issue.js';

/**
 * The decoder's and the run loop's generated files, from the instruction table:
 * - `handlers.ts`: numbers of the handlers.
 * - `opcodes.ts`: the opcode map as records, see RECORD_BYTES.
 * - `dispatch.ts`: the switch that calls a handler.
 */
export function generateDecoder(): Record<string, string> {
  return { 'handlers.ts': handlerNumbers(), 'opcodes.ts': opcodeMap(), 'dispatch.ts': dispatch() };
}

/** Bits of a record's flags: how the bytes after the opcode are read and which operand goes where. */
export const decodeFlags = {
  /** A ModRM byte follows. */
  MODRM: 0x0001,
  /** The reg field of ModRM chooses among eight records. */
  GROUP: 0x0002,
  /** LOCK is allowed on the memory form. */
  LOCKABLE: 0x0004,
  /** The destination is the G operand. */
  REG_FIRST: 0x0008,
  /** A register number in the opcode. */
  OPCODE_REGISTER: 0x0010,
  /** The accumulator is an operand. */
  ACCUMULATOR: 0x0020,
  /** The E operand is a byte register. */
  BYTE_E: 0x0040,
  /** The G, opcode or accumulator register is a byte register. */
  BYTE_G: 0x0080,
  /** The count is in CL. */
  BY_CL: 0x0100,
  /** The memory operand is an absolute offset. */
  OFFSET: 0x0200,
  /** The reg field is the number of a segment, control or debug register. */
  SPECIAL_REGISTER: 0x0400,
  /** The mod field is ignored: always a register. */
  FORCE_REGISTER: 0x0800,
  /** The last instruction of a run. */
  ENDS_RUN: 0x1000,
  /** REP and REPNE mean something. */
  STRING: 0x2000,
  /** XCHG with memory locks without being asked. */
  ALWAYS_LOCKED: 0x4000,
  /** There is no such instruction. */
  INVALID: 0x8000,
  /** Without memory, the rm field of ModRM chooses among eight records. */
  MEMBERS: 0x10000,
} as const;

/** Kinds of immediate: sign-extended byte, zero-extended byte, by operand size, word, far pointer, ENTER's, relative. */
export const immediates = ['none', 'I8', 'U8', 'IZ', 'I16', 'FAR', 'I16U8', 'J8', 'JZ', 'ONE'] as const;

/** Bytes of a record: four u16 handlers, u32 flags, then immediate, operation, two issue classes, guard, group. */
export const RECORD_BYTES = 20;
const FIRST_GROUP = 512;

function handlerNumbers(): string {
  return constants(handlers.map((name, number) => [name, number]));
}

function opcodeMap(): string {
  const groups = [...new Set(instructions.filter((row) => row.group !== undefined).map((row) => row.opcode))];
  const place = (row: InstructionRow): number =>
    row.group === undefined ? row.opcode : FIRST_GROUP + 8 * groups.indexOf(row.opcode) + row.group;
  const whole = new Map<number, InstructionRow>();
  for (const row of instructions.filter(({ rm }) => rm === undefined)) {
    if (whole.has(place(row))) throw new Error(`${row.id} ${row.mnemonic}: its place in the opcode map is taken`);
    whole.set(place(row), row);
  }
  /** Places in the map whose register forms are told apart by rm. */
  const split = [...new Set(instructions.filter(({ rm }) => rm !== undefined).map(place))];
  const firstMember = FIRST_GROUP + 8 * groups.length;
  const records = Array.from({ length: firstMember + 8 * split.length }, () => recordOf(undefined));
  groups.forEach((opcode, index) => {
    records[opcode] = record([0, 0, 0, 0], decodeFlags.MODRM | decodeFlags.GROUP, [0, 0, 0, 0, 0, index]);
  });
  for (const [at, row] of whole) records[at] = recordOf(row, split.indexOf(at));
  split.forEach((at, index) => {
    for (let rm = 0; rm < 8; rm++) {
      const member = instructions.find((row) => row.rm === rm && place(row) === at);
      records[firstMember + 8 * index + rm] = recordOf(member ?? whole.get(at));
    }
  });
  return (
    constants([
      ['RECORD_BYTES', RECORD_BYTES],
      ['FIRST_GROUP', FIRST_GROUP],
      ['FIRST_MEMBER', firstMember],
      ...Object.entries(decodeFlags),
      ...immediates.map((name, number): [string, number] => [`IMMEDIATE_${name.toUpperCase()}`, number]),
    ]) +
    `export const GUARDS: usize = memory.data<u32>([${guards.map(featureOf).join(', ')}]);\n` +
    `export const OPCODES: usize = memory.data<u8>([\n${records.map((bytes) => `  ${bytes.join(', ')},\n`).join('')}]);\n`
  );
}

const featureOf = (guard: Guard): number => (guard === 'none' ? 0 : features[guard]);

/** `split`: which set of members by rm its register form has, -1 = none. */
function recordOf(row: InstructionRow | undefined, split = -1): number[] {
  if (!row) return record([0, 0, 0, 0], decodeFlags.INVALID, [0, 0, 0, 0, 0, 0]);
  const forms = formsOf(row).map((name) => handlers.indexOf(name ?? 'UD'));
  const issue = issueClasses.findIndex(({ id }) => id === row.issue);
  const issueMemory = issueClasses.findIndex(({ id }) => id === (row.issueMemory ?? row.issue));
  return record(forms, flagsOf(row) | (split < 0 ? 0 : decodeFlags.MEMBERS), [
    immediateOf(row),
    row.operation ?? 0,
    issue,
    issueMemory,
    guards.indexOf(row.guard ?? 'none'),
    Math.max(split, 0),
  ]);
}

/** Four u16, a u32, six bytes, two to spare. */
const record = (forms: number[], flags: number, rest: number[]): number[] => [
  ...forms.flatMap((handler) => [handler & 0xff, handler >> 8]),
  ...[0, 8, 16, 24].map((shift) => (flags >> shift) & 0xff),
  ...rest,
  0,
  0,
];

function flagsOf(row: InstructionRow): number {
  const { operands, mnemonic } = row;
  const parts = operands.split(',');
  const has = (pattern: RegExp): boolean => parts.some((part) => pattern.test(part));
  const name = formsOf(row).find((form) => form !== undefined);
  const kind = handlerGroups.find((group) => group.names.includes(name!))!.kind;
  let flags = 0;
  if (has(/^[EGRM]/)) flags |= decodeFlags.MODRM;
  if (row.lockable) flags |= decodeFlags.LOCKABLE;
  if (/^[G]/.test(operands)) flags |= decodeFlags.REG_FIRST;
  if (has(/^Z/)) flags |= decodeFlags.OPCODE_REGISTER;
  if (has(/^A[bv]/)) flags |= decodeFlags.ACCUMULATOR;
  if (has(/^Eb/)) flags |= decodeFlags.BYTE_E;
  if (has(/^[GZA]b/)) flags |= decodeFlags.BYTE_G;
  if (has(/^CL/)) flags |= decodeFlags.BY_CL;
  if (has(/^O/)) flags |= decodeFlags.OFFSET;
  if (has(/^[SCD][wd]/)) flags |= decodeFlags.SPECIAL_REGISTER;
  if (has(/^R/)) flags |= decodeFlags.FORCE_REGISTER;
  if (kind === 'branch' || kind === 'complex') flags |= decodeFlags.ENDS_RUN;
  if (/^(MOVS|CMPS|STOS|LODS|SCAS|INS|OUTS)(B|W\/D)$/.test(mnemonic)) flags |= decodeFlags.STRING;
  if (mnemonic === 'XCHG' && has(/^E/)) flags |= decodeFlags.ALWAYS_LOCKED;
  return flags;
}

function immediateOf({ operands }: InstructionRow): number {
  if (operands === 'Iw,Iu') return immediates.indexOf('I16U8');
  for (const part of operands.split(',')) {
    const kind = { Ib: 'I8', Iu: 'U8', Iz: 'IZ', Iw: 'I16', Ap: 'FAR', Jb: 'J8', Jz: 'JZ', '1': 'ONE' }[part];
    if (kind) return immediates.indexOf(kind as (typeof immediates)[number]);
  }
  return 0;
}

/** One `case` a handler; `execute` returns the entry at which the run ended. */
function dispatch(): string {
  const imports = new Map<string, string[]>();
  for (const { file, names } of handlerGroups) imports.set(file, [...(imports.get(file) ?? []), ...names]);
  const cases = handlerGroups.flatMap(({ kind, names }) =>
    names.map((name) => {
      const call = `${name}(p)`;
      if (kind === 'plain') return `case ${handlers.indexOf(name)}: ${call}; p += ENTRY_BYTES; continue;`;
      if (kind === 'fallible') {
        return `case ${handlers.indexOf(name)}: if (${call}) { p += ENTRY_BYTES; continue; } break;`;
      }
      if (kind === 'branch') return `case ${handlers.indexOf(name)}: ${call}; break;`;
      return `case ${handlers.indexOf(name)}: retire(p); ${call}; p = RETIRED; break;`;
    }),
  );
  return `// Generated from machine/tables by machine/tables/generate-decoder.ts.
import { ENTRY_BYTES, RETIRED, retire } from '../entry';
${[...imports].map(([file, names]) => `import { ${names.join(', ')} } from '../${file}';`).join('\n')}

/**
 * Executes a run from entry \`p\`; returns the entry that ended it, RETIRED if that one has been retired already. It is
 * part of the run loop, and short handlers are part of it; only long ones are calls (measured, up to 9 % of a phase).
 */
// @ts-ignore: decorator
@inline export function execute(p: usize): usize {
  while (true) {
    switch (load<u16>(p)) {
      ${cases.join('\n      ')}
      default: unreachable();
    }
    break;
  }
  return p;
}
`;
}
