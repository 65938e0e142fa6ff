import { describe, expect, it } from 'vitest';
import { E1000 } from '../devices/e1000/e1000.js';
import { PacketLog } from '../devices/packet-port.js';
import { HostBridge, PciBus } from '../devices/pci.js';
import { fakeMemory, HandClock, RecordedLine } from './fakes.js';

const BASE = 0xfebc0000;

describe('PCI configuration', () => {
  const clock = new HandClock(1_000_000_000);
  const makeBus = () => {
    const bus = new PciBus({ read: () => 0, write: () => {} });
    const options = { megabits: 1000, descriptorNanoseconds: 0, address: [0, 0, 0, 0, 0, 0], packets: new PacketLog() };
    const card = new E1000(clock, fakeMemory(0x1000), new RecordedLine(), 10, BASE, options);
    bus.plug(0, 0, new HostBridge(0x8000000));
    bus.plug(2, 0, card);
    return { bus, card };
  };
  const select = (bus: PciBus, device: number, register: number) =>
    bus.write(0xcf8, 4, (0x80000000 | (device << 11) | register) >>> 0);

  it('finds the host bridge and the network card, and nothing else', () => {
    const { bus } = makeBus();
    const ids = [0, 1, 2, 3].map((device) => {
      select(bus, device, 0);
      return bus.read(0xcfc, 4);
    });
    expect(ids).toEqual([0x12378086, 0xffffffff, 0x100e8086, 0xffffffff]);
  });

  it('has the card with its memory assigned and bus mastering off', () => {
    const { bus } = makeBus();
    select(bus, 2, 0x10);
    expect(bus.read(0xcfc, 4)).toBe(BASE);
    select(bus, 2, 0x04);
    expect(bus.read(0xcfc, 2) & 0x7).toBe(0x3);
    select(bus, 2, 0x3c);
    expect(bus.read(0xcfc, 1)).toBe(10);
    expect(bus.read(0xcfd, 1)).toBe(1);
  });

  it('tells the size of a BAR and moves it', () => {
    const { bus, card } = makeBus();
    select(bus, 2, 0x10);
    bus.write(0xcfc, 4, 0xffffffff);
    expect(bus.read(0xcfc, 4)).toBe(0xfffe0000);
    bus.write(0xcfc, 4, 0xe0000000);
    expect(card.memory.base).toBe(0xe0000000);
  });

  it('switches device memory by the command register', () => {
    const { bus, card } = makeBus();
    expect(card.memory.enabled).toBe(true);
    select(bus, 2, 0x04);
    bus.write(0xcfc, 2, 0);
    expect(card.memory.enabled).toBe(false);
  });

  it('answers only while the address has its enable bit', () => {
    const { bus } = makeBus();
    bus.write(0xcf8, 4, 0);
    expect(bus.read(0xcfc, 4)).toBe(0xffffffff);
  });

  it('tells in the host bridge where memory ends, in units of 8 MiB', () => {
    const { bus } = makeBus();
    select(bus, 0, 0x54);
    expect(bus.read(0xcff, 1)).toBe(16);
  });

  it('answers all ones behind the last data port, whatever register comes next', () => {
    const { bus } = makeBus();
    select(bus, 2, 0x00);
    expect(bus.read(0xcfe, 2)).toBe(0x100e);
    expect(bus.read(0xcfe, 4)).toBe(0xffff100e);
    expect(bus.read(0xcff, 2)).toBe(0xff10);
  });
});
