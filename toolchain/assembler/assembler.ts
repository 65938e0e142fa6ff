// The stub assembler: a method an instruction, in Intel's operand order. It is for entry stubs, context switches and
// hand-tuned paths; everything else is AssemblyScript.
import * as encode from './encode.js';
import { type Assembled, Fragment } from './fragment.js';
import { constantOf, fieldsOf, type Layouts } from './layouts.js';
import {
  AssemblerError,
  type Condition,
  type Immediate,
  type Memory,
  type Register,
  type SegmentRegister,
  type SymbolRef,
} from './operands.js';

type Rm = encode.RegisterOrMemory;
export const SECTIONS = ['text', 'rodata', 'data', 'bss'] as const;
export type Section = (typeof SECTIONS)[number];

/** A label in this module, or a symbol of the image. */
export type Target = string | SymbolRef;

/** What one stub module adds to an image: at most one fragment a section. */
export interface StubCode {
  readonly name: string;
  readonly sections: readonly { readonly section: Section; readonly code: Assembled }[];
  /** Labels that other modules and compiled code can name. */
  readonly globals: ReadonlySet<string>;
  /** Fields and constants of the compiled code, in the order in which they were asked for. */
  readonly asked: readonly string[];
}

export class Assembler {
  private readonly fragments = new Map<Section, Fragment>();
  private readonly globals = new Set<string>();
  private readonly asked: string[] = [];
  private section: Section = 'text';
  private f: Fragment;

  constructor(
    readonly name: string,
    readonly layouts?: Layouts,
    private readonly watched?: string,
  ) {
    this.f = this.select('text');
  }

  /** Offsets of the fields of a structure of the compiled code, by name; `sizeof`: how large it is. */
  struct<Field extends string = string>(name: string): Readonly<Record<Field | 'sizeof', number>> {
    return fieldsOf(name, this.layouts, (field) => void this.asked.push(`${name}.${field}`));
  }

  /** The value of a constant of the compiled code, `const NAME: u32 = ...` among the statements of any of its files. */
  constant(name: string): number {
    this.asked.push(name);
    return constantOf(name, this.layouts);
  }

  finish(): StubCode {
    const sections = SECTIONS.filter((s) => this.fragments.has(s) && !this.fragments.get(s)?.empty);
    return {
      name: this.name,
      sections: sections.map((section) => ({ section, code: (this.fragments.get(section) as Fragment).finish() })),
      globals: this.globals,
      asked: this.asked,
    };
  }

  // Sections, labels, data

  text = () => void this.select('text');
  rodata = () => void this.select('rodata');
  data = () => void this.select('data');
  bss = () => void this.select('bss');

  /** A label that only this module sees. */
  label(name: string): void {
    this.define(name);
  }
  /** A label that is a symbol of the image. */
  global(name: string): void {
    this.define(name);
    this.globals.add(name);
  }
  /** A hook symbol (kernels/lib/hooks.ts): a zero-byte label on the next instruction, listed in the image's note. */
  hook(name: string): void {
    this.f.hook(name);
  }
  /** Pads to a multiple of `to` bytes: with NOP in text, with zero elsewhere. */
  align(to: number): void {
    this.f.align(to, this.section === 'text' ? 0x90 : 0);
  }
  db(...values: (number | string)[]): void {
    for (const v of values) {
      if (typeof v === 'number') encode.immediate(this.f, v, 1);
      else this.f.bytes(...new TextEncoder().encode(v));
    }
  }
  dw(...values: number[]): void {
    for (const v of values) encode.immediate(this.f, v, 2);
  }
  dd(...values: Immediate[]): void {
    for (const v of values) encode.immediate(this.f, v, 4);
  }
  /** `count` zero bytes. */
  space(count: number): void {
    this.f.space(count);
  }
  bytes(...values: number[]): void {
    this.f.bytes(...values);
  }

  // Ports

