/**
 * Endpoints that are watched for silence. Their timers are lazy: traffic only moves `activeAt`, and a timer that
 * fires looks how much time is left. Whether an endpoint that was waited for in vain ends its session, its
 * owner decides.
 */
import type { Relay } from './relay.js';
import { type Endpoint, RELAYING } from './session.js';
import type { TimerWheel } from './timers.js';

/** Who hears of silence, and knows the time. */
export interface InactivityOwner {
  /** The present, in the engine's wrapping milliseconds. */
  readonly nowMs: number;
  /** An endpoint was waited for in vain. */
  onSilence(endpoint: Endpoint): void;
}

/** The watch over all endpoints of a data plane. */
export class Inactivity {
  constructor(
    private readonly timers: TimerWheel,
    private readonly relay: Pick<Relay, 'isWaitingFor'>,
    private readonly owner: InactivityOwner,
  ) {}

  /** Begins to watch an endpoint, which counts as active now; 0: it may be silent for ever. */
  watch(endpoint: Endpoint, timeoutMs: number): void {
    endpoint.activeAt = this.owner.nowMs;
    this.arm(endpoint, timeoutMs);
  }

  /** From now on it may be silent for so long; 0: for ever. */
  arm(endpoint: Endpoint, timeoutMs: number): void {
    endpoint.timeoutMs = timeoutMs;
    if (timeoutMs > 0) this.again(endpoint);
  }

  /** Watches it for its whole timeout again. */
  again({ slot, timeoutMs }: Endpoint): void {
    this.timers.arm(slot, this.owner.nowMs, timeoutMs);
  }

  /** The timer of an endpoint fired. */
  onTimer(endpoint: Endpoint): void {
    const left = this.timeLeft(endpoint);
    if (left > 0) {
      this.timers.arm(endpoint.slot, this.owner.nowMs, left);
      return;
    }
    if (!this.relay.isWaitingFor(endpoint)) {
      this.again(endpoint);
      return;
    }
    // When both are due, the client's silence is the reason, as with HAProxy.
    const { session } = endpoint;
    const { client } = session;
    const both = endpoint !== client && client.timeoutMs > 0 && this.timeLeft(client) <= 0 && this.relay.isWaitingFor(client);
    if (both) this.owner.onSilence(client);
    // Half-closed by that, the server may have a timeout of its own to begin (`server-fin`).
    if (!both || (session.state === RELAYING && this.timeLeft(endpoint) <= 0)) this.owner.onSilence(endpoint);
  }

  /** Milliseconds until an endpoint has been silent for too long; not positive: it has. */
  private timeLeft({ activeAt, timeoutMs }: Endpoint): number {
    return (activeAt + timeoutMs - this.owner.nowMs) | 0;
  }
}
