/**
 * A running load balancer: listeners, shared state and workers for one Plan. `runMaster` adds what
 * a process needs around it; a program that embeds turbo-lb uses this class itself.
 */
import type { SocketAddress } from '../kernel/address.js';
import { allowedCpus } from '../kernel/affinity.js';
import { closeDescriptor } from '../kernel/descriptors.js';
import { openEventfd, signalEventfd } from '../kernel/eventfd.js';
import { chooseEngine, type EngineChoice } from '../kernel/probe.js';
import type { IoEngineChoice, Plan } from '../plan/plan.js';
import { statisticsNames } from '../plan/statistics-names.js';
import type { Question, WorkerAnswer } from '../proxy/questions.js';
import { setFirstVariables } from '../proxy/samples/process-variables.js';
import type { ShutdownCause } from '../proxy/session.js';
import { COUNTER_NAMES, type CounterName } from '../shared/counters.js';
import { createShared, NO_WORKER, openShared, type SharedState, type SharedTables } from '../shared/state.js';
import { allocateStatistics } from '../shared/statistics.js';
import { type Checker, checkConnections } from './checks/checker.js';
import { HealthWatch } from './checks/health-watch.js';
import type { HealthRecords } from './checks/record.js';
import { cpuBudget } from './cpus.js';
import { Listeners } from './listeners.js';
import type { Log } from './log.js';
import { Pauses } from './pauses.js';
import { ProcessLife } from './process-life.js';
import { ProcessLog, type ProxyMessage, pausedMessages, stoppedMessages } from './process-log.js';
import { QueueKeeper } from './queue-keeper.js';
import { ServerNames } from './resolvers/server-names.js';
import { applySavedStates, type StateSources } from './saved-states.js';
import { ServerAddresses } from './server-addresses.js';
import { type ServerPlace, ServerStates, SYSTEM_CLOCK } from './server-states.js';
import { applySizing, demandOf, type Sizing, sizedPlan } from './sizing.js';
import { StartError } from './start-error.js';
import { stateDump } from './state-dump.js';
import { startWarnings, sysctlReader } from './sysctl.js';
import { sparesFor, Workers, type WorkersOptions } from './workers.js';

/** What a balancer needs beside its plan. */
export interface BalancerOptions {
  readonly log: Log;
  /** The module that a worker runs; for tests of dying workers. */
  readonly workerUrl?: URL;
  /** Workers keep dying; the balancer is of no use any more. */
  readonly onHopeless?: (reason: string) => void;
  /**
   * Called once during the start, when the listening sockets are open and all code is loaded, for who
   * wants to give up rights then. What it throws ends the start.
   */
  readonly onBound?: () => void;
  /**
   * Whether code can be loaded after `onBound`: not behind a chroot, and perhaps not as another user.
   * Unless it can, a thread stands by for the place of a dead worker.
   */
  readonly loadsLater?: 'yes' | 'perhaps' | 'no';
}

/** What a balancer is doing, summed over its workers. */
export type BalancerCounters = Record<CounterName, number>;

/** A load balancer for one plan: `start`, then `drain` or `stop`, once each. */
export class LoadBalancer {
  /** The engine in use and the reason for it, once started. */
  engine: EngineChoice = { name: 'epoll', reason: 'not started' };
  /** Workers, once started. */
  workerCount = 0;
  /** Concurrent connections allowed, once started. */
  maxconn = 0;
  /** Where it listens, in the order of the plan's binds, with real port numbers; once started. */
  get addresses(): readonly SocketAddress[] {
    return this.listeners.addresses;
  }
  /** Since when it runs, how busy it is, whether it ends. */
  readonly life = new ProcessLife();
  private workers: Workers | null = null;
  private shared: SharedState | null = null;
  private states: ServerStates | null = null;
  private addressesNow: ServerAddresses | null = null;
  private watch: HealthWatch | null = null;
  private names: ServerNames | null = null;
  private processLog: ProcessLog | null = null;
  private readonly listeners: Listeners;
  private readonly pauses: Pauses;

  constructor(
    /** The plan in force; once started, with the sizes that were decided. */
    public plan: Plan,
    private readonly options: BalancerOptions,
  ) {
    this.listeners = new Listeners(plan);
    this.pauses = this.newPauses();
  }