  in(data: Register, port: number | Register): void {
    encode.portIo(this.f, 'in', data, port);
  }
  out(port: number | Register, data: Register): void {
    encode.portIo(this.f, 'out', data, port);
  }

  // Data transfer

  mov = (a: encode.MoveOperand, b: encode.MoveOperand | Immediate) => encode.mov(this.f, a, b);
  movzx = (dst: Register, src: Rm) => encode.extend(this.f, 'movzx', dst, src);
  movsx = (dst: Register, src: Rm) => encode.extend(this.f, 'movsx', dst, src);
  lea = (dst: Register, src: Memory) => encode.loadAddress(this.f, dst, src);
  push = (a: Rm | SegmentRegister | Immediate) => encode.push(this.f, a);
  pop = (a: Rm | SegmentRegister) => encode.pop(this.f, a);
  xchg = (a: Rm, b: Register) => encode.exchange(this.f, 'xchg', a, b);
  cmpxchg = (a: Rm, b: Register) => encode.exchange(this.f, 'cmpxchg', a, b);
  xadd = (a: Rm, b: Register) => encode.exchange(this.f, 'xadd', a, b);
  cmpxchg8b = (a: Memory) => encode.withModrm(this.f, 4, [0x0f, 0xc7], 1, a);
  bswap = (a: Register) => encode.byteSwap(this.f, a);
  pushad = () => this.plain('pushad');
  popad = () => this.plain('popad');
  pushfd = () => this.plain('pushfd');
  popfd = () => this.plain('popfd');
  lahf = () => this.plain('lahf');
  sahf = () => this.plain('sahf');

  // Arithmetic and logic

  add = (a: Rm, b: encode.Source) => encode.arithmetic(this.f, 'add', a, b);
  or = (a: Rm, b: encode.Source) => encode.arithmetic(this.f, 'or', a, b);
  adc = (a: Rm, b: encode.Source) => encode.arithmetic(this.f, 'adc', a, b);
  sbb = (a: Rm, b: encode.Source) => encode.arithmetic(this.f, 'sbb', a, b);
  and = (a: Rm, b: encode.Source) => encode.arithmetic(this.f, 'and', a, b);
  sub = (a: Rm, b: encode.Source) => encode.arithmetic(this.f, 'sub', a, b);
  xor = (a: Rm, b: encode.Source) => encode.arithmetic(this.f, 'xor', a, b);
  cmp = (a: Rm, b: encode.Source) => encode.arithmetic(this.f, 'cmp', a, b);
  test = (a: Rm, b: Register | Immediate) => encode.test(this.f, a, b);
  inc = (a: Rm) => encode.increment(this.f, 'inc', a);
  dec = (a: Rm) => encode.increment(this.f, 'dec', a);
  not = (a: Rm) => encode.unary(this.f, 'not', a);
  neg = (a: Rm) => encode.unary(this.f, 'neg', a);
  mul = (a: Rm) => encode.unary(this.f, 'mul', a);
  div = (a: Rm) => encode.unary(this.f, 'div', a);
  idiv = (a: Rm) => encode.unary(this.f, 'idiv', a);
  imul = (dst: Register, a: Rm, factor?: number) => encode.multiply(this.f, dst, a, factor);
  cdq = () => this.plain('cdq');
  cwde = () => this.plain('cwde');

  // Shifts and bits: a count is a number or cl

