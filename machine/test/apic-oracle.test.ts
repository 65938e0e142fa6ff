/** The local APIC, the I/O APIC and the MultiProcessor tables against QEMU's. */
import { type Assembler, al, eax, ebx, ecx, mem, mem8 } from '../../toolchain/assembler/index.js';
import {
  byteFrom,
  command,
  compareWithQemu,
  initialisePics,
  type Question,
  takeInterrupts,
  unique,
} from './questions.js';

const LOCAL = 0xfee00000;
const IO = 0xfec00000;
const [TPR, PPR, LDR, DFR, SVR, ISR, IRR, ICR, ICR_HIGH, TIMER, LINT0, INITIAL, CURRENT, DIVIDE, EOI] = [
  0x80, 0xa0, 0xd0, 0xe0, 0xf0, 0x100, 0x200, 0x300, 0x310, 0x320, 0x350, 0x380, 0x390, 0x3e0, 0xb0,
];
const MASKED = 0x10000;

function get(a: Assembler, register: number): void {
  a.mov(eax, mem({ disp: LOCAL + register }));
}

function put(a: Assembler, register: number, value: number): void {
  a.mov(mem({ disp: LOCAL + register }), value);
}

function putIo(a: Assembler, index: number, value: number): void {
  a.mov(mem({ disp: IO }), index);
  a.mov(mem({ disp: IO + 0x10 }), value);
}

function getIo(a: Assembler, index: number): void {
  a.mov(mem({ disp: IO }), index);
  a.mov(eax, mem({ disp: IO + 0x10 }));
}

const reads = (names: readonly (readonly [string, number])[]): Question[] =>
  names.map(([name, register]) => [name, (a) => get(a, register)]);

/** Sends vector 3xh to this processor. */
const self = (a: Assembler, vector: number) => put(a, ICR, 0x40000 | vector);

/** Writes the command register, and takes what comes. */
function sendTo(a: Assembler, destination: number, command: number): void {
  put(a, ICR_HIGH, destination << 24);
  put(a, ICR, command);
  takeInterrupts(a);
}

