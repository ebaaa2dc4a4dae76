/**
 * What is known of the health of each server: for statistics, `show servers state` and the runtime
 * socket. Whoever shows it asks `LoadBalancer.health` for a server's record at each command and
 * keeps nothing, since a reload makes new ones that take over from these:
 *
 *     const record = balancer.health.server({ backend: 0, server: 1 });
 *     record.check.status            'L4CON'   check_status; "* " before it while record.check.inFlight
 *     record.check.code              0         check_code, where hasCode(status)
 *     record.check.durationMs        3         check_duration; null before the first check
 *     record.check.info              '...'     last_chk; descriptionOf(status) is check_desc
 *     record.check.health.rise       2         check_rise, check_fall, check_health = health.score
 *     record.agent...                          the same of agent_*; last_agt = record.agent.info
 *     record.failedChecks            1         chkfail
 *     record.downs                   1         chkdown
 *     record.suspicions              0         hanafail
 *     record.secondsInState(now)     12        lastchg
 *     record.secondsDown(now)        40        downtime
 *
 * Check and agent say something only while `enabled` is true, and the check not while `paused`
 * (maintenance). A server that follows another one (`track`) has the other one's health: `followed`.
 * `balancer.health.backend(0)` has `downs`, `secondsInState`, `secondsDown` of a backend. `now` is
 * `balancer.health.now()`, milliseconds.
 */
import type { BackendPlan, ServerPlan } from '../../plan/plan.js';
import type { Clock, ServerPlace } from '../servers/server-states.js';
import { Health } from './health.js';
import type { CheckResult, CheckStatus } from './result.js';

/** The health check of a server, or its agent. */
export class CheckRecord {
  /** Commands may switch it off and on (`disable health`, `disable agent`). */
  enabled: boolean;
  /** The server is in maintenance: its health check has a rest. */
  paused = false;
  /** One is under way. */
  inFlight = false;
  status: CheckStatus = 'INI';
  code = 0;
  durationMs: number | null = null;
  info = '';
  health: Health;

  /** @param configured the file asks for it; without, nothing can be switched on */
  constructor(
    readonly configured: boolean,
    rise: number,
    fall: number,
  ) {
    this.enabled = configured;
    this.health = new Health(rise, fall);
  }

  /** Takes the words of a result. */
  note({ status, code = 0, info, durationMs }: CheckResult): void {
    this.status = status;
    this.code = code;
    this.info = info;
    this.durationMs = durationMs;
  }

  /** The server is in maintenance, or is not: after one, the first bad result takes it down. */
  rest(paused: boolean): void {
    if (this.paused && !paused && this.health.up) this.health.probation();
    this.paused = paused;
  }

  /** Goes on where a former record of the same check was; rise and fall are this one's own. */
  takeOver(before: CheckRecord): void {
    if (!this.configured || !before.configured) return;
    this.enabled = before.enabled;
    this.paused = before.paused;
    this.note(before);
    this.health.takeOver(before.health);
  }
}

/** How long something has been as it is, and how often and how long it was down. */
export class StateHistory {
  private downMs = 0;

  /** @param downs times it went down, maintenance included; HAProxy counts the want of an address at the start as one */
  constructor(
    private changedAt: number,
    private down: boolean,
    public downs = 0,
  ) {}

  /** It has changed at that time. */
  change(now: number, down: boolean): void {
    if (this.down) this.downMs += now - this.changedAt;
    if (down && !this.down) this.downs++;
    this.changedAt = now;
    this.down = down;
  }

  /** It is so, whatever was known: that is a change, or none. */
  settle(now: number, down: boolean): void {
    if (down !== this.down) this.change(now, down);
  }

  /** Whole seconds since the last change. */
  secondsInState(now: number): number {
    return Math.floor((now - this.changedAt) / 1000);
  }

  /** Whole seconds that it was down in all. */
  secondsDown(now: number): number {
    return Math.floor((this.downMs + (this.down ? now - this.changedAt : 0)) / 1000);
  }

  /** Goes on where a former history ended. */
  takeOver(before: StateHistory): void {
    this.downs = before.downs;
    this.downMs = before.downMs;
    this.changedAt = before.changedAt;
    this.down = before.down;
  }

  /** Goes on as before a restart: it has been like this for so many seconds. */
  restore(now: number, seconds: number): void {
    this.changedAt = now - 1000 * seconds;
  }

  /** `clear counters all`: it begins to count anew. */
  clear(): void {
    this.downs = 0;
  }
}

/** A server's. */
export class ServerRecord extends StateHistory {
  readonly check: CheckRecord;
  readonly agent: CheckRecord;
  /** Health checks that failed, while the server was not down by them already. */
  failedChecks = 0;
  /** Times that traffic failed `error-limit` times in a row (`observe`). */
  suspicions = 0;
  /** The server whose health it shares. */
  readonly followed: ServerPlace | null;

  constructor({ check, track, disabled, unresolved }: ServerPlan, now: number) {
    super(now, disabled || unresolved, unresolved ? 1 : 0);
    this.followed = track;
    this.check = new CheckRecord(check.enabled && track === null, check.rise, check.fall);
    this.check.paused = disabled || unresolved;
    this.agent = new CheckRecord(check.agent !== null, 1, 1);
  }

  override takeOver(before: ServerRecord): void {
    super.takeOver(before);
    this.check.takeOver(before.check);
    this.agent.takeOver(before.agent);
    this.failedChecks = before.failedChecks;
    this.suspicions = before.suspicions;
  }

  override clear(): void {
    super.clear();
    this.failedChecks = 0;
    this.suspicions = 0;
  }
}

/** The records of all servers and backends of a plan. */
export class HealthRecords {
  private readonly servers: readonly (readonly ServerRecord[])[];
  private readonly backends: readonly StateHistory[];

  /** @param before records of a former plan: servers and backends of the same names go on where they were */
  constructor(
    private readonly plans: readonly BackendPlan[],
    private readonly clock: Clock,
    before: HealthRecords | null = null,
  ) {
    const now = clock.now();
    this.servers = plans.map(({ servers }) => servers.map((plan) => new ServerRecord(plan, now)));
    this.backends = plans.map(({ servers }) => {
      const down = servers.every(({ disabled, unresolved }) => disabled || unresolved);
      return new StateHistory(now, down, down && servers.some(({ unresolved }) => unresolved) ? 1 : 0);
    });
    if (before !== null) this.takeOver(before);
  }

  /** Milliseconds, to compare with what records know. */
  now(): number {
    return this.clock.now();
  }

  server(place: ServerPlace): ServerRecord {
    return this.servers[place.backend][place.server];
  }

  backend(index: number): StateHistory {
    return this.backends[index];
  }

  /** The record whose health a server shares: its own, or that at the end of a chain of `track`. */
  leader(place: ServerPlace): ServerRecord {
    const record = this.server(place);
    return record.followed === null ? record : this.leader(record.followed);
  }

  /** `clear counters all` */
  clear(): void {
    for (const record of [...this.servers.flat(), ...this.backends]) record.clear();
  }

  private takeOver(before: HealthRecords): void {
    const former = new Map(before.plans.map((plan, i) => [plan.name, i]));
    for (const [i, { name, servers }] of this.plans.entries()) {
      const at = former.get(name);
      if (at === undefined) continue;
      this.backends[i].takeOver(before.backends[at]);
      const places = new Map(before.plans[at].servers.map((server, j) => [server.name, j]));
      for (const [j, server] of servers.entries()) {
        const place = places.get(server.name);
        if (place !== undefined) this.servers[i][j].takeOver(before.servers[at][place]);
      }
    }
  }
}
