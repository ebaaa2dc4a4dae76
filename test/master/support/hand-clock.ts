/** A clock that is moved by hand. */
import type { Clock } from '../../../src/master/servers/server-states.js';

/** Time that passes when it is told to. */
export class HandClock implements Clock {
  private readonly timers = new Set<{ readonly at: number; readonly call: () => void }>();

  constructor(private time = 0) {}

  now(): number {
    return this.time;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.time + ms, call };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Lets time pass; between two timers, promises are kept. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    while (this.step(end)) await settled();
    this.time = end;
  }

  /** So much time is lost: what was due meanwhile is called at its end. */
  async stall(ms: number): Promise<void> {
    this.time += ms;
    while (this.step(this.time)) await settled();
  }

  /** The same where nobody promises anything. */
  passAtOnce(ms: number): void {
    const end = this.time + ms;
    while (this.step(end));
    this.time = end;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.timers.size;
  }

  /** Calls the timer that is due next until then; false: there is none. */
  private step(end: number): boolean {
    const next = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
    if (next === undefined) return false;
    this.timers.delete(next);
    this.time = Math.max(this.time, next.at);
    next.call();
    return true;
  }
}

/** Until what was promised has been kept. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
