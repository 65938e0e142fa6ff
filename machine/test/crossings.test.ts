import { describe, expect, it } from 'vitest';
import type { Assembler } from '../../toolchain/assembler/index.js';
import type { Crossing, Machine } from '../index.js';
import { commit, enter, guestImage, makeMachine, OUT_PRICE, powerOff, preset, sign } from './guest.js';

const [A, B] = [0xa0, 0xb0];
const price = (event: keyof typeof preset.events) => preset.events[event].value;
const sum = (own: Readonly<Record<string, number>>) => Object.values(own).reduce((total, cycles) => total + cycles, 0);

/** A kernel whose service 82h signs and returns to the program that asked. */
function guest(main: (a: Assembler) => void): Uint8Array {
  return guestImage({
    name: 'kernel',
    records: [
      { word: A, id: 1, kind: 1, name: 'a' },
      { word: B, id: 2, kind: 1, name: 'b' },
    ],
    gates: [{ vector: 0x82, handler: 'serve', ring: 0 }],
    main: (a) => {
      main(a);
      a.label('serve');
      sign(a, 16);
      a.iretd();
    },
  });
}

async function trace(image: Uint8Array) {
  const machine = await makeMachine(image);
  machine.startTrace();
  const stop = machine.run(10_000_000n);
  expect(stop.reason).toBe('exit');
  return { ...machine.stopTrace(), cycles: Number(stop.cycle), machine };
}

describe('crossing records', () => {
  it('hold a round trip with its microcode and its work, and leave nothing out', async () => {
    const image = guest((a) => {
      commit(a, A);
      enter(a, 3, 'user', 'end');
      powerOff(a);
      a.label('user');
      sign(a, 2);
      a.int(0x82);
      a.int(0x80);
    });
    const { records, outside, cycles } = await trace(image);
    const [entry, service, last] = records;
    expect(records).toHaveLength(3);
    expect(entry).toMatchObject({
      reason: 'iretOuter',
      from: 'kernel',
      to: 'a',
      onBehalfOf: 'a',
      fromCpl: 0,
      toCpl: 3,
    });
    expect(entry.own).toEqual({ return: price('iretOuter') });
    expect(service).toMatchObject({ reason: 'intToRing0', from: 'a', to: 'kernel', fromCpl: 3, toCpl: 0, parent: 0 });
    expect(service.own).toMatchObject({
      trap: price('intToRing0'),
      return: price('iretOuter'),
      io: 16 * OUT_PRICE,
    });
    expect(service.exit! - service.enter).toBe(sum(service.own));
    expect(last).toMatchObject({ reason: 'intToRing0', exit: null });
    expect(outside.get('a')!.io).toBe(2 * OUT_PRICE);
    const covered = records.reduce((total, { own }) => total + sum(own), 0);
    const uncovered = [...outside.values()].reduce((total, own) => total + sum(own), 0);
    expect(covered + uncovered).toBe(cycles);
  });

  it('stay open while another thread runs, and are charged only for their own thread', async () => {
    const image = guest((a) => {
      commit(a, A);
      enter(a, 3, 'userA', 'fromA');
      commit(a, B);
      enter(a, 3, 'userB', 'fromB');
      // Back to A behind its trap.
      commit(a, A);
      sign(a, 4);
      enter(a, 3, 'restA', 'end');
      powerOff(a);
      a.label('userA');
      a.int(0x80);
      a.label('restA');
      a.int(0x80);
      a.label('userB');
      sign(a, 8);
      a.int(0x80);
    });
    const { records } = await trace(image);
    const byReason = records.map((r) => `${r.onBehalfOf} ${r.reason}`);
    expect(byReason).toEqual(['a iretOuter', 'a intToRing0', 'b iretOuter', 'b intToRing0', 'a intToRing0']);
    const [, trapA, entryB, trapB] = records;
    expect(trapA.enter).toBeLessThan(entryB.enter);
    expect(trapA.exit!).toBeGreaterThan(trapB.enter);
    expect(trapA.own.io ?? 0).toBe(0);
    expect(trapB.own.io).toBe(4 * OUT_PRICE);
    expect(trapB.exit).toBeNull();
  });

  it('tell a slow path', async () => {
    const image = guest((a) => {
      commit(a, A);
      enter(a, 3, 'userA', 'fromA');
      a.hook('__ipc_slow');
      enter(a, 3, 'userA', 'end');
      powerOff(a);
      a.label('userA');
      a.int(0x80);
    });
    const { records } = await trace(image);
    expect(records.filter((r) => r.reason === 'intToRing0').map((r) => r.path)).toEqual(['slow', 'fast']);
  });

  it('are handed to observers as they close, and cost the guest nothing', async () => {
    const image = guest((a) => {
      commit(a, A);
      enter(a, 3, 'user', 'end');
      powerOff(a);
      a.label('user');
      a.int(0x82);
      a.int(0x80);
    });
    const run = (machine: Machine) => machine.run(10_000_000n);
    const watched = await makeMachine(image);
    const closed: Crossing[] = [];
    watched.observe({ crossing: (crossing) => closed.push({ ...crossing }) });
    const stop = run(watched);
    expect(closed.map((c) => c.reason)).toEqual(['iretOuter', 'intToRing0']);
    expect(run(await makeMachine(image))).toEqual(stop);
  });
});

describe('crossings of a domain', () => {
  it('nest: the hypercall inside the system call', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [{ word: A, id: 1, kind: 1, name: 'a' }],
      gates: [
        { vector: 0x81, handler: 'ring1', ring: 1 },
        { vector: 0x82, handler: 'ring0', ring: 0 },
      ],
      main: (a) => {
        commit(a, A);
        enter(a, 3, 'user', 'end');
        powerOff(a);
        a.label('user');
        a.int(0x81);
        a.int(0x80);
        a.label('ring1');
        sign(a, 1);
        a.int(0x82);
        sign(a, 2);
        a.iretd();
        a.label('ring0');
        sign(a, 4);
        a.iretd();
      },
    });
    const { records } = await trace(image);
    const [, call, hypercall] = records;
    expect(call).toMatchObject({ reason: 'intToRing1', fromCpl: 3, toCpl: 1, parent: 0 });
    expect(call.own.io).toBe(3 * OUT_PRICE);
    expect(hypercall).toMatchObject({ reason: 'intToRing0', fromCpl: 1, toCpl: 0, parent: call.id });
    expect(hypercall.own.io).toBe(4 * OUT_PRICE);
    expect(hypercall.exit!).toBeLessThan(call.exit!);
  });
});
