import { describe, expect, it } from 'vitest';
import { type Assembler, al, defineStubs, mem } from '../../toolchain/assembler/index.js';
import { flatImage } from '../bench/flat-image.js';
import { PIT_HZ } from '../devices/pit.js';
import type { Machine } from '../index.js';
import { guestImage, makeMachine, OUT_PRICE, powerOff, preset, sign } from './guest.js';

const TICKS = 11932;
const PERIOD = (TICKS * preset.hz) / PIT_HZ;

/** Timer interrupts at vector 20h, channel 0 in mode 2; `masked` keeps them behind the controller. */
function timer(a: Assembler, masked: boolean): void {
  for (const [port, value] of [
    [0x20, 0x11],
    [0x21, 0x20],
    [0x21, 0x04],
    [0x21, 0x01],
    [0xa1, 0xff],
    [0x21, masked ? 0xff : 0xfe],
    [0x43, 0x34],
    [0x40, TICKS & 0xff],
    [0x40, TICKS >> 8],
  ]) {
    a.mov(al, value);
    a.out(port, al);
  }
}

/** Sleeps through `ticks` timer interrupts. */
function sleeper(ticks: number, masked = false): Uint8Array {
  return guestImage({
    name: 'kernel',
    records: [],
    gates: [{ vector: 0x20, handler: 'tick', ring: 0 }],
    main: (a) => {
      a.mov(mem({ disp: 0x7000 }), ticks);
      timer(a, masked);
      a.label('sleep');
      a.sti();
      a.hlt();
      a.cli();
      a.cmp(mem({ disp: 0x7000 }), 0);
      a.jne('sleep');
      powerOff(a);
      a.label('tick');
      a.dec(mem({ disp: 0x7000 }));
      a.mov(al, 0x20);
      a.out(0x20, al);
      a.iretd();
    },
  });
}

describe('machine', () => {
  it('wakes a halted processor by the timer, and counts the time until then as idle', async () => {
    const machine = await makeMachine(sleeper(3));
    const before = machine.ledger.snapshot();
    const stop = machine.run(100_000_000n);
    expect(stop).toMatchObject({ reason: 'exit', code: 0 });
    const passed = machine.ledger.difference(before, machine.ledger.snapshot());
    expect(passed.counters.interrupts).toBe(3);
    expect(passed.events.haltWake).toBe(3);
    expect(passed.residual).toBe(0);
    expect(passed.idle + passed.busy).toBe(passed.cycles);
    expect(passed.cycles).toBeGreaterThan(3 * PERIOD);
    expect(passed.idle).toBeGreaterThan(2.9 * PERIOD);
  });

  it('delays every tick by the declared phase of the timer, and nothing else', async () => {
    const run = async (timerPhase: number) => {
      const machine = await makeMachine(sleeper(2), [], { devices: { timerPhase } });
      const before = machine.ledger.snapshot();
      machine.run(100_000_000n);
      return machine.ledger.difference(before, machine.ledger.snapshot());
    };
    const [early, late] = [await run(0), await run(12345)];
    expect(late.idle - early.idle).toBe(12345);
    expect({ ...late, idle: 0, cycles: 0, ledger: [] }).toEqual({ ...early, idle: 0, cycles: 0, ledger: [] });
  });

  it('says that a processor halts for ever when nothing unmasked is to come', async () => {
    const stop = (await makeMachine(sleeper(1, true))).run(1_000_000_000_000n);
    expect(stop.reason).toBe('halted');
  });

  it('gives the same run in one piece and in slices of any size', async () => {
    const image = sleeper(2);
    const run = async (budget: bigint) => {
      const machine = await makeMachine(image);
      const before = machine.ledger.snapshot();
      let stop = machine.run(budget);
      while (stop.reason === 'budget') stop = machine.run(budget);
      return { stop, passed: machine.ledger.difference(before, machine.ledger.snapshot()), ram: hash(machine) };
    };
    const whole = await run(1_000_000_000n);
    expect(whole.stop.reason).toBe('exit');
    expect(await run(7_777n)).toEqual(whole);
    expect(await run(1_000_003n)).toEqual(whole);
  });

  it('stops when the cycles granted are used up, and goes on', async () => {
    const machine = await makeMachine(sleeper(1));
    const stop = machine.run(1000n);
    expect(stop.reason).toBe('budget');
    expect(stop.cycle).toBeGreaterThanOrEqual(1000n);
    expect(machine.run(100_000_000n).reason).toBe('exit');
  });

  it('stops when a condition holds, as soon as the guest has done something to see', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [],
      main: (a) => {
        a.hook('__region_begin');
        a.nop();
        a.label('loop');
        a.jmp('loop');
      },
    });
    const machine = await makeMachine(image);
    let seen = false;
    machine.observe({
      hook: (name) => {
        seen ||= name === '__region_begin';
      },
    });
    expect(machine.run(1_000_000_000n, () => seen).reason).toBe('until');
    expect(machine.cycle).toBeLessThan(100_000n);
  });

  it('tells observers of port accesses until they leave', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [],
      main: (a) => {
        sign(a, 2);
        a.hook('__region_begin');
        a.in(al, 0x80);
        sign(a, 3);
        powerOff(a);
      },
    });
    const machine = await makeMachine(image);
    const seen: string[] = [];
    const leave = machine.observe({
      port: (port, size, value, direction) => seen.push(`${direction} ${port.toString(16)} ${size} ${value & 0xff}`),
      hook: () => leave(),
    });
    machine.run(1_000_000n);
    expect(seen.length).toBe(2);
    expect(seen[0]).toMatch(/^out 80 1 /);
  });

  it('accounts an image that declares nothing by privilege level', async () => {
    const image = flatImage(
      defineStubs('plain', (a) => {
        a.label('start');
        sign(a, 3);
        powerOff(a);
      }),
      'start',
    ).bytes;
    const machine = await makeMachine(image);
    const before = machine.ledger.snapshot();
    machine.run(1_000_000n);
    const { ledger } = machine.ledger.difference(before, machine.ledger.snapshot());
    expect(ledger.filter((row) => row.cause === 'io')).toEqual([
      { component: 'guest', onBehalfOf: 'guest', cpl: 0, cause: 'io', cycles: 4 * OUT_PRICE },
    ]);
  });

  it.each([0, 1, 2.5, 481])('refuses %s MiB of memory', async (memoryMiB) => {
    await expect(makeMachine(sleeper(1), [], { memoryMiB })).rejects.toThrow(/expected a whole number from 2 to 480/);
  });
});

/** FNV-1a over all of RAM. */
function hash(machine: Machine): number {
  let value = 0x811c9dc5;
  for (const byte of machine.memory.ram) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}
