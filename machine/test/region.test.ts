import { describe, expect, it } from 'vitest';
import type { Assembler } from '../../toolchain/assembler/index.js';
import { RegionError, RegionMeter, type RegionStep } from '../index.js';
import { commit, guestImage, identityPaging, makeMachine, OUT_PRICE, powerOff, sign } from './guest.js';

/** A kernel benchmark: one region for each number, which signs so often. */
function regions(...times: number[]): Uint8Array {
  return guestImage({
    name: 'kernel',
    records: [],
    main: (a) => {
      identityPaging(a, [0x380000], 0x382000);
      for (const n of times) region(a, n);
      powerOff(a);
    },
  });
}

function region(a: Assembler, times: number): void {
  a.hook('__region_begin');
  sign(a, times);
  a.hook('__region_end');
  a.nop();
}

const nothing = (n: number): RegionStep => ({ n, empty: 'nothing' });

async function meter(image: Uint8Array, steps: readonly RegionStep[], request?: { step: number; repetition: number }) {
  const machine = await makeMachine(image);
  const made = new RegionMeter(machine, steps, request ?? null);
  expect(machine.run(10_000_000n).reason).toBe('exit');
  return made;
}

describe('region meter', () => {
  it('takes each repetition by itself and sums up each step', async () => {
    const results = (await meter(regions(1, 2, 3), [nothing(2), nothing(1)])).results();
    expect(results.map((r) => r.samples.length)).toEqual([2, 1]);
    expect(results.map((r) => r.total.events.portOut)).toEqual([1 + 2, 3]);
    const [first] = results;
    expect(first.total.cycles).toBe(first.samples.reduce((sum, s) => sum + s.cycles, 0));
    expect(first.total.instructions).toBe(1 + 2);
    expect(first.total.residual).toBe(0);
    expect(first.samples.every((s) => s.busy === s.cycles && s.idle === 0)).toBe(true);
    for (const { cycles } of first.samples) expect(cycles).toBeGreaterThanOrEqual(OUT_PRICE);
  });

  it('empties TLBs or everything at the start of a repetition, at no cost of its own', async () => {
    const steps: RegionStep[] = [nothing(2), { n: 1, empty: 'tlb' }, { n: 1, empty: 'all' }];
    const [warm, tlb, all] = (await meter(regions(1, 1, 1, 1), steps)).results();
    expect(warm.total.counters).toMatchObject({ itlbMisses: 0 });
    expect(tlb.total.counters.itlbMisses).toBe(1);
    expect(all.total.counters.itlbMisses).toBe(1);
    expect(all.total.counters.l1iMisses).toBeGreaterThanOrEqual(1);
    expect(all.total.instructions).toBe(tlb.total.instructions);
  });

  it('skips steps without repetitions', async () => {
    const results = (await meter(regions(1), [nothing(0), nothing(1), nothing(0)])).results();
    expect(results.map((r) => r.samples.length)).toEqual([0, 1, 0]);
  });

  it('traces the repetition asked for', async () => {
    const made = await meter(regions(1, 2, 3), [nothing(1), nothing(2)], { step: 1, repetition: 1 });
    made.results();
    const { step, cycles, records, outside } = made.trace!;
    expect({ step, records }).toEqual({ step: 1, records: [] });
    const own = outside.get('kernel')!;
    expect(own.io).toBe(3 * OUT_PRICE);
    expect(Object.values(own).reduce((sum, c) => sum + c, 0)).toBe(cycles);
  });

  it('refuses more repetitions than were declared', async () => {
    await expect(meter(regions(1, 2), [nothing(1)])).rejects.toThrow(RegionError);
    await expect(meter(regions(1, 2), [nothing(1)])).rejects.toThrow(
      /kernel begins more repetitions than the 1 declared/,
    );
  });

  it('says where it stood when repetitions are missing', async () => {
    const made = await meter(regions(1, 2), [nothing(1), nothing(3)]);
    expect(made.complete).toBe(false);
    expect(() => made.results()).toThrow(/step 2 of 2, repetition 2 of 3/);
  });

  it('refuses a region that begins inside another, and one that ends outside', async () => {
    const nested = guestImage({
      name: 'kernel',
      records: [],
      main: (a) => {
        commit(a, 0);
        a.hook('__region_begin');
        a.nop();
        a.hook('__region_begin');
        a.nop();
        powerOff(a);
      },
    });
    await expect(meter(nested, [nothing(2)])).rejects.toThrow(/__region_begin inside a region/);
    const lonely = guestImage({
      name: 'kernel',
      records: [],
      main: (a) => {
        a.hook('__region_end');
        a.nop();
        powerOff(a);
      },
    });
    await expect(meter(lonely, [nothing(1)])).rejects.toThrow(/__region_end outside of a region/);
  });
});
