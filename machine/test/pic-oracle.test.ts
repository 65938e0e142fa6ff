/** The 8259 in depth, against QEMU's: requests, polls, ends, rotation, special masks, automatic end, ELCR. */
import { type Assembler, al, eax, ebx } from '../../toolchain/assembler/index.js';
import { append, byteFrom, command, compareWithQemu, type Question, takeInterrupts, unique } from './questions.js';

/** ICW1 to ICW4 and OCW1 of the first 8259: vectors 30h to 37h, everything masked. */
function initialise(a: Assembler, icw4: number, icw1 = 0x11): void {
  for (const [port, value] of [
    [0x20, icw1],
    [0x21, 0x30],
    [0x21, 0x04],
    [0x21, icw4],
    [0x21, 0xff],
  ]) {
    command(a, port, value);
  }
}

/** Raises input 0 by a timer that has run out, and input 4 by the serial port's transmitter. */
function raiseBoth(a: Assembler): void {
  const wait = `out${unique()}`;
  command(a, 0x43, 0x30);
  command(a, 0x40, 0x10);
  command(a, 0x40, 0x00);
  a.label(wait);
  command(a, 0x43, 0xe2);
  byteFrom(a, 0x40);
  a.test(al, 0x80);
  a.jz(wait);
  // QEMU tells OUT by its clock at once, and the 8259 when its timers are next looked at.
  const raised = `raised${unique()}`;
  a.label(raised);
  command(a, 0x20, 0x0a);
  byteFrom(a, 0x20);
  a.test(al, 0x01);
  a.jz(raised);
  command(a, 0x3f9, 0x00);
  command(a, 0x3f9, 0x02);
}

function dropSerial(a: Assembler): void {
  a.push(eax);
  byteFrom(a, 0x3fa);
  command(a, 0x3f9, 0x00);
  a.pop(eax);
}

/** Request and service registers, polls and ends, in a row of commands; EAX = what was read, oldest highest. */
function row(
  a: Assembler,
  ...steps: readonly (readonly [port: number, value: number] | 'irr' | 'isr' | 'poll')[]
): void {
  a.xor(ebx, ebx);
  for (const step of steps) {
    if (step === 'irr' || step === 'isr' || step === 'poll') {
      command(a, 0x20, step === 'irr' ? 0x0a : step === 'isr' ? 0x0b : 0x0c);
      append(a, 0x20);
    } else command(a, step[0], step[1]);
  }
  a.mov(eax, ebx);
}

const EOI = [0x20, 0x20] as const;
const UNMASK = [0x21, 0xee] as const;
const MASK = [0x21, 0xff] as const;

const questions: readonly Question[] = [
  [
    'requests of two inputs',
    (a) => {
      initialise(a, 0x01);
      raiseBoth(a);
      row(a, 'irr', 'isr');
    },
  ],
  ['polls take the higher one first', (a) => row(a, UNMASK, 'poll', 'isr', 'irr')],
  ['the other one waits until the end', (a) => row(a, 'poll', EOI, 'poll', 'isr')],
  ['specific end of input 4', (a) => row(a, [0x20, 0x64], 'isr', MASK)],
  [
    'special mask mode lets lower ones in',
    (a) => {
      dropSerial(a);
      initialise(a, 0x01);
      raiseBoth(a);
      // Input 0 in service and masked: with special mask mode it holds nobody up.
      row(a, UNMASK, 'poll', [0x21, 0xef], [0x20, 0x68], 'poll', 'isr');
    },
  ],
  ['and its end', (a) => row(a, [0x20, 0x48], [0x20, 0x60], [0x20, 0x64], 'isr', MASK)],
  [
    'rotation on a specific end',
    (a) => {
      dropSerial(a);
      initialise(a, 0x01);
      raiseBoth(a);
      // Input 0 becomes the lowest: input 4 is served although 0 asks again.
      row(a, UNMASK, 'poll', [0x20, 0xe0], 'isr');
    },
  ],
  [
    'set priority, input 4 before input 0',
    (a) => {
      dropSerial(a);
      initialise(a, 0x01);
      raiseBoth(a);
      row(a, [0x20, 0xc3], UNMASK, 'poll', [0x20, 0x64], 'poll', [0x20, 0x60]);
    },
  ],
  [
    'automatic end',
    (a) => {
      dropSerial(a);
      initialise(a, 0x03);
      raiseBoth(a);
      command(a, 0x21, 0xee);
      takeInterrupts(a);
    },
  ],
  ['nothing in service after it', (a) => row(a, MASK, 'isr')],
  [
    'level-triggered input 4 asks again',
    (a) => {
      dropSerial(a);
      command(a, 0x4d0, 0x10);
      initialise(a, 0x01);
      command(a, 0x3f9, 0x02);
      row(a, [0x21, 0xef], 'poll', EOI, 'poll', EOI, MASK);
    },
  ],
  [
    'and no more when the line has fallen',
    (a) => {
      dropSerial(a);
      row(a, 'irr', [0x4d0, 0x00]);
      a.and(eax, 0xfe);
    },
  ],
  ['what ELCR keeps', (a) => row(a, [0x4d0, 0xff], [0x4d1, 0xff])],
  [
    'ELCR of the first and second',
    (a) => {
      a.xor(ebx, ebx);
      append(a, 0x4d0);
      append(a, 0x4d1);
      command(a, 0x4d0, 0);
      command(a, 0x4d1, 0x0c);
      a.mov(eax, ebx);
    },
  ],
];

compareWithQemu('interrupt controllers', questions);
