/** The network card against QEMU's: a frame that the PHY loops back goes out of one ring and comes in by the other. */
import { type Assembler, al, dx, eax, ebx, ecx, mem, mem8 } from '../../toolchain/assembler/index.js';
import {
  command,
  compareWithQemu,
  FIRST_VECTOR,
  INTERRUPT_COUNT,
  networkBase,
  type Question,
  unique,
} from './questions.js';

const [ICR, IMC, RCTL, TCTL, RDBAL, RDLEN, RDH, RDT, TDBAL, TDLEN, TDH, TDT, MDIC, MTA] = [
  0xc0, 0xd8, 0x100, 0x400, 0x2800, 0x2808, 0x2810, 0x2818, 0x3800, 0x3808, 0x3810, 0x3818, 0x20, 0x5200,
];
const [GPRC, GPTC, BPRC] = [0x4074, 0x4080, 0x4078];
const [EN, UPE, BAM, SECRC, SIZE_256] = [0x2, 0x8, 0x8000, 0x4000000, 0x30000];
const IO_APIC = 0xfec00000;
const TRANSMIT_RING = 0x20000;
const RECEIVE_RING = 0x21000;
const FRAME = 0x22000;
const BUFFERS = 0x30000;
const BUFFER_BYTES = 0x800;
/** EOP, IFCS, RS. */
const COMMAND = 0x0b000000;
const STATION = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
const BROADCAST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const STRANGER = [0x02, 0x00, 0x00, 0x00, 0x00, 0x01];
const GROUP = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x12];

function put(a: Assembler, register: number, value: number): void {
  a.mov(mem({ base: ebx, disp: register }), value);
}

function get(a: Assembler, register: number): void {
  networkBase(a);
  a.mov(eax, mem({ base: ebx, disp: register }));
}

/** Sends a frame and waits until the card has done with it, and a little longer for its reception. */
function send(a: Assembler, destination: readonly number[], length: number): void {
  const [wait, rest] = [`sent${unique()}`, `rest${unique()}`];
  networkBase(a);
  destination.forEach((byte, i) => {
    a.mov(mem8({ disp: FRAME + i }), byte);
  });
  a.mov(ecx, mem({ base: ebx, disp: TDT }));
  a.shl(ecx, 4);
  a.mov(mem({ base: ecx, disp: TRANSMIT_RING }), FRAME);
  a.mov(mem({ base: ecx, disp: TRANSMIT_RING + 4 }), 0);
  a.mov(mem({ base: ecx, disp: TRANSMIT_RING + 8 }), (COMMAND | length) >>> 0);
  a.mov(mem({ base: ecx, disp: TRANSMIT_RING + 12 }), 0);
  a.shr(ecx, 4);
  a.inc(ecx);
  a.and(ecx, 7);
  a.mov(mem({ base: ebx, disp: TDT }), ecx);
  a.label(wait);
  a.mov(eax, mem({ base: ebx, disp: TDH }));
  a.cmp(eax, ecx);
  a.jne(wait);
  a.mov(ecx, 50000);
  a.label(rest);
  a.dec(ecx);
  a.jnz(rest);
}

/**
 * Sets RCTL and lets 1.2 seconds pass, asleep: QEMU's card receives nothing for a second after it. The timer chip wakes the
 * processor 18 times a second through the I/O APIC.
 */
function control(a: Assembler, value: number): void {
  const sleep = `sleep${unique()}`;
  networkBase(a);
  put(a, RCTL, value);
  for (const [port, byte] of [
    [0x21, 0xff],
    [0xa1, 0xff],
    [0x43, 0x34],
    [0x40, 0x00],
    [0x40, 0x00],
  ]) {
    command(a, port, byte);
  }
  a.mov(mem({ disp: IO_APIC }), 0x14);
  a.mov(mem({ disp: IO_APIC + 0x10 }), FIRST_VECTOR);
  a.mov(mem({ disp: INTERRUPT_COUNT }), 0);
  a.label(sleep);
  a.sti();
  a.hlt();
  a.cli();
  a.cmp(mem({ disp: INTERRUPT_COUNT }), 2 * 22);
  a.jb(sleep);
  a.mov(mem({ disp: IO_APIC + 0x10 }), 0x10000);
  a.mov(mem({ disp: INTERRUPT_COUNT }), 0);
}

/** EAX = a word of a receive descriptor: 2 = length and checksum, 3 = status, errors, special. */
function received(a: Assembler, index: number, word: number): void {
  a.mov(eax, mem({ disp: RECEIVE_RING + 16 * index + 4 * word }));
}

/** Sum of the bytes of a buffer. */
function sum(a: Assembler, index: number, bytes: number): void {
  const next = `sum${unique()}`;
  a.mov(ebx, BUFFERS + BUFFER_BYTES * index);
  a.mov(ecx, bytes);
  a.xor(eax, eax);
  a.label(next);
  a.rol(eax, 3);
  a.add(al, mem8({ base: ebx }));
  a.inc(ebx);
  a.dec(ecx);
  a.jnz(next);
}