const questions: readonly Question[] = [
  ...reads([
    ['identifier', 0x20],
    ['version', 0x30],
    ['task priority', TPR],
    ['logical destination', LDR],
    ['destination format', DFR],
    ['spurious vector', SVR],
    ['error status', 0x280],
    ['timer entry', TIMER],
    ['LINT0 entry', LINT0],
    ['LINT1 entry', 0x360],
    ['error entry', 0x370],
    ['initial count', INITIAL],
    ['divider', DIVIDE],
  ]),
  [
    'a base address register of its own',
    (a) => {
      a.mov(ecx, 0x1b);
      a.rdmsr();
    },
  ],
  [
    'a byte of a register',
    (a) => {
      a.xor(eax, eax);
      a.mov(al, mem8({ disp: LOCAL + 0x30 }));
    },
  ],
  [
    'writable bits of the timer entry',
    (a) => {
      put(a, TIMER, 0xfffdffff & ~0x20000);
      get(a, TIMER);
      a.and(eax, 0x100ff);
    },
  ],
  [
    'what the divider keeps',
    (a) => {
      put(a, DIVIDE, 0xffffffff);
      get(a, DIVIDE);
    },
  ],
  [
    'interrupt to self',
    (a) => {
      initialisePics(a);
      command(a, 0x21, 0xff);
      put(a, TIMER, MASKED);
      self(a, 0x31);
      takeInterrupts(a);
    },
  ],
  [
    'interrupts to self, highest first',
    (a) => {
      for (const vector of [0x31, 0x45, 0x33, 0x38]) self(a, vector);
      takeInterrupts(a);
    },
  ],
  [
    'request register',
    (a) => {
      self(a, 0x34);
      self(a, 0x41);
      get(a, IRR + 0x10);
      a.mov(ebx, eax);
      get(a, IRR + 0x20);
      a.shl(eax, 16);
      a.shr(ebx, 16);
      a.or(eax, ebx);
    },
  ],
  [
    'those below the task priority wait',
    (a) => {
      put(a, TPR, 0x3f);
      takeInterrupts(a);
    },
  ],
  ['processor priority follows', (a) => get(a, PPR)],
  [
    'and come when it falls',
    (a) => {
      put(a, TPR, 0);
      takeInterrupts(a);
    },
  ],
  ['nothing in service then', (a) => get(a, ISR + 0x10)],
  ['to itself by physical destination', (a) => sendTo(a, 0, 0x4036)],
  ['to another processor, which is not there', (a) => sendTo(a, 0x05, 0x4037)],
  [
    'to a logical destination',
    (a) => {
      put(a, LDR, 0x02000000);
      sendTo(a, 0x02, 0x4838);
    },
  ],
  ['to another logical destination', (a) => sendTo(a, 0x04, 0x4839)],
  [
    'to a logical destination of its cluster',
    (a) => {
      put(a, DFR, 0x0fffffff);
      put(a, LDR, 0x12000000);
      sendTo(a, 0x1f, 0x4838);
    },
  ],
  ['to a logical destination of another cluster', (a) => sendTo(a, 0x2f, 0x4839)],
  [
    'to a logical destination by a reserved model',
    (a) => {
      put(a, DFR, 0x1fffffff);
      sendTo(a, 0x12, 0x4839);
      put(a, DFR, 0xffffffff);
      put(a, LDR, 0x02000000);
    },
  ],
  ['to all but itself', (a) => sendTo(a, 0x04, 0xc403a)],
  ['to all', (a) => sendTo(a, 0x04, 0x8403b)],
  ['command register as read back', (a) => get(a, ICR)],
  [
    'timer, one shot',
    (a) => {
      const wait = `shot${unique()}`;
      put(a, DIVIDE, 0xb);
      put(a, TIMER, 0x3c);
      put(a, INITIAL, 1000);
      a.sti();
      a.label(wait);
      get(a, CURRENT);
      a.test(eax, eax);
      a.jnz(wait);
      takeInterrupts(a);
    },
  ],
  ['current count after it', (a) => get(a, CURRENT)],
  [
    'timer, periodic, three times at least',
    (a) => {
      const wait = `period${unique()}`;
      put(a, TIMER, 0x2003d);
      put(a, INITIAL, 2000);
      a.sti();
      a.label(wait);
      a.cmp(mem({ disp: 0x6000 }), 6);
      a.jb(wait);
      a.cli();
      put(a, TIMER, MASKED);
      put(a, INITIAL, 0);
      takeInterrupts(a);
      a.and(eax, 0xffffff);
    },
  ],
  [
    'timer, masked, nothing comes',
    (a) => {
      put(a, TIMER, MASKED | 0x3d);
      put(a, INITIAL, 100);
      takeInterrupts(a);
    },
  ],
  [
    'current count is below the initial one',
    (a) => {
      put(a, DIVIDE, 0xa);
      put(a, INITIAL, 0xffffffff);
      get(a, CURRENT);
      a.shr(eax, 28);
      put(a, INITIAL, 0);
    },
  ],
  ['I/O APIC version', (a) => getIo(a, 1)],
  ['an entry at first', (a) => getIo(a, 0x10 + 2 * 5)],
  [
    'an entry written',
    (a) => {
      putIo(a, 0x11 + 2 * 5, 0x0f000000);
      putIo(a, 0x10 + 2 * 5, 0x1afff);
      getIo(a, 0x10 + 2 * 5);
      a.mov(ebx, eax);
      getIo(a, 0x11 + 2 * 5);
      a.or(eax, ebx);
      putIo(a, 0x10 + 2 * 5, MASKED);
    },
  ],
  [
    'the timer chip through the I/O APIC',
    (a) => {
      // Mode 0 of channel 0: one edge when it has run out.
      putIo(a, 0x11 + 2 * 2, 0);
      putIo(a, 0x10 + 2 * 2, 0x3e);
      command(a, 0x43, 0x30);
      command(a, 0x40, 0x20);
      command(a, 0x40, 0x00);
      const wait = `pit${unique()}`;
      a.sti();
      a.label(wait);
      a.cmp(mem({ disp: 0x6000 }), 0);
      a.je(wait);
      a.cli();
      putIo(a, 0x10 + 2 * 2, MASKED);
      takeInterrupts(a);
    },
  ],
  [
    'the serial port through the I/O APIC, a level comes until it falls',
    (a) => {
      putIo(a, 0x11 + 2 * 4, 0);
      putIo(a, 0x10 + 2 * 4, 0x803f);
      command(a, 0x3f9, 0x02);
      takeInterrupts(a);
      a.push(eax);
      byteFrom(a, 0x3fa);
      command(a, 0x3f9, 0x00);
      putIo(a, 0x10 + 2 * 4, MASKED);
      a.pop(eax);
    },
  ],
  [
    'remote IRR while it is not ended',
    (a) => {
      putIo(a, 0x10 + 2 * 4, 0x8040);
      command(a, 0x3f9, 0x02);
      getIo(a, 0x10 + 2 * 4);
      a.mov(ebx, eax);
      byteFrom(a, 0x3fa);
      command(a, 0x3f9, 0x00);
      a.push(ebx);
      takeInterrupts(a);
      a.shl(eax, 16);
      a.pop(ebx);
      a.or(eax, ebx);
    },
  ],
  [
    'and after',
    (a) => {
      getIo(a, 0x10 + 2 * 4);
      putIo(a, 0x10 + 2 * 4, MASKED);
    },
  ],
  [
    'the 8259 through LINT0, by its own vector',
    (a) => {
      // ICW2 30h puts its input 4 at vector 34h.
      for (const [port, value] of [
        [0x20, 0x11],
        [0x21, 0x30],
        [0x21, 0x04],
        [0x21, 0x03],
        [0x21, 0xef],
      ]) {
        command(a, port, value);
      }
      command(a, 0x3f9, 0x02);
      a.push(eax);
      takeInterrupts(a);
      a.pop(ebx);
      byteFromKeeping(a, 0x3fa);
      command3f9(a);
      a.and(eax, 0xff);
    },
  ],
  [
    'but not when LINT0 is masked',
    (a) => {
      put(a, LINT0, 0x18700);
      command(a, 0x3f9, 0x02);
      takeInterrupts(a);
      byteFromKeeping(a, 0x3fa);
      command3f9(a);
      put(a, LINT0, 0x8700);
    },
  ],
  [
    'switched off by software, the vectors wait',
    (a) => {
      command(a, 0x21, 0xff);
      put(a, SVR, 0xff);
      self(a, 0x42);
      takeInterrupts(a);
    },
  ],
  [
    'spurious vector, lowest bits',
    (a) => {
      put(a, SVR, 0x1ff);
      takeInterrupts(a);
      get(a, SVR);
    },
  ],
  [
    'EOI with nothing in service',
    (a) => {
      put(a, EOI, 0);
      get(a, ISR + 0x20);
    },
  ],
  ['floating pointer of the MultiProcessor tables', (a) => a.mov(eax, mem({ disp: 0xf5ba0 }))],
  ['where the table is', (a) => a.mov(eax, mem({ disp: 0xf5ba4 }))],
  [
    'its length and version',
    (a) => {
      // Not the checksum: the makers' names differ.
      a.mov(eax, mem({ disp: 0xf5bb4 }));
      a.and(eax, 0xffffff);
    },
  ],
];

/** Reads a port without touching EAX. */
function byteFromKeeping(a: Assembler, port: number): void {
  a.push(eax);
  byteFrom(a, port);
  a.pop(eax);
}

/** Switches the serial port's interrupts off without touching EAX. */
function command3f9(a: Assembler): void {
  a.push(eax);
  command(a, 0x3f9, 0x00);
  a.pop(eax);
}

compareWithQemu('APICs', questions);
