import type { CacheGeometry, Preset, TlbGeometry } from '../processors/index.js';
import type { CauseId } from '../tables/causes.js';
import type { CounterId } from '../tables/counters.js';
import type { EventId } from '../tables/events.js';
import { events } from '../tables/events.js';

/**
 * The memory model again, written down plainly: objects, no filter, no hints, no packed words. The core must agree with
 * it in every counter, cycle and byte.
 */

/** A set-associative array with clock replacement. */
class Clock<T extends { referenced: boolean }> {
  private readonly sets: { hand: number; ways: (T | undefined)[] }[];

  constructor(sets: number, ways: number) {
    this.sets = Array.from({ length: sets }, () => ({ hand: 0, ways: new Array<T | undefined>(ways).fill(undefined) }));
  }

  find(index: number, is: (item: T) => boolean): T | undefined {
    return this.set(index).ways.find((item) => item !== undefined && is(item));
  }

  /** Puts `item` in and returns what had to go. */
  insert(index: number, item: T): T | undefined {
    const set = this.set(index);
    const free = set.ways.indexOf(undefined);
    if (free >= 0) {
      set.ways[free] = item;
      return undefined;
    }
    for (;;) {
      const way = set.hand;
      set.hand = (set.hand + 1) % set.ways.length;
      const old = set.ways[way]!;
      if (!old.referenced) {
        set.ways[way] = item;
        return old;
      }
      old.referenced = false;
    }
  }

  drop(is: (item: T) => boolean): void {
    for (const set of this.sets) set.ways = set.ways.map((item) => (item !== undefined && is(item) ? undefined : item));
  }

  resetHands(): void {
    for (const set of this.sets) set.hand = 0;
  }

  private set(index: number) {
    return this.sets[index & (this.sets.length - 1)];
  }
}

interface Translation {
  referenced: boolean;
  page: number;
  size: number;
  frame: number;
  writable: boolean;
  user: boolean;
  dirty: boolean;
  global: boolean;
  /** A 4 KiB piece of this 4 MiB page. */
  fragmentOf?: number;
}

interface Line {
  referenced: boolean;
  line: number;
  modified: boolean;
  /** L2 held the line when it was modified. */
  below?: boolean;
  physical?: number;
}

const MIB4 = 0x400000;
const align = (address: number, size: number): number => address - (address % size);

class Tlb {
  private readonly small: Clock<Translation>;
  private readonly large: Clock<Translation> | undefined;
  private readonly whole: boolean;

  constructor(small: TlbGeometry, large: TlbGeometry | null) {
    this.small = new Clock(small.entries / small.ways, small.ways);
    this.large = large ? new Clock(large.entries / large.ways, large.ways) : undefined;
    this.whole = small.entries === small.ways;
  }

  find(la: number): Translation | undefined {
    const covers = (t: Translation): boolean => t.page === align(la, t.size);
    return this.small.find(la / 4096, covers) ?? this.large?.find(la / MIB4, covers);
  }

  insert(la: number, t: Translation): Translation {
    if (t.size === MIB4 && this.large) this.large.insert(la / MIB4, t);
    else if (t.size === MIB4 && !this.whole) {
      const page = align(la, 4096);
      t = { ...t, page, size: 4096, frame: t.frame + (page % MIB4), fragmentOf: t.page };
      this.small.insert(la / 4096, t);
    } else this.small.insert(la / 4096, t);
    return t;
  }

  drop(is: (t: Translation) => boolean): void {
    this.small.drop(is);
    this.large?.drop(is);
  }

  dropPage(la: number): void {
    this.drop((t) => t.page === align(la, t.size) || t.fragmentOf === align(la, MIB4));
  }

  resetHands(): void {
    this.small.resetHands();
    this.large?.resetHands();
  }
}

class Cache {
  private readonly lines: Clock<Line>;

  constructor(private readonly geometry: CacheGeometry) {
    this.lines = new Clock(geometry.bytes / geometry.ways / geometry.line, geometry.ways);
  }

  find(address: number, physical?: number): Line | undefined {
    const line = align(address, this.geometry.line);
    return this.lines.find(address / this.geometry.line, (l) => l.line === line && l.physical === physical);
  }

