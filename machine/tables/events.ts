import type { CauseId } from './causes.js';

/**
 * Privileged and microcoded events that have a price of their own in each preset (`events.<id>`, cycles). Charging one
 * counts it, so cycles = sum of price x count can be checked from outside. `serialises`: the write buffer drains first
 * (Intel SDM vol. 3, "Serializing Instructions" and "Store Buffer"). The position is the number.
 */
export interface PricedEvent {
  readonly id: string;
  readonly cause: CauseId;
  readonly serialises: boolean;
  readonly definition: string;
}

function event<const I extends string, C extends CauseId>(id: I, cause: C, serialises: boolean, definition: string) {
  return { id, cause, serialises, definition } as const;
}

export const events = [
  event('intToRing0', 'trap', true, 'int n, int3 or into through a gate to ring 0 from an outer ring'),
  event('intToRing1', 'trap', true, 'int n, int3 or into through a gate to ring 1 or 2 from an outer ring'),
  event('intSame', 'trap', true, 'int n, int3 or into through a gate without a change of ring'),
  event('exceptionToRing0', 'trap', true, 'exception delivered to ring 0 from an outer ring'),
  event('exceptionToRing1', 'trap', true, 'exception delivered to ring 1 or 2 from an outer ring'),
  event('exceptionSame', 'trap', true, 'exception delivered without a change of ring'),
  event('interruptToRing0', 'trap', true, 'hardware interrupt acknowledged and delivered to ring 0 from an outer ring'),
  event('interruptToRing1', 'trap', true, 'hardware interrupt acknowledged and delivered to ring 1 or 2'),
  event('interruptSame', 'trap', true, 'hardware interrupt acknowledged and delivered without a change of ring'),
  event('callGateInner', 'trap', false, 'far call through a gate to an inner ring'),
  event('callGateSame', 'trap', false, 'far call through a gate without a change of ring'),
  event('farTransfer', 'trap', false, 'far call or jump to a code segment'),
  event('sysenter', 'trap', false, 'sysenter'),
  event('taskSwitch', 'trap', true, 'hardware task switch'),
  event('iretSame', 'return', true, 'iret without a change of ring'),
  event('iretOuter', 'return', true, 'iret to an outer ring'),
  event('farReturnSame', 'return', false, 'far return without a change of ring'),
  event('farReturnOuter', 'return', false, 'far return to an outer ring'),
  event('sysexit', 'return', false, 'sysexit'),
  event('loadDataSegment', 'segment', false, 'DS, ES, FS or GS loaded with a descriptor'),
  event('loadNullSegment', 'segment', false, 'DS, ES, FS or GS loaded with the null selector'),
  event('loadStackSegment', 'segment', false, 'SS loaded'),
  event('loadTableRegister', 'segment', true, 'lgdt or lidt'),
  event('loadLocalTable', 'segment', true, 'lldt or ltr'),
  event('queryDescriptor', 'segment', false, 'lar, lsl, verr or verw'),
  event('writeCr0', 'serialise', true, 'mov to CR0 or lmsw'),
  event('writeCr3', 'serialise', true, 'mov to CR3, the flush itself apart from its later misses'),
  event('writeCr4', 'serialise', true, 'mov to CR4'),
  event('readControl', 'serialise', false, 'mov from a control register'),
  event('debugRegister', 'serialise', true, 'mov to or from a debug register'),
  event('clts', 'serialise', true, 'clts'),
  event('invlpg', 'serialise', true, 'invlpg'),
  event('wbinvd', 'serialise', true, 'wbinvd or invd'),
  event('cpuid', 'serialise', true, 'cpuid'),
  event('rdtsc', 'serialise', false, 'rdtsc or rdpmc'),
  event('rdmsr', 'serialise', false, 'rdmsr'),
  event('wrmsr', 'serialise', true, 'wrmsr'),
  event('syscall', 'trap', false, 'syscall'),
  event('sysret', 'return', false, 'sysret'),
  event('floatControl', 'floatState', false, 'fldcw, fnstcw, fnstsw, fnclex, wait, ldmxcsr or stmxcsr'),
  event('floatInit', 'floatState', false, 'fninit'),
  event('floatEnvironment', 'floatState', false, 'fnstenv or fldenv'),
  event('floatSave', 'floatState', false, 'fnsave or fxsave'),
  event('floatRestore', 'floatState', false, 'frstor or fxrstor'),
  event('cli', 'flags', false, 'cli'),
  event('sti', 'flags', false, 'sti'),
  event('pushf', 'flags', false, 'pushf'),
  event('popf', 'flags', false, 'popf'),
  event('lock', 'lock', true, 'locked instruction, xchg with memory included'),
  event('portIn', 'io', true, 'in or ins, one access, the bus included'),
  event('portOut', 'io', true, 'out or outs, one access, the bus included'),
  event('deviceRead', 'io', true, 'uncached read of device memory'),
  event('deviceWrite', 'io', false, 'uncached write of device memory'),
  event('haltWake', 'idle', false, 'leaving the halted state'),
  event('walk', 'walk', false, 'fixed part of a page walk; its reads are charged by where they hit'),
  event('secondTlbHit', 'walk', false, 'translation missed in the first-level TLB and found in the second'),
  event('setAccessed', 'walk', false, 'locked update of an accessed bit by the walker'),
  event('setDirty', 'walk', false, 'locked update of a dirty bit by the walker'),
  event('misaligned', 'split', false, 'misaligned access within one line'),
  event('splitLine', 'split', false, 'access across two lines, its second lookup apart'),
  event('traceBuild', 'fetch', false, '32 bytes of code decoded into the trace cache'),
] as const;

export type EventId = (typeof events)[number]['id'];

/** Events that CONFIG and EVENT_COUNTS have room for. */
export const EVENT_LIMIT = 64;
