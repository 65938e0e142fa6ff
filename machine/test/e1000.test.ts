import { beforeEach, describe, expect, it } from 'vitest';
import { NEVER } from '../devices/device.js';
import { E1000 } from '../devices/e1000/e1000.js';
import { PacketLog } from '../devices/packet-port.js';
import { fakeMemory, HandClock, RecordedLine } from './fakes.js';

const [ICR, IMS, IMC, TCTL, TDBAL, TDLEN, TDH, TDT, TIDV, TADV, EERD, CTRL] = [
  0xc0, 0xd0, 0xd8, 0x400, 0x3800, 0x3808, 0x3810, 0x3818, 0x3820, 0x382c, 0x14, 0,
];
const BASE = 0xfebc0000;
const RING = 0x1000;
const [EOP, RS, IDE] = [0x01, 0x08, 0x80];
/** 1000 Mb/s at 1 GHz: eight cycles a byte, one cycle a nanosecond. */
const HZ = 1_000_000_000;
const DESCRIPTOR_NS = 500;
/** Preamble 8, checksum 4, gap 12. */
const wire = (bytes: number) => (Math.max(bytes, 60) + 24) * 8;

describe('e1000', () => {
  const clock = new HandClock(HZ);
  let line: RecordedLine;
  let ram: ReturnType<typeof fakeMemory>;
  let log: PacketLog;
  let card: E1000;
  const read = (register: number) => card.memory.read(register, 4);
  const write = (register: number, value: number) => card.memory.write(register, 4, value);
  const runUntil = (cycle: number) => {
    while (card.nextDue <= cycle) {
      clock.cycle = card.nextDue;
      card.run(clock.cycle);
    }
    clock.cycle = cycle;
  };
  const descriptor = (index: number, address: number, length: number, command: number) => {
    const view = new DataView(ram.bytes.buffer, RING + 16 * index, 16);
    view.setUint32(0, address, true);
    view.setUint32(4, 0, true);
    view.setUint32(8, length | (command << 24), true);
    view.setUint32(12, 0, true);
  };
  const done = (index: number) => ram.bytes[RING + 16 * index + 12] & 1;

  beforeEach(() => {
    clock.cycle = 0;
    line = new RecordedLine();
    ram = fakeMemory(0x10000);
    log = new PacketLog();
    const address = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
    const options = { megabits: 1000, descriptorNanoseconds: DESCRIPTOR_NS, address, packets: log };
    card = new E1000(clock, ram, line, 10, BASE, options);
    card.writeConfig(0x04, 2, 0x0006);
    write(TDBAL, RING);
    write(TDLEN, 8 * 16);
    write(TCTL, 0x2);
    for (let i = 0; i < 0x800; i++) ram.bytes[0x2000 + i] = i & 0xff;
  });

  it('sends a frame and reports it when its last bit has left', () => {
    write(IMS, 1);
    descriptor(0, 0x2000, 64, EOP | RS);
    write(TDT, 1);
    const end = DESCRIPTOR_NS + wire(64);
    expect(card.nextDue).toBe(end);
    expect([done(0), line.level, read(TDH)]).toEqual([0, false, 0]);
    runUntil(end);
    expect([done(0), line.level, read(TDH)]).toEqual([1, true, 1]);
    expect(log.packets).toEqual([{ frame: ram.bytes.slice(0x2000, 0x2040), cycle: BigInt(end) }]);
    expect(ram.writes).toEqual([[RING + 12, 1]]);
    expect(card.nextDue).toBe(NEVER);
  });

  it('clears its causes when they are read, and drops the line', () => {
    write(IMS, 3);
    descriptor(0, 0x2000, 64, EOP | RS);
    write(TDT, 1);
    runUntil(10_000);
    expect(read(ICR) & 3).toBe(3);
    expect(line.level).toBe(false);
    expect(read(ICR)).toBe(0);
  });

  it('keeps masked causes to itself', () => {
    descriptor(0, 0x2000, 64, EOP | RS);
    write(TDT, 1);
    runUntil(10_000);
    expect(line.level).toBe(false);
    write(IMS, 1);
    expect(line.level).toBe(true);
    write(IMC, 1);
    expect(line.level).toBe(false);
  });

  it('puts frames on the wire one after another, around the ring', () => {
    write(TDH, 7);
    write(TDT, 7);
    descriptor(7, 0x2000, 1460, EOP | RS);
    descriptor(0, 0x2100, 60, EOP | RS);
    write(TDT, 1);
    const first = DESCRIPTOR_NS + wire(1460);
    runUntil(100_000);
    expect(log.packets.map((p) => [p.frame.length, p.cycle])).toEqual([
      [1460, BigInt(first)],
      [60, BigInt(first + DESCRIPTOR_NS + wire(60))],
    ]);
    expect(read(TDH)).toBe(1);
  });

  it('gathers a frame from several descriptors', () => {
    descriptor(0, 0x2000, 40, 0);
    descriptor(1, 0x2080, 30, EOP | RS);
    write(TDT, 2);
    runUntil(10_000);
    expect(log.packets).toHaveLength(1);
    expect(log.packets[0].frame).toEqual(
      Uint8Array.from([...ram.bytes.slice(0x2000, 0x2028), ...ram.bytes.slice(0x2080, 0x209e)]),
    );
    expect([done(0), done(1)]).toEqual([0, 1]);
  });

  it('delays the interrupt by TIDV when the descriptor asks, restarted by each frame', () => {
    write(IMS, 1);
    write(TIDV, 10);
    descriptor(0, 0x2000, 60, EOP | RS | IDE);
    descriptor(1, 0x2000, 60, EOP | RS | IDE);
    write(TDT, 2);
    const last = 2 * (DESCRIPTOR_NS + wire(60));
    runUntil(last + 10 * 1024 - 1);
    expect([done(0), done(1), line.level]).toEqual([1, 1, false]);
    runUntil(last + 10 * 1024);
    expect([line.level, line.edges]).toEqual([true, 1]);
  });

  it('bounds the delay by TADV from the first frame', () => {
    write(IMS, 1);
    write(TIDV, 10);
    write(TADV, 5);
    descriptor(0, 0x2000, 60, EOP | RS | IDE);
    write(TDT, 1);
    const end = DESCRIPTOR_NS + wire(60);
    runUntil(end + 5 * 1024 - 1);
    expect(line.level).toBe(false);
    runUntil(end + 5 * 1024);
    expect(line.level).toBe(true);
  });

  it('interrupts at once without IDE whatever TIDV says', () => {
    write(IMS, 1);
    write(TIDV, 10);
    descriptor(0, 0x2000, 60, EOP | RS);
    write(TDT, 1);
    runUntil(DESCRIPTOR_NS + wire(60));
    expect(line.level).toBe(true);
  });

  it('does nothing without bus mastering, and goes on when it is allowed', () => {
    card.writeConfig(0x04, 2, 0x0002);
    descriptor(0, 0x2000, 60, EOP | RS);
    write(TDT, 1);
    expect(card.nextDue).toBe(NEVER);
    card.writeConfig(0x04, 2, 0x0006);
    write(TDT, 1);
    expect(card.nextDue).toBe(DESCRIPTOR_NS + wire(60));
  });

  it('reads nothing beyond RAM', () => {
    descriptor(0, 0xfff0, 64, EOP | RS);
    write(TDT, 1);
    runUntil(10_000);
    expect(log.packets[0].frame.length).toBe(16);
  });

  it('shows its station address in EEPROM and receive address', () => {
    const word = (index: number) => {
      write(EERD, (index << 8) | 1);
      return read(EERD);
    };
    expect([0, 1, 2].map((i) => word(i) >>> 16)).toEqual([0x5452, 0x1200, 0x5634]);
    expect(word(0) & 0x10).toBe(0x10);
    expect(read(0x5400)).toBe(0x12005452);
    expect(read(0x5404)).toBe(0x80005634);
  });

  it('shows the same words bit by bit, through the wires of EECD', () => {
    const [EECD, SK, CS, DI, DO] = [0x10, 1, 2, 4, 8];
    const clock = (bit: number) => {
      write(EECD, CS | (bit * DI));
      write(EECD, CS | SK | (bit * DI));
      return Number((read(EECD) & DO) !== 0);
    };
    // Start bit and READ, address 2; then the dummy 0 has been seen, and 16 bits follow.
    for (const bit of [1, 1, 0, 0, 0, 0, 0, 1, 0]) clock(bit);
    const word = Array.from({ length: 16 }, () => clock(0)).reduce((sum, bit) => 2 * sum + bit, 0);
    write(EECD, 0);
    expect(word).toBe(0x5634);
    // Firmware checks that all words add up to BABAh (317453, 5.6.35).
    let sum = 0;
    for (let i = 0; i < 64; i++) {
      write(EERD, (i << 8) | 1);
      sum += read(EERD) >>> 16;
    }
    expect(sum & 0xffff).toBe(0xbaba);
  });

  describe('receives', () => {
    const [RCTL, RDBAL, RDLEN, RDH, RDT, RDTR, RADV, MPC, GPRC, MTA] = [
      0x100, 0x2800, 0x2808, 0x2810, 0x2818, 0x2820, 0x282c, 0x4010, 0x4074, 0x5200,
    ];
    const [EN, UPE, BAM, SECRC, SIZE_256] = [0x2, 0x8, 0x8000, 0x4000000, 0x30000];
    const [RXT0, RXDMT0, RXO] = [0x80, 0x10, 0x40];
    const RX_RING = 0x3000;
    const buffer = (index: number) => 0x4000 + 0x800 * index;
    const station = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
    const frameTo = (destination: readonly number[], length = 60) =>
      Uint8Array.from({ length }, (_, i) => (i < 6 ? destination[i] : (i * 7) & 0xff));
    const received = (index: number) => {
      const view = new DataView(ram.bytes.buffer, RX_RING + 16 * index, 16);
      return { length: view.getUint16(8, true), status: view.getUint8(12), errors: view.getUint8(13) };
    };
    const ready = (control: number, descriptors = 7) => {
      write(RDBAL, RX_RING);
      write(RDLEN, 8 * 16);
      for (let i = 0; i < 8; i++) new DataView(ram.bytes.buffer, RX_RING + 16 * i, 16).setUint32(0, buffer(i), true);
      write(RDH, 0);
      write(RDT, descriptors);
      write(RCTL, control);
    };

    it('a frame to its address, with the check sequence, and reports it', () => {
      ready(EN);
      write(IMS, RXT0);
      const frame = frameTo(station);
      card.receive(frame, 1000);
      const end = 1000 + wire(60) + DESCRIPTOR_NS;
      runUntil(end - 1);
      expect([line.level, received(0).status, read(RDH)]).toEqual([false, 0, 0]);
      runUntil(end);
      expect([line.level, read(RDH)]).toEqual([true, 1]);
      expect(received(0)).toEqual({ length: 64, status: 0x07, errors: 0 });
      expect(ram.bytes.slice(buffer(0), buffer(0) + 60)).toEqual(frame);
      expect(read(ICR) & RXT0).toBe(RXT0);
      expect([read(GPRC), read(GPRC)]).toEqual([1, 0]);
    });

    it('the check sequence of IEEE 802.3, or strips it', () => {
      ready(EN | UPE);
      // The sequence of "123456789" is CBF43926h; a frame is padded with zeros, so take one that needs no padding.
      card.receive(frameTo([1, 2, 3, 4, 5, 6].map((b) => b * 2)), 0);
      runUntil(10_000);
      const stored = ram.bytes.slice(buffer(0), buffer(0) + 64);
      // Over a frame and its sequence the remainder is always the same number.
      let crc = 0xffffffff;
      for (const byte of stored) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
      }
      expect(crc >>> 0).toBe(0xdebb20e3);
      write(RCTL, EN | UPE | SECRC);
      card.receive(frameTo(station), 0);
      runUntil(20_000);
      expect(received(1).length).toBe(60);
    });

    it('pads short frames and spreads long ones over several buffers', () => {
      ready(EN | SECRC | SIZE_256);
      card.receive(frameTo(station, 20), 0);
      card.receive(frameTo(station, 600), 0);
      runUntil(100_000);
      expect([0, 1, 2, 3].map((i) => [received(i).length, received(i).status & 3])).toEqual([
        [60, 3],
        [256, 1],
        [256, 1],
        [88, 3],
      ]);
      expect(read(RDH)).toBe(4);
    });

    it('what its filter lets through and nothing else', () => {
      ready(EN | SECRC);
      const group = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x12];
      const deliver = (destination: readonly number[]) => {
        const before = read(RDH);
        card.receive(frameTo(destination), 0);
        runUntil(clock.cycle + 10_000);
        return read(RDH) - before;
      };
      const everybody = Array(6).fill(0xff);
      expect([deliver([2, 0, 0, 0, 0, 1]), deliver(everybody), deliver(group)]).toEqual([0, 0, 0]);
      write(RCTL, EN | SECRC | BAM);
      expect([deliver(everybody), deliver(station), deliver(group)]).toEqual([1, 1, 0]);
      // Bits 47 to 36 of the address, as RCTL.MO = 0 says.
      const hash = ((group[4] | (group[5] << 8)) >> 4) & 0xfff;
      write(MTA + 4 * (hash >> 5), 1 << (hash & 31));
      expect(deliver(group)).toBe(1);
      write(RCTL, EN | SECRC | UPE);
      expect(deliver([2, 0, 0, 0, 0, 1])).toBe(1);
    });

    it('nothing while it is off; holds frames until there are descriptors, and counts what finds no room', () => {
      ready(0);
      card.receive(frameTo(station), 0);
      runUntil(10_000);
      expect([read(RDH), card.nextDue]).toEqual([0, NEVER]);
      ready(EN, 0);
      for (let i = 0; i < 40; i++) card.receive(frameTo(station, 1500), 0);
      runUntil(2_000_000);
      // 48 KiB hold 32 frames of 1504 bytes.
      expect([read(RDH), read(MPC), read(ICR) & RXO]).toEqual([0, 8, RXO]);
      write(RDT, 3);
      runUntil(2_100_000);
      expect(read(RDH)).toBe(3);
    });

    it('and warns of few descriptors, and waits for more frames if told to', () => {
      ready(EN, 5);
      write(IMS, RXT0 | RXDMT0);
      write(RDTR, 10);
      write(RADV, 15);
      card.receive(frameTo(station), 0);
      runUntil(wire(60) + DESCRIPTOR_NS);
      // Four of eight are left: half.
      expect([line.level, read(ICR) & RXDMT0]).toEqual([true, RXDMT0]);
      const first = clock.cycle;
      card.receive(frameTo(station), first + 8 * 1024);
      runUntil(first + 15 * 1024 - 1);
      read(ICR);
      expect(line.level).toBe(false);
      runUntil(first + 15 * 1024);
      expect(read(ICR) & RXT0).toBe(RXT0);
    });
  });

  it('is reset by CTRL.RST', () => {
    write(IMS, 1);
    write(CTRL, 1 << 26);
    expect([read(IMS), read(TCTL), read(TDLEN)]).toEqual([0, 0, 0]);
  });
});
