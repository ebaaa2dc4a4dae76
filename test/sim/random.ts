/** The only source of chance in the simulation: the same seed gives the same run, everywhere. */

/** A small generator of pseudo-random numbers (mulberry32, public domain). */
export class Random {
  private state: number;

  /** @param seed any integer; neighbours give unrelated sequences */
  constructor(seed: number) {
    this.state = Math.imul(seed ^ 0x6a09_e667, 0x9e37_79b1);
  }

  /** An integer in 0..n-1. */
  below(n: number): number {
    this.state = (this.state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((((mixed ^ (mixed >>> 14)) >>> 0) * n) / 0x1_0000_0000) | 0;
  }

  /** An integer in low..high, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}
