/**
 * Checks servers and asks agents again and again (configuration manual, 5.2), each in a rhythm of its
 * own; the first checks are spread over an interval, so that they do not all come at once. Results go to
 * the judge. Commands of the runtime socket about checks are methods here: those that can fail answer
 * why, in HAProxy's words, or null.
 */
import type { BackendPlan, ServerPlan } from '../../plan/plan.js';
import type { ServerAddresses } from '../server-addresses.js';
import type { Clock, ServerPlace, ServerStates } from '../server-states.js';
import type { CheckIntervals } from './health.js';
import type { Judge } from './judge.js';
import type { CheckRecord, HealthRecords } from './record.js';
import { type CheckResult, failedInARow } from './result.js';
import { checkTcp } from './tcp-check.js';

/** What carries out one check; ending `signal` ends it without a result. null: the server has no address now. */
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

/** What the checker works with. */
export interface CheckerParts {
  readonly backends: readonly BackendPlan[];
  readonly states: ServerStates;
  readonly records: HealthRecords;
  readonly judge: Judge;
  readonly clock: Clock;
  readonly check: Check;
}

/** A check, or an agent, in its rhythm. */
interface Probe {
  readonly place: ServerPlace;
  readonly plan: ServerPlan;
  readonly record: CheckRecord;
  readonly intervals: CheckIntervals;
  readonly timeoutMs: number;
  callOff: () => void;
  /** When the next check begins, by the clock; null while one is under way. */
  dueAt: number | null;
}

/** The health checks of all servers of a plan. */
export class Checker {
  private readonly probes: readonly Probe[];
  /** By backend, by server. */
  private readonly checks: readonly (readonly (Probe | null)[])[];
  private readonly ending = new AbortController();

  constructor(private readonly parts: CheckerParts) {
    const { backends } = parts;
    this.checks = backends.map((backend, i) =>
      backend.servers.map((plan, j) => this.checkOf(backend, plan, { backend: i, server: j })),
    );
    this.probes = this.checks.flat().filter((probe) => probe !== null);
  }

  /** Begins. */
  start(): void {
    for (const [i, probe] of this.probes.entries()) this.schedule(probe, (probe.intervals.interMs * i) / this.probes.length);
  }

  /** Ends for good; checks that are under way have no result. */
  stop(): void {
    this.ending.abort();
    for (const probe of this.probes) probe.callOff();
  }

  /** Connections to the server have failed as often in a row as `error-limit` says: does what `on-error` says. */
  suspect(place: ServerPlace): void {
    const probe = this.checks[place.backend][place.server];
    if (probe === null || this.ending.signal.aborted) return;
    const { onError, errorLimit, fastinterMs } = probe.plan.check;
    const { health } = probe.record;
    this.parts.records.server(place).suspicions++;
    if (onError === 'sudden-death') health.weaken();
    if (onError === 'mark-down') health.probation();
    if (onError !== 'fastinter') this.parts.judge.onCheck(place, failedInARow(errorLimit));
    if (fastinterMs !== null) this.hasten(probe, fastinterMs);
  }

  /** A server enters its maintenance: its check has a rest. */
  pause(place: ServerPlace): void {
    this.parts.records.server(place).check.paused = true;
  }

  /**
   * A server leaves its maintenance: it is well until its next check, which begins at once.
   * @returns whether its agent agrees
   */
  resume(place: ServerPlace): boolean {
    const { check } = this.parts.records.server(place);
    const probe = this.checks[place.backend][place.server];
    check.paused = false;
    check.health.probation();
    if (probe !== null) this.hasten(probe, 0);
    return this.parts.judge.isContent(place);
  }

  /** `enable health` */
  enableHealth(place: ServerPlace): string | null {
    const { check } = this.parts.records.server(place);
    if (!check.configured) return 'Health check was not configured on this server, cannot enable.';
    check.enabled = true;
    return null;
  }

  /** `disable health` */
  disableHealth(place: ServerPlace): void {
    this.parts.records.server(place).check.enabled = false;
  }

  /** `enable agent` */
  enableAgent(place: ServerPlace): string | null {
    const { agent } = this.parts.records.server(place);
    if (!agent.configured) return 'Agent was not configured on this server, cannot enable.';
    agent.enabled = true;
    return null;
  }

  /** `disable agent` */
  disableAgent(place: ServerPlace): void {
    this.parts.records.server(place).agent.enabled = false;
  }

  /** `set server health`: until the next result of a check. */
  setHealth(place: ServerPlace, to: 'up' | 'stopping' | 'down'): string | null {
    const { check, followed } = this.parts.records.server(place);
    if (followed !== null) return 'cannot change health on a tracking server.';
    check.health.force(to !== 'down');
    this.move(place, to);
    return null;
  }

  /** `set server agent`: until the next answer of the agent. */
  setAgent(place: ServerPlace, to: 'up' | 'down'): string | null {
    const { agent } = this.parts.records.server(place);
    if (!agent.enabled) return 'agent checks are not enabled on this server.';
    agent.health.force(to === 'up');
    this.move(place, to);
    return null;
  }

  private move(place: ServerPlace, to: 'up' | 'stopping' | 'down'): void {
    const { states } = this.parts;
    const because = 'changed from CLI';
    if (to === 'up') states.setUp(place, because);
    else if (to === 'stopping') states.setStopping(place, because);
    else states.setDown(place, because);
  }

  /** The next check begins after that time, if it would not anyway. */
  private hasten(probe: Probe, delayMs: number): void {
    if (probe.dueAt === null || probe.dueAt <= this.parts.clock.now() + delayMs) return;
    probe.callOff();
    this.schedule(probe, delayMs);
  }

  private schedule(probe: Probe, delayMs: number): void {
    const { clock } = this.parts;
    probe.dueAt = clock.now() + delayMs;
    probe.callOff = clock.after(delayMs, () => void this.run(probe));
  }

  /** The next check is due one interval after the last one ended. */
  private async run(probe: Probe): Promise<void> {
    const { record, place } = probe;
    if (record.enabled && !record.paused) {
      probe.dueAt = null;
      record.inFlight = true;
      const result = await this.parts.check(probe.plan, probe.timeoutMs, this.ending.signal, place);
      record.inFlight = false;
      if (this.ending.signal.aborted) return;
      if (result !== null) this.parts.judge.onCheck(place, result);
    }
    this.schedule(probe, record.health.interval(probe.intervals));
  }

  /** A server that follows another one has no checks of its own. */
  private checkOf(backend: BackendPlan, plan: ServerPlan, place: ServerPlace): Probe | null {
    const { check } = this.parts.records.server(place);
    if (!check.configured) return null;
    return {
      place,
      plan,
      record: check,
      intervals: plan.check,
      timeoutMs: timeoutOf(backend, plan),
      callOff: () => undefined,
      dueAt: null,
    };
  }
}

/** A connection that a check opens has the time of `timeout connect`, and no more than one interval. */
function timeoutOf({ connectTimeoutMs }: BackendPlan, { check: { interMs } }: ServerPlan): number {
  return connectTimeoutMs > 0 ? Math.min(interMs, connectTimeoutMs) : interMs;
}
