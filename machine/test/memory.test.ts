import { beforeEach, describe, expect, it } from 'vitest';
import { applyPreset, processors } from '../processors/index.js';
import { events } from '../tables/events.js';
import { MemoryCore } from './memory-core.js';

const RAM = 0x200000;
const DIRECTORY = 0x10000;
const TABLE = 0x11000;
const FRAME = 0x40000;

/** Page-table entry bits. */
const P = 1;
const W = 2;
const U = 4;
const A = 0x20;
const D = 0x40;
const G = 0x100;

let core: MemoryCore;

/** Maps 4 KiB page `page` of the first 4 MiB to a frame. */
function map(page: number, frame: number, bits: number): void {
  core.ram.setUint32(TABLE + page * 4, frame | bits, true);
}

async function start(id = 'pentium-133', overrides = {}): Promise<void> {
  core = await MemoryCore.create(applyPreset(processors[id], overrides), RAM);
  core.ram.setUint32(DIRECTORY, TABLE | P | W | U, true);
  core.set('cr3', DIRECTORY);
  core.set('cr0', 0x80000001);
  core.set('cr4', 0x90);
}

const entry = (page: number): number => core.ram.getUint32(TABLE + page * 4, true);
const asUser = (): unknown => core.exports.setRights(true);

describe('page faults', () => {
  beforeEach(() => start());

  it.each([
    ['absent, read', 0, 'read32', false, 0],
    ['absent, write', 0, 'write32', false, 2],
    ['absent, user read', 0, 'read32', true, 4],
    ['absent, user write', 0, 'write32', true, 6],
    ['supervisor page, user read', P | W, 'read32', true, 5],
    ['supervisor page, user write', P | W, 'write32', true, 7],
    ['read-only page, user write', P | U, 'write32', true, 7],
  ] as const)('%s', (_, bits, access, user, code) => {
    map(3, FRAME, bits);
    core.exports.setRights(user);
    core.exports[access](0x3010, 1);
    expect(core.takeFault()).toEqual({ vector: 14, code, cr2: 0x3010 });
    expect(entry(3) & (A | D)).toBe(0);
  });

  it('a supervisor writes read-only pages unless WP is set', () => {
    map(3, FRAME, P);
    core.exports.write32(0x3000, 0x1234);
    expect(core.takeFault()).toBeUndefined();
    core.set('cr0', 0x80010001);
    core.exports.flushTlb(true);
    core.exports.write32(0x3000, 0x5678);
    expect(core.takeFault()).toEqual({ vector: 14, code: 3, cr2: 0x3000 });
    expect(core.ram.getUint32(FRAME, true)).toBe(0x1234);
  });

  it('a system access has supervisor rights whatever the ring', () => {
    map(3, FRAME, P | W);
    core.ram.setUint32(FRAME, 77, true);
    asUser();
    expect(core.exports.readSystem32(0x3000)).toBe(77);
    expect(core.takeFault()).toBeUndefined();
  });

  it('reserved bits of a 4 MiB entry fault with code 8 set', () => {
    core.ram.setUint32(DIRECTORY + 4, 0x00402000 | 0x80 | P | W, true);
    core.exports.read32(0x400000);
    expect(core.takeFault()).toEqual({ vector: 14, code: 9, cr2: 0x400000 });
  });

  it('a write over two pages writes nothing when the second faults, and names the second page', () => {
    map(3, FRAME, P | W | U);
    map(4, FRAME + 0x1000, P | U);
    core.ram.setUint32(FRAME + 0xffc, 0x11111111, true);
    asUser();
    core.exports.write32(0x3ffe, 0x22222222);
    expect(core.takeFault()).toEqual({ vector: 14, code: 7, cr2: 0x4000 });
    expect(core.ram.getUint32(FRAME + 0xffc, true)).toBe(0x11111111);
  });

  it('accesses over two pages meet the right frames', () => {
    map(3, FRAME, P | W);
    map(4, FRAME + 0x8000, P | W);
    core.exports.write32(0x3ffe, 0x44332211);
    expect(core.ram.getUint16(FRAME + 0xffe, true)).toBe(0x2211);
    expect(core.ram.getUint16(FRAME + 0x8000, true)).toBe(0x4433);
    expect(core.exports.read32(0x3ffe)).toBe(0x44332211);
  });
});

