import { beforeEach, describe, expect, it } from 'vitest';
import { NEVER } from '../devices/device.js';
import { PIT_HZ, Pit } from '../devices/pit.js';
import { HandClock, RecordedLine } from './fakes.js';

/** Ten cycles a tick make every expectation readable. */
const CYCLES_PER_TICK = 10;

describe('8254', () => {
  let clock: HandClock;
  let line: RecordedLine;
  let pit: Pit;

  beforeEach(() => {
    clock = new HandClock(PIT_HZ * CYCLES_PER_TICK);
    line = new RecordedLine();
    pit = new Pit(clock, line, 0);
  });

  const program = (control: number, count: number) => {
    pit.write(0x43, 1, control);
    pit.write(0x40, 1, count & 0xff);
    pit.write(0x40, 1, count >> 8);
  };
  const latched = (channel: number) => {
    pit.write(0x43, 1, channel << 6);
    return pit.read(0x40 + channel, 1) | (pit.read(0x40 + channel, 1) << 8);
  };

  it('is left by firmware at 18.2 Hz: 65536 ticks a period', () => {
    expect(pit.nextDue).toBe(65536 * CYCLES_PER_TICK);
  });

  it('interrupts at the end of each period in mode 2', () => {
    clock.cycle = 1000;
    program(0x34, 100);
    expect(pit.nextDue).toBe(1000 + 100 * CYCLES_PER_TICK);
    clock.cycle = 2000;
    pit.run(2000);
    expect(line.edges).toBe(1);
    expect(pit.nextDue).toBe(3000);
  });

  it('counts down to 1 and starts over in mode 2', () => {
    program(0x34, 100);
    clock.cycle = 30 * CYCLES_PER_TICK;
    expect(latched(0)).toBe(70);
    clock.cycle = 130 * CYCLES_PER_TICK;
    expect(latched(0)).toBe(70);
  });

  it('counts by two in mode 3', () => {
    program(0x36, 100);
    clock.cycle = 10 * CYCLES_PER_TICK;
    expect(latched(0)).toBe(80);
    clock.cycle = 60 * CYCLES_PER_TICK;
    expect(latched(0)).toBe(80);
  });

  describe('channel 2, by the data sheet', () => {
    const programTwo = (mode: number, count: number) => {
      pit.write(0x43, 1, 0xb0 | (mode << 1));
      pit.write(0x42, 1, count & 0xff);
      pit.write(0x42, 1, count >> 8);
    };
    const gate = (open: boolean) => pit.write(0x61, 1, open ? 1 : 0);
    const output = (tick: number) => {
      clock.cycle = tick * CYCLES_PER_TICK;
      return (pit.read(0x61, 1) >> 5) & 1;
    };

    it('mode 1: low for the count after each rising gate, whatever the gate does meanwhile', () => {
      programTwo(1, 50);
      expect([output(0), output(100)]).toEqual([1, 1]);
      gate(true);
      expect([output(100), output(149), output(150), output(300)]).toEqual([0, 0, 1, 1]);
      gate(false);
      expect(output(310)).toBe(1);
      gate(true);
      expect(output(330)).toBe(0);
      gate(false);
      gate(true);
      // Triggered again before its end: the count begins anew.
      expect([output(379), output(380)]).toEqual([0, 1]);
    });

    it('mode 1: a new count waits for the next trigger', () => {
      programTwo(1, 50);
      gate(true);
      pit.write(0x42, 1, 10);
      pit.write(0x42, 1, 0);
      expect([output(49), output(50)]).toEqual([0, 1]);
      gate(false);
      gate(true);
      expect([output(59), output(60)]).toEqual([0, 1]);
    });

    it('mode 4: one tick low at the end of the count, which stands while the gate is closed', () => {
      gate(true);
      programTwo(4, 50);
      expect([output(0), output(49)]).toEqual([1, 1]);
      gate(false);
      clock.cycle = 200 * CYCLES_PER_TICK;
      gate(true);
      expect([output(200), output(201), output(202)]).toEqual([1, 0, 1]);
    });

    it('mode 5: the same, begun by the gate', () => {
      programTwo(5, 50);
      expect(output(100)).toBe(1);
      gate(true);
      expect([output(149), output(150), output(151)]).toEqual([1, 0, 1]);
    });
  });

  it('mode 4 interrupts when the strobe ends', () => {
    program(0x38, 100);
    expect(pit.nextDue).toBe(101 * CYCLES_PER_TICK);
  });

  it('interrupts once in mode 0', () => {
    program(0x30, 50);
    expect(line.level).toBe(false);
    expect(pit.nextDue).toBe(500);
    clock.cycle = 500;
    pit.run(500);
    expect(line.edges).toBe(1);
    expect(pit.nextDue).toBe(NEVER);
  });

  it('loads each count late by the declared phase', () => {
    pit = new Pit(clock, line, 7);
    program(0x34, 100);
    expect(pit.nextDue).toBe(1007);
  });

  it('rounds an edge up to a whole cycle when the clocks do not divide', () => {
    clock = new HandClock(133_333_333);
    pit = new Pit(clock, line, 0);
    program(0x34, 11932);
    // 11932 ticks = 11932 x 133333333 / 1193182 = 1333352.75... cycles
    expect(pit.nextDue).toBe(Math.ceil((11932 * 133_333_333) / 1193182));
  });

  it('gates channel 2 by port 61h and shows its output there', () => {
    pit.write(0x61, 1, 0x01);
    pit.write(0x43, 1, 0xb0);
    pit.write(0x42, 1, 100);
    pit.write(0x42, 1, 0);
    expect(pit.read(0x61, 1) & 0x21).toBe(0x01);
    clock.cycle = 99 * CYCLES_PER_TICK;
    expect(pit.read(0x61, 1) & 0x20).toBe(0);
    clock.cycle = 100 * CYCLES_PER_TICK;
    expect(pit.read(0x61, 1) & 0x20).toBe(0x20);
  });

  it.each([2, 3])('mode %i: a closed gate holds the count, with the output high; opening it begins anew', (mode) => {
    pit.write(0x61, 1, 1);
    pit.write(0x43, 1, 0xb0 | (mode << 1));
    for (const byte of [100, 0]) pit.write(0x42, 1, byte);
    clock.cycle = 30 * CYCLES_PER_TICK;
    pit.write(0x61, 1, 0);
    const held = latched(2);
    clock.cycle = 500 * CYCLES_PER_TICK;
    expect(latched(2)).toBe(held);
    expect(held).toBe(mode === 2 ? 70 : 40);
    expect(pit.read(0x61, 1) & 0x20).toBe(0x20);
    pit.write(0x61, 1, 1);
    expect(latched(2)).toBe(100);
  });

  it('stops a mode 0 count while the gate is closed', () => {
    pit.write(0x61, 1, 0x01);
    pit.write(0x43, 1, 0xb0);
    pit.write(0x42, 1, 100);
    pit.write(0x42, 1, 0);
    clock.cycle = 40 * CYCLES_PER_TICK;
    pit.write(0x61, 1, 0x00);
    clock.cycle = 1000 * CYCLES_PER_TICK;
    expect(latched(2)).toBe(60);
    pit.write(0x61, 1, 0x01);
    clock.cycle = 1059 * CYCLES_PER_TICK;
    expect(pit.read(0x61, 1) & 0x20).toBe(0);
    clock.cycle = 1060 * CYCLES_PER_TICK;
    expect(pit.read(0x61, 1) & 0x20).toBe(0x20);
  });

  it('latches status and count by a read-back command', () => {
    program(0x34, 100);
    clock.cycle = 10 * CYCLES_PER_TICK;
    pit.write(0x43, 1, 0xc2);
    clock.cycle = 50 * CYCLES_PER_TICK;
    // Output high, count loaded, access low then high, mode 2, binary.
    expect(pit.read(0x40, 1)).toBe(0xb4);
    expect(pit.read(0x40, 1) | (pit.read(0x40, 1) << 8)).toBe(90);
  });

  it('counts in decimal when told to', () => {
    program(0x35, 0x0100);
    clock.cycle = 1 * CYCLES_PER_TICK;
    expect(latched(0)).toBe(0x0099);
  });
});