  shl = (a: Rm, count: number | Register) => encode.shift(this.f, 'shl', a, count);
  shr = (a: Rm, count: number | Register) => encode.shift(this.f, 'shr', a, count);
  sar = (a: Rm, count: number | Register) => encode.shift(this.f, 'sar', a, count);
  rol = (a: Rm, count: number | Register) => encode.shift(this.f, 'rol', a, count);
  ror = (a: Rm, count: number | Register) => encode.shift(this.f, 'ror', a, count);
  rcl = (a: Rm, count: number | Register) => encode.shift(this.f, 'rcl', a, count);
  rcr = (a: Rm, count: number | Register) => encode.shift(this.f, 'rcr', a, count);
  shld = (a: Rm, b: Register, count: number | Register) => encode.shiftDouble(this.f, 'shld', a, b, count);
  shrd = (a: Rm, b: Register, count: number | Register) => encode.shiftDouble(this.f, 'shrd', a, b, count);
  bt = (a: Rm, bit: number | Register) => encode.bitTest(this.f, 'bt', a, bit);
  bts = (a: Rm, bit: number | Register) => encode.bitTest(this.f, 'bts', a, bit);
  btr = (a: Rm, bit: number | Register) => encode.bitTest(this.f, 'btr', a, bit);
  btc = (a: Rm, bit: number | Register) => encode.bitTest(this.f, 'btc', a, bit);
  bsf = (dst: Register, src: Rm) => encode.scan(this.f, 'bsf', dst, src);
  bsr = (dst: Register, src: Rm) => encode.scan(this.f, 'bsr', dst, src);
  /** SETcc: the operand is an 8-bit register or memory. */
  set = (condition: Condition, a: Rm) => encode.setByte(this.f, condition, a);

  // Control transfer. A string target is a label of this module, or else a symbol of the image.

  jmp = (target: Target) => this.branch('jmp', target);
  jcc = (condition: Condition, target: Target) => this.branch(condition, target);
  je = (target: Target) => this.branch('e', target);
  jz = (target: Target) => this.branch('z', target);
  jne = (target: Target) => this.branch('ne', target);
  jnz = (target: Target) => this.branch('nz', target);
  jb = (target: Target) => this.branch('b', target);
  jc = (target: Target) => this.branch('c', target);
  jae = (target: Target) => this.branch('ae', target);
  jnc = (target: Target) => this.branch('nc', target);
  jbe = (target: Target) => this.branch('be', target);
  ja = (target: Target) => this.branch('a', target);
  jl = (target: Target) => this.branch('l', target);
  jge = (target: Target) => this.branch('ge', target);
  jle = (target: Target) => this.branch('le', target);
  jg = (target: Target) => this.branch('g', target);
  js = (target: Target) => this.branch('s', target);
  jns = (target: Target) => this.branch('ns', target);
  jo = (target: Target) => this.branch('o', target);
  jno = (target: Target) => this.branch('no', target);
  call(target: Target): void {
    const { name, addend } = typeof target === 'string' ? { name: target, addend: 0 } : target;
    this.f.bytes(0xe8);
    this.f.relocate('rel32', name, addend - 4);
  }
  callIndirect = (a: Rm) => encode.indirect(this.f, 'call', a);
  jmpIndirect = (a: Rm) => encode.indirect(this.f, 'jmp', a);
  /** Far jump: loads CS. */
  ljmp = (selector: number, offset: Immediate) => encode.far(this.f, 'jmp', selector, offset);
  lcall = (selector: number, offset: Immediate) => encode.far(this.f, 'call', selector, offset);
  /** Far jump through a 6-byte pointer in memory (offset, selector). */
  ljmpIndirect = (a: Memory) => encode.withModrm(this.f, 4, [0xff], 5, a);
  lcallIndirect = (a: Memory) => encode.withModrm(this.f, 4, [0xff], 3, a);
  /** RET, or RET n when the callee removes n bytes of arguments. */
  ret(bytes = 0): void {
    if (bytes === 0) return this.plain('ret');
    this.f.bytes(0xc2);
    encode.immediate(this.f, bytes, 2);
  }
  lret = () => this.plain('lret');
  iretd = () => this.plain('iretd');
  int(vector: number): void {
    this.f.bytes(0xcd);
    encode.immediate(this.f, vector, 1);
  }
  int3 = () => this.plain('int3');
  leave = () => this.plain('leave');
  sysenter = () => this.plain('sysenter');
  sysexit = () => this.plain('sysexit');
  ud2 = () => this.plain('ud2');

  // Strings, flags, prefixes

