/** Numbers for tests: the same from the same seed, and boundary values half of the time. */
const boundaries = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0x80008080, 0xffff8000,
  0xffffff80, 0xfffffffe, 0xffffffff,
];

/** Mulberry32: one seed, one sequence. */
export class Random {
  constructor(private state: number) {}

  word(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(n: number): number {
    return this.word() % n;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** Fisher and Yates: every order is as likely. */
  shuffled<T>(list: readonly T[]): T[] {
    const order = [...list];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  value(): number {
    return this.chance(50) ? this.of(boundaries) : this.chance(30) ? this.below(300) : this.word();
  }
}

export const little = (value: number, count = 4): number[] =>
  Array.from({ length: count }, (_, i) => (value >>> (8 * i)) & 0xff);