const questions: readonly Question[] = [
  [
    'looped back by the PHY',
    (a) => {
      // Bus mastering on, rings of eight, filled with buffers; then PHY register 0: loopback, 1000 Mb/s, full duplex.
      a.mov(eax, 0x80001004);
      a.mov(dx, 0xcf8);
      a.out(dx, eax);
      a.mov(eax, 0x107);
      a.mov(dx, 0xcfc);
      a.out(dx, eax);
      networkBase(a);
      put(a, IMC, 0xffffffff);
      for (let i = 0; i < 8; i++) {
        a.mov(mem({ disp: RECEIVE_RING + 16 * i }), BUFFERS + BUFFER_BYTES * i);
        for (const word of [4, 8, 12]) a.mov(mem({ disp: RECEIVE_RING + 16 * i + word }), 0);
      }
      for (let i = 0; i < 128; i++) put(a, MTA + 4 * i, 0);
      const fill = `fill${unique()}`;
      a.mov(ecx, 0);
      a.label(fill);
      a.mov(mem8({ base: ecx, disp: FRAME }), 0x5a);
      a.mov(eax, ecx);
      a.add(mem8({ base: ecx, disp: FRAME }), al);
      a.inc(ecx);
      a.cmp(ecx, 1600);
      a.jb(fill);
      for (const [register, value] of [
        [TDBAL, TRANSMIT_RING],
        [TDLEN, 128],
        [TDH, 0],
        [TDT, 0],
        [RDBAL, RECEIVE_RING],
        [RDLEN, 128],
        [RDH, 0],
        [RDT, 7],
        [TCTL, 0xa],
        [MDIC, 0x04204140],
      ]) {
        put(a, register, value);
      }
      control(a, EN | SECRC | BAM);
      networkBase(a);
      put(a, MDIC, 0x08200000);
      a.mov(eax, mem({ base: ebx, disp: MDIC }));
      a.and(eax, 0x1000fd00);
    },
  ],
  [
    'a frame to its own address',
    (a) => {
      get(a, ICR);
      send(a, STATION, 100);
      received(a, 0, 2);
      a.and(eax, 0xffff);
    },
  ],
  [
    'its status',
    (a) => {
      received(a, 0, 3);
      a.and(eax, 0xff03);
    },
  ],
  ['its bytes', (a) => sum(a, 0, 100)],
  ['head of the ring', (a) => get(a, RDH)],
  [
    'causes, frame received, transmitted, queue empty',
    (a) => {
      get(a, ICR);
      a.and(eax, 0x83);
    },
  ],
  [
    'a short frame is padded',
    (a) => {
      send(a, STATION, 20);
      received(a, 1, 2);
      a.and(eax, 0xffff);
    },
  ],
  [
    'strangers and groups do not pass, broadcasts do',
    (a) => {
      for (const destination of [STRANGER, GROUP, BROADCAST]) send(a, destination, 64);
      get(a, RDH);
    },
  ],
  [
    'a group of the multicast table',
    (a) => {
      const hash = ((GROUP[4] | (GROUP[5] << 8)) >> 4) & 0xfff;
      networkBase(a);
      put(a, MTA + 4 * (hash >> 5), (1 << (hash & 31)) >>> 0);
      send(a, GROUP, 64);
      get(a, RDH);
    },
  ],
  [
    'anybody with UPE, the check sequence counted',
    (a) => {
      control(a, EN | UPE | SIZE_256);
      send(a, STRANGER, 64);
      received(a, 4, 2);
      a.and(eax, 0xffff);
    },
  ],
  [
    'a long frame over three buffers of 256 bytes, lengths of the first two',
    (a) => {
      networkBase(a);
      put(a, RDT, 3);
      send(a, STATION, 700);
      a.xor(eax, eax);
      a.mov(al, mem8({ disp: RECEIVE_RING + 16 * 5 + 9 }));
      a.shl(eax, 8);
      a.mov(al, mem8({ disp: RECEIVE_RING + 16 * 6 + 9 }));
    },
  ],
  [
    'length of the last',
    (a) => {
      received(a, 7, 2);
      a.and(eax, 0xffff);
    },
  ],
  [
    'status of first and last',
    (a) => {
      received(a, 5, 3);
      a.and(eax, 3);
      a.mov(ecx, eax);
      received(a, 7, 3);
      a.and(eax, 3);
      a.shl(eax, 8);
      a.or(eax, ecx);
    },
  ],
  ['bytes of the second', (a) => sum(a, 6, 256)],
  ['good frames received', (a) => get(a, GPRC)],
  ['cleared by reading', (a) => get(a, GPRC)],
  ['broadcasts received', (a) => get(a, BPRC)],
  ['good frames transmitted', (a) => get(a, GPTC)],
];

compareWithQemu('network card', questions);