  insert(address: number, physical?: number): { line: Line; victim: Line | undefined } {
    const line: Line = { referenced: true, line: align(address, this.geometry.line), modified: false, physical };
    return { line, victim: this.lines.insert(address / this.geometry.line, line) };
  }

  empty(): void {
    this.lines.drop(() => true);
    this.lines.resetHands();
  }
}

export interface Fault {
  readonly code: number;
  readonly cr2: number;
}

export class GoldMemory {
  readonly counters: Partial<Record<CounterId, number>> = {};
  readonly events: Partial<Record<EventId, number>> = {};
  readonly causes: Partial<Record<CauseId, number>> = {};
  cycles = 0;
  paging = true;
  writeProtect = false;
  largePages = true;
  globalPages = false;
  cr3 = 0;

  private readonly code: Tlb;
  private readonly data: Tlb;
  private readonly l1i: Cache;
  private readonly l1d: Cache;
  private readonly l2: Cache | undefined;
  private readonly l3: Cache | undefined;
  private directory = new Map<number, { address: number; entry: number }>();
  private drain = 0;
  private drained = 0;
  private readonly slots: number[];
  private slot = 0;

  constructor(
    private readonly preset: Preset,
    readonly ram: DataView,
  ) {
    const { tlbs, caches } = preset;
    this.code = new Tlb(tlbs.code4k, tlbs.code4m);
    this.data = new Tlb(tlbs.data4k, tlbs.data4m);
    this.l1i = new Cache(caches.l1i);
    this.l1d = new Cache(caches.l1d);
    this.l2 = caches.l2 ? new Cache(caches.l2) : undefined;
    this.l3 = caches.l3 ? new Cache(caches.l3) : undefined;
    this.slots = new Array<number>(this.timing('writeBuffer.depth')).fill(0);
  }

  // ---- accesses: a value, nothing, or a fault

  read(la: number, size: number, user: boolean): number | Fault {
    const pieces = this.touch(la, size, user, (piece) => this.access(piece, false, user));
    if (!Array.isArray(pieces)) return pieces;
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.ram.getUint8(this.at(pieces, la, i));
    return value;
  }

  write(la: number, size: number, value: number, user: boolean): Fault | undefined {
    const pieces = this.touch(la, size, user, (piece) => this.access(piece, true, user));
    if (!Array.isArray(pieces)) return pieces;
    for (let i = 0; i < size; i++) this.ram.setUint8(this.at(pieces, la, i), (value >>> (8 * i)) & 255);
    return undefined;
  }

  /** The probe before a read-modify-write: read, then write. */
  modify(la: number, size: number, user: boolean): Fault | undefined {
    const pieces = this.touch(la, size, user, (piece) => {
      const found = this.translate(this.data, piece, true, user, 'dtlbMisses');
      if (typeof found !== 'number') return found;
      this.dataLine(found, false);
      return this.access(piece, true, user);
    });
    return Array.isArray(pieces) ? undefined : pieces;
  }

  fetch(la: number, user: boolean): number | Fault {
    if (!this.preset.caches.traceCache) {
      const physical = this.translate(this.code, la, false, user, 'itlbMisses');
      if (typeof physical !== 'number') return physical;
      const line = this.l1i.find(physical);
      if (line) line.referenced = true;
      else {
        this.count('l1iMisses');
        this.stall('fetch', this.latency(this.below(physical)));
        this.l1i.insert(physical);
      }
      return physical;
    }
    const granule = align(la, 32);
    const peeked = this.peek(la, user);
    const hit = peeked === undefined ? undefined : this.l1i.find(granule, align(peeked, 32));
    if (hit) {
      hit.referenced = true;
      return peeked!;
    }
    const physical = this.translate(this.code, la, false, user, 'itlbMisses');
    if (typeof physical !== 'number') return physical;
    this.count('l1iMisses');
    this.stall('fetch', this.latency(this.below(physical)));
    this.event('traceBuild');
    this.l1i.insert(granule, align(physical, 32));
    return physical;
  }

  // ---- control

