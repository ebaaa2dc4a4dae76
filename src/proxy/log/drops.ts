/**
 * What is known of log lines that could not be delivered: they are counted, and the operator hears
 * once, for the whole process, that lines are dropped and once that it is over.
 */
import { errnoText } from '../../kernel/errno.js';
import { COUNTER, type WorkerCounters } from '../../shared/counters.js';
import type { Notify } from '../lane.js';

/** A target works again when nothing was lost for this long, in milliseconds: it may come and go. */
export const OVER_AFTER_MS = 5000;

/** The lost lines of one thread. */
export class Drops {
  private readonly failing: Uint8Array;
  private readonly lostAt: Int32Array;

  /**
   * @param row this thread's counters
   * @param counters those of all threads
   * @param names of the targets, for people
   */
  constructor(
    private readonly row: Float64Array,
    private readonly counters: WorkerCounters,
    private readonly notify: Notify,
    private readonly names: readonly string[],
  ) {
    this.failing = new Uint8Array(names.length);
    this.lostAt = new Int32Array(names.length);
  }

  /** Nothing is delivered any more. */
  close(): void {
    for (const [target, failing] of this.failing.entries()) {
      this.row[COUNTER.logTargetsFailingNow] -= failing;
      this.failing[target] = 0;
    }
  }

  /** Lines to a target were lost, because of this `-errno`. */
  lost(target: number, lines: number, failure: number, nowMs: number): void {
    this.row[COUNTER.logsDropped] += lines;
    this.lostAt[target] = nowMs;
    if (this.failing[target] === 1) return;
    this.failing[target] = 1;
    if (this.counters.total('logTargetsFailingNow') === 0)
      this.notify('warning', `log lines to ${this.names[target]} are dropped: ${errnoText(failure)}`, 'terminal');
    this.row[COUNTER.logTargetsFailingNow]++;
  }

  /** Lines to a target were delivered. */
  passed(target: number, nowMs: number): void {
    if (this.failing[target] === 0 || ((nowMs - this.lostAt[target]) | 0) < OVER_AFTER_MS) return;
    this.failing[target] = 0;
    this.row[COUNTER.logTargetsFailingNow]--;
    if (this.counters.total('logTargetsFailingNow') > 0) return;
    this.notify('notice', `log lines are delivered again, ${this.counters.total('logsDropped')} were dropped`);
  }
}
