/**
 * What the master has of the plan in force: its tables, the states and addresses of its servers, their
 * checks and its log targets. The next one takes over from it what goes on by names. It tells workers
 * nothing.
 */
import type { Plan } from '../../plan/plan.js';
import { setFirstVariables } from '../../proxy/samples/process-variables.js';
import type { ShutdownCause } from '../../proxy/session.js';
import { STATE_RESOLUTION } from '../../shared/servers.js';
import { NO_WORKER, openShared, type SharedState, type SharedTables } from '../../shared/state.js';
import { HealthWatch } from '../checks/health-watch.js';
import type { Log } from '../log.js';
import { ProcessLog } from '../process/process-log.js';
import { ServerNames } from '../resolvers/server-names.js';
import { QueueKeeper } from '../servers/queue-keeper.js';
import { applySavedStates, type StateSources } from '../servers/saved-states.js';
import { ServerAddresses } from '../servers/server-addresses.js';
import { type OnServerChange, type ServerPlace, ServerStates, SYSTEM_CLOCK } from '../servers/server-states.js';
import type { NumberedPlan, ServerSessions } from './former-plans.js';

/** What it needs of its balancer. */
export interface ActivePlanOptions {
  readonly log: Log;
  /** Ends all sessions of a server. */
  readonly shutdownServer: (place: ServerPlace, cause: ShutdownCause) => void;
  /** All sessions of a server, also those that go on by former plans. */
  readonly sessionsOf: (active: NumberedPlan, place: ServerPlace) => ServerSessions;
  /** A server's state, weight or limit has changed. */
  readonly onServerChange: (active: NumberedPlan, place: ServerPlace, letsGo: boolean) => number;
  /** The folder that is the workers' root, where that of the calling thread is another one; '': it is the same. */
  readonly workersRoot: string;
  /** Workers have much to do. */
  readonly isBusy: () => boolean;
}

/** The plan in force. */
export class ActivePlan implements NumberedPlan {
  readonly since = performance.now();
  readonly tables: SharedTables;
  readonly states: ServerStates;
  readonly addresses: ServerAddresses;
  private health: HealthWatch | null = null;
  private ownLog: ProcessLog | null = null;
  private resolved: ServerNames | null = null;

  /**
   * Fills the tables.
   * @param before the one that was in force: its states and checks end here
   */
  constructor(
    readonly generation: number,
    readonly plan: Plan,
    readonly shared: SharedState,
    private readonly options: ActivePlanOptions,
    private before: ActivePlan | null = null,
  ) {
    this.tables = openShared(shared, NO_WORKER);
    before?.health?.stop();
    this.setLimits();
    this.tables.variables.clear();
    setFirstVariables(plan, this.tables);
    const { groups } = this.tables.servers;
    const queues = new QueueKeeper(plan.backends, shared);
    const onChange: OnServerChange = (place, letsGo) =>
      queues.onServerChange(place, letsGo) + options.onServerChange(this, place, letsGo);
    this.states = new ServerStates(plan.backends, groups, SYSTEM_CLOCK, onChange, before?.states);
    this.addresses = new ServerAddresses(plan.backends, this.tables.addresses, before?.addresses);
    if (before !== null) this.settleResolution();
  }

  /** Who has an address is not in maintenance for want of one, whichever plan or answer it is from. */
  private settleResolution(): void {
    const { states, addresses } = this;
    for (const place of addresses.places) {
      const has = addresses.isUnix(place) || addresses.ip(place) !== null;
      if (has === ((states.standing(place).own & STATE_RESOLUTION) !== 0)) states.setResolved(place, has);
    }
  }

  /** Limits of connections whose counts were taken over. */
  private setLimits(): void {
    const { plan, tables } = this;
    const binds = plan.frontends.flatMap((frontend) => frontend.binds);
    tables.gate.max = plan.process.maxconn;
    tables.gate.connectionRateMax = plan.process.connectionRateMax;
    tables.gate.sessionRateMax = plan.process.sessionRateMax;
    for (const [i, gate] of tables.frontendGates.entries()) if (gate !== null) gate.max = plan.frontends[i].maxconn;
    for (const [i, gate] of tables.bindGates.entries()) if (gate !== null) gate.max = binds[i].maxconn;
  }

  /** null until checks have begun. */
  get watch(): HealthWatch | null {
    return this.health;
  }

  /** null until checks have begun. */
  get names(): ServerNames | null {
    return this.resolved;
  }

  /** null until checks have begun. */
  get processLog(): ProcessLog | null {
    return this.ownLog;
  }

  /** Servers are as they were before a restart of the process, as far as files tell. Before anybody is served. */
  restore(): void {
    this.openWatch();
    applySavedStates(this.stateSources);
  }

  /** Begins health checks and resolving; until then every server counts as up, or as it was before. */
  begin(): void {
    const { before } = this;
    (this.health ?? this.openWatch()).start();
    this.resolved = this.followNames(before?.resolved ?? null);
    this.before = null; // or all that ever were would stay
  }

  private openWatch(): HealthWatch {
    const { plan, states, addresses, tables, before } = this;
    const { log, shutdownServer, sessionsOf, workersRoot, isBusy } = this.options;
    before?.ownLog?.close();
    this.ownLog = new ProcessLog(plan, (severity, text) => log.write(severity, text), workersRoot);
    const fqdnOf = (place: ServerPlace): string | null => addresses.fqdn(place);
    const surroundings = {
      plan,
      tables,
      states,
      addresses,
      log,
      processLog: this.ownLog,
      shutdownServer,
      sessionsOf: (place: ServerPlace) => sessionsOf(this, place),
      fqdnOf,
      clock: SYSTEM_CLOCK,
      workersRoot,
      isBusy,
      onCheckTimeout: (place: ServerPlace) => this.resolved?.hasten(place),
    };
    this.health = new HealthWatch(surroundings, before?.health);
    return this.health;
  }

  /** What `show servers state` is made of. Once checks have begun. */
  get stateSources(): StateSources {
    const { states, addresses, health, plan } = this;
    if (health === null) throw new Error('the checks have not begun');
    return { backends: plan.backends, states, addresses, health: health.records, checker: health.checker };
  }

  /** Begins to resolve the names of servers, from where the plan before had come. */
  private followNames(before: ServerNames | null): ServerNames {
    const { plan, states, addresses } = this;
    const note = (text: string, backend: string): void => this.ownLog?.write('notice', text, backend);
    const tell = (text: string, backend: string): void => {
      this.options.log.warning(text);
      note(text, backend);
    };
    const names = new ServerNames({ plan, states, addresses, clock: SYSTEM_CLOCK, tell, note });
    if (before !== null) names.inherit(before);
    before?.close();
    return names;
  }

  /** It ends, and no other comes. */
  close(): void {
    this.health?.stop();
    this.resolved?.close();
    this.ownLog?.close();
    this.states.close();
  }
}
