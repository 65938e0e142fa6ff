/**
 * Issue classes: what an instruction costs when everything hits and nothing traps. A preset prices each in 1/16 cycle
 * (`issue.<id>`), so that an average pairing or width shows. Weakly modelled (CAVEATS.md). The position is the number.
 */
export const issueClasses = [
  { id: 'alu', definition: 'register arithmetic, logic, moves, lea, setcc, cmov, nop' },
  { id: 'load', definition: 'one read of memory, with or without arithmetic' },
  { id: 'store', definition: 'one write of memory' },
  { id: 'modify', definition: 'read, arithmetic and write of one operand' },
  { id: 'push', definition: 'push or pop of a register or constant' },
  { id: 'pushMemory', definition: 'push or pop of a memory operand' },
  { id: 'pushAll', definition: 'pusha or popa' },
  { id: 'shift', definition: 'shift or rotate by a constant' },
  { id: 'shiftVariable', definition: 'shift or rotate by CL, double shifts, rotates through carry' },
  { id: 'multiply', definition: 'mul or imul' },
  { id: 'divide8', definition: 'div or idiv, 8 bits' },
  { id: 'divide16', definition: 'div or idiv, 16 bits' },
  { id: 'divide32', definition: 'div or idiv, 32 bits' },
  { id: 'bitScan', definition: 'bsf or bsr' },
  { id: 'bitTest', definition: 'bt, bts, btr or btc' },
  { id: 'exchange', definition: 'xchg of registers, bswap, xadd, cmpxchg without their lock' },
  { id: 'wideExchange', definition: 'cmpxchg8b' },
  { id: 'jump', definition: 'direct or conditional jump, predicted' },
  { id: 'jumpIndirect', definition: 'indirect jump, predicted' },
  { id: 'call', definition: 'direct or indirect call, predicted' },
  { id: 'return', definition: 'near return, predicted' },
  { id: 'loop', definition: 'loop, loope, loopne, jecxz' },
  { id: 'enter', definition: 'enter' },
  { id: 'leave', definition: 'leave' },
  { id: 'stringStart', definition: 'start of a REP string instruction, stos apart' },
  { id: 'stringStoreStart', definition: 'start of a REP stos' },
  { id: 'stringMove', definition: 'one movs or lods, or one iteration of it' },
  { id: 'stringStore', definition: 'one stos, or one iteration of it' },
  { id: 'stringCompare', definition: 'one cmps or scas, or one iteration of it' },
  { id: 'decimal', definition: 'BCD adjustments' },
  { id: 'flag', definition: 'clc, stc, cmc, cld, std, lahf, sahf' },
  { id: 'system', definition: 'issue part of instructions whose price is an event' },
] as const;

export type IssueClassId = (typeof issueClasses)[number]['id'];

/** Ticks in a cycle: the unit of issue prices. */
export const TICKS_PER_CYCLE = 16;

/** Classes that CONFIG has room for. */
export const ISSUE_LIMIT = 64;
