/** Gates, far transfers, task switches and virtual-8086 mode: where an oracle does not do as the manual says. */
import { all, fieldsWhere, type KnownDifference, memory, raised, VECTOR } from './difference.js';

export const transfers: readonly KnownDifference[] = [
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
    id: 'task-in-the-ldt',
    oracle: 'qemu',
    manual: 'vol. 2, INT n, "TASK-GATE"; JMP, CALL',
    what: 'a task gate whose TSS selector has TI set is #TS, not #GP',
    areas: ['task-gates', 'task-switch'],
    covers: (s, ours, theirs) =>
      /a task in the LDT/.test(s.name) && raised(ours) === VECTOR.gp && raised(theirs) === VECTOR.ts ? ['vector'] : [],
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
    id: 'busy-task-returns-to-itself',
    oracle: 'qemu',
    manual: 'vol. 3, 8.3 "Task Switching"',
    what: 'the state that IRET saves is not the one that it then loads from the same TSS',
    areas: ['task-return'],
    covers: (s) => all(s.area === 'task-return' && s.name.includes('the task itself')),
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
];
