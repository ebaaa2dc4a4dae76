/**
 * Checks servers and asks agents again and again (configuration manual, 5.2), each in a rhythm of its
 * own; the first ones are spread over an interval, so that they do not all come at once. Results go to
 * the judge. Commands of the runtime socket about checks are methods here: those that can fail answer
 * why, in HAProxy's words, or null.
 */
import { isDeepStrictEqual } from 'node:util';
import type { SocketAddress } from '../../kernel/address.js';
import type { CheckPlan } from '../../plan/checks.js';
import type { BackendPlan, ServerPlan } from '../../plan/plan.js';
import type { Clock, ServerPlace, ServerStates } from '../servers/server-states.js';
import { Agenda, type AgendaPace, type Due } from './agenda.js';
import { agentCheck, agentResult, obeyAgent, parseAgent } from './agent.js';
import type { CheckIntervals } from './health.js';
import type { Judge } from './judge.js';
import type { CheckRecord, HealthRecords } from './record.js';
import { type CheckResult, failedInARow } from './result.js';
import type { CheckOrder, CheckUnderWay } from './run.js';
import { operationOf } from './state-lines.js';

/** Begins a check; the result comes later, once, unless it is cancelled. */
export type BeginCheck = (order: CheckOrder, done: (result: CheckResult) => void) => CheckUnderWay;

/** Where checks and agents are, at the moment; null: nowhere. */
export interface CheckAddresses {
  checkAddress(place: ServerPlace): SocketAddress | null;
  socketAddress(place: ServerPlace): SocketAddress | null;
}

/** How checks are spread over time. */
export interface CheckSpread {
  /** Percent by which intervals vary at random. */
  readonly percent: number;
  /** Milliseconds over which the first ones are spread at most; 0: an interval. */
  readonly maxMs: number;
}

/** What the checker works with. */
export interface CheckerParts {
  readonly backends: readonly BackendPlan[];
  readonly spread: CheckSpread;
  readonly states: ServerStates;
  readonly records: HealthRecords;
  readonly judge: Judge;
  readonly clock: Clock;
  readonly addresses: CheckAddresses;
  /** Workers have much to do: what the checks take of their processors is to come in small portions. */
  readonly isBusy: () => boolean;
  readonly begin: BeginCheck;
}

/** A check, or an agent, in its rhythm. Of one shape: thousands of times a second something looks at one. */
class Probe implements Due {
  /** When the next one begins, by the clock; null while one is under way. */
  dueAt: number | null = null;
  underWay: CheckUnderWay | null = null;
  /** Takes the result of the one that is under way; made once. */
  done: (result: CheckResult) => void = nothing;
  /** The last one's order. */
  order: CheckOrder | null = null;
  /** Of an agent: where it is; null: beside its server. */
  agentAddress: SocketAddress | null;
  agentPort: number;
  /** Among all of the plan. */
  number = 0;

  /** @param check what is done */
  constructor(
    readonly place: ServerPlace,
    readonly backend: BackendPlan,
    readonly plan: ServerPlan,
    readonly isAgent: boolean,
    readonly record: CheckRecord,
    readonly intervals: CheckIntervals,
    public check: CheckPlan,
  ) {
    const { agent } = plan.check;
    this.agentAddress = agent?.elsewhere ?? null;
    this.agentPort = agent?.port ?? 0;
  }

  get name(): string {
    return `${this.backend.name}/${this.plan.name} ${this.isAgent}`;
  }

  /** The agent is where it was in the eyes of a former plan that had the same of it in its file. */
  follow({ plan: { check }, agentAddress, agentPort }: Probe): void {
    const { agent } = this.plan.check;
    if (agent?.port !== check.agent?.port || !isDeepStrictEqual(agent?.elsewhere, check.agent?.elsewhere)) return;
    this.agentAddress = agentAddress;
    this.agentPort = agentPort;
  }
}

const nothing = (): void => undefined;

/**
 * Checks begin on this grid of milliseconds, so that thousands of them share fifty timers and turns of the
 * event loop in a second: what these take is as much as a tenth of all. Short intervals have a finer grid.
 * While there is much traffic, each keeps to a millisecond of its own in the steps of the grid: a worker on the
 * same processor would wait for all that begin at once.
 */
const GRID_MS = 20;
const GRID_PART = 50;
/** So many times as many as are due in a step of the grid on average may begin in one, and a few in any case. */
const CROWD = 2;
const CROWD_MIN = 16;

/** The health checks and agents of all servers of a plan. */
export class Checker {
  private readonly probes: readonly Probe[];
  private readonly agenda: Agenda<Probe>;
  private stopped = false;

