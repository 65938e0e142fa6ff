/**
 * Programs of port and register accesses, and the guest that executes them: a list of steps lies behind its code, and
 * each value that is read goes out on port E9h as a doubleword. An interrupt is a value too: its vector, in a window
 * that the program opens.
 */
import {
  type Assembler,
  al,
  ax,
  defineStubs,
  ds,
  dx,
  eax,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  mem,
  mem16,
  ss,
  sym,
} from '../../../toolchain/assembler/index.js';
import { flatImage, flatTables } from '../../bench/flat-image.js';

/** One step: an operation, a port or nothing, a value or nothing. */
export type Step = readonly [operation: Operation, port: number, value: number];

export const operations = [
  'end',
  'outb',
  'outw',
  'outl',
  'inb',
  'inw',
  'inl',
  /** The address that the next memory steps use. */
  'point',
  'store',
  'load',
  /** Lets interrupts in for a while, four at most. */
  'window',
  /** So many rounds of a loop. */
  'pause',
  /** Until the port has none of the bits of the value. */
  'until',
] as const;
export type Operation = (typeof operations)[number];

/** What an interrupt in a window puts out: this and its vector; what a window ends with. */
const INTERRUPT = 0x49000000;
const WINDOW_END = 0x57000000;
const AN_EXCEPTION = 0x45000000;
const WINDOW_ROUNDS = 300;
const WINDOW_LIMIT = 4;
const WAIT_ROUNDS = 1_000_000;
const STEP_BYTES = 8;

const PUTS_OUT: readonly Operation[] = ['inb', 'inw', 'inl', 'load', 'window'];

/** For each value that a run has put out, the step that it comes from. */
export function valueIndex(steps: readonly Step[], values: readonly number[]): number[] {
  const places: number[] = [];
  steps.forEach(([operation], i) => {
    if (!PUTS_OUT.includes(operation)) return;
    do places.push(i);
    while (operation === 'window' && places.length < values.length && values[places.length - 1] !== WINDOW_END);
  });
  return places;
}

/** The image that executes the steps. */
export function deviceImage(steps: readonly Step[]): Uint8Array {
  const stubs = defineStubs('device program', (a) => {
    setUp(a);
    interpreter(a);
    handlers(a);
    a.align(STEP_BYTES);
    a.label('steps');
    for (const [operation, port, value] of [...steps, ['end', 0, 0] as const]) {
      a.dw(operations.indexOf(operation), port);
      a.dd(value >>> 0);
    }
  });
  return flatImage(stubs, 'start').bytes;
}

function setUp(a: Assembler): void {
  a.label('start');
  a.mov(esp, 0x80000);
  a.lgdt(mem({ sym: 'gdtPointer' }));
  a.ljmp(0x08, sym('segments'));
  flatTables(a);
  a.label('segments');
  a.mov(ax, 0x10);
  for (const register of [ds, es, ss]) a.mov(register, ax);
  a.mov(eax, sym('vectors'));
  a.mov(edi, sym('idt'));
  a.mov(ecx, 256);
  a.label('gate');
  a.mov(mem16({ base: edi }), ax);
  a.mov(mem16({ base: edi, disp: 2 }), 0x08);
  a.mov(mem16({ base: edi, disp: 4 }), 0x8e00);
  a.ror(eax, 16);
  a.mov(mem16({ base: edi, disp: 6 }), ax);
  a.rol(eax, 16);
  a.add(eax, 16);
  a.add(edi, 8);
  a.dec(ecx);
  a.jnz('gate');
  a.lidt(mem({ sym: 'idtPointer' }));
  a.mov(esi, sym('steps'));
  a.jmp('step');
}

/** ESI: the next step. EDI: the memory address. */
function interpreter(a: Assembler): void {
  a.label('step');
  a.mov(ecx, mem({ base: esi }));
  a.mov(eax, mem({ base: esi, disp: 4 }));
  a.mov(dx, mem16({ base: esi, disp: 2 }));
  a.add(esi, STEP_BYTES);
  a.and(ecx, 0xffff);
  a.jmpIndirect(mem({ index: ecx, scale: 4, sym: 'table' }));
  a.align(4);
  a.label('table');
  for (const operation of operations) a.dd(sym(`do-${operation}`));
  const does = (operation: Operation, code: () => void) => {
    a.label(`do-${operation}`);
    code();
    a.jmp('step');
  };
  const reads = (operation: Operation, code: () => void) => {
    a.label(`do-${operation}`);
    a.xor(eax, eax);
    code();
    a.call('put');
    a.jmp('step');
  };
  a.label('do-end');
  a.mov(al, 0);
  a.out(0xf4, al);
  a.label('halt');
  a.hlt();
  a.jmp('halt');
  does('outb', () => a.out(dx, al));
  does('outw', () => a.out(dx, ax));
  does('outl', () => a.out(dx, eax));
  reads('inb', () => a.in(al, dx));
  reads('inw', () => a.in(ax, dx));
  reads('inl', () => a.in(eax, dx));
  does('point', () => a.mov(edi, eax));
  does('store', () => a.mov(mem({ base: edi }), eax));
  reads('load', () => a.mov(eax, mem({ base: edi })));
  does('window', () => {
    a.mov(mem({ sym: 'taken' }), 0);
    a.mov(ecx, WINDOW_ROUNDS);
    a.sti();
    a.label('inWindow');
    a.dec(ecx);
    a.jnz('inWindow');
    a.cli();
    a.mov(eax, WINDOW_END);
    a.call('put');
  });
  does('pause', () => {
    a.label('pausing');
    a.dec(eax);
    a.jnz('pausing');
  });
  does('until', () => {
    a.mov(ebx, eax);
    a.mov(ecx, WAIT_ROUNDS);
    a.label('waiting');
    a.in(al, dx);
    a.and(eax, ebx);
    a.jz('step');
    a.dec(ecx);
    a.jnz('waiting');
  });
  // EAX to port E9h, lowest byte first; keeps ECX, EDX and ESI.
  a.label('put');
  a.push(ecx);
  a.push(edx);
  a.mov(ecx, 4);
  a.mov(dx, 0xe9);
  a.label('byte');
  a.out(dx, al);
  a.shr(eax, 8);
  a.dec(ecx);
  a.jnz('byte');
  a.pop(edx);
  a.pop(ecx);
  a.ret();
}

/** A vector enters a log, which is what goes out; after four of them the window is closed. */
function handlers(a: Assembler): void {
  a.align(16);
  a.label('vectors');
  for (let vector = 0; vector < 256; vector++) {
    a.align(16);
    a.push(vector);
    a.jmp('interrupt');
  }
  a.label('interrupt');
  a.push(eax);
  a.mov(eax, mem({ base: esp, disp: 4 }));
  a.and(eax, 0xff);
  a.cmp(eax, 32);
  a.jb('exception');
  a.or(eax, INTERRUPT);
  a.call('put');
  a.inc(mem({ sym: 'taken' }));
  a.cmp(mem({ sym: 'taken' }), WINDOW_LIMIT);
  a.jb('goOn');
  // Interrupt flag of the frame: vector and EAX lie below it, then EIP and CS.
  a.and(mem({ base: esp, disp: 16 }), ~0x200);
  a.label('goOn');
  a.pop(eax);
  a.add(esp, 4);
  a.iretd();
  a.label('exception');
  a.or(eax, AN_EXCEPTION);
  a.call('put');
  a.mov(al, 1);
  a.out(0xf4, al);
  a.jmp('halt');
  a.align(4);
  a.label('taken');
  a.dd(0);
}
