// Opcodes of what comes in groups, and of instructions without operands (Intel SDM vol. 2, appendix A).

/** Group 1 (SDM table A-6): the number is both the opcode's bits 3..5 and the ModRM extension. */
export const ARITHMETIC = { add: 0, or: 1, adc: 2, sbb: 3, and: 4, sub: 5, xor: 6, cmp: 7 } as const;
/** Group 2: rotates and shifts. */
export const SHIFTS = { rol: 0, ror: 1, rcl: 2, rcr: 3, shl: 4, shr: 5, sar: 7 } as const;
/** Group 3: one operand. */
export const UNARY = { not: 2, neg: 3, mul: 4, imul: 5, div: 6, idiv: 7 } as const;
/** Group 8: bit tests. */
export const BIT_TESTS = { bt: 4, bts: 5, btr: 6, btc: 7 } as const;

/** Instructions without operands. */
export const PLAIN = {
  pushad: [0x60],
  popad: [0x61],
  pushfd: [0x9c],
  popfd: [0x9d],
  ret: [0xc3],
  lret: [0xcb],
  iretd: [0xcf],
  leave: [0xc9],
  int3: [0xcc],
  nop: [0x90],
  cdq: [0x99],
  cwde: [0x98],
  sti: [0xfb],
  cli: [0xfa],
  cld: [0xfc],
  std: [0xfd],
  clc: [0xf8],
  stc: [0xf9],
  cmc: [0xf5],
  hlt: [0xf4],
  sahf: [0x9e],
  lahf: [0x9f],
  pause: [0xf3, 0x90],
  movsb: [0xa4],
  movsw: [0x66, 0xa5],
  movsd: [0xa5],
  stosb: [0xaa],
  stosw: [0x66, 0xab],
  stosd: [0xab],
  lodsb: [0xac],
  lodsd: [0xad],
  scasb: [0xae],
  scasd: [0xaf],
  cmpsb: [0xa6],
  cmpsd: [0xa7],
  insb: [0x6c],
  insd: [0x6d],
  outsb: [0x6e],
  outsd: [0x6f],
  cpuid: [0x0f, 0xa2],
  rdtsc: [0x0f, 0x31],
  rdpmc: [0x0f, 0x33],
  rdmsr: [0x0f, 0x32],
  wrmsr: [0x0f, 0x30],
  wbinvd: [0x0f, 0x09],
  clts: [0x0f, 0x06],
  ud2: [0x0f, 0x0b],
  sysenter: [0x0f, 0x34],
  sysexit: [0x0f, 0x35],
} as const;
