// Every form of every instruction of the stub assembler, each with its text in the manual's syntax. The back end encodes by
// the same functions.
import * as asm from '../assembler/index.js';

type Operand = asm.Register | asm.SegmentRegister | asm.ControlRegister | asm.Memory | number;

export interface Form {
  readonly mnemonic: string;
  readonly operands: string;
  /** Of the constants in it, in bytes. */
  readonly size: asm.Size;
  readonly write: (a: asm.Assembler) => void;
}

const { eax, ecx, edx, ebx, esp, ebp, esi, edi, cl, ax, al, dx } = asm;
const SIZES = [1, 2, 4] as const;
const REGISTERS = { 1: asm.REGISTERS_8, 2: asm.REGISTERS_16, 4: asm.REGISTERS_32 };
const PTR = { 1: 'byte ptr ', 2: 'word ptr ', 4: 'dword ptr ' };
const MAKER = { 1: asm.mem8, 2: asm.mem16, 4: asm.mem };
const CONSTANTS = {
  1: [0, 1, 127, -1, -128, 255],
  2: [0, 1, 127, 128, -1, -128, -129, 0x1234, 0xffff],
  4: [0, 1, 127, 128, -1, -128, -129, 0x1234, 0x12345678, 0xffffffff],
};

/** Each addressing mode once. */
const ALL_ADDRESSES: asm.Address[] = [
  { disp: 0x1234 },
  { disp: 0xfc100000 },
  ...[0, 1, 127, -128, 128, -129, 0x12345678].flatMap((disp) => asm.REGISTERS_32.map((base) => ({ base, disp }))),
  ...asm.REGISTERS_32.filter((index) => index !== esp).flatMap((index) =>
    ([1, 2, 4, 8] as const).flatMap((scale) =>
      [undefined, eax, ebp, esp, esi].flatMap((base) => [0, -4, 0x1000].map((disp) => ({ base, index, scale, disp }))),
    ),
  ),
  ...[asm.es, asm.cs, asm.ss, asm.ds, asm.fs, asm.gs].map((seg) => ({ seg, base: ebx, disp: 8 })),
  { seg: asm.gs, disp: 0 },
];
/** One of each shape. */
const ADDRESSES: asm.Address[] = [
  { base: ebx },
  { base: ebp, disp: 8 },
  { base: esp, disp: -0x200 },
  { base: edi, index: esi, scale: 4, disp: 0x1000 },
  { index: edx, scale: 8 },
  { disp: 0x8000 },
];

function text(o: Operand): string {
  if (typeof o === 'number') return String(o);
  if (o.kind !== 'memory') return o.name;
  const sum = [
    ...(o.base ? [o.base.name] : []),
    ...(o.index ? [`${o.index.name}*${o.scale}`] : []),
    String(o.disp >>> 0),
  ].join(' + ');
  return `${PTR[o.size]}${o.seg ? `${o.seg.name}:` : ''}[${sum}]`;
}

type Method = { [K in keyof asm.Assembler]: asm.Assembler[K] extends (...a: never[]) => unknown ? K : never };

