import type { CacheGeometry, TlbGeometry } from '../processors/index.js';

/** The arrays of the plain model: TLBs and caches, with objects for entries. */

/** A set-associative array with clock replacement. */
export class Clock<T extends { referenced: boolean }> {
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

export interface Translation {
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

export interface Line {
  referenced: boolean;
  line: number;
  modified: boolean;
  /** L2 held the line when it was modified. */
  below?: boolean;
  physical?: number;
}

export const MIB4 = 0x400000;
export const align = (address: number, size: number): number => address - (address % size);

export class Tlb {
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

/** A second level behind both: 4 KiB pages alone. */
export class SecondTlb {
  private readonly pages: Clock<Translation>;

  constructor({ entries, ways }: TlbGeometry) {
    this.pages = new Clock(entries / ways, ways);
  }

  find(la: number): Translation | undefined {
    return this.pages.find(la / 4096, (t) => t.page === align(la, 4096));
  }

  insert(la: number, t: Translation): void {
    if (t.size === 4096) this.pages.insert(la / 4096, { ...t });
  }

  drop(is: (t: Translation) => boolean): void {
    this.pages.drop(is);
  }

  dropPage(la: number): void {
    this.drop((t) => t.page === align(la, 4096));
  }

  resetHands(): void {
    this.pages.resetHands();
  }
}

export class Cache {
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