  constructor(private readonly parts: CheckerParts) {
    this.probes = parts.backends.flatMap((backend, i) =>
      backend.servers.flatMap((plan, j) => this.probesOf(backend, plan, { backend: i, server: j })),
    );
    for (const [i, probe] of this.probes.entries()) probe.number = i;
    this.agenda = new Agenda(parts.clock, this.pace(), (probe) => this.run(probe));
  }

  /** How many there are: as many sockets may be open at once. */
  get size(): number {
    return this.probes.length;
  }

  /** Begins. */
  start(): void {
    const { maxMs } = this.parts.spread;
    for (const [i, probe] of this.probes.entries()) {
      const { interMs } = probe.intervals;
      const spread = maxMs > 0 ? Math.min(maxMs, interMs) : interMs;
      this.schedule(probe, (spread * i) / this.probes.length);
    }
  }

  /** Ends for good; checks that are under way have no result. */
  stop(): void {
    this.stopped = true;
    this.agenda.clear();
    for (const probe of this.probes) {
      probe.underWay?.cancel();
      probe.record.inFlight = false;
    }
  }

  /**
   * Goes on in the rhythm of a former plan: what was due then for servers of the same names is due as it was, unless
   * that is further away than an interval of the new plan. Agents are where they were, unless the file moves them.
   */
  takeOver(before: Checker): void {
    const former = new Map(before.probes.map((probe) => [probe.name, probe] as const));
    for (const probe of this.probes) {
      const known = former.get(probe.name);
      if (known === undefined) continue;
      probe.follow(known);
      const delayMs = Math.max(0, (known.dueAt ?? 0) - this.parts.clock.now());
      if (delayMs <= probe.record.health.interval(probe.intervals)) this.schedule(probe, delayMs);
    }
  }