  /** Resolves when every worker accepts connections. Throws StartError for what a person can mend. */
  async start(): Promise<void> {
    const { options } = this;
    const { process: settings } = this.plan;
    const cpus = allowedCpus();
    this.workerCount = settings.workers === 'auto' ? cpuBudget(cpus).workers : settings.workers;
    const { loadsLater = 'yes' } = options;
    const sizing = applySizing(demandOf(this.plan, this.workerCount, sparesFor(loadsLater)));
    for (const warning of sizing.warnings) options.log.warning(warning);
    const plan = sizedPlan(this.plan, sizing);
    this.plan = plan;
    this.maxconn = sizing.maxconn;
    this.life.descriptorsMax = sizing.limit.soft;
    const listeners = this.listeners.open(this.workerCount);
    if (settings.maxconn > 0) this.warnOfSysctls(sizing.maxconn);
    const backlogMax = Number(sysctlReader()('net.core.somaxconn') ?? Number.MAX_SAFE_INTEGER);
    this.workers = this.newWorkers(loadsLater);
    await this.workers.load();
    options.onBound?.();
    if (loadsLater === 'no') this.listeners.forgetPaths();
    // Only now: the kernel may grant io_uring to root alone.
    this.engine = settle(settings.ioEngine);
    const shared = this.share(plan, sizing);
    const tables = openShared(shared, NO_WORKER);
    setFirstVariables(plan, tables);
    const queues = new QueueKeeper(plan.backends, shared);
    this.states = new ServerStates(plan.backends, tables.servers.groups, SYSTEM_CLOCK, (place) => queues.onServerChange(place));
    this.addressesNow = new ServerAddresses(plan.backends, tables.addresses);
    const workerCpus = listeners.map((_, worker) => this.cpusOf(worker, cpus));
    const listenersMax = listeners[0].length;
    await this.workers.start({ plan, shared, ioEngine: this.engine.name, backlogMax, listeners, listenersMax, cpus: workerCpus });
    this.watchHealth(plan, this.states, this.addressesNow, tables);
    applySavedStates(this.stateSources);
    this.names = this.followNames(plan, this.states, this.addressesNow);
    this.life.begin(this.workerCount, () => this.tables.counters);
  }

  private newPauses(): Pauses {
    const { plan, listeners, options } = this;
    const frontends = plan.frontends.map(({ name }) => name);
    return new Pauses({
      frontends,
      hold: async (paused) => this.workers?.pause(paused.map((name) => frontends.indexOf(name))),
      stopListening: (frontend) => listeners.pause(frontend),
      listenAgain: (frontend) => listeners.resume(frontend),
      messages: (what) => pausedMessages(plan, what),
      say: (message) => this.say(message),
      fail: (text) => options.log.alert(text),
    });
  }

  /** To the terminal and the logs. */
  private say({ proxy, text }: ProxyMessage): void {
    this.options.log.warning(text);
    this.processLog?.write('warning', text, proxy);
  }

  private newWorkers(loadsLater: WorkersOptions['loadsLater']): Workers {
    const { log, workerUrl, onHopeless } = this.options;
    return new Workers({
      workers: this.workerCount,
      loadsLater,
      log,
      ...(workerUrl && { workerUrl }),
      onHopeless: (reason) => onHopeless?.(reason),
      onFailing: (place) => this.onFailing(place),
    });
  }

  private share(plan: Plan, sizing: Sizing): SharedState {
    const wakeFds = Array.from({ length: this.workerCount }, () => openEventfd());
    this.shared = createShared({
      workers: this.workerCount,
      maxconn: sizing.maxconn,
      descriptorsMax: sizing.limit.soft,
      statistics: allocateStatistics(statisticsNames(plan), this.workerCount),
      tables: plan.tables,
      frontendLimits: plan.frontends.map(({ maxconn }) => maxconn),
      rates: plan.process,
      bindLimits: plan.frontends.flatMap(({ binds }) => binds.map(({ maxconn }) => maxconn)),
      backendSizes: plan.backends.map((backend) => backend.servers.length),
      wakeFds,
    });
    return this.shared;
  }