  rep = () => this.f.bytes(0xf3);
  repne = () => this.f.bytes(0xf2);
  lock = () => this.f.bytes(0xf0);
  movsb = () => this.plain('movsb');
  movsw = () => this.plain('movsw');
  movsd = () => this.plain('movsd');
  stosb = () => this.plain('stosb');
  stosw = () => this.plain('stosw');
  stosd = () => this.plain('stosd');
  lodsb = () => this.plain('lodsb');
  lodsd = () => this.plain('lodsd');
  scasb = () => this.plain('scasb');
  scasd = () => this.plain('scasd');
  cmpsb = () => this.plain('cmpsb');
  cmpsd = () => this.plain('cmpsd');
  cld = () => this.plain('cld');
  std = () => this.plain('std');
  clc = () => this.plain('clc');
  stc = () => this.plain('stc');
  cli = () => this.plain('cli');
  sti = () => this.plain('sti');
  nop = () => this.plain('nop');
  pause = () => this.plain('pause');

  // System

  hlt = () => this.plain('hlt');
  lgdt = (a: Memory) => encode.withModrm(this.f, 4, [0x0f, 0x01], 2, a);
  lidt = (a: Memory) => encode.withModrm(this.f, 4, [0x0f, 0x01], 3, a);
  sgdt = (a: Memory) => encode.withModrm(this.f, 4, [0x0f, 0x01], 0, a);
  sidt = (a: Memory) => encode.withModrm(this.f, 4, [0x0f, 0x01], 1, a);
  lldt = (a: Rm) => encode.withModrm(this.f, 4, [0x0f, 0x00], 2, a);
  ltr = (a: Rm) => encode.withModrm(this.f, 4, [0x0f, 0x00], 3, a);
  str = (a: Rm) => encode.withModrm(this.f, 4, [0x0f, 0x00], 1, a);
  invlpg = (a: Memory) => encode.withModrm(this.f, 4, [0x0f, 0x01], 7, a);
  wbinvd = () => this.plain('wbinvd');
  clts = () => this.plain('clts');
  cpuid = () => this.plain('cpuid');
  rdtsc = () => this.plain('rdtsc');
  rdmsr = () => this.plain('rdmsr');
  wrmsr = () => this.plain('wrmsr');

  /** Labels of one module are one scope, whatever their sections. */
  private define(name: string): void {
    for (const f of this.fragments.values())
      if (f.has(name)) throw new AssemblerError(`label '${name}' is defined twice`);
    this.f.label(name);
  }

  private plain(mnemonic: keyof typeof encode.PLAIN): void {
    this.f.bytes(...encode.PLAIN[mnemonic]);
  }

  private branch(condition: Condition | 'jmp', target: Target): void {
    if (typeof target === 'string') return this.f.branch(condition, target);
    if (target.addend !== 0) throw new AssemblerError(`a jump to '${target.name}' takes no addend`);
    this.f.branch(condition, target.name);
  }

  private select(section: Section): Fragment {
    this.section = section;
    let fragment = this.fragments.get(section);
    if (!fragment) {
      fragment = new Fragment(this.watched);
      this.fragments.set(section, fragment);
    }
    this.f = fragment;
    return fragment;
  }
}

/** A stub module: a name for error messages, and the code. It is assembled when an image is built. */
export interface Stubs {
  readonly name: string;
  /**
   * @param layouts structures of the code that the stubs are linked with; without: some number for each
   * @param watched a symbol: using it is an error
   */
  assemble(layouts?: Layouts, watched?: string): StubCode;
}

export function defineStubs(name: string, write: (a: Assembler) => void): Stubs {
  return {
    name,
    assemble(layouts, watched) {
      const a = new Assembler(name, layouts, watched);
      try {
        write(a);
        return a.finish();
      } catch (error) {
        if (error instanceof AssemblerError) error.message = `stubs '${name}': ${error.message}`;
        throw error;
      }
    },
  };
}
