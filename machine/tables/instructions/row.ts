import type { IssueClassId } from '../issue.js';

/** Features of config.ts that guard an instruction: #UD where the preset lacks one. */
export const guards = ['none', 'cmov', 'sysenter', 'cx8', 'tsc', 'msr', 'syscall', 'fxsr'] as const;
export type Guard = (typeof guards)[number];

export interface InstructionRow {
  /** Opcode; 0F xx is 100h + xx. */
  readonly opcode: number;
  /** Member of a group: the reg field of ModRM. */
  readonly group?: number;
  /** One register form of a member: the rm field of ModRM. The member's own row holds for the others. */
  readonly rm?: number;
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

export type Extra = Pick<InstructionRow, 'issueMemory' | 'operation' | 'lockable' | 'guard' | 'group' | 'rm'>;
export const row = (
  opcode: number,
  mnemonic: string,
  operands: string,
  run: string,
  issue: IssueClassId,
  extra: Extra = {},
): InstructionRow => ({ opcode, mnemonic, operands, run, issue, ...extra });

/** The member rows of a group; the index is the reg field. */
export const members = (opcode: number, make: (group: number) => InstructionRow | undefined): InstructionRow[] =>
  [0, 1, 2, 3, 4, 5, 6, 7].flatMap((group) => {
    const made = make(group);
    return made ? [{ ...made, opcode, group }] : [];
  });
