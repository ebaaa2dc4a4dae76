/**
 * Checks servers again and again, and tells their states by the results (configuration manual, 5.2).
 * Each server has its own rhythm; the first checks are spread over one interval, so that they do not
 * all come at once.
 */
import type { BackendPlan, ServerPlan } from '../../plan/plan.js';
import type { ServerAddresses } from '../server-addresses.js';
import type { Clock, ServerPlace } from '../server-states.js';
import { Health } from './health.js';
import { type CheckResult, failedInARow, passed } from './result.js';
import { checkTcp } from './tcp-check.js';

/** Whom the checker tells what it found. */
export interface CheckOwner {
  /** The server went up or down by this result. */
  onHealthChange(place: ServerPlace, up: boolean, result: CheckResult): void;
}

/** Carries out one check; null: there is nothing to be checked now, the server has no address. */
export type Check = (
  server: ServerPlan,
  timeoutMs: number,
  signal: AbortSignal,
  place: ServerPlace,
) => Promise<CheckResult | null>;

/** Checks by connections, to where servers are at the moment. */
export function checkConnections(addresses: Pick<ServerAddresses, 'checkAddress'>): Check {
  return async (_, timeoutMs, signal, place) => {
    const address = addresses.checkAddress(place);
    return address === null ? null : await checkTcp(address, timeoutMs, signal);
  };
}

/** One server under observation. */
interface Watched {
  readonly place: ServerPlace;
  readonly plan: ServerPlan;
  readonly health: Health;
  readonly timeoutMs: number;
  callOff: () => void;
  /** When the next check begins, by the clock; null while one is under way. */
  dueAt: number | null;
}

/** The health checks of all servers of a plan. */
export class Checker {
  private readonly watched: readonly Watched[];
  private readonly ending = new AbortController();

  /** @param check what is done to find out */
  constructor(
    backends: readonly BackendPlan[],
    private readonly owner: CheckOwner,
    private readonly clock: Clock,
    private readonly check: Check,
  ) {
    this.watched = backends.flatMap((backend, i) =>
      backend.servers.flatMap((plan, j) => (isChecked(plan) ? [watch(backend, plan, { backend: i, server: j })] : [])),
    );
  }

  /** Begins. */
  start(): void {
    const spread = Math.min(...this.watched.map(({ plan }) => plan.check.interMs));
    for (const [i, one] of this.watched.entries()) this.schedule(one, (spread * i) / this.watched.length);
  }

  /** Ends for good; checks that are under way have no result. */
  stop(): void {
    this.ending.abort();
    for (const one of this.watched) one.callOff();
  }

  /** The health of a server, or null when it is not checked. */
  healthOf(place: ServerPlace): Health | null {
    return this.find(place)?.health ?? null;
  }

  /** Connections to the server have failed as often in a row as `error-limit` says: does what `on-error` says. */
  suspect(place: ServerPlace): void {
    const one = this.find(place);
    if (one === undefined || this.ending.signal.aborted) return;
    const { health, plan } = one;
    const { onError, errorLimit, fastinterMs } = plan.check;
    if (onError === 'sudden-death') health.weaken();
    if (onError === 'mark-down') health.exhaust();
    if (onError !== 'fastinter' && health.note(false)) this.owner.onHealthChange(place, false, failedInARow(errorLimit));
    if (fastinterMs !== null) this.hasten(one, fastinterMs);
  }

  /** The next check begins after that time, if it would not anyway. */
  private hasten(one: Watched, delayMs: number): void {
    if (one.dueAt === null || one.dueAt <= this.clock.now() + delayMs) return;
    one.callOff();
    this.schedule(one, delayMs);
  }

  private find({ backend, server }: ServerPlace): Watched | undefined {
    return this.watched.find(({ place }) => place.backend === backend && place.server === server);
  }

  private schedule(one: Watched, delayMs: number): void {
    one.dueAt = this.clock.now() + delayMs;
    one.callOff = this.clock.after(delayMs, () => void this.run(one));
  }

  /** The next check is due one interval after the last one began, but never before that one has ended. */
  private async run(one: Watched): Promise<void> {
    const began = this.clock.now();
    one.dueAt = null;
    const result = await this.check(one.plan, one.timeoutMs, this.ending.signal, one.place);
    if (this.ending.signal.aborted) return;
    if (result !== null && one.health.note(passed(result))) this.owner.onHealthChange(one.place, one.health.up, result);
    this.schedule(one, Math.max(0, one.health.interval(one.plan.check) - (this.clock.now() - began)));
  }
}

/** A server that follows another one has no checks of its own. */
function isChecked({ check, track, disabled }: ServerPlan): boolean {
  return check.enabled && track === null && !disabled;
}

/** A connection that a check opens has the time of `timeout connect`, and no more than one interval. */
function watch({ connectTimeoutMs }: BackendPlan, plan: ServerPlan, place: ServerPlace): Watched {
  const { interMs, rise, fall } = plan.check;
  const timeoutMs = connectTimeoutMs > 0 ? Math.min(interMs, connectTimeoutMs) : interMs;
  return { place, plan, health: new Health(rise, fall), timeoutMs, callOff: () => undefined, dueAt: null };
}
