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

const VECTOR = { df: 8, ts: 10, np: 11, ss: 12, gp: 13, pf: 14, done: 0x20 };
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
    areas: ['gates', 'returns', 'v86-entry', 'v86-instructions', 'v86-exit', 'v86-ports'],
    covers: (_s, ours, theirs) =>
      fieldsWhere(ours, theirs, (field, a, b) => memory(field) && a - b === 0x10000 && (a & 0x10000) !== 0),
  },
  {
    id: 'ext-in-error-codes',
    oracle: 'qemu',
    manual: 'vol. 3, 6.13 "Error Code": EXT',
    what: 'an exception while an exception is delivered has an error code with EXT clear',
    areas: ['double-faults', 'delivery', 'v86-exit', 'nmi', 'debug-events'],
    covers: (s, ours, theirs) =>
      /double-faults|delivery|task-gates|v86-exit|nmi|debug-events/.test(s.area)
        ? fieldsWhere(ours, theirs, (field, a, b) => memory(field) && a - b === 1 && (a & 1) === 1)
        : [],
  },
  {
    id: 'virtual-mode-to-an-outer-ring',
    oracle: 'qemu',
    manual: 'vol. 2, INT n, "INTERRUPT-FROM-VIRTUAL-8086-MODE": DPL of the code segment not 0 is #GP',
    what: 'an interrupt of virtual-8086 mode enters ring 1 if its gate leads there',
    areas: ['v86-exit'],
    covers: (s, ours, theirs) =>
      all(
        s.area === 'v86-exit' &&
          s.name.endsWith('to code of ring 1') &&
          (raised(ours) === VECTOR.gp || raised(ours) === VECTOR.df) &&
          (theirs.get('cs')! & 3) === 1,
      ),
  },
  {
    id: 'virtual-mode-from-an-outer-ring',
    oracle: 'qemu',
    manual: 'vol. 2, IRET, "PROTECTED-MODE-RETURN": VM counts in ring 0 alone',
    what: 'IRET of any ring goes to virtual-8086 mode',
    areas: ['v86-entry'],
    covers: (s, ours, theirs) =>
      all(/^iret cpl [123]$/.test(s.name) && raised(ours) === 0x111 && raised(theirs) !== 0x111),
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
    areas: ['large-pages', 'pae', 'nx'],
    covers: (s, ours, theirs) =>
      /^(large-pages|pae|nx)$/.test(s.area) &&
      (ours.get('stack0')! & 8) !== 0 &&
      raised(ours) === VECTOR.pf &&
      raised(theirs) === VECTOR.pf
        ? fieldsWhere(ours, theirs, (field, a, b) => field === 'stack0' && a - b === 1)
        : [],
  },
  {
    id: 'icebp',
    oracle: 'qemu',
    manual: 'vol. 2, INT1',
    what: 'F1h is #UD',
    areas: ['gates', 'v86-instructions', 'real-mode'],
    covers: (s, ours, theirs) =>
      all(s.name.startsWith('icebp') && (raised(ours) & 0xff) === 1 && (raised(theirs) & 0xff) === 6),
  },
  {
    id: 'task-in-the-ldt',
    oracle: 'qemu',
    manual: 'vol. 2, INT n, "TASK-GATE"; JMP, CALL',
    what: 'a task gate whose TSS selector has TI set is #TS, not #GP',
    areas: ['task-gates', 'task-switch'],
    covers: (s, ours, theirs) =>
      /a task in the LDT/.test(s.name) && raised(ours) === VECTOR.gp && raised(theirs) === VECTOR.ts ? ['vector'] : [],
  },
  {
    id: 'reads-with-gd',
    oracle: 'qemu',
    manual: 'vol. 3, 18.2.4 "Debug Control Register": GD',
    what: 'GD does not guard debug registers other than DR7',
    areas: ['breakpoints'],
    covers: (s, ours, theirs) =>
      all(/^mov (from|to) dr. GD/.test(s.name) && raised(ours) === 1 && raised(theirs) === VECTOR.done),
  },
  {
    id: 'eip-saved-after-a-failed-switch',
    oracle: 'qemu',
    manual: 'vol. 3, 6.15 "Interrupt 10: Invalid TSS Exception": saved CS and EIP',
    what: 'a fault of the new context saves an EIP whose low bits are of the old task',
    areas: ['task-state'],
    covers: (s, ours, theirs) =>
      s.area === 'task-state'
        ? fieldsWhere(
            ours,
            theirs,
            (field, a, b) => memory(field) && a >>> 12 === b >>> 12 && (b & 0xfff) === 0 && a !== b,
          )
        : [],
  },
  {
    id: 'rf-outlives-an-instruction',
    oracle: 'qemu',
    manual: 'vol. 3, 18.3.1.1 "Instruction-Breakpoint Exception Condition"',
    what: 'INT and a task switch save the RF that IRET had set for them alone',
    areas: ['breakpoints', 'task-switch', 'debug-events'],
    covers: (s, ours, theirs) =>
      (s.start.eflags & 0x10000) !== 0 || /^back from .* with RF/.test(s.name)
        ? fieldsWhere(ours, theirs, (field, a, b) => memory(field) && b - a === 0x10000)
        : [],
  },
  {
    id: 'busy-task-returns-to-itself',
    oracle: 'qemu',
    manual: 'vol. 3, 8.3 "Task Switching"',
    what: 'the state that IRET saves is not the one that it then loads from the same TSS',
    areas: ['task-return'],
    covers: (s) => all(s.area === 'task-return' && s.name.includes('the task itself')),
  },
  {
    id: 'pointers-of-pae',
    oracle: 'qemu',
    manual: 'vol. 3, 4.4.1 "PDPTE Registers"',
    what: 'reserved bits of the page-directory pointers are not looked at when CR3 is loaded',
    areas: ['pae'],
    covers: (s, ours, theirs) =>
      all(/^pointer with/.test(s.name) && raised(ours) === VECTOR.gp && raised(theirs) === VECTOR.done),
  },
  {
    id: 'width-of-physical-addresses',
    oracle: 'bochs',
    manual: 'vol. 3, 4.1.4 "Enumeration of Paging Features by CPUID": 36 bits without leaf 80000008H',
    what: 'physical addresses have 40 bits on every model: bit 36 of an entry is not reserved',
    areas: ['pae'],
    covers: (s, ours, theirs) =>
      all(/^reserved bits 10 in/.test(s.name) && raised(ours) === VECTOR.pf && raised(theirs) === VECTOR.done),
  },
  {
    id: 'order-of-checks-of-a-new-task',
    oracle: 'qemu',
    manual: 'vol. 3, table 8-1 "Exception Conditions Checked During a Task Switch"',
    what: 'conforming code with an RPL other than its DPL is refused',
    areas: ['task-state'],
    covers: (s, ours, theirs) =>
      s.name.includes('conforming CS, RPL 3') && raised(ours) === raised(theirs) && theirs.get('stack0') === 0x78
        ? ['stack0']
        : [],
  },
  {
    id: 'debug-trap-of-a-task',
    oracle: 'qemu',
    manual: 'vol. 3, 18.3.1.5 "Task-Switch Exception Condition"',
    what: 'the T bit of a TSS means nothing',
    areas: ['task-state', 'single-step'],
    covers: (s, ours) => all(/T bit( 1|$| cpl)/.test(s.name) && (ours.get('dr6')! & 0x8000) !== 0),
  },
  {
    id: 'steps-held-back',
    oracle: 'qemu',
    manual: 'vol. 3, 18.3.1.4 "Single-Step Exception Condition"',
    what: 'STI and LSS hold a single step back as MOV SS does',
    areas: ['single-step'],
    covers: (s, ours, theirs) =>
      all(
        /^(sti|lss) /.test(s.name) &&
          raised(ours) === 1 &&
          raised(theirs) === 1 &&
          theirs.get('stack0')! > ours.get('stack0')!,
      ),
  },
  {
    id: 'one-of-two-breakpoints',
    oracle: 'qemu',
    manual: 'vol. 3, 18.2.3 "Debug Status Register": B0 through B3',
    what: 'of two breakpoints on data one is told, and the one on the next instruction besides',
    areas: ['breakpoints'],
    covers: (s, ours, theirs) =>
      s.name.startsWith('enable') && raised(ours) === 1 && raised(theirs) === 1 ? ['dr6'] : [],
  },
  {
    id: 'last-iteration',
    oracle: 'qemu',
    manual: 'vol. 3, 18.3.1.2 "Data Memory and I/O Breakpoint Exception Conditions"',
    what: 'the trap of the last iteration returns to the string instruction and not behind it',
    areas: ['breakpoints'],
    covers: (s, ours, theirs) =>
      /^rep /.test(s.name) && ours.get('ecx') === 0 && theirs.get('ecx') === 0 && raised(theirs) === 1
        ? ['stack0']
        : [],
  },
  {
    id: 'caches-without-write-back',
    oracle: 'qemu',
    manual: 'vol. 2, MOV CR: NW set and CD clear',
    what: 'CR0.NW can be set while CD is clear',
    areas: ['control-registers'],
    covers: (s, ours, theirs) =>
      all(s.name.startsWith('mov cr0 20000001') && raised(ours) === VECTOR.gp && raised(theirs) === VECTOR.done),
  },
  {
    id: 'control-registers-that-are-none',
    oracle: 'qemu',
    manual: 'vol. 3, table 6-2 "Priority Among Concurrent Events": decoding comes first',
    what: 'MOV of CR1 and CR5 to CR7 outside of ring 0 is #GP, not #UD',
    areas: ['control-registers'],
    covers: (s, ours, theirs) =>
      all(/mov (to|from) cr ?[1567] cpl/.test(s.name) && raised(ours) === 6 && raised(theirs) === VECTOR.gp),
  },
  {
    id: 'breakpoints-on-neighbours',
    oracle: 'qemu',
    manual: 'vol. 3, 18.2.5 "Breakpoint Field Recognition"',
    what: 'an access right behind a short breakpoint, in the same doubleword, hits it',
    areas: ['breakpoints'],
    covers: (s, ours, theirs) =>
      all(/length [12] offset [123] /.test(s.name) && raised(ours) === VECTOR.done && theirs.get('dr6') === 0xffff0ff1),
  },
  {
    id: 'two-traps-for-one',
    oracle: 'qemu',
    manual: 'vol. 3, 18.2.3 "Debug Status Register"',
    what: 'a data breakpoint and a single step of the same instruction are two exceptions, one inside the other',
    areas: ['single-step'],
    covers: (s, ours, theirs) =>
      all(s.name.startsWith('step and write same') && raised(ours) === 1 && theirs.get('esp')! < ours.get('esp')!),
  },
  {
    id: 'breakpoint-behind-a-load-of-ss',
    oracle: 'qemu',
    manual: 'vol. 3, 18.3.1.1 "Instruction-Breakpoint Exception Condition"',
    what: 'a breakpoint on the instruction behind MOV SS or POP SS is reported',
    areas: ['breakpoints'],
    covers: (s, ours, theirs) =>
      all(/^execute at (mov|pop) ss/.test(s.name) && raised(ours) === VECTOR.done && raised(theirs) === 1),
  },
  {
    id: 'stack-before-code-of-a-new-task',
    oracle: 'bochs',
    manual: 'vol. 3, table 8-1 "Exception Conditions Checked During a Task Switch": the RPL of CS first',
    what: 'the stack segment of a new task is checked before the RPL of its code segment',
    areas: ['task-state'],
    covers: (s, ours, theirs) =>
      s.name.includes('CS with wrong RPL') && ours.get('stack0') === 0x08 && theirs.get('stack0') === 0x10
        ? ['stack0']
        : [],
  },
  {
    id: 'rf-in-a-repeated-instruction',
    oracle: 'qemu',
    manual: 'vol. 3, 18.3.1.1 "Instruction-Breakpoint Exception Condition": RF holds until the instruction is complete',
    what: 'RF passes over a breakpoint for the first iteration alone',
    areas: ['debug-events'],
    covers: (s, ours, theirs) =>
      all(/^execute at rep .* RF ecx 5$/.test(s.name) && raised(ours) === VECTOR.done && raised(theirs) === 1),
  },
  {
    id: 'step-with-general-detect',
    oracle: 'bochs',
    manual: 'vol. 3, 18.2.3 "Debug Status Register": BS tells of a single step; general detect is a fault',
    what: 'the fault of a guarded debug register tells of a single step, too, while TF is set',
    areas: ['debug-events'],
    covers: (s, ours, theirs) =>
      / GD TF$/.test(s.name) && raised(ours) === 1 && raised(theirs) === 1
        ? fieldsWhere(ours, theirs, (field, a, b) => field === 'dr6' && b - a === 0x4000)
        : [],
  },
];