  private onFailing(place: ServerPlace): void {
    if (this.shared === null) return;
    openShared(this.shared, NO_WORKER).servers.groups[place.backend].takeFailing(place.server);
    this.watch?.checker.suspect(place);
  }

  /** The CPUs of a worker: those that `cpu-map` says, or else one of its own. */
  private cpusOf(worker: number, allowed: readonly number[]): readonly number[] {
    const { pin, cpuMap } = this.plan.process;
    if (!pin) return [];
    const mapped = cpuMap[worker] ?? [];
    return mapped.length > 0 ? mapped : [allowed[worker % allowed.length]];
  }

  /** Begins the health checks; until then every server counts as up. */
  private watchHealth(plan: Plan, states: ServerStates, addresses: ServerAddresses, { servers, queues }: SharedTables): void {
    const { log } = this.options;
    this.processLog = new ProcessLog(plan, (severity, text) => log.write(severity, text));
    this.watch = new HealthWatch({
      backends: plan.backends,
      states,
      groups: servers.groups,
      queues: queues.backends,
      log,
      processLog: this.processLog,
      isListen: (backend) => plan.frontends.some(({ id }) => id === plan.backends[backend].id),
      shutdownServer: (place, cause) => this.shutdownServer(place, cause),
      fqdnOf: (place) => addresses.fqdn(place),
      clock: SYSTEM_CLOCK,
      check: checkConnections(addresses),
    });
    this.watch.start();
  }

  /** Begins to resolve the names of servers. */
  private followNames(plan: Plan, states: ServerStates, addresses: ServerAddresses): ServerNames {
    const { log } = this.options;
    const note = (text: string, backend: string): void => this.processLog?.write('notice', text, backend);
    const tell = (text: string, backend: string): void => {
      log.warning(text);
      note(text, backend);
    };
    return new ServerNames({ plan, states, addresses, clock: SYSTEM_CLOCK, tell, note });
  }

  /** Takes no new connections; resolves when the last one has ended. */
  async drain(): Promise<void> {
    this.life.stopping = true;
    await this.workers?.drain(() => {
      this.listeners.close();
      for (const message of stoppedMessages(this.plan, this.tables.proxies)) this.say(message);
    });
    this.release();
  }

  /** Frontends, all unless named, stop listening; their sessions go on. Resolves when nobody listens there any more. */
  pause(frontends?: readonly string[]): Promise<void> {
    return this.pauses.pause(frontends);
  }

  /** Frontends, all unless named, listen again, unless somebody else has taken their addresses. */
  resume(frontends?: readonly string[]): Promise<void> {
    return this.pauses.resume(frontends);
  }

  /** Whether a frontend was paused. */
  isPaused(frontend: string): boolean {
    return this.pauses.has(frontend);
  }

  /** Ends a frontend for good (`shutdown frontend`); its sessions go on. Resolves when nobody listens there any more. */
  async endFrontend(frontend: string): Promise<void> {
    await this.pauses.end(frontend);
    for (const message of stoppedMessages(this.plan, this.tables.proxies)) if (message.proxy === frontend) this.say(message);
  }

  /** Whether a frontend was ended for good. */
  isOver(frontend: string): boolean {
    return this.pauses.isOver(frontend);
  }

  /** Tells the logs how proxies and servers are, as SIGHUP asks for. */
  dumpStates(): void {
    const { log } = this.options;
    log.warning('SIGHUP received, dumping servers states.');
    for (const { proxy, text } of stateDump(this.plan, this.tables)) {
      if (text.startsWith('SIGHUP: ')) log.warning(text);
      this.processLog?.write('notice', text, proxy);
    }
  }

  /** Closes every connection and ends the workers. */
  async stop(): Promise<void> {
    await this.workers?.stop();
    this.listeners.close();
    this.release();
  }

  /** The live counters of all workers. */
  counters(): BalancerCounters {
    if (this.shared === null) throw new Error('the balancer has not been started');
    const { counters } = openShared(this.shared, 0);
    return Object.fromEntries(COUNTER_NAMES.map((name) => [name, counters.total(name)])) as BalancerCounters;
  }

  /** Connections to each server at the moment, by backend and server in the order of the plan. */
  serverConnections(): number[][] {
    if (this.shared === null) throw new Error('the balancer has not been started');
    const { servers } = openShared(this.shared, 0);
    return servers.groups.map((group) => Array.from({ length: group.size }, (_, server) => group.active(server)));
  }

