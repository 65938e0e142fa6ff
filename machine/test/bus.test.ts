import { describe, expect, it } from 'vitest';
import { Bus } from '../devices/bus.js';
import { Cmos } from '../devices/cmos.js';
import { type Device, NEVER } from '../devices/device.js';
import { KeyboardController } from '../devices/keyboard.js';
import { HandClock, RecordedLine } from './fakes.js';

const HZ = 1_000_000;

describe('bus', () => {
  const device = (name: string, first: number, last: number): Device => ({
    name,
    ports: [{ first, last }],
    read: (port) => port,
  });

  it('finds the device of a port, and answers all ones where there is none', () => {
    const bus = new Bus();
    bus.attach(device('a', 0x10, 0x1f));
    expect([bus.readPort(0x12, 1), bus.readPort(0x20, 1), bus.readPort(0x20, 2), bus.readPort(0x20, 4)]).toEqual([
      0x12, 0xff, 0xffff, 0xffffffff,
    ]);
  });

  it('splits a wider access to a device of eight bits, one port after the other, also past its end', () => {
    const bus = new Bus();
    const writes: number[][] = [];
    const narrow = { ...device('narrow', 0x10, 0x12), byteWide: true };
    bus.attach({ ...narrow, write: (port, size, value) => void writes.push([port, size, value]) });
    expect([bus.readPort(0x10, 2), bus.readPort(0x11, 4)]).toEqual([0x1110, 0xffff1211]);
    bus.writePort(0x11, 4, 0x44332211);
    expect(writes).toEqual([
      [0x11, 1, 0x11],
      [0x12, 1, 0x22],
    ]);
  });

  it('refuses a port that is claimed twice, naming both', () => {
    const bus = new Bus();
    bus.attach(device('first', 0x10, 0x1f));
    expect(() => bus.attach(device('second', 0x18, 0x18))).toThrow('port 0x18 is claimed by first and by second');
  });

  it('knows the earliest due cycle and runs what is due, in the order of attachment', () => {
    const bus = new Bus();
    const ran: string[] = [];
    const timed = (name: string, nextDue: number): Device => ({ name, nextDue, run: () => void ran.push(name) });
    expect(bus.nextDue).toBe(NEVER);
    for (const d of [timed('late', 30), timed('b', 10), timed('a', 10)]) bus.attach(d);
    expect(bus.nextDue).toBe(10);
    bus.run(20);
    expect(ran).toEqual(['b', 'a']);
  });

  it('sends device memory to its window while it is enabled', () => {
    const bus = new Bus();
    const writes: number[][] = [];
    const memory = {
      base: 0xf0000000,
      length: 0x100,
      enabled: true,
      read: (offset: number) => offset,
      write: (...args: number[]) => void writes.push(args),
    };
    bus.attach({ name: 'card', memory });
    expect([bus.readMemory(0xf0000010, 4), bus.readMemory(0xf0000100, 4)]).toEqual([0x10, 0xffffffff]);
    bus.writeMemory(0xf0000020, 4, 7);
    memory.enabled = false;
    bus.writeMemory(0xf0000020, 4, 8);
    expect(writes).toEqual([[0x20, 4, 7]]);
    expect(bus.readMemory(0xf0000010, 1)).toBe(0xff);
  });
});

describe('RTC', () => {
  it('starts at its fixed date and follows the cycle counter', () => {
    const clock = new HandClock(HZ);
    const rtc = new Cmos(clock, new RecordedLine(), 64 << 20);
    const read = (index: number) => {
      rtc.write(0x70, 1, index);
      return rtc.read(0x71);
    };
    const time = () => [0x32, 0x09, 0x08, 0x07, 0x04, 0x02, 0x00].map((index) => read(index).toString(16));
    expect(time()).toEqual(['20', '5', '6', '12', '0', '0', '0']);
    clock.cycle = (3 * 3600 + 25 * 60 + 59) * HZ + HZ - 1;
    expect(time()).toEqual(['20', '5', '6', '12', '3', '25', '59']);
  });

  it('keeps what is written to its memory, and its own registers to itself', () => {
    const rtc = new Cmos(new HandClock(HZ), new RecordedLine(), 64 << 20);
    const write = (index: number, value: number) => {
      rtc.write(0x70, 1, index);
      rtc.write(0x71, 1, value);
      return rtc.read(0x71);
    };
    expect(write(0x40, 0x5a)).toBe(0x5a);
    expect(write(0x0d, 0x00)).toBe(0x80);
  });
});