describe('TLB', () => {
  beforeEach(() => start('pentium3-800'));

  it('keeps a stale translation until INVLPG', () => {
    map(3, FRAME, P | W);
    core.ram.setUint32(FRAME, 1, true);
    core.ram.setUint32(FRAME + 0x1000, 2, true);
    expect(core.exports.read32(0x3000)).toBe(1);
    map(3, FRAME + 0x1000, P | W);
    expect(core.exports.read32(0x3000)).toBe(1);
    core.exports.invalidatePage(0x3abc);
    expect(core.exports.read32(0x3000)).toBe(2);
  });

  it('keeps global pages over a load of CR3, not over INVLPG', () => {
    map(3, FRAME, P | W | G);
    map(4, FRAME, P | W);
    core.exports.read32(0x3000);
    core.exports.read32(0x4000);
    map(3, 0, 0);
    map(4, 0, 0);
    core.exports.flushTlb(false);
    core.exports.read32(0x3000);
    expect(core.takeFault()).toBeUndefined();
    core.exports.read32(0x4000);
    expect(core.takeFault()?.cr2).toBe(0x4000);
    core.exports.invalidatePage(0x3000);
    core.exports.read32(0x3000);
    expect(core.takeFault()?.cr2).toBe(0x3000);
  });

  it('sets accessed on a read, dirty on the first write, each once', () => {
    map(3, FRAME, P | W);
    core.exports.read32(0x3000);
    expect(entry(3) & (A | D)).toBe(A);
    core.exports.write32(0x3000, 0);
    core.exports.write32(0x3004, 0);
    expect(entry(3) & (A | D)).toBe(A | D);
    // One accessed bit in the directory, one in the table.
    expect([core.event('setAccessed'), core.event('setDirty')]).toEqual([2, 1]);
    expect(core.counter('dtlbMisses')).toBe(1);
    expect(core.event('walk')).toBe(2);
  });

  it('code and data have TLBs of their own; one granule is fetched once', () => {
    map(3, FRAME, P);
    core.exports.read32(0x3000);
    core.exports.fetch(0x3000);
    core.exports.fetch(0x301f);
    expect([core.counter('dtlbMisses'), core.counter('itlbMisses'), core.counter('l1iMisses')]).toEqual([1, 1, 1]);
  });

  it('ring 3 does not fetch what rings 0 to 2 fetched from a supervisor page', () => {
    map(3, FRAME, P);
    expect(core.exports.fetch(0x3000)).toBeGreaterThan(0);
    asUser();
    expect(core.exports.fetch(0x3000)).toBe(-1);
    expect(core.takeFault()).toEqual({ vector: 14, code: 5, cr2: 0x3000 });
  });

  it('maps 4 MiB pages where CR4.PSE is set', () => {
    core.ram.setUint32(DIRECTORY + 4, 0x80 | P | W, true);
    core.ram.setUint32(0x123450, 99, true);
    expect(core.exports.read32(0x523450)).toBe(99);
    core.exports.read32(0x400000);
    expect(core.counter('dtlbMisses')).toBe(1);
  });
});

describe('prices of the Pentium, by hand', () => {
  beforeEach(() => start());

  it('a cold read: walk 5, two entries from memory 25 each, two accessed bits 14 each, the line from memory 25', () => {
    map(3, FRAME, P | W);
    core.exports.read32(0x3000);
    expect(core.cause('walk')).toBe(5 + 2 * 25 + 2 * 14);
    expect(core.cause('memory')).toBe(25);
    expect(core.cycles).toBe(5 + 50 + 28 + 25);
  });

  it('a TLB miss whose entries are in L2 takes 25; TLBs emptied leave the caches alone', () => {
    map(3, FRAME, P | W);
    core.exports.read32(0x3000);
    const before = core.cycles;
    core.exports.emptyTlbs();
    core.exports.read32(0x3000);
    expect(core.cycles - before).toBe(25);
  });

  it('a write miss does not allocate: two fit the buffer, the third waits for the first', () => {
    map(3, FRAME, P | W | A | D);
    core.exports.read32(0x3ff0);
    for (const at of [0, 0x20, 0x40]) core.exports.write32(0x3000 + at, 1);
    // None of the lines is in L2: a write takes 8 into memory, and no time passes between them.
    expect([core.counter('bufferedWrites'), core.counter('bufferStalls'), core.cause('writeBuffer')]).toEqual([
      3, 1, 8,
    ]);
  });

  it('a misaligned read takes 3 more; doubling the walk moves the total by walk times count', async () => {
    const run = async (walk: number): Promise<[number, number]> => {
      await start('pentium-133', { 'events.walk': walk });
      for (let page = 0; page < 200; page++) map(page, FRAME, P | W);
      for (let page = 0; page < 200; page++)
        core.exports.write32((page * 0x1000 + ((page * 0x124) & 0xffc)) >>> 0, page);
      return [core.cycles, core.event('walk')];
    };
    const [single, count] = await run(5);
    expect(await run(10)).toEqual([single + 5 * count, count]);
    expect(count).toBe(200);
    await start();
    map(3, FRAME, P);
    core.exports.read32(0x3000);
    const before = core.cycles;
    core.exports.read32(0x3001);
    expect(core.cycles - before).toBe(3);
  });
});