  /** Sessions that wait in each backend, for any of its servers or a certain one, in the order of the plan. */
  queuedSessions(): number[] {
    if (this.shared === null) throw new Error('the balancer has not been started');
    const { queues } = openShared(this.shared, NO_WORKER);
    return queues.backends.map((backend) => backend.waiting);
  }

  /** What the workers share, opened for none of them; until the balancer has ended. */
  get tables(): SharedTables {
    if (this.shared === null) throw new Error('the balancer has not been started');
    return openShared(this.shared, NO_WORKER);
  }

  /** States and weights of servers, to look at and to change; until the balancer has ended. */
  get serverStates(): ServerStates {
    if (this.states === null) throw new Error('the balancer has not been started');
    return this.states;
  }

  /** Where servers are, to look at and to change; until the balancer has ended. */
  get serverAddresses(): ServerAddresses {
    if (this.addressesNow === null) throw new Error('the balancer has not been started');
    return this.addressesNow;
  }

  /** Results of checks, health and history of servers and backends, to look at (`checks/record.ts`); until the balancer has ended. */
  get health(): HealthRecords {
    if (this.watch === null) throw new Error('the balancer has not been started');
    return this.watch.records;
  }

  /** What commands do to checks and agents; until the balancer has ended. */
  get checker(): Checker {
    if (this.watch === null) throw new Error('the balancer has not been started');
    return this.watch.checker;
  }

  /** Ends the sessions of a server, whatever its state; an operator's order is the cause 'K'. */
  shutdownServer({ backend, server }: ServerPlace, cause: ShutdownCause): void {
    const { name, servers } = this.plan.backends[backend];
    this.workers?.tellAll({ kind: 'shutdown-server', backend: name, server: servers[server].name, cause });
  }

  /** What `show servers state` is made of; until the balancer has ended. */
  get stateSources(): StateSources {
    const { serverStates: states, serverAddresses: addresses, health } = this;
    return { backends: this.plan.backends, states, addresses, health };
  }

  /** The names that servers have their addresses from; until the balancer has ended. */
  get serverNames(): ServerNames {
    if (this.names === null) throw new Error('the balancer has not been started');
    return this.names;
  }

  /** Lines of all kinds that could not be delivered. */
  get droppedLogs(): number {
    return this.tables.counters.total('logsDropped') + (this.processLog?.dropped ?? 0);
  }

  /** Warnings and alerts that were given so far. */
  get warnings(): number {
    return this.options.log.warnings;
  }

  /** Connections at a time of a frontend, or with null of the process; 0: as many as there may be (`set maxconn`). */
  limitConnections(frontend: number | null, max: number): void {
    const { gate, frontendGates } = this.tables;
    const limited = frontend === null ? gate : frontendGates[frontend];
    if (limited === null) return;
    limited.max = frontend === null && max === 0 ? this.maxconn : max;
    const wakeFds = this.shared?.wakeFds ?? [];
    limited.passOn((worker) => signalEventfd(wakeFds[worker]));
  }

  /** Asks a worker, by its number; null when it does not answer, in time or at all. */
  ask(worker: number, question: Question): Promise<WorkerAnswer | null> {
    return this.workers?.ask(worker, question) ?? Promise.resolve(null);
  }

  /** Says what stands against the load that was asked for; a maxconn that was derived is no such load. */
  private warnOfSysctls(maxconn: number): void {
    for (const warning of startWarnings(this.plan, this.workerCount, maxconn)) this.options.log.warning(warning);
  }

  private release(): void {
    for (const fd of this.shared?.wakeFds ?? []) closeDescriptor(fd);
    this.watch?.stop();
    this.watch = null;
    this.names?.close();
    this.life.end();
    this.processLog?.close();
    this.states?.close();
    this.states = null;
    this.addressesNow = null;
    this.names = null;
    this.shared = null;
    this.workers = null;
  }
}

/** The engine that was asked for, or the best one. */
function settle(choice: IoEngineChoice): EngineChoice {
  try {
    return chooseEngine(choice);
  } catch (error) {
    throw new StartError(`--io-engine ${choice}: ${(error as Error).message}`);
  }
}
