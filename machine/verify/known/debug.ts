/** Debug exceptions, and RF in what is pushed: where an oracle does not do as the manual says. */
import { all, fieldsWhere, type KnownDifference, memory, raised, VECTOR } from './difference.js';

export const debug: readonly KnownDifference[] = [
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
    id: 'icebp',
    oracle: 'qemu',
    manual: 'vol. 2, INT1',
    what: 'F1h is #UD',
    areas: ['gates', 'v86-instructions', 'real-mode'],
    covers: (s, ours, theirs) =>
      all(s.name.startsWith('icebp') && (raised(ours) & 0xff) === 1 && (raised(theirs) & 0xff) === 6),
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