describe.each(['pentium-133', 'xeon-p4-2400'])('decoded code on %s', (id) => {
  beforeEach(() => start(id));

  it('is told of writes to its granules, and of no others', () => {
    map(3, FRAME, P | W);
    for (const at of [0x3000, 0x3020, 0x3040]) {
      core.exports.read32(at);
      core.exports.write32(at, 1);
    }
    core.exports.markCode(FRAME + 0x1c, 8);
    core.exports.write32(0x3040, 2);
    expect(core.codeWritten).toEqual([]);
    core.exports.write32(0x3020, 3);
    expect(core.codeWritten).toEqual([FRAME + 0x20]);
    core.exports.write32(0x3020, 4);
    core.exports.write8(0x3004, 5);
    expect(core.codeWritten).toEqual([FRAME + 0x20, FRAME]);
    expect(core.counter('codeWrites')).toBe(2);
  });

  it('is told of a write over two granules and of a probe', () => {
    map(3, FRAME, P | W);
    core.exports.markCode(FRAME, 64);
    core.exports.write32(0x301e, 0);
    core.exports.markCode(FRAME, 4);
    core.exports.probeModify(0x3000, 4);
    expect(core.codeWritten).toEqual([FRAME, FRAME + 0x20, FRAME]);
  });
});

describe('device memory', () => {
  beforeEach(() => start());

  it('is read and written by the host, uncached, each access priced', () => {
    map(3, 0xfee00000, P | W);
    expect(core.exports.read32(0x3020) >>> 0).toBe(0x5aa51234);
    core.exports.write16(0x30b0, 7);
    core.exports.read32(0x3020);
    expect(core.mmio).toEqual([
      ['read', 0xfee00020, 4, 0],
      ['write', 0xfee000b0, 2, 7],
      ['read', 0xfee00020, 4, 0],
    ]);
    expect([core.event('deviceRead'), core.event('deviceWrite'), core.counter('l1dMisses')]).toEqual([2, 1, 0]);
  });

  it('is no place to fetch from', () => {
    map(3, 0xfee00000, P);
    expect(core.exports.fetch(0x3000)).toBe(-1);
    expect(core.takeFault()?.vector).toBe(6); // the page is there; what it holds is no code
  });
});

describe('branch prediction', () => {
  const SITE = 0x1000;
  const lost = (act: () => void): number => {
    const before = core.cycles;
    act();
    return core.cycles - before;
  };
  const branch = (taken: boolean, target = 0x800) => lost(() => core.exports.branch(SITE, target, taken));

  it('Pentium: unknown is not taken; learnt at once; one exception does not unlearn', async () => {
    await start();
    expect([branch(false), branch(true), branch(true), branch(false), branch(true)]).toEqual([0, 4, 0, 4, 0]);
    expect(core.counter('mispredictions')).toBe(2);
    expect(core.counter('branches')).toBe(5);
  });

  it('Pentium: a return is predicted to where it went last', async () => {
    await start();
    const back = (to: number) => lost(() => core.exports.returnBranch(SITE, to));
    expect([back(0x5000), back(0x5000), back(0x6000), back(0x6000)]).toEqual([4, 0, 4, 0]);
  });

  it('P6: backward branches are taken at first sight, returns come from a stack', async () => {
    await start('pentium3-800');
    expect([branch(true), branch(true)]).toEqual([5, 0]);
    expect(lost(() => core.exports.branch(0x2000, 0x3000, true))).toBe(12);
    core.exports.pushReturn(0x5000);
    core.exports.pushReturn(0x6000);
    expect(lost(() => core.exports.returnBranch(SITE, 0x6000))).toBe(0);
    expect(lost(() => core.exports.returnBranch(SITE, 0x5000))).toBe(0);
    expect(lost(() => core.exports.returnBranch(SITE, 0x5000))).toBe(12);
  });
});

describe('events', () => {
  it('each is counted and charged to its cause at its price', async () => {
    await start('xeon-p4-2400');
    const { events: prices } = processors['xeon-p4-2400'];
    for (const [i, { id, cause }] of events.entries()) {
      const before = core.cause(cause);
      core.exports.chargeEvent(i);
      core.exports.chargeEvent(i);
      expect(core.event(id), id).toBe(2);
      expect(core.cause(cause) - before, id).toBe(2 * prices[id].value);
    }
  });

  it('one that serialises waits until the write buffer is empty', async () => {
    await start();
    map(3, FRAME, P | W | A | D);
    core.exports.write32(0x3000, 1);
    const price = (id: string) => events.findIndex((e) => e.id === id);
    core.exports.chargeEvent(price('cli'));
    expect(core.cause('writeBuffer')).toBe(0);
    core.exports.chargeEvent(price('cpuid'));
    expect(core.cause('writeBuffer')).toBe(8);
  });
});