export function allForms(): Form[] {
  const forms: Form[] = [];
  const add = (method: keyof Method, operands: Operand[], o: { size?: asm.Size; mnemonic?: string } = {}) =>
    forms.push({
      mnemonic: o.mnemonic ?? method,
      operands: operands.map(text).join(', '),
      size: o.size ?? 4,
      write: (a) => (a[method] as (...x: Operand[]) => void)(...operands),
    });
  const memories = (size: asm.Size) => ADDRESSES.map((a) => MAKER[size](a));
  const places = (size: asm.Size): (asm.Register | asm.Memory)[] => [...REGISTERS[size], ...memories(size)];

  for (const address of ALL_ADDRESSES)
    for (const r of [al, dx, edi]) {
      const m = MAKER[r.size](address);
      add('mov', [r, m]);
      add('mov', [m, r]);
      if (r.size === 4) add('lea', [r, m]);
    }
  for (const size of SIZES)
    for (const method of ['mov', 'add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp', 'test'] as const)
      for (const a of places(size)) {
        for (const b of REGISTERS[size]) {
          add(method, [a, b]);
          if (a.kind === 'memory' && method !== 'test') add(method, [b, a]);
        }
        for (const n of CONSTANTS[size]) add(method, [a, n], { size });
      }
  for (const method of ['movzx', 'movsx'] as const)
    for (const size of [1, 2] as const)
      for (const src of places(size)) for (const dst of asm.REGISTERS_32) add(method, [dst, src]);
  for (const size of SIZES)
    for (const a of places(size)) {
      for (const method of ['inc', 'dec', 'not', 'neg', 'mul', 'div', 'idiv'] as const) add(method, [a]);
      for (const method of ['xchg', 'cmpxchg', 'xadd'] as const) for (const b of REGISTERS[size]) add(method, [a, b]);
      for (const method of ['shl', 'shr', 'sar', 'rol', 'ror', 'rcl', 'rcr'] as const)
        for (const count of [1, 2, 31, cl]) add(method, [a, count]);
    }
  for (const a of places(4)) {
    for (const method of ['push', 'pop'] as const) add(method, [a]);
    for (const b of asm.REGISTERS_32) {
      for (const method of ['imul', 'bsf', 'bsr'] as const) add(method, [b, a]);
      for (const n of [3, 127, 128, -129, 0x12345678]) add('imul', [b, a, n]);
      for (const method of ['shld', 'shrd'] as const) for (const count of [1, 31, cl]) add(method, [a, b, count]);
      for (const method of ['bt', 'bts', 'btr', 'btc'] as const) add(method, [a, b]);
    }
    for (const method of ['bt', 'bts', 'btr', 'btc'] as const) for (const bit of [0, 31]) add(method, [a, bit]);
    add('callIndirect', [a], { mnemonic: 'call' });
    add('jmpIndirect', [a], { mnemonic: 'jmp' });
  }
  for (const a of memories(4)) {
    for (const method of ['lgdt', 'lidt', 'sgdt', 'sidt', 'invlpg', 'cmpxchg8b'] as const) add(method, [a]);
    // Through a pointer of 6 bytes: Capstone names no width.
    const operands = text(a).replace('dword ', '');
    forms.push({ mnemonic: 'jmp', operands, size: 4, write: (w) => w.ljmpIndirect(a) });
    forms.push({ mnemonic: 'call', operands, size: 4, write: (w) => w.lcallIndirect(a) });
  }
  for (const method of ['lldt', 'ltr'] as const) for (const a of [ax, asm.mem16({ base: ebx })]) add(method, [a]);
  for (const n of CONSTANTS[4]) add('push', [n]);
  for (const r of asm.REGISTERS_32) add('bswap', [r]);
  for (const s of [asm.es, asm.ss, asm.ds, asm.fs, asm.gs]) {
    add('push', [s]);
    add('pop', [s]);
    add('mov', [s, ax]);
    add('mov', [eax, s]);
    add('mov', [s, asm.mem16({ base: ebx, disp: 4 })]);
  }
  for (const c of [asm.cr0, asm.cr2, asm.cr3, asm.cr4, asm.dr0, asm.dr1, asm.dr2, asm.dr3, asm.dr6, asm.dr7])
    for (const r of [eax, ecx, edx, ebx, esi]) {
      add('mov', [r, c]);
      add('mov', [c, r]);
    }
  for (const r of [al, ax, eax])
    for (const port of [0x20, 0xf4, dx]) {
      add('in', [r, port]);
      add('out', [port, r]);
    }
  add('ret', []);
  add('ret', [8]);
  add('int', [0x80]);
  const other = { pushad: 'pushal', popad: 'popal', lret: 'retf' };
  for (const method of PLAIN) add(method, [], { mnemonic: (other as Record<string, string>)[method] });
  for (const method of STRINGS) {
    forms.push({ mnemonic: method, operands: STRING_OPERANDS[method], size: 4, write: (a) => a[method]() });
    const prefix = /^(movs|stos)/.test(method) ? 'rep' : /^scas/.test(method) ? 'repne' : undefined;
    if (prefix === undefined) continue;
    const write = (a: asm.Assembler): void => {
      a[prefix]();
      a[method]();
    };
    forms.push({ mnemonic: `${prefix} ${method}`, operands: STRING_OPERANDS[method], size: 4, write });
  }
  const counter = asm.mem({ base: ebx });
  const locked = `${text(counter)}, ecx`;
  for (const method of ['add', 'or', 'and', 'xor', 'cmpxchg', 'xadd', 'bts'] as const)
    forms.push({
      mnemonic: `lock ${method}`,
      operands: locked,
      size: 4,
      write: (a) => {
        a.lock();
        a[method](counter, ecx);
      },
    });
  forms.push({ mnemonic: 'ljmp', operands: '8:0x100000', size: 4, write: (a) => a.ljmp(8, 0x100000) });
  forms.push({ mnemonic: 'lcall', operands: '27, 8192', size: 4, write: (a) => a.lcall(0x1b, 0x2000) });
  for (const [cc, name] of CONDITIONS) {
    for (const a of places(1))
      forms.push({ mnemonic: `set${name}`, operands: text(a), size: 4, write: (w) => w.set(cc, a) });
    forms.push({ mnemonic: `j${name}`, operands: '6', size: 4, write: (w) => w.jcc(cc, 'elsewhere') });
  }
  forms.push({ mnemonic: 'jmp', operands: '5', size: 4, write: (a) => a.jmp('elsewhere') });
  forms.push({ mnemonic: 'call', operands: '5', size: 4, write: (a) => a.call('elsewhere') });
  return forms;
}

