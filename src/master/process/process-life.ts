/**
 * What is known of the process as a whole: since when it runs and whether it is about to end, its
 * limits, and how busy it is, which is measured once a second. It changes nothing.
 */
import type { WorkerCounters } from '../../shared/counters.js';

const PERIOD_MS = 1000;
/** Percent of their time that workers have left at least while they have little to do. */
const CALM_PERCENT = 90;

/** What happened in the last second, from samples of a number that only grows. */
class Speed {
  private last = 0;
  /** What the last whole period brought, and how long that was. */
  private grown = 0;
  private lasted = PERIOD_MS;
  private at: number;

  constructor(now: number) {
    this.at = now;
  }

  sample(total: number, now: number): void {
    this.grown = Math.max(0, total - this.last);
    this.lasted = Math.max(1, now - this.at);
    this.last = total;
    this.at = now;
  }

  /** By the second. */
  get perSecond(): number {
    return (this.grown * 1000) / this.lasted;
  }
}

/** The life of the process. */
export class ProcessLife {
  /** Milliseconds since 1970: when it began to start, by the clock of that moment. */
  readonly startedAt = Date.now();
  /** Milliseconds from then until it served; 0: it does not yet. */
  bootMs = 0;
  /** The same moment by a clock that is never set. */
  private readonly began = performance.now();
  /** It takes no more connections and ends with the last one. */
  stopping = false;
  /** RLIMIT_NOFILE, once sized. */
  descriptorsMax = 0;
  private timer: NodeJS.Timeout | null = null;
  private readonly sent = new Speed(performance.now());
  private readonly worked = new Speed(performance.now());
  private workers = 1;

  /** It serves: begins to measure. `counters` is asked each second. */
  begin(workers: number, counters: () => WorkerCounters): void {
    this.bootMs = Math.round(this.uptimeMs);
    this.workers = workers;
    this.timer = setInterval(() => this.measure(counters()), PERIOD_MS).unref();
  }

  /** Nothing is measured any more. */
  end(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** Milliseconds that have passed since it began to start, whatever was done to the clock. */
  get uptimeMs(): number {
    return performance.now() - this.began;
  }

  /** Bytes that were sent in the last second, to clients and servers. */
  get bytesSentPerSecond(): number {
    return Math.round(this.sent.perSecond);
  }

  /** Percent of the last second in which workers did not work, on an average: 100 less their share of processor time. */
  get idlePercent(): number {
    const share = this.worked.perSecond / 1000 / this.workers;
    return Math.round(100 * Math.max(0, 1 - share));
  }

  /** Workers have much to do: what else takes processor time is felt by traffic. */
  get isBusy(): boolean {
    return this.idlePercent < CALM_PERCENT;
  }

  private measure(counters: WorkerCounters): void {
    const now = performance.now();
    this.sent.sample(counters.total('bytesSent'), now);
    this.worked.sample(counters.total('processorMs'), now);
  }
}