describe('RTC interrupts', () => {
  const setup = () => {
    const clock = new HandClock(HZ);
    const line = new RecordedLine();
    const rtc = new Cmos(clock, line, 64 << 20);
    const read = (index: number) => {
      rtc.write(0x70, 1, index);
      return rtc.read(0x71);
    };
    const write = (index: number, value: number) => {
      rtc.write(0x70, 1, index);
      rtc.write(0x71, 1, value);
    };
    const runUntil = (cycle: number) => {
      while (rtc.nextDue <= cycle) {
        clock.cycle = rtc.nextDue;
        rtc.run(clock.cycle);
      }
      clock.cycle = cycle;
    };
    return { clock, line, rtc, read, write, runUntil };
  };

  it('come at the end of each update, and are acknowledged by reading register C', () => {
    const { line, read, write, runUntil } = setup();
    write(0x0b, 0x12);
    runUntil(HZ - 1);
    expect(line.level).toBe(false);
    expect(read(0x0a) & 0x80).toBe(0x80);
    runUntil(HZ);
    expect(line.level).toBe(true);
    expect([read(0x0c), read(0x0c), line.level]).toEqual([0x90, 0x00, false]);
    expect(read(0x0a) & 0x80).toBe(0);
    runUntil(5 * HZ);
    expect(line.edges).toBe(2);
  });

  it('come at the rate of register A', () => {
    const { line, read, write, runUntil } = setup();
    write(0x0a, 0x26);
    write(0x0b, 0x42);
    // 1024 a second; each acknowledged.
    let seen = 0;
    for (let at = 0; at < HZ; at += 100) {
      runUntil(at);
      if (line.level) {
        expect(read(0x0c) & 0xc0).toBe(0xc0);
        seen++;
      }
    }
    expect(seen).toBe(1023);
    write(0x0b, 0x02);
    read(0x0c);
    const { edges } = line;
    runUntil(2 * HZ);
    expect(line.edges).toBe(edges);
  });

  it('come at the alarm, whose fields from C0h on match anything', () => {
    const { line, read, write, runUntil } = setup();
    write(0x01, 0x05);
    write(0x03, 0xff);
    write(0x05, 0xc0);
    write(0x0b, 0x22);
    runUntil(5 * HZ - 1);
    expect(line.level).toBe(false);
    runUntil(5 * HZ);
    expect(line.level).toBe(true);
    expect(read(0x0c) & 0xa0).toBe(0xa0);
    runUntil(64 * HZ);
    expect(line.level).toBe(false);
    runUntil(65 * HZ);
    expect(line.level).toBe(true);
  });

  it('and the time can be set, with the clock running or not', () => {
    const { clock, read, write } = setup();
    write(0x0b, 0x82);
    for (const [index, value] of [
      [0x00, 0x58],
      [0x02, 0x59],
      [0x04, 0x23],
      [0x07, 0x31],
      [0x08, 0x12],
      [0x09, 0x99],
      [0x32, 0x19],
    ]) {
      write(index, value);
    }
    clock.cycle = 100 * HZ;
    expect(read(0x00)).toBe(0x58);
    write(0x0b, 0x02);
    clock.cycle += 3 * HZ;
    expect([0x32, 0x09, 0x08, 0x07, 0x04, 0x02, 0x00].map(read)).toEqual([0x20, 0x00, 0x01, 0x01, 0x00, 0x00, 0x01]);
    // Saturday; twelve hours, one in the afternoon.
    expect(read(0x06)).toBe(7);
    write(0x04, 0x13);
    write(0x0b, 0x00);
    expect(read(0x04)).toBe(0x81);
    write(0x0b, 0x04);
    expect(read(0x09)).toBe(0);
    expect(read(0x04)).toBe(0x81);
  });
});

describe('8042', () => {
  it('resets the machine by a pulse, by its output port and by port 92h', () => {
    let resets = 0;
    const controller = new KeyboardController(new RecordedLine(), () => {
      resets++;
    });
    controller.write(0x64, 1, 0xfe);
    controller.write(0x64, 1, 0xd1);
    controller.write(0x60, 1, 0x02);
    controller.write(0x92, 1, 0x01);
    expect(resets).toBe(3);
    // A20 and nothing else.
    controller.write(0x64, 1, 0xd1);
    controller.write(0x60, 1, 0x03);
    controller.write(0x92, 1, 0x02);
    expect(resets).toBe(3);
  });

  it('keeps its configuration byte', () => {
    const controller = new KeyboardController(new RecordedLine(), () => {});
    controller.write(0x64, 1, 0x60);
    controller.write(0x60, 1, 0x43);
    controller.write(0x64, 1, 0x20);
    expect(controller.read(0x64) & 1).toBe(1);
    expect(controller.read(0x60)).toBe(0x43);
    expect(controller.read(0x64) & 1).toBe(0);
  });
});
