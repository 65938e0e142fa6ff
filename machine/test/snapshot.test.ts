import { describe, expect, it } from 'vitest';
import { type Assembler, al, dx, eax, ecx, edi, esi, mem } from '../../toolchain/assembler/index.js';
import { decodeSnapshot, encodeSnapshot, type Machine, MemoryDisk, SnapshotMismatch } from '../index.js';
import { processors } from '../processors/index.js';
import { guestImage, makeMachine, powerOff } from './guest.js';

/** Points at which a run is cut; `npm run verify` takes more of them. */
const POINTS = Number(process.env.SNAPSHOT_POINTS ?? 8);
const DISK_COMMAND_BYTES: readonly (readonly [number, number])[] = [
  [0x1f6, 0xe0],
  [0x1f2, 1],
  [0x1f3, 5],
  [0x1f4, 0],
  [0x1f5, 0],
];

function put(a: Assembler, port: number, value: number): void {
  a.mov(dx, port);
  a.mov(al, value);
  a.out(dx, al);
}

/** Timer interrupts, REP strings long enough to be interrupted, a disk that is read and written, output, halts. */
const image = guestImage({
  name: 'kernel',
  records: [],
  gates: [{ vector: 0x20, handler: 'tick', ring: 0 }],
  main: (a) => {
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x20],
      [0x21, 0x04],
      [0x21, 0x01],
      [0xa1, 0xff],
      [0x21, 0xfe],
      [0x43, 0x34],
      [0x40, 0x80],
      [0x40, 0x00],
    ]) {
      put(a, port, value);
    }
    a.mov(mem({ disp: 0x7000 }), 0);
    a.label('again');
    a.sti();
    a.mov(edi, 0x200000);
    a.mov(ecx, 3000);
    a.mov(eax, mem({ disp: 0x7000 }));
    a.rep();
    a.stosd();
    a.mov(esi, 0x200000);
    a.mov(edi, 0x210004);
    a.mov(ecx, 2000);
    a.rep();
    a.movsd();
    a.cli();
    // Writes a sector, and reads it back.
    for (const code of [0x30, 0x20]) {
      for (const [port, value] of DISK_COMMAND_BYTES) put(a, port, value);
      put(a, 0x1f7, code);
      const wait = `wait${code}`;
      a.mov(dx, 0x1f7);
      a.label(wait);
      a.in(al, dx);
      a.test(al, 0x80);
      a.jnz(wait);
      a.mov(ecx, 128);
      a.mov(dx, 0x1f0);
      const word = `word${code}`;
      a.label(word);
      if (code === 0x30) {
        a.mov(eax, mem({ disp: 0x7000 }));
        a.out(dx, eax);
      } else a.in(eax, dx);
      a.dec(ecx);
      a.jnz(word);
      a.mov(mem({ disp: 0x7004 }), eax);
    }
    a.mov(eax, mem({ disp: 0x7004 }));
    a.and(eax, 15);
    a.add(al, 0x41);
    a.out(0xe9, al);
    a.sti();
    a.hlt();
    a.cmp(mem({ disp: 0x7000 }), 30);
    a.jb('again');
    powerOff(a);
    a.label('tick');
    a.inc(mem({ disp: 0x7000 }));
    a.push(eax);
    a.mov(al, 0x20);
    a.out(0x20, al);
    a.pop(eax);
    a.iretd();
  },
});

const disk = new Uint8Array(64 * 512);
const END = 100_000_000n;

async function start(): Promise<{ machine: Machine; text: () => string }> {
  const machine = await makeMachine(image, [], { devices: { disks: [new MemoryDisk(disk)] } });
  let said = '';
  machine.observe({
    console: (byte) => {
      said += String.fromCharCode(byte);
    },
  });
  return { machine, text: () => said };
}

/** Numbers from 0 to 1 that are the same every time. */
function* fractions(): Generator<number> {
  for (let x = 12345; ; ) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    yield x / 2 ** 32;
  }
}

