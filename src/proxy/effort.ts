/** How much processor time a worker has used, read a few times a second; a worker at rest uses none. */
import type { Holdings } from '../kernel/engine.js';
import { ThreadClock } from '../kernel/thread-clock.js';
import { COUNTER } from '../shared/counters.js';

/** Between two readings (ms). */
const PERIOD_MS = 200;

/** The meter of one worker; to be asked after each turn. */
export class Effort {
  private readonly clock: ThreadClock;
  private usedMs: number;
  private readAt: number;

  constructor(
    private readonly counters: Float64Array,
    holdings: Holdings,
    nowMs: number,
  ) {
    this.clock = new ThreadClock(holdings);
    this.usedMs = this.clock.readMs();
    this.readAt = nowMs;
  }

  /** Counts what was used since the last reading, if it is time. */
  afterTurn(nowMs: number): void {
    if (((nowMs - this.readAt) | 0) < PERIOD_MS) return;
    this.readAt = nowMs;
    const usedMs = this.clock.readMs();
    this.counters[COUNTER.processorMs] += usedMs - this.usedMs;
    this.usedMs = usedMs;
  }
}
