import type { Preset } from '../processors/index.js';
import type { CounterId } from '../tables/counters.js';
import { align, MIB4, SecondTlb, Tlb, type Translation } from './gold-arrays.js';
import { GoldHierarchy } from './gold-hierarchy.js';

/**
 * The memory model again, written down plainly: objects, no filter, no hints, no packed words. The core must agree with
 * it in every counter, cycle and byte.
 */

export interface Fault {
  readonly code: number;
  readonly cr2: number;
}

export class GoldMemory extends GoldHierarchy {
  paging = true;
  writeProtect = false;
  largePages = true;
  globalPages = false;
  cr3 = 0;

  private readonly code: Tlb;
  private readonly data: Tlb;
  private readonly secondCode: SecondTlb | undefined;
  private readonly secondData: SecondTlb | undefined;
  private directory = new Map<number, { address: number; entry: number }>();

  constructor(preset: Preset, ram: DataView) {
    super(preset, ram);
    const { code4k, code4m, data4k, data4m, second } = preset.tlbs;
    this.data = new Tlb(data4k, data4m);
    this.code = code4k === 'unified' ? this.data : new Tlb(code4k, code4m);
    this.secondData = second ? new SecondTlb(second.data) : undefined;
    if (second?.code === 'shared') this.secondCode = this.secondData;
    else this.secondCode = second?.code ? new SecondTlb(second.code) : undefined;
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
        if (this.l1i === this.l1d) this.fill(physical);
        else this.l1i.insert(physical);
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
    for (const tlb of this.tlbs()) tlb.drop((t) => all || !t.global);
    this.directory.clear();
    if (this.preset.caches.traceCache && this.timing('trace.flushedByCr3')) this.l1i.empty();
  }

  invalidatePage(la: number): void {
    this.count('pageInvalidations');
    for (const tlb of this.tlbs()) tlb.dropPage(la);
    this.directory.clear();
  }

  emptyTlbs(): void {
    for (const tlb of this.tlbs()) {
      tlb.drop(() => true);
      tlb.resetHands();
    }
    this.directory.clear();
    if (this.preset.caches.traceCache) this.l1i.empty();
  }

  emptyAll(): void {
    this.emptyTlbs();
    this.emptyCaches();
  }

  private tlbs(): (Tlb | SecondTlb)[] {
    return [this.code, this.data, this.secondCode, this.secondData].filter((tlb) => tlb !== undefined);
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
    const found = this.refill(tlb === this.code ? this.secondCode : this.secondData, la, write, user);
    if (typeof found === 'number') return { code: found, cr2: la };
    const t = tlb.insert(la, found);
    return t.frame + (la - t.page);
  }

  private refill(second: SecondTlb | undefined, la: number, write: boolean, user: boolean): Translation | number {
    const known = second?.find(la);
    if (known && this.permits(known, write, user) && (!write || known.dirty)) {
      known.referenced = true;
      this.event('secondTlbHit');
      return { ...known };
    }
    if (known) second?.drop((t) => t === known);
    const found = this.walk(la, write, user);
    if (typeof found !== 'number') second?.insert(la, found);
    return found;
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
}