  flush(all: boolean): void {
    this.count('tlbFlushes');
    for (const tlb of [this.code, this.data]) tlb.drop((t) => all || !t.global);
    this.directory.clear();
    if (this.preset.caches.traceCache && this.timing('trace.flushedByCr3')) this.l1i.empty();
  }

  invalidatePage(la: number): void {
    this.count('pageInvalidations');
    this.code.dropPage(la);
    this.data.dropPage(la);
    this.directory.clear();
  }

  emptyTlbs(): void {
    for (const tlb of [this.code, this.data]) {
      tlb.drop(() => true);
      tlb.resetHands();
    }
    this.directory.clear();
    if (this.preset.caches.traceCache) this.l1i.empty();
  }

  emptyAll(): void {
    this.emptyTlbs();
    for (const cache of [this.l1i, this.l1d, this.l2, this.l3]) cache?.empty();
    this.drained = this.drain;
    this.slots.fill(0);
    this.slot = 0;
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

  // ---- the model

  private touch(la: number, size: number, _user: boolean, one: (piece: number) => number | Fault): number[] | Fault {
    const last = la + size - 1;
    const { line } = this.preset.caches.l1d;
    if (align(la, 32) === align(last, 32)) {
      if (la % size !== 0) this.event('misaligned');
      const physical = one(la);
      return typeof physical === 'number' ? [physical] : physical;
    }
    this.event(align(la, line) === align(last, line) ? 'misaligned' : 'splitLine');
    const first = one(la);
    if (typeof first !== 'number') return first;
    const second = one(align(last, 32));
    return typeof second === 'number' ? [first, second] : second;
  }

  private at(pieces: number[], la: number, i: number): number {
    const split = align(la, 32) + 32 - la;
    return i < split ? pieces[0] + i : pieces[1] + i - split;
  }

  private access(la: number, write: boolean, user: boolean): number | Fault {
    const physical = this.translate(this.data, la, write, user, 'dtlbMisses');
    if (typeof physical === 'number') this.dataLine(physical, write);
    return physical;
  }

  private translate(tlb: Tlb, la: number, write: boolean, user: boolean, misses: CounterId): number | Fault {
    if (!this.paging) return la;
    const known = tlb.find(la);
    if (known && this.permits(known, write, user) && (!write || known.dirty)) {
      known.referenced = true;
      return known.frame + (la - known.page);
    }
    if (known) tlb.drop((t) => t === known);
    else this.count(misses);
    const found = this.walk(la, write, user);
    if (typeof found === 'number') return { code: found, cr2: la };
    const t = tlb.insert(la, found);
    return t.frame + (la - t.page);
  }

  private permits(rights: { writable: boolean; user: boolean }, write: boolean, user: boolean): boolean {
    if (user) return rights.user && (!write || rights.writable);
    return !write || rights.writable || !this.writeProtect;
  }

  /** A translation, or an error code. */
  private walk(la: number, write: boolean, user: boolean): Translation | number {
    this.event('walk');
    const code = (write ? 2 : 0) + (user ? 4 : 0);
    const upper = align(this.cr3, 4096) + Math.floor(la / MIB4) * 4;
    const pde = this.readDirectory(upper);
    if (!(pde & 1)) return code;
    const rights = (entry: number) => ({ writable: Boolean(entry & 2), user: Boolean(entry & 4) });
    const base = { referenced: true };
    if (pde & 0x80 && this.largePages) {
      if (pde & 0x3fe000) return code + 9;
      if (!this.permits(rights(pde), write, user)) return code + 1;
      const marked = this.mark(upper, pde, write);
      const page = align(la, MIB4);
      const frame = (pde & 0xffc00000) >>> 0;
      const kept = { dirty: Boolean(marked & 0x40), global: this.globalPages && Boolean(marked & 0x100) };
      return { ...base, ...rights(pde), ...kept, page, size: MIB4, frame };
    }
    const lower = ((pde & 0xfffff000) >>> 0) + (Math.floor(la / 4096) % 1024) * 4;
    const pte = this.readEntry(lower);
    if (!(pte & 1)) return code;
    if (!this.permits(rights(pde & pte), write, user)) return code + 1;
    this.mark(upper, pde, false);
    const marked = this.mark(lower, pte, write);
    const kept = { dirty: Boolean(marked & 0x40), global: this.globalPages && Boolean(marked & 0x100) };
    return {
      ...base,
      ...rights(pde & pte),
      ...kept,
      page: align(la, 4096),
      size: 4096,
      frame: (pte & 0xfffff000) >>> 0,
    };
  }

  private mark(address: number, entry: number, write: boolean): number {
    const marked = entry | 0x20 | (write ? 0x40 : 0);
    if (!(entry & 0x20)) this.event('setAccessed');
    if (write && !(entry & 0x40)) this.event('setDirty');
    if (marked !== entry) this.ram.setUint32(address, marked, true);
    return marked;
  }

  private readDirectory(address: number): number {
    const entries = this.timing('walk.directoryCache');
    if (entries === 0) return this.readEntry(address);
    const cached = this.directory.get((address / 4) % entries);
    if (cached?.address === address) {
      this.count('pdeCacheHits');
      return cached.entry;
    }
    const entry = this.readEntry(address);
    if ((entry & 0xa1) === 0x21) this.directory.set((address / 4) % entries, { address, entry });
    return entry;
  }

  private readEntry(address: number): number {
    this.count('walkReads');
    const level = this.timing('walk.entersAt');
    if (level === 1) {
      const line = this.l1d.find(address);
      if (line) line.referenced = true;
      else {
        this.count('l1dMisses');
        this.charge('walk', this.latency(this.below(address)));
        this.fill(address);
      }
    } else if (level === 2) {
      this.charge('walk', this.latency(this.below(address)));
    } else {
      this.count('memoryReads');
      this.charge('walk', this.latency('memory'));
    }
    return this.ram.getInt32(address, true);
  }

  /** What the page table says, without a charge; undefined where this ring may not read. */
  private peek(la: number, user: boolean): number | undefined {
    if (!this.paging) return la;
    const known = this.code.find(la);
    if (known) return this.permits(known, false, user) ? known.frame + (la - known.page) : undefined;
    const pde = this.ram.getInt32(align(this.cr3, 4096) + Math.floor(la / MIB4) * 4, true);
    if (!(pde & 1)) return undefined;
    if (pde & 0x80 && this.largePages) return user && !(pde & 4) ? undefined : ((pde & 0xffc00000) >>> 0) + (la % MIB4);
    const pte = this.ram.getInt32(((pde & 0xfffff000) >>> 0) + (Math.floor(la / 4096) % 1024) * 4, true);
    if (!(pte & 1) || (user && !(pde & pte & 4))) return undefined;
    return ((pte & 0xfffff000) >>> 0) + (la % 4096);
  }

  private dataLine(physical: number, write: boolean): void {
    let line = this.l1d.find(physical);
    if (!line) {
      this.count('l1dMisses');
      if (write && !this.timing('l1d.writeAllocate')) {
        this.buffer(this.writeBelow(physical));
        return;
      }
      const found = this.below(physical);
      const hidden = (100 - this.timing('latency.overlap')) / 100;
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

  private fill(physical: number): Line {
    const { line, victim } = this.l1d.insert(physical);
    if (victim?.modified && !this.timing('l1d.writeThrough')) {
      this.count('l1dWriteBacks');
      this.count(victim.below ? 'l2Accesses' : 'memoryWrites');
      this.buffer(victim.below ? 'l2' : 'memory');
    }
    return line;
  }

  private below(physical: number): 'l2' | 'l3' | 'memory' {
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

  private latency(found: 'l2' | 'l3' | 'memory'): number {
    return this.timing(`latency.${found}`);
  }

  private timing(id: keyof Preset['timings']): number {
    return this.preset.timings[id].value;
  }

  private charge(cause: CauseId, cycles: number): void {
    this.cycles += cycles;
    this.causes[cause] = (this.causes[cause] ?? 0) + cycles;
  }

  private stall(cause: CauseId, cycles: number): void {
    this.charge(cause, cycles);
    this.drain += cycles;
  }

  private count(id: CounterId): void {
    this.counters[id] = (this.counters[id] ?? 0) + 1;
  }
}
