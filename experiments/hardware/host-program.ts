/**
 * The probes that user mode may execute, as one program for Linux on a real processor. Each instruction stands eight
 * times in a loop of 64; the program keeps the least time of 400 runs, in ticks of the time stamp counter, and writes
 * one word a probe to standard output. The first word is a chain of ten thousand additions, each of which waits for the
 * one before and takes a cycle: it turns ticks into cycles.
 */
import { type FlatImage, flatImage } from '../../machine/bench/flat-image.js';
import {
  type Assembler,
  bx,
  cx,
  defineStubs,
  ds,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  mem,
  ss,
  sym,
} from '../../toolchain/assembler/index.js';

export interface HostProbe {
  /** As a probe of the machine (probes.ts), where there is one that does the same. */
  readonly id: string;
  readonly title: string;
  body(a: Assembler, copy: number): void;
}

/** Selectors of a 32-bit program on a 64-bit Linux. */
const user = { code: 0x23, data: 0x2b } as const;
const UNROLL = 8;
const ITERATIONS = 64;
const RUNS = 400;
const CHAIN = { additions: 100, iterations: 100 } as const;
/** Cycles of the first word, copies of the body in the others. */
export const CHAIN_CYCLES = CHAIN.additions * CHAIN.iterations;
export const COPIES = UNROLL * ITERATIONS;

const probe = (id: string, title: string, body: HostProbe['body']): HostProbe => ({ id, title, body });

function string(a: Assembler, words: number, instruction: () => void): void {
  a.mov(esi, sym('source'));
  a.mov(edi, sym('target'));
  a.mov(ecx, words);
  a.rep();
  instruction();
}

export const hostProbes: readonly HostProbe[] = [
  probe('mov-ds', 'mov to DS or ES', (a, copy) => a.mov(copy % 2 === 0 ? ds : es, bx)),
  probe('mov-null', 'mov to ES, the null selector', (a) => a.mov(es, cx)),
  probe('mov-ss', 'mov to SS', (a) => a.mov(ss, bx)),
  probe('far-round', 'far call and far return', (a) => a.lcall(user.code, sym('farReturn'))),
  probe('iret-same', 'iret to the same level, and what it takes pushed', (a, copy) => {
    a.pushfd();
    a.push(user.code);
    a.push(sym(`returned${copy}`));
    a.iretd();
    a.label(`returned${copy}`);
  }),
  probe('lar', 'lar', (a) => a.bytes(0x0f, 0x02, 0xd3)),
  probe('verr', 'verr', (a) => a.bytes(0x0f, 0x00, 0xe3)),
  probe('rep-movsd-64', 'rep movsd of 64 bytes, warm', (a) => string(a, 16, () => a.movsd())),
  probe('rep-movsd-1k', 'rep movsd of 1024 bytes, warm', (a) => string(a, 256, () => a.movsd())),
  probe('rep-stosd-64', 'rep stosd of 64 bytes, warm', (a) => string(a, 16, () => a.stosd())),
  probe('rep-stosd-1k', 'rep stosd of 1024 bytes, warm', (a) => string(a, 256, () => a.stosd())),
  probe('lock-add', 'lock add to memory', (a) => {
    a.lock();
    a.add(mem({ sym: 'source' }), eax);
  }),
  probe('xchg-memory', 'xchg with memory', (a) => a.xchg(mem({ sym: 'source' }), eax)),
  probe('rdtsc', 'rdtsc', (a) => a.rdtsc()),
  probe('pushf-popf', 'pushf and popf', (a) => {
    a.pushfd();
    a.popfd();
  }),
  probe('fxsave', 'fxsave', (a) => onSource(a, 0x0f, 0xae, 0x03)),
  probe('fxrstor', 'fxsave, then fxrstor of it', (a) => {
    onSource(a, 0x0f, 0xae, 0x03);
    a.bytes(0x0f, 0xae, 0x0b);
  }),
  probe('fnsave', 'fnsave', (a) => onSource(a, 0xdd, 0x33)),
];

/** An instruction that the assembler has no name for, with [EBX] as its operand; EBX is what it was then. */
function onSource(a: Assembler, ...code: number[]): void {
  a.mov(ebx, sym('source'));
  a.bytes(...code);
}

/** @param base linear address of the first byte */
export function hostImage(base: number): FlatImage {
  const stubs = defineStubs('host-probes', (a) => {
    a.label('start');
    a.cld();
    time(a, 0, CHAIN.iterations, CHAIN.additions, () => a.add(eax, 1));
    hostProbes.forEach(({ body }, i) => {
      time(a, i + 1, ITERATIONS, UNROLL, (copy) => body(a, copy));
    });
    const [EXIT, WRITE] = [1, 4];
    a.mov(eax, WRITE);
    a.mov(ebx, 1);
    a.mov(ecx, sym('results'));
    a.mov(edx, 4 * (hostProbes.length + 1));
    a.int(0x80);
    a.mov(eax, EXIT);
    a.xor(ebx, ebx);
    a.int(0x80);
    a.label('farReturn');
    a.lret();
    a.align(64);
    a.label('results');
    for (let i = 0; i <= hostProbes.length; i++) a.dd(0xffffffff);
    a.align(4096);
    a.label('source');
    a.space(4096);
    a.label('target');
    a.space(4096);
  });
  return flatImage(stubs, 'start', base);
}

/** The least of RUNS times goes to the word of that number. Bodies find the data selector in BX and 0 in CX. */
function time(a: Assembler, number: number, iterations: number, copies: number, body: (copy: number) => void): void {
  a.align(64);
  a.push(RUNS);
  a.label(`run${number}`);
  a.mov(ebx, user.data);
  a.mov(es, bx);
  a.xor(ecx, ecx);
  a.rdtsc();
  a.push(eax);
  a.mov(ebp, iterations);
  a.label(`loop${number}`);
  for (let copy = 0; copy < copies; copy++) body(copy);
  a.dec(ebp);
  a.jnz(`loop${number}`);
  a.rdtsc();
  a.pop(edx);
  a.sub(eax, edx);
  a.cmp(eax, mem({ sym: 'results', disp: 4 * number }));
  a.ja(`kept${number}`);
  a.mov(mem({ sym: 'results', disp: 4 * number }), eax);
  a.label(`kept${number}`);
  a.dec(mem({ base: esp }));
  a.jnz(`run${number}`);
  a.pop(edx);
}