describe('snapshots', () => {
  it(`go on exactly where they were taken, at ${POINTS} points of a run`, async () => {
    const whole = await start();
    const begin = whole.machine.cycle;
    const stop = whole.machine.run(END);
    expect(stop.reason).toBe('exit');
    const passed = Number(stop.cycle - begin);
    const chance = fractions();
    let last = await start();
    for (let i = 0; i < POINTS; i++) {
      const at = Math.floor(chance.next().value! * passed);
      const first = await start();
      first.machine.run(BigInt(at));
      const saved = first.machine.snapshot();
      // Into a machine that has been somewhere else.
      last.machine.restore(i % 4 === 0 ? decodeSnapshot(encodeSnapshot(saved)) : saved);
      const { machine } = last;
      expect(machine.stateHash()).toBe(first.machine.stateHash());
      expect(machine.run(END)).toEqual(stop);
      expect(machine.stateHash(), `cut at ${at}`).toBe(whole.machine.stateHash());
      expect(machine.ledger.snapshot()).toEqual(whole.machine.ledger.snapshot());
      last = first;
    }
  });

  it('refuses another version, preset, size of memory, and bytes that are none', async () => {
    const { machine } = await start();
    const saved = machine.snapshot();
    const refusal = (change: object) => () => machine.restore({ ...saved, ...change });
    expect(refusal({ version: 99 })).toThrow('snapshot of version 99; this program reads version 1');
    expect(refusal({ format: '0' })).toThrow(/snapshot of another build of the machine/);
    expect(refusal({ processor: 'zen4' })).toThrow('snapshot of a machine with the preset zen4, not pentium-133');
    expect(refusal({ constants: '0' })).toThrow(/with other constants/);
    expect(refusal({ memoryBytes: 16 << 20 })).toThrow('16 MiB of memory, not 8');
    expect(refusal({ devices: {} })).toThrow(/devices differ: .*RTC \(missing\)/);
    expect(() => decodeSnapshot(new Uint8Array(100))).toThrow(SnapshotMismatch);
    const bytes = encodeSnapshot(saved);
    expect(() => decodeSnapshot(bytes.subarray(0, bytes.length - 1))).toThrow('cut off');
    const other = bytes.slice();
    other['crossings snapshot '.length] = 0x37;
    expect(() => decodeSnapshot(other)).toThrow('snapshot of version 7; this program reads version 1');
  });

  it('gives the same state whoever watches and however the run is sliced', async () => {
    const quiet = await start();
    quiet.machine.run(END);
    const watched = await makeMachine(image, [], { devices: { disks: [new MemoryDisk(disk)] } });
    const seen = { exceptions: 0, ports: 0, samples: 0, console: 0 };
    const leave = watched.observe({
      port: () => void seen.ports++,
      crossing: () => {},
      hook: () => {},
      exception: (vector, how) => {
        if (vector === 0x20 && how === 'interrupt') seen.exceptions++;
      },
      console: () => void seen.console++,
      sample: { every: 1009, take: () => void seen.samples++ },
    });
    const before = watched.ledger.snapshot();
    let stop = watched.run(77_777n);
    while (stop.reason === 'budget') stop = watched.run(77_777n);
    leave();
    expect(watched.stateHash()).toBe(quiet.machine.stateHash());
    expect(seen.console).toBe(quiet.text().length);
    expect(seen.exceptions).toBe(watched.ledger.difference(before, watched.ledger.snapshot()).counters.interrupts);
    expect(seen.exceptions).toBeGreaterThan(20);
    expect(seen.ports).toBeGreaterThan(1000);
    // A run of instructions that takes longer than two samples gives one.
    expect(seen.samples).toBeGreaterThan((0.95 * Number(stop.cycle)) / 1009);
    expect(seen.samples).toBeLessThanOrEqual(Number(stop.cycle) / 1009);
  });

  it('tell presets apart by their constants', async () => {
    const one = await start();
    const preset = processors['pentium-133'];
    const dear = { ...preset, events: { ...preset.events, portIn: { ...preset.events.portIn, value: 999 } } };
    const other = await makeMachine(image, [], { preset: dear, devices: { disks: [new MemoryDisk(disk)] } });
    expect(() => other.restore(one.machine.snapshot())).toThrow(/pentium-133 with other constants/);
  });
});
