/**
 * Random user-mode instructions with random registers, flags and memory, as one position-dependent program: each case
 * loads its state, executes one instruction and stores what came of it. Every choice follows from the seed.
 */

/** One instruction and the flags that the manual defines after it. */
export interface Case {
  readonly bytes: readonly number[];
  readonly flags: number;
}

export interface RandomProgram {
  readonly cases: readonly Case[];
  /** Code, then DATA_BYTES of random data, then room for the results (zero). */
  readonly bytes: Uint8Array;
  /** Offsets of the data and of the results, RESULT_BYTES a case: EAX..EDI, EFLAGS, a word of the data. */
  readonly data: number;
  readonly results: number;
}

export const RESULT_BYTES = 40;
const DATA_BYTES = 1024;
const STACK_BYTES = 256;

const CF = 1;
const PF = 4;
const AF = 0x10;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;
const ALL = CF | PF | AF | ZF | SF | OF;

const [ECX, EDX, EBX, ESP, EBP, ESI, EDI] = [1, 2, 3, 4, 5, 6, 7];
const EXTREMES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe];

/** Numbers from a seed (mulberry32). */
export function generator(seed: number) {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (n: number) => next() % n;
  return {
    next,
    below,
    one: <T>(list: readonly T[]): T => list[below(list.length)],
    chance: (n: number) => below(100) < n,
  };
}
type Random = ReturnType<typeof generator>;

const le32 = (value: number) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];

/** An instruction of a random kind; `data` is the linear address of the data. */
function instruction(r: Random, data: number): Case & { string?: boolean; countInCl?: boolean } {
  const word = r.chance(30);
  const pre = word ? [0x66] : [];
  const value = () => le32(r.chance(30) ? r.one(EXTREMES) : r.next());
  const z = () => value().slice(0, word ? 2 : 4);
  const register = () => r.one([0, ECX, EDX, EBX, EBP, ESI, EDI]);
  const memory = (reg: number): number[] =>
    r.one([
      () => [(reg << 3) | EBX],
      () => [0x40 | (reg << 3) | EBX, r.below(60)],
      () => [0x80 | (reg << 3) | ESI, ...le32(r.below(64))],
      () => [(reg << 3) | 5, ...le32(data + r.below(200))],
      () => [(reg << 3) | 4, 0x20 | r.one([EBX, ESI, EDI])],
      () => [0x40 | (reg << 3) | 4, (r.below(4) << 6) | (EDX << 3) | EBX, r.below(30)],
    ])();
  const modrm = (reg: number) => (r.chance(50) ? [0xc0 | (reg << 3) | register()] : memory(reg));
  const byte = r.chance(40);
  const sized = (opcode: number) => (byte ? [opcode] : [...pre, opcode + 1]);
  const reg = () => (byte ? r.below(8) : register());
  const width = byte ? 8 : word ? 16 : 32;
  const logic = (op: number) => ([1, 4, 6].includes(op) ? ALL & ~AF : ALL);

  const kinds: (() => Case & { string?: boolean; countInCl?: boolean })[] = [
    () => {
      const op = r.below(8);
      return { bytes: [...sized(op * 8 + r.one([0, 2])), ...modrm(reg())], flags: logic(op) };
    },
    () => {
      const op = r.below(8);
      const immediate = byte ? value().slice(0, 1) : z();
      return { bytes: [...sized(0x80), ...modrm(op), ...immediate], flags: logic(op) };
    },
    () => {
      const op = r.below(8);
      return { bytes: [...pre, 0x83, ...modrm(op), r.below(256)], flags: logic(op) };
    },
    () => ({ bytes: [...pre, r.one([0x40, 0x48]) + register()], flags: ALL }),
    () => ({ bytes: [...sized(0xfe), ...modrm(r.below(2))], flags: ALL }),
    () => ({ bytes: [...sized(0xf6), ...modrm(2 + r.below(2))], flags: ALL }),
    () => ({ bytes: [...sized(0xf6), ...modrm(0), ...(byte ? value().slice(0, 1) : z())], flags: ALL & ~AF }),
    () => {
      const op = r.one([0, 1, 2, 3, 4, 5, 7]);
      const [opcode, tail, n] = r.one([
        () => {
          const c = r.below(40);
          return [0xc0, [c], c & 31] as const;
        },
        () => [0xd0, [], 1] as const,
        () => [0xd2, [], -1] as const,
      ])();
      let flags = n === 1 ? ALL : ALL & ~OF;
      if (op > 3) flags &= ~AF;
      // The carry is undefined when an SHL or SHR moves everything out.
      if ((op === 4 || op === 5) && (n < 0 || n >= width)) flags &= ~CF;
      return { bytes: [...sized(opcode), ...modrm(op), ...tail], flags };
    },
    () => {
      const n = 1 + r.below(15);
      return {
        bytes: [...pre, 0x0f, r.one([0xa4, 0xac]), ...modrm(register()), n],
        flags: ALL & ~AF & ~(n === 1 ? 0 : OF),
      };
    },
    () => ({
      bytes: [...pre, 0x0f, r.one([0xa5, 0xad]), ...modrm(register())],
      flags: ALL & ~AF & ~OF,
      countInCl: true,
    }),
    () => ({ bytes: [...sized(0xf6), ...modrm(4 + r.below(2))], flags: CF | OF }),
    () => ({ bytes: [...pre, 0x0f, 0xaf, ...modrm(register())], flags: CF | OF }),
    () => ({ bytes: [...pre, 0x69, ...modrm(register()), ...z()], flags: CF | OF }),
    () => ({ bytes: [...pre, 0x6b, ...modrm(register()), r.below(256)], flags: CF | OF }),
    () => ({
      bytes: [...pre, 0x0f, r.one([0xa3, 0xab, 0xb3, 0xbb]), 0xc0 | (register() << 3) | register()],
      flags: CF | ZF,
    }),
    () => ({ bytes: [...pre, 0x0f, 0xba, ...modrm(4 + r.below(4)), r.below(256)], flags: CF | ZF }),
    () => ({ bytes: [...pre, 0x0f, r.one([0xbc, 0xbd]), ...modrm(register())], flags: ZF }),
    () => ({ bytes: [0x0f, 0x90 + r.below(16), ...modrm(0)], flags: ALL }),
    () => ({ bytes: [...pre, 0x0f, 0x40 + r.below(16), ...modrm(register())], flags: ALL }),
    () => ({ bytes: [...sized(0x86), ...modrm(reg())], flags: ALL }),
    () => ({ bytes: [...(byte ? [] : pre), 0x0f, r.one([0xb0, 0xc0]) + Number(!byte), ...modrm(reg())], flags: ALL }),
    () => ({ bytes: [...pre, 0x0f, r.one([0xb6, 0xbe]), ...modrm(register())], flags: ALL }),
    () => ({ bytes: [0x0f, r.one([0xb7, 0xbf]), ...modrm(register())], flags: ALL }),
    () => ({ bytes: [...pre, r.one([0x98, 0x99])], flags: ALL }),
    () => ({ bytes: [r.one([0x9e, 0x9f, 0xf5, 0xf8, 0xf9])], flags: ALL }),
    () => ({ bytes: [r.one([0x27, 0x2f])], flags: ALL & ~OF }),
    () => ({ bytes: [r.one([0x37, 0x3f])], flags: CF | AF }),
    () => ({ bytes: [0xd4, 1 + r.below(255)], flags: SF | ZF | PF }),
    () => ({ bytes: [0xd5, r.below(256)], flags: SF | ZF | PF }),
    () => ({ bytes: [...pre, 0x8d, ...memory(register())], flags: ALL }),
    () => ({ bytes: [...sized(r.one([0x88, 0x8a])), ...modrm(reg())], flags: ALL }),
    () => ({ bytes: [...sized(0xc6), ...modrm(0), ...(byte ? value().slice(0, 1) : z())], flags: ALL }),
    () => ({ bytes: [...pre, 0x50 + register(), ...pre, 0x58 + register()], flags: ALL }),
    () => ({ bytes: [0x60, 0x61], flags: ALL }),
    () => ({ bytes: [0x0f, 0xc8 + register()], flags: ALL }),
    () => {
      const opcode = r.one([0xa4, 0xa6, 0xaa, 0xac, 0xae]);
      const repeats = r.one(opcode === 0xa6 || opcode === 0xae ? [[], [0xf3], [0xf2]] : [[], [0xf3]]);
      return { bytes: [r.one([0xfc, 0xfd]), ...repeats, ...sized(opcode)], flags: ALL, string: true };
    },
  ];
  return r.one(kinds)();
}

