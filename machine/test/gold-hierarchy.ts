import type { Preset } from '../processors/index.js';
import type { CauseId } from '../tables/causes.js';
import type { CounterId } from '../tables/counters.js';
import type { EventId } from '../tables/events.js';
import { events } from '../tables/events.js';
import { Cache, type Line } from './gold-arrays.js';

/** The lower half of the plain model: accounts, caches, write buffer. */
export class GoldHierarchy {
  readonly counters: Partial<Record<CounterId, number>> = {};
  readonly events: Partial<Record<EventId, number>> = {};
  readonly causes: Partial<Record<CauseId, number>> = {};
  cycles = 0;

  protected readonly l1i: Cache;
  protected readonly l1d: Cache;
  private readonly l2: Cache | undefined;
  private readonly l3: Cache | undefined;
  private drain = 0;
  private drained = 0;
  private readonly slots: number[];
  private slot = 0;

  constructor(
    protected readonly preset: Preset,
    readonly ram: DataView,
  ) {
    const { caches } = preset;
    this.l1d = new Cache(caches.l1d);
    this.l1i = caches.l1i === 'unified' ? this.l1d : new Cache(caches.l1i);
    this.l2 = caches.l2 ? new Cache(caches.l2) : undefined;
    this.l3 = caches.l3 ? new Cache(caches.l3) : undefined;
    this.slots = new Array<number>(this.timing('writeBuffer.depth')).fill(0);
  }

  issue(cycles: number): void {
    this.stall('issue', cycles);
  }

  event(id: EventId): void {
    const { cause, serialises } = events.find((e) => e.id === id)!;
    this.events[id] = (this.events[id] ?? 0) + 1;
    if (serialises && this.drained > this.drain) this.stall('writeBuffer', this.drained - this.drain);
    this.charge(cause, this.preset.events[id].value);
  }

  protected emptyCaches(): void {
    for (const cache of [this.l1i, this.l1d, this.l2, this.l3]) cache?.empty();
    this.drained = this.drain;
    this.slots.fill(0);
    this.slot = 0;
  }

  protected dataLine(physical: number, write: boolean): void {
    let line = this.l1d.find(physical);
    if (!line) {
      this.count('l1dMisses');
      if (write && !this.timing('l1d.writeAllocate')) {
        this.buffer(this.writeBelow(physical));
        return;
      }
      const found = this.below(physical);
      const hidden = (100 - this.timing(write ? 'latency.storeOverlap' : 'latency.overlap')) / 100;
      this.stall(found === 'memory' ? 'memory' : 'cache', Math.round(this.latency(found) * hidden));
      line = this.fill(physical);
    }
    line.referenced = true;
    if (!write || line.modified) return;
    line.modified = true;
    if (this.timing('l1d.writeThrough')) {
      this.writeBelow(physical);
      return;
    }
    const copy = this.l2?.find(physical);
    line.below = copy !== undefined;
    if (copy) copy.modified = true;
  }

  protected fill(physical: number): Line {
    const { line, victim } = this.l1d.insert(physical);
    if (victim?.modified && !this.timing('l1d.writeThrough')) {
      this.count('l1dWriteBacks');
      this.count(victim.below ? 'l2Accesses' : 'memoryWrites');
      this.buffer(victim.below ? 'l2' : 'memory');
    }
    return line;
  }

  protected below(physical: number): 'l2' | 'l3' | 'memory' {
    if (this.l2) {
      this.count('l2Accesses');
      if (this.lookup(this.l2, physical)) return 'l2';
      this.count('l2Misses');
      if (this.l3) {
        if (this.lookup(this.l3, physical)) return 'l3';
        this.count('l3Misses');
      }
    }
    this.count('memoryReads');
    return 'memory';
  }

  private lookup(cache: Cache, physical: number): boolean {
    const line = cache.find(physical);
    if (line) line.referenced = true;
    else if (cache.insert(physical).victim?.modified) {
      this.count('memoryWrites');
      this.buffer('memory');
    }
    return line !== undefined;
  }

  private writeBelow(physical: number): 'l2' | 'memory' {
    if (this.l2) {
      this.count('l2Accesses');
      const line = this.l2.find(physical);
      if (line) {
        line.referenced = true;
        line.modified = true;
        return 'l2';
      }
      this.count('l2Misses');
    }
    this.count('memoryWrites');
    return 'memory';
  }

  private buffer(to: 'l2' | 'memory'): void {
    this.count('bufferedWrites');
    const busy = this.slots[this.slot] - this.drain;
    if (busy > 0) {
      this.count('bufferStalls');
      this.stall('writeBuffer', busy);
    }
    const cycles = this.timing(to === 'l2' ? 'writeBuffer.drainL2' : 'writeBuffer.drainMemory');
    this.drained = Math.max(this.drained, this.drain) + cycles;
    this.slots[this.slot] = this.drained;
    this.slot = (this.slot + 1) % this.slots.length;
  }

  protected latency(found: 'l2' | 'l3' | 'memory'): number {
    return this.timing(`latency.${found}`);
  }

  protected timing(id: keyof Preset['timings']): number {
    return this.preset.timings[id].value;
  }

  protected charge(cause: CauseId, cycles: number): void {
    this.cycles += cycles;
    this.causes[cause] = (this.causes[cause] ?? 0) + cycles;
  }

  protected stall(cause: CauseId, cycles: number): void {
    this.charge(cause, cycles);
    this.drain += cycles;
  }

  protected count(id: CounterId): void {
    this.counters[id] = (this.counters[id] ?? 0) + 1;
  }
}
