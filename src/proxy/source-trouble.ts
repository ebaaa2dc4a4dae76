/**
 * Tells the operator that connections to servers have no address or port to come from, as HAProxy
 * does, but not for each of them: once a minute for each backend of a worker.
 */
import { errnoText } from '../kernel/errno.js';
import { EADDRNOTAVAIL } from '../kernel/sys/constants.js';
import type { Lane } from './lane.js';

/** How long nothing more is said of a backend (ms). */
const SILENCE_MS = 60_000;

/** What one worker has said. */
export class SourceTrouble {
  /** When something was said of each backend. */
  private readonly saidAt: Int32Array;
  private readonly said: Uint8Array;

  constructor(private readonly lane: Pick<Lane, 'plan' | 'notify'>) {
    this.saidAt = new Int32Array(lane.plan.backends.length);
    this.said = new Uint8Array(lane.plan.backends.length);
  }

  /** A socket could not be bound to its `source`, with this `-errno`. */
  metBind(backend: number, result: number, nowMs: number): void {
    if (this.isNews(backend, nowMs))
      this.say(`Cannot bind to source address before connect() for backend ${this.name(backend)}: ${errnoText(result)}.`);
  }

  /** A connection failed with this `-errno`: it may be that the system has no port left for it. */
  metConnect(backend: number, result: number, nowMs: number): void {
    if (result === -EADDRNOTAVAIL && this.isNews(backend, nowMs))
      this.say(`Connect() failed for backend ${this.name(backend)}: no free ports.`);
  }

  private name(backend: number): string {
    return this.lane.plan.backends[backend].name;
  }

  private say(text: string): void {
    this.lane.notify('alert', text);
  }

  private isNews(backend: number, nowMs: number): boolean {
    if (this.said[backend] === 1 && ((nowMs - this.saidAt[backend]) | 0) < SILENCE_MS) return false;
    this.said[backend] = 1;
    this.saidAt[backend] = nowMs;
    return true;
  }
}