/** A program of `count` cases whose first byte lies at linear address `base`. Ends with `epilogue`. */
export function randomProgram(
  seed: number,
  count: number,
  base: number,
  epilogue: (results: number) => number[],
): RandomProgram {
  const r = generator(seed);
  const size = programBytes(count);
  const data = align(size);
  const stack = data + DATA_BYTES + STACK_BYTES;
  const results = stack;
  const bytes = new Uint8Array(results + count * RESULT_BYTES);
  const cases: Case[] = [];
  let at = 0;
  const emit = (...values: number[]) => {
    bytes.set(values, at);
    at += values.length;
  };
  for (let i = 0; i < count; i++) {
    const made = instruction(r, base + data);
    cases.push(made);
    const registers = Array.from({ length: 8 }, () => (r.chance(30) ? r.one(EXTREMES) : r.next()));
    for (const pointer of [EBX, ESI, EDI, EBP]) registers[pointer] = base + data + 256 + r.below(200);
    registers[EDX] = r.below(20);
    registers[ECX] = made.countInCl ? 1 + r.below(15) : made.string ? r.below(40) : registers[ECX];
    emit(0xbc, ...le32(base + stack), 0x68, ...le32((r.next() & ALL) | 2), 0x9d); // mov esp; push flags; popfd
    for (const [register, value] of registers.entries()) if (register !== ESP) emit(0xb8 + register, ...le32(value));
    emit(...made.bytes);
    const result = base + results + i * RESULT_BYTES;
    for (let register = 0; register < 8; register++) emit(0x89, (register << 3) | 5, ...le32(result + 4 * register));
    emit(0xbc, ...le32(base + stack), 0x9c, 0x8f, 0x05, ...le32(result + 32), 0xfc); // pushfd; pop [..]; cld
    emit(0xa1, ...le32(base + data + 256 + ((4 * i) % 256)), 0xa3, ...le32(result + 36));
  }
  emit(...epilogue(base + results));
  for (let i = 0; i < DATA_BYTES; i++) bytes[data + i] = r.below(256);
  return { cases, bytes, data, results };
}

const align = (value: number) => (value + 63) & ~63;
/** No case is longer than this. */
const programBytes = (count: number) => count * 160 + 64;
