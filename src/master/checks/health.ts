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

/** The health of one server, in the eyes of its check or of its agent. */
export class Health {
  /** 0: down; from `rise` on up; the most is `rise + fall - 1`. As statistics show it. */
  score: number;

  /** A server begins up, and on probation: the first bad result takes it down. */
  constructor(
    readonly rise: number,
    readonly fall: number,
    up = true,
  ) {
    this.score = up ? rise : 0;
  }

  get up(): boolean {
    return this.score >= this.rise;
  }

  /** Good results so far of those it takes to be up, or bad ones that it can still bear: `2/3`. */
  get progress(): string {
    const { score, rise, fall, up } = this;
    return up ? `${score - rise + 1}/${fall}` : `${score}/${rise}`;
  }

  /** Takes a result; answers whether it made a difference. */
  note(passed: boolean): boolean {
    const { score, rise, fall } = this;
    if (passed) {
      const next = Math.min(score + 1, rise + fall - 1);
      this.score = next >= rise ? rise + fall - 1 : next;
    } else {
      this.score = score - 1 < rise ? 0 : score - 1;
    }
    return this.score !== score;
  }

  /** Only one more bad result keeps it from going down, if that (`on-error sudden-death`). */
  weaken(): void {
    this.score = Math.min(this.score, this.rise + 1);
  }

  /** The next bad result takes it down (`on-error mark-down`, and after a maintenance). */
  probation(): void {
    this.score = this.rise;
  }

  /** Up or down without any doubt, as the operator says (`set server health`). */
  force(up: boolean): void {
    this.score = up ? this.rise + this.fall - 1 : 0;
  }

  /** Stands as another one does, as far as other numbers allow. */
  takeOver({ score, rise, fall, up }: Health): void {
    if (rise === this.rise && fall === this.fall) this.score = score;
    else if (!up) this.score = Math.min(score, this.rise - 1);
    else
      this.score =
        score === rise + fall - 1 ? this.rise + this.fall - 1 : Math.min(this.rise + score - rise, this.rise + this.fall - 1);
  }

  /** Milliseconds until the next check. */
  interval({ interMs, fastinterMs, downinterMs }: CheckIntervals): number {
    if (this.score === this.rise + this.fall - 1) return interMs;
    return (this.score === 0 ? downinterMs : fastinterMs) ?? interMs;
  }
}
