// Expansion of the intrinsics that kernels/lib/x86.ts declares: each call becomes the instruction it names.
import { PLAIN } from '../assembler/opcodes.js';
import { type Expr, lowBytes } from './ir.js';
import * as m from './machine.js';
import type { Selector } from './select.js';
import { WasmError } from './wasm.js';

type Expansion = (s: Selector, args: Expr[], results: number[]) => void;

const plain =
  (...bytes: number[]): Expansion =>
  (s) =>
    s.emit({ op: 'raw', bytes });

/** Evaluates all arguments, then moves them to the registers that the instruction wants. */
function place(s: Selector, args: Expr[], registers: number[]): void {
  const sources = args.map((a) => s.registerOrImmediate(a));
  for (const [i, r] of registers.entries()) s.move(r, sources[i]);
}

/** OUT and IN: by an immediate port below 256, else by DX. SDM vol. 2, opcodes E4..E7 and EC..EF. */
const output =
  (byDx: number[], byImmediate: number[]): Expansion =>
  (s, [port, value]) => {
    if (port.kind === 'const' && port.value >= 0 && port.value < 256) {
      place(s, [value], [m.EAX]);
      return s.emit({ op: 'raw', bytes: [...byImmediate, port.value], uses: [m.EAX] });
    }
    place(s, [port, value], [m.EDX, m.EAX]);
    s.emit({ op: 'raw', bytes: byDx, uses: [m.EAX, m.EDX] });
  };
const input =
  (byDx: number[], byImmediate: number[], size?: 1 | 2): Expansion =>
  (s, [port], [result]) => {
    if (port.kind === 'const' && port.value >= 0 && port.value < 256)
      s.emit({ op: 'raw', bytes: [...byImmediate, port.value], defs: [m.EAX] });
    else {
      place(s, [port], [m.EDX]);
      s.emit({ op: 'raw', bytes: byDx, uses: [m.EDX], defs: [m.EAX] });
    }
    s.emit({ op: size ? 'movzx' : 'mov', a: m.reg(result), b: m.reg(m.EAX), size });
  };

/** MOV from and to control register n, by EAX: 0F 20 /n, 0F 22 /n. */
const readControl =
  (n: number): Expansion =>
  (s, _, [result]) => {
    s.emit({ op: 'raw', bytes: [0x0f, 0x20, 0xc0 | (n << 3)], defs: [m.EAX] });
    s.move(result, m.reg(m.EAX));
  };
const writeControl =
  (n: number): Expansion =>
  (s, args) => {
    place(s, args, [m.EAX]);
    s.emit({ op: 'raw', bytes: [0x0f, 0x22, 0xc0 | (n << 3)], uses: [m.EAX] });
  };

const cpuid =
  (register: number): Expansion =>
  (s, args, [result]) => {
    place(s, args, [m.EAX]);
    s.emit({ op: 'raw', bytes: PLAIN.cpuid, uses: [m.EAX], defs: [m.EAX, m.EBX, m.ECX, m.EDX] });
    s.move(result, m.reg(register));
  };

const systemTable =
  (bytes: number[], extension: number): Expansion =>
  (s, [pointer]) =>
    s.emit({ op: 'rawrm', bytes, count: extension, a: s.address(pointer, 0) });
const systemSelector =
  (extension: number): Expansion =>
  (s, [selector]) =>
    s.emit({ op: 'rawrm', bytes: [0x0f, 0x00], count: extension, a: m.reg(s.inRegister(selector)) });

const volatileLoad =
  (size?: 1 | 2): Expansion =>
  (s, [address], [result]) =>
    s.emit({ op: size ? 'movzx' : 'mov', a: m.reg(result), b: s.address(address, 0), size, keep: true });
const volatileStore =
  (size?: 1 | 2): Expansion =>
  (s, [address, value]) => {
    let source: m.Operand;
    if (value.kind === 'const') source = m.imm(size ? value.value & (256 ** size - 1) : value.value, value.symbol);
    else {
      const r = s.inRegister(size ? lowBytes(value, size) : value);
      source = m.reg(size === 1 ? s.asByte(r) : r);
    }
    s.emit({ op: 'mov', a: s.address(address, 0), b: source, size });
  };

const locked =
  (op: 'or' | 'and' | 'add'): Expansion =>
  (s, [address, value]) => {
    const source = s.registerOrImmediate(value);
    s.emit({ op, a: s.address(address, 0), b: source, lock: true });
  };
/** XCHG (locked by itself) and LOCK XADD: the register gets what memory held. */
const exchange =
  (op: 'xchg' | 'xadd'): Expansion =>
  (s, [address, value], [result]) => {
    const old = s.fresh();
    s.into(value, old);
    s.emit({ op, a: s.address(address, 0), b: m.reg(old), lock: op === 'xadd' });
    s.move(result, m.reg(old));
  };

const stringMove =
  (bytes: number[]): Expansion =>
  (s, args) => {
    const registers = [m.EDI, m.ESI, m.ECX];
    place(s, args, registers);
    s.emit({ op: 'raw', bytes, uses: registers, defs: registers });
  };
const stringStore =
  (bytes: number[]): Expansion =>
  (s, args) => {
    place(s, args, [m.EDI, m.EAX, m.ECX]);
    s.emit({ op: 'raw', bytes, uses: [m.EDI, m.EAX, m.ECX], defs: [m.EDI, m.ECX] });
  };

const readFlags = (s: Selector, result: number): void => {
  s.emit({ op: 'raw', bytes: PLAIN.pushfd });
  s.emit({ op: 'pop', a: m.reg(result) });
};

/** Of one stackSlot, in bytes. */
const MOST_SLOT = 4096;

