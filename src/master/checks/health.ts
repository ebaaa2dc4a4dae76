/**
 * What a row of check results says of a server: up after `rise` good ones, down after `fall` bad
 * ones (configuration manual, 5.2). It knows neither sockets nor clocks.
 */

/** When the next check is due, by where the server stands. */
export interface CheckIntervals {
  readonly interMs: number;
  /** While it is on its way up or down; null: as `interMs`. */
  readonly fastinterMs: number | null;
  /** While it is down; null: as `interMs`. */
  readonly downinterMs: number | null;
}

/** The health of one server. */
export class Health {
  /** 0: down; from `rise` on up; the most is `rise + fall - 1`. */
  private score: number;

  /** A server begins up, and on probation: the first bad result takes it down. */
  constructor(
    private readonly rise: number,
    private readonly fall: number,
    up = true,
  ) {
    this.score = up ? rise : 0;
  }

  get up(): boolean {
    return this.score >= this.rise;
  }

  /** Good results so far of those it takes to be up, or bad ones that it can still bear: for people. */
  get progress(): { readonly passed: number; readonly of: number } {
    const { score, rise, fall, up } = this;
    return up ? { passed: score - rise + 1, of: fall } : { passed: score, of: rise };
  }

  /** Takes a result; answers whether the server went up or down by it. */
  note(passed: boolean): boolean {
    const before = this.up;
    const { rise, fall } = this;
    if (passed) {
      this.score = Math.min(this.score + 1, rise + fall - 1);
      if (this.up) this.score = rise + fall - 1;
    } else if (this.score > 0) {
      this.score--;
      if (!this.up) this.score = 0;
    }
    return this.up !== before;
  }

  /** Only one more bad result keeps it from going down, if that (`on-error sudden-death`). */
  weaken(): void {
    this.score = Math.min(this.score, this.rise + 1);
  }

  /** The next bad result takes it down (`on-error mark-down`). */
  exhaust(): void {
    this.score = Math.min(this.score, this.rise);
  }

  /** Milliseconds until the next check. */
  interval({ interMs, fastinterMs, downinterMs }: CheckIntervals): number {
    if (this.score === this.rise + this.fall - 1) return interMs;
    return (this.score === 0 ? downinterMs : fastinterMs) ?? interMs;
  }
}
