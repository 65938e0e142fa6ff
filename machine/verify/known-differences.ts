/**
 * Where an oracle is known to do something else than the manual (Intel SDM, volume and section named) demands. Each is
 * held both ways: a difference counts as known only where this machine does as the manual says and the oracle does as
 * described here; one that no scenario shows any more is reported, so that the list stays true.
 */
import type { OracleId, Scenario } from './scenarios/scenario.js';
import type { Record_ } from './scenarios/trace.js';

export interface KnownDifference {
  readonly id: string;
  readonly oracle: OracleId;
  readonly manual: string;
  readonly what: string;
  /** Areas that show it. */
  readonly areas: readonly string[];
  /** Fields of the record that it explains; 'all' when the rest follows from it. */
  covers(s: Scenario, ours: Record_, theirs: Record_): readonly string[] | 'all';
}

const VECTOR = { ts: 10, np: 11, ss: 12, gp: 13, pf: 14, done: 0x20 };
const all = (condition: boolean): 'all' | [] => (condition ? 'all' : []);
const fieldsWhere = (ours: Record_, theirs: Record_, test: (field: string, a: number, b: number) => boolean) =>
  [...ours.keys()].filter(
    (field) => ours.get(field) !== theirs.get(field) && test(field, ours.get(field)!, theirs.get(field)!),
  );
const raised = (r: Record_) => r.get('vector')!;
const memory = (field: string) => field.startsWith('[') || field.startsWith('stack');