  /** Connections to the server have failed as often in a row as `error-limit` says: does what `on-error` says. */
  suspect(place: ServerPlace): void {
    const probe = this.find(place, false);
    if (probe === undefined || this.stopped) return;
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
    const probe = this.find(place, false);
    check.paused = false;
    check.health.probation();
    if (probe !== undefined) this.hasten(probe, 0);
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
  setHealth(place: ServerPlace, to: string | undefined): string | null {
    const { check, followed } = this.parts.records.server(place);
    if (followed !== null) return 'cannot change health on a tracking server.';
    if (to !== 'up' && to !== 'stopping' && to !== 'down')
      return "'set server <srv> health' expects 'up', 'stopping', or 'down'.";
    check.health.force(to !== 'down');
    this.move(place, to);
    return null;
  }

  /** `set server agent`: until the next answer of the agent. */
  setAgent(place: ServerPlace, to: 'up' | 'down'): string | null {
    const { agent } = this.parts.records.server(place);
    if (!agent.enabled) return NO_AGENT;
    agent.health.force(to === 'up');
    this.move(place, to);
    return null;
  }

  /** `set server agent-addr`, with a port where one is given. */
  setAgentAddress(place: ServerPlace, address: SocketAddress, port: number | null): string | null {
    return this.changeAgent(place, (probe) => {
      probe.agentAddress = address;
      if (port !== null) probe.agentPort = port;
    });
  }

  /** `set server agent-port` */
  setAgentPort(place: ServerPlace, port: number): string | null {
    return this.changeAgent(place, (probe) => {
      probe.agentPort = port;
    });
  }

  /** `set server agent-send` */
  setAgentSend(place: ServerPlace, send: string): string | null {
    return this.changeAgent(place, (probe) => {
      probe.check = agentCheck(send);
    });
  }

  /** Where the agent is asked, whatever its server; null and 0: not set. */
  agentTarget(place: ServerPlace): { readonly address: SocketAddress | null; readonly port: number } {
    const probe = this.find(place, true);
    return { address: probe?.agentAddress ?? null, port: probe?.agentPort ?? 0 };
  }

  private changeAgent(place: ServerPlace, change: (probe: Probe) => void): string | null {
    const probe = this.find(place, true);
    if (probe === undefined || !probe.record.enabled) return NO_AGENT;
    change(probe);
    return null;
  }

  private move(place: ServerPlace, to: 'up' | 'stopping' | 'down'): void {
    const { states } = this.parts;
    const because = 'changed from CLI';
    if (to === 'up') states.setUp(place, because);
    else if (to === 'stopping') states.setStopping(place, because);
    else states.setDown(place, because);
  }

  private find({ backend, server }: ServerPlace, isAgent: boolean): Probe | undefined {
    return this.probes.find((one) => one.place.backend === backend && one.place.server === server && one.isAgent === isAgent);
  }

  private pace(): AgendaPace {
    const perStep = ({ intervals: { interMs, fastinterMs, downinterMs } }: Probe): number =>
      GRID_MS / Math.max(1, Math.min(interMs, fastinterMs ?? interMs, downinterMs ?? interMs));
    const average = this.probes.reduce((sum, probe) => sum + perStep(probe), 0);
    return { stepMs: GRID_MS, most: Math.max(CROWD_MIN, Math.ceil(CROWD * average)) };
  }

  /** The next check begins after that time, if it would not anyway. */
  private hasten(probe: Probe, delayMs: number): void {
    if (probe.dueAt === null || probe.dueAt <= this.parts.clock.now() + delayMs) return;
    this.schedule(probe, delayMs);
  }

  private schedule(probe: Probe, delayMs: number): void {
    const grid = Math.max(1, Math.min(GRID_MS, Math.floor(delayMs / GRID_PART)));
    const offset = this.parts.isBusy() ? probe.number % grid : 0;
    const now = this.parts.clock.now();
    this.agenda.set(probe, delayMs === 0 ? now : Math.round((now + delayMs - offset) / grid) * grid + offset);
  }

  /** The next check is due one interval after the last one ended. */
  private run(probe: Probe): void {
    const { record, place, isAgent } = probe;
    const address = isAgent ? this.agentAddress(probe) : this.parts.addresses.checkAddress(place);
    if (!record.enabled || record.paused || address === null) {
      this.scheduleNext(probe);
      return;
    }
    record.inFlight = true;
    if (probe.done === nothing) probe.done = (result) => this.take(probe, result);
    probe.underWay = this.parts.begin(this.orderOf(probe, address), probe.done);
  }

  private take(probe: Probe, result: CheckResult): void {
    const { judge } = this.parts;
    probe.record.inFlight = false;
    probe.underWay = null;
    if (this.stopped) return;
    if (probe.isAgent) judge.onAgent(probe.place, result);
    else judge.onCheck(probe.place, result);
    this.scheduleNext(probe);
  }

  private scheduleNext(probe: Probe): void {
    const { percent } = this.parts.spread;
    const interval = probe.record.health.interval(probe.intervals);
    const variation = percent === 0 ? 0 : (interval * percent * (1 - 2 * Math.random())) / 100;
    this.schedule(probe, Math.max(1, interval + variation));
  }

  /** The same as before while nothing has changed. */
  private orderOf(probe: Probe, address: SocketAddress): CheckOrder {
    const { order, check } = probe;
    const isRunning = operationOf(this.parts.states.standing(probe.place)) !== 'stopped';
    if (order?.address !== address || order.check !== check || order.isRunning !== isRunning)
      probe.order = this.makeOrder(probe, address, isRunning);
    return probe.order as CheckOrder;
  }

  private makeOrder(probe: Probe, address: SocketAddress, isRunning: boolean): CheckOrder {
    const { place, plan, backend, isAgent, check, intervals } = probe;
    const { connectTimeoutMs, checkTimeoutMs } = backend;
    const bounded = checkTimeoutMs > 0 && connectTimeoutMs > 0;
    return {
      place,
      server: plan,
      check,
      address,
      connectMs: bounded ? Math.min(intervals.interMs, connectTimeoutMs) : intervals.interMs,
      answerMs: checkTimeoutMs,
      isRunning,
      read: isAgent ? (answer) => this.readAgent(answer, place, plan) : null,
    };
  }

  private readAgent(text: string, place: ServerPlace, plan: ServerPlan): Omit<CheckResult, 'durationMs'> {
    const answer = parseAgent(text);
    const result = agentResult(answer);
    const warning = answer === null ? '' : obeyAgent(answer, place, this.parts.states, plan.weight);
    return warning === '' || result.info !== '' ? result : { ...result, info: `agent warns : ${warning}` };
  }

  private agentAddress({ place, agentAddress, agentPort }: Probe): SocketAddress | null {
    const address = agentAddress ?? this.parts.addresses.socketAddress(place);
    return address === null || address.family === 'unix' ? address : { ...address, port: agentPort };
  }

  /** A server that follows another one has no checks of its own. */
  private probesOf(backend: BackendPlan, plan: ServerPlan, place: ServerPlace): Probe[] {
    const { check: record, agent: agentRecord } = this.parts.records.server(place);
    const { agent, interMs, fastinterMs, downinterMs } = plan.check;
    const probes: Probe[] = [];
    if (record.configured)
      probes.push(new Probe(place, backend, plan, false, record, { interMs, fastinterMs, downinterMs }, backend.check));
    if (agent === null) return probes;
    const intervals = { interMs: agent.interMs, fastinterMs: null, downinterMs: null };
    return [...probes, new Probe(place, backend, plan, true, agentRecord, intervals, agentCheck(agent.send))];
  }
}

const NO_AGENT = 'agent checks are not enabled on this server.';