const PLAIN = [
  ...(['pushad', 'popad', 'pushfd', 'popfd', 'lahf', 'sahf', 'cdq', 'cwde', 'lret', 'iretd', 'int3', 'leave'] as const),
  ...(['sysenter', 'sysexit', 'ud2', 'cld', 'std', 'clc', 'stc', 'cli', 'sti', 'nop', 'pause', 'hlt'] as const),
  ...(['wbinvd', 'clts', 'cpuid', 'rdtsc', 'rdmsr', 'wrmsr'] as const),
];

const STRINGS = [
  ...(['movsb', 'movsw', 'movsd', 'stosb', 'stosw', 'stosd', 'lodsb', 'lodsd', 'scasb', 'scasd'] as const),
  ...(['cmpsb', 'cmpsd'] as const),
];
const [TO, FROM] = ['es:[edi]', '[esi]'];
const STRING_OPERANDS: Record<(typeof STRINGS)[number], string> = {
  movsb: `byte ptr ${TO}, byte ptr ${FROM}`,
  movsw: `word ptr ${TO}, word ptr ${FROM}`,
  movsd: `dword ptr ${TO}, dword ptr ${FROM}`,
  stosb: `byte ptr ${TO}, al`,
  stosw: `word ptr ${TO}, ax`,
  stosd: `dword ptr ${TO}, eax`,
  lodsb: `al, byte ptr ${FROM}`,
  lodsd: `eax, dword ptr ${FROM}`,
  scasb: `al, byte ptr ${TO}`,
  scasd: `eax, dword ptr ${TO}`,
  cmpsb: `byte ptr ${FROM}, byte ptr ${TO}`,
  cmpsd: `dword ptr ${FROM}, dword ptr ${TO}`,
};

/** Each name of a condition, with the one that the disassembler uses for its number. */
const CONDITIONS: [asm.Condition, string][] = (Object.keys(asm.CONDITIONS) as asm.Condition[]).map((cc) => {
  const names = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];
  return [cc, names[asm.CONDITIONS[cc]]];
});