export const INTRINSICS: Record<string, Expansion> = {
  outb: output([0xee], [0xe6]),
  outw: output([0x66, 0xef], [0x66, 0xe7]),
  outl: output([0xef], [0xe7]),
  inb: input([0xec], [0xe4], 1),
  inw: input([0x66, 0xed], [0x66, 0xe5], 2),
  inl: input([0xed], [0xe5]),

  readCr0: readControl(0),
  writeCr0: writeControl(0),
  readCr2: readControl(2),
  readCr3: readControl(3),
  writeCr3: writeControl(3),
  readCr4: readControl(4),
  writeCr4: writeControl(4),
  clts: plain(...PLAIN.clts),
  invlpg: systemTable([0x0f, 0x01], 7),
  wbinvd: plain(...PLAIN.wbinvd),

  cli: plain(...PLAIN.cli),
  sti: plain(...PLAIN.sti),
  hlt: plain(...PLAIN.hlt),
  stiHlt: plain(...PLAIN.sti, ...PLAIN.hlt),
  int3: plain(...PLAIN.int3),
  pause: plain(...PLAIN.pause),
  flags: (s, _, [result]) => readFlags(s, result),
  irqSave: (s, _, [result]) => {
    readFlags(s, result);
    s.emit({ op: 'raw', bytes: PLAIN.cli });
  },
  irqRestore: (s, [value]) => {
    s.emit({ op: 'push', a: m.reg(s.inRegister(value)) });
    s.emit({ op: 'raw', bytes: PLAIN.popfd });
  },

  rdtsc: (s, _, [lo, hi]) => {
    s.emit({ op: 'raw', bytes: PLAIN.rdtsc, defs: [m.EAX, m.EDX] });
    s.move(lo, m.reg(m.EAX));
    s.move(hi, m.reg(m.EDX));
  },
  cpuidEax: cpuid(m.EAX),
  cpuidEbx: cpuid(m.EBX),
  cpuidEcx: cpuid(m.ECX),
  cpuidEdx: cpuid(m.EDX),
  rdmsr: (s, args, [lo, hi]) => {
    place(s, args, [m.ECX]);
    s.emit({ op: 'raw', bytes: PLAIN.rdmsr, uses: [m.ECX], defs: [m.EAX, m.EDX] });
    s.move(lo, m.reg(m.EAX));
    s.move(hi, m.reg(m.EDX));
  },
  wrmsr: (s, args) => {
    const registers = [m.ECX, m.EAX, m.EDX];
    place(s, args, registers);
    s.emit({ op: 'raw', bytes: PLAIN.wrmsr, uses: registers });
  },

  lgdt: systemTable([0x0f, 0x01], 2),
  lidt: systemTable([0x0f, 0x01], 3),
  lldt: systemSelector(2),
  ltr: systemSelector(3),

  vload8: volatileLoad(1),
  vload16: volatileLoad(2),
  vload32: volatileLoad(),
  vstore8: volatileStore(1),
  vstore16: volatileStore(2),
  vstore32: volatileStore(),

  xchg32: exchange('xchg'),
  lockXadd32: exchange('xadd'),
  lockCmpxchg32: (s, [address, expected, value], [result]) => {
    const at = s.address(address, 0);
    const replacement = s.inRegister(value);
    place(s, [expected], [m.EAX]);
    s.emit({ op: 'cmpxchg', a: at, b: m.reg(replacement), uses: [m.EAX], defs: [m.EAX], lock: true });
    s.move(result, m.reg(m.EAX));
  },
  lockOr32: locked('or'),
  lockAnd32: locked('and'),
  lockAdd32: locked('add'),

  umulh: (s, [a, b], [result]) => {
    const factor = s.inRegister(b);
    place(s, [a], [m.EAX]);
    s.emit({ op: 'mul', a: m.reg(factor), uses: [m.EAX], defs: [m.EAX, m.EDX] });
    s.move(result, m.reg(m.EDX));
  },
  udiv64: (s, [high, low, divisor], [result]) => {
    const by = s.inRegister(divisor);
    place(s, [high, low], [m.EDX, m.EAX]);
    s.emit({ op: 'div', a: m.reg(by), uses: [m.EAX, m.EDX], defs: [m.EAX, m.EDX] });
    s.move(result, m.reg(m.EAX));
  },
  bswap32: (s, [value], [result]) => {
    const swapped = s.fresh();
    s.into(value, swapped);
    s.emit({ op: 'bswap', a: m.reg(swapped) });
    s.move(result, m.reg(swapped));
  },

  repMovsb: stringMove([0xf3, 0xa4]),
  repMovsd: stringMove([0xf3, 0xa5]),
  repStosb: stringStore([0xf3, 0xaa]),
  repStosd: stringStore([0xf3, 0xab]),

  currentStack: (s, _, [result]) => s.emit({ op: 'lea', a: m.reg(result), b: m.mem(m.ESP, 0) }),
  stackSlot: (s, [bytes], [result]) => {
    if (bytes.kind !== 'const' || bytes.value < 1 || bytes.value > MOST_SLOT)
      throw new WasmError(
        `stackSlot takes a constant from 1 to ${MOST_SLOT}: stacks of kernels are small; more lies in memory.data(size)`,
      );
    s.emit({ op: 'lea', a: m.reg(result), b: m.mem(m.SLOT_AREA, s.out.slots) });
    s.out.slots += (bytes.value + 3) & ~3;
  },
};

export function expandIntrinsic(s: Selector, name: string, args: Expr[], results: number[]): void {
  const expand = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
  if (!expand) throw new WasmError(`no intrinsic is called '${name}'; there are: ${Object.keys(INTRINSICS).join(' ')}`);
  try {
    expand(s, args, results);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new WasmError(`'${name}' is declared with other arguments than it has: kernels/lib/x86.ts shows them`);
  }
}