export const knownDifferences: readonly KnownDifference[] = [
  {
    id: 'rf-in-pushed-flags',
    oracle: 'qemu',
    manual: 'vol. 3, 18.3.1.1 "Instruction-Breakpoint Exception Condition"',
    what: 'faults push EFLAGS with RF clear',
    areas: ['gates', 'returns'],
    covers: (_s, ours, theirs) =>
      fieldsWhere(ours, theirs, (field, a, b) => memory(field) && a - b === 0x10000 && (a & 0x10000) !== 0),
  },
  {
    id: 'ext-in-error-codes',
    oracle: 'qemu',
    manual: 'vol. 3, 6.13 "Error Code": EXT',
    what: 'an exception while an exception is delivered has an error code with EXT clear',
    areas: ['double-faults', 'delivery'],
    covers: (s, ours, theirs) =>
      /double-faults|delivery|task-gates/.test(s.area)
        ? fieldsWhere(ours, theirs, (field, a, b) => field.startsWith('stack') && a - b === 1 && (a & 1) === 1)
        : [],
  },
  {
    id: 'absent-inner-stack',
    oracle: 'qemu',
    manual: 'vol. 3, 6.15 "Interrupt 12: Stack Fault Exception"',
    what: 'a stack segment of the TSS that is not present is #TS, not #SS',
    areas: ['delivery', 'call-gates'],
    covers: (s, ours, theirs) => {
      if (!s.name.includes('absent stack') || raised(theirs) !== VECTOR.ts) return [];
      // With a task for #SS the vector is seen as the link of that task alone.
      return raised(ours) === VECTOR.ss ? ['vector'] : [];
    },
  },
  {
    id: 'accessed-bit-of-code',
    oracle: 'qemu',
    manual: 'vol. 3, 3.4.5.1 "Code- and Data-Segment Descriptor Types": accessed',
    what: 'a far transfer leaves the accessed bit of the code descriptor clear',
    areas: ['far-direct', 'call-gates', 'returns'],
    covers: (s, ours, theirs) =>
      /far-direct|call-gates|returns/.test(s.area)
        ? fieldsWhere(ours, theirs, (field, a, b) => field.startsWith('[20') && a - b === 0x100)
        : [],
  },
  {
    id: 'call-gate-to-conforming-code',
    oracle: 'qemu',
    manual: 'vol. 3, 5.8.4 "Accessing a Code Segment Through a Call Gate"',
    what: 'a CALL through a gate to conforming code of an inner ring changes CPL to that of the code',
    areas: ['call-gates'],
    covers: (s, ours, theirs) =>
      all(
        s.area === 'call-gates' &&
          /^call call.*to conforming/.test(s.name) &&
          (ours.get('cs')! & 3) === s.cpl &&
          (theirs.get('cs')! & 3) < s.cpl,
      ),
  },
  {
    id: 'jump-through-gate-to-absent-code',
    oracle: 'qemu',
    manual: 'vol. 2, JMP, "CALL-GATE"',
    what: 'a JMP through a call gate to code that is not present is #GP, not #NP',
    areas: ['call-gates'],
    covers: (s, ours, theirs) =>
      s.area === 'call-gates' && s.name.startsWith('jmp') && raised(ours) === VECTOR.np && raised(theirs) === VECTOR.gp
        ? ['vector']
        : [],
  },
  ...(['qemu', 'bochs'] as const).map(
    (oracle): KnownDifference => ({
      id: `return-to-absent-stack-${oracle}`,
      oracle,
      manual: 'vol. 2, RET and IRET, "RETURN-TO-OUTER-PRIVILEGE-LEVEL"',
      what: 'a return to a stack segment that is not present is #NP, not #SS',
      areas: ['returns'],
      covers: (s, ours, theirs) =>
        s.area === 'returns' && /SS absent$/.test(s.name) && raised(ours) === VECTOR.ss && raised(theirs) === VECTOR.np
          ? ['vector']
          : [],
    }),
  ),
  {
    id: 'null-task-register',
    oracle: 'qemu',
    manual: 'vol. 2, LTR',
    what: 'LTR takes a null selector',
    areas: ['descriptor-looks'],
    covers: (s, ours, theirs) =>
      all(/^ltr selector [03] cpl 0$/.test(s.name) && raised(ours) === VECTOR.gp && raised(theirs) === VECTOR.done),
  },
  {
    id: 'sysenter-rpl',
    oracle: 'qemu',
    manual: 'vol. 2, SYSENTER and SYSEXIT: bits 15:2 of IA32_SYSENTER_CS',
    what: 'a null selector with RPL in IA32_SYSENTER_CS is taken',
    areas: ['fast-calls'],
    covers: (s, ours, theirs) =>
      all(s.area === 'fast-calls' && / CS 3 /.test(s.name) && raised(ours) === VECTOR.gp && raised(theirs) === 0x111),
  },
  {
    id: 'walk-before-fault',
    oracle: 'qemu',
    manual: 'vol. 3, 4.8 "Accessed and Dirty Flags"',
    what: 'a walk that ends in a fault has set accessed bits; here it sets none',
    areas: ['paging', 'large-pages'],
    covers: (_s, ours, theirs) =>
      raised(ours) === VECTOR.pf && raised(theirs) === VECTOR.pf
        ? fieldsWhere(ours, theirs, (field, a, b) => field.startsWith('[') && b - a === 0x20 && (b & 0x20) !== 0)
        : [],
  },
  {
    id: 'read-before-write',
    oracle: 'qemu',
    manual: 'vol. 3, 4.7 "Page-Fault Exceptions": W/R',
    what: 'an instruction that reads and writes its operand faults as a read, and sees the second page first',
    areas: ['paging', 'large-pages'],
    covers: (s, ours, theirs) => {
      if (raised(ours) !== VECTOR.pf || raised(theirs) !== VECTOR.pf) return [];
      if (!/modify|bts|cmpxchg|xadd/.test(s.name)) return [];
      const across = s.name.startsWith('across') ? ['cr2', '[c000]', '[c004]', 'stack0'] : [];
      return [
        ...fieldsWhere(ours, theirs, (field, a, b) => field === 'stack0' && ((a ^ b) & ~3) === 0 && (a & 2) !== 0),
        ...fieldsWhere(ours, theirs, (field, a, b) => field.startsWith('[') && b - a === 0x20),
        ...across,
      ];
    },
  },
  {
    id: 'reserved-bits-of-cr0',
    oracle: 'qemu',
    manual: 'vol. 3, 2.5 "Control Registers"',
    what: 'reserved bits of CR0 can be set',
    areas: ['control-registers'],
    covers: (s, ours, theirs) =>
      s.name.startsWith('mov cr0 ffffffff') && theirs.get('cr0') === 0xffffffff && ours.get('cr0') !== 0xffffffff
        ? ['cr0', 'ebx']
        : [],
  },
  {
    id: 'reserved-bit-of-a-page',
    oracle: 'qemu',
    manual: 'vol. 3, 4.7 "Page-Fault Exceptions": RSVD, P',
    what: 'a reserved bit faults with P clear',
    areas: ['large-pages'],
    covers: (s, ours, theirs) =>
      /reserved|entry with bit/.test(s.name) && raised(ours) === VECTOR.pf && raised(theirs) === VECTOR.pf
        ? fieldsWhere(ours, theirs, (field, a, b) => field === 'stack0' && a - b === 1)
        : [],
  },
  {
    id: 'icebp',
    oracle: 'qemu',
    manual: 'vol. 2, INT1',
    what: 'F1h is #UD',
    areas: ['gates'],
    covers: (s, ours, theirs) => all(s.name.startsWith('icebp') && raised(ours) === 1 && raised(theirs) === 6),
  },
];
