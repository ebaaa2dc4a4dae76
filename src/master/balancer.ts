/**
 * A running load balancer: listeners, shared state and workers for one Plan. `runMaster` adds what
 * a process needs around it; a program that embeds turbo-lb uses this class itself.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { SocketAddress } from '../kernel/address.js';
import { allowedCpus } from '../kernel/affinity.js';
import { closeDescriptor } from '../kernel/descriptors.js';
import { SystemCallError } from '../kernel/errno.js';
import { openEventfd, signalEventfd } from '../kernel/eventfd.js';
import { chooseEngine, type EngineChoice } from '../kernel/probe.js';
import { withFullconn } from '../plan/fullconn.js';
import type { IoEngineChoice, Plan, ProcessPlan } from '../plan/plan.js';
import { type Confinement, UNCONFINED } from '../proxy/orders.js';
import type { Question, WorkerAnswer } from '../proxy/questions.js';
import type { ShutdownCause } from '../proxy/session.js';
import { COUNTER_NAMES, type CounterName } from '../shared/counters.js';
import type { SharedState, SharedTables } from '../shared/state.js';
import type { Checker } from './checks/checker.js';
import type { HealthWatch } from './checks/health-watch.js';
import type { HealthRecords } from './checks/record.js';
import { workersFor } from './host/cpus.js';
import { applySizing, demandOf, planSizing, type Sizing, sizedPlan } from './host/sizing.js';
import { startWarnings, sysctlReader } from './host/sysctl.js';
import { type MakeRoom, openFirst } from './listeners/first-listeners.js';
import type { HandedListeners } from './listeners/handed-listeners.js';
import { type ListenerChange, Listeners } from './listeners/listeners.js';
import { checkListeners, listenersMax } from './listeners/listeners-max.js';
import { Pauses } from './listeners/pauses.js';
import type { Log } from './log.js';
import { Patterns } from './patterns.js';
import { ActivePlan, type ActivePlanOptions } from './plans/active-plan.js';
import { FormerPlans, type ServerSessions } from './plans/former-plans.js';
import { memoryFor } from './plans/plan-memory.js';
import { continued } from './plans/restart-needs.js';
import { ProcessLife } from './process/process-life.js';
import {
  hardStoppedMessages,
  type LoggedMessage,
  type ProcessMessage,
  pausedMessages,
  stoppedMessages,
} from './process/process-log.js';
import type { ServerNames } from './resolvers/server-names.js';
import type { StateSources } from './servers/saved-states.js';
import type { ServerAddresses } from './servers/server-addresses.js';
import { type ServerPlace, type ServerStates, SYSTEM_CLOCK } from './servers/server-states.js';
import { stateDump } from './servers/state-dump.js';
import { StartError } from './start-error.js';
import { PlanRefused, sparesFor, Workers, type WorkersOptions } from './workers/workers.js';

/** Former plans by which sessions go on at a time, as HAProxy's `mworker-max-reloads` is by default: each takes memory. */
const FORMER_MAX = 50;

/** A stack as a line of a log. */
function oneLine(text: string): string {
  return text.replace(/\n\s*/g, ' | ');
}

/** What a balancer needs beside its plan. */
export interface BalancerOptions {
  readonly log: Log;
  /** The module that a worker runs; for tests of dying workers. */
  readonly workerUrl?: URL;
  /** A worker that makes no round of its loop for this long is ended (ms); for tests. */
  readonly stuckAfterMs?: number | undefined;
  /** Workers keep dying, or one can neither work nor be ended; the balancer is of no use any more. */
  readonly onHopeless?: () => void;
  /** Called before `onBound`, while those before this process still have the paths of their UNIX sockets: for what may fail. */
  readonly onOpen?: () => void;
  /**
   * Called once during the start, when the listening sockets are open and all code is loaded, for who
   * wants to give up rights then. What it throws ends the start.
   */
  readonly onBound?: () => void;
  /**
   * Whether code can be loaded after `onBound`: not behind a chroot of all threads, and perhaps not as another user.
   * Unless it can, a thread stands by for the place of a dead worker.
   */
  readonly loadsLater?: 'yes' | 'perhaps' | 'no';
  /** What workers are kept from and the calling thread is not. */
  readonly confinement?: Confinement;
  /** Listening sockets of a former process: those that the plan has a use for are taken. */
  readonly handed?: HandedListeners | null;
  /** Called once, when addresses are taken. */
  readonly makeRoom?: MakeRoom;
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
  /** Patterns, once somebody has asked for them, and the plan whose they are. */
  private patternsNow: Patterns | null = null;
  private patternsOf: Plan | null = null;
  private active: ActivePlan | null = null;
  private readonly former = new FormerPlans();
  /** What was decided at the start, and the process as it was asked for then. */
  private sizing: Sizing | null = null;
  private readonly first: ProcessPlan;
  private listenersMax = 0;
  private readonly listeners = new Listeners();
  private readonly pauses: Pauses;

  constructor(
    /** The plan in force; once started, with the sizes that were decided. */
    public plan: Plan,
    private readonly options: BalancerOptions,
  ) {
    this.first = plan.process;
    this.pauses = this.newPauses();
  }

  /** Resolves when every worker accepts connections. Throws StartError for what a person can mend. */
  async start(): Promise<void> {
    const { options } = this;
    const { process: settings } = this.plan;
    const cpus = allowedCpus();
    this.workerCount = workersFor(settings, cpus);
    const { loadsLater = 'yes' } = options;
    const sizing = applySizing(demandOf(this.plan, this.workerCount, sparesFor(loadsLater)));
    for (const warning of sizing.warnings) options.log.warning(warning);
    const plan = sizedPlan(this.plan, sizing);
    this.plan = plan;
    this.sizing = sizing;
    this.maxconn = sizing.maxconn;
    this.life.descriptorsMax = sizing.limit.soft;
    const change = await openFirst(this.listeners, plan, this.workerCount, options);
    options.handed?.close();
    change.apply(() => false);
    if (settings.maxconn > 0) this.warnOfSysctls(sizing.maxconn);
    const backlogMax = Number(sysctlReader()('net.core.somaxconn') ?? Number.MAX_SAFE_INTEGER);
    this.workers = this.newWorkers(loadsLater);
    await this.workers.load();
    options.onOpen?.();
    change.publish();
    options.onBound?.();
    if (loadsLater === 'no') this.listeners.forgetPaths();
    // Only now: the kernel may grant io_uring to root alone.
    this.engine = settle(settings.ioEngine);
    const wakeFds = Array.from({ length: this.workerCount }, () => openEventfd());
    const shared = this.memoryFor(plan, sizing, wakeFds);
    this.active = new ActivePlan(1, plan, shared, this.activeOptions());
    this.active.restore();
    this.listenersMax = listenersMax(plan);
    const { listenersMax: most, engine } = this;
    change.listen();
    await this.workers.start(
      { ioEngine: engine.name, backlogMax, listenersMax: most, cpus: wakeFds.map((_, worker) => this.cpusOf(worker, cpus)) },
      { generation: 1, plan, shared, listeners: change.descriptors, paused: [] },
    );
    this.active.begin();
    this.life.begin(this.workerCount, () => this.tables.counters);
  }

  /**
   * Puts another plan into force without an interruption: sessions that there are go on by theirs, and
   * what both know by the same names goes on, too. Rejects with StartError, and changes nothing, when
   * that cannot be. One after another. Resolves with what there is to say: what only a restart can change
   * stays as it is.
   */
  reload(plan: Plan): Promise<readonly string[]> {
    return this.pauses.exclusively(() => this.replacePlan(plan));
  }

  /** Messages of the process itself for the logs, a line each: of a daemon they are all that there is to look at. */
  tellLogs(messages: readonly LoggedMessage[]): void {
    for (const { level, text } of messages) this.active?.processLog?.write(level, oneLine(text));
  }

  private async replacePlan(wanted: Plan): Promise<string[]> {
    const { workers, active, sizing } = this;
    if (workers === null || active === null || sizing === null) throw new StartError('the balancer is not running');
    // Its sockets would take connections from the process that follows it.
    if (this.life.stopping) throw new StartError('the process is ending');
    const { process, needRestart } = continued(this.first, active.plan.process, wanted.process, sizing.maxconn);
    const { plan: next, warnings } = this.resized({ ...wanted, process }, wanted.process.maxconn, sizing);
    checkListeners(next, this.listenersMax);
    const shared = this.memoryFor(next, sizing, active.shared.wakeFds);
    const change = this.listeners.prepare(next, this.workerCount);
    const generation = active.generation + 1;
    const paused = this.pauses.of(next);
    try {
      await workers.prepare({ generation, plan: next, shared, listeners: change.descriptors, paused });
    } catch (error) {
      workers.discard();
      change.discard();
      throw error instanceof PlanRefused ? new StartError(`the new plan is refused: ${error.message}`) : error;
    }
    if (needRestart.length > 0)
      warnings.push(`${needRestart.join(', ')}: a change takes effect when the process is started anew`);
    const problems = await this.succeed(new ActivePlan(generation, next, shared, this.activeOptions(), active), active, change);
    return [...warnings, ...problems];
  }

  /** The plan with as many connections as there are descriptors for, beside its listening sockets and checks. */
  private resized(plan: Plan, asked: number, { limit: { soft } }: Sizing): { plan: Plan; warnings: string[] } {
    const { process: settings } = plan;
    const wanted = { ...plan, process: { ...settings, maxconn: asked === 0 ? 0 : settings.maxconn } };
    const { loadsLater = 'yes' } = this.options;
    const demand = demandOf(wanted, this.workerCount, sparesFor(loadsLater));
    const { maxconn, warnings } = planSizing(demand, { soft, hard: soft, ceiling: soft });
    const sized = { ...plan, process: { ...settings, maxconn: Math.min(maxconn, settings.maxconn) } };
    return { plan: { ...sized, backends: withFullconn(sized) }, warnings: [...warnings] };
  }

  /**
   * From here on there is no way back: a worker that dies is replaced by one that knows the new plan only.
   * Answers what the system refused of it.
   */
  private async succeed(next: ActivePlan, active: ActivePlan, change: ListenerChange): Promise<string[]> {
    const { plan, generation } = next;
    this.former.add(active);
    this.active = next;
    this.plan = plan;
    this.maxconn = plan.process.maxconn;
    const revived = this.pauses.revive();
    change.publish();
    const problems = change.apply((frontend) => this.pauses.has(frontend));
    const silent = revived.filter((frontend) => !this.listenAgain(frontend, problems));
    next.begin();
    await this.workers?.apply(change.ending());
    change.closeOthers();
    if (revived.length > 0) await this.pauses.keep(silent);
    this.endFormer(generation);
    return problems;
  }

  private listenAgain(frontend: string, problems: string[]): boolean {
    try {
      this.listeners.resume(frontend);
      return true;
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      problems.push(`frontend ${frontend} stays paused: ${error.message}`);
      return false;
    }
  }

  /** Sessions of former plans have `hard-stop-after`; and there are not more plans than have a place. */
  private endFormer(generation: number): void {
    const { hardStopAfterMs } = this.plan.process.life;
    if (hardStopAfterMs > 0) SYSTEM_CLOCK.after(hardStopAfterMs, () => this.workers?.endSessions(generation - 1));
    const { oldest, size } = this.former;
    if (oldest === null || size < FORMER_MAX) return;
    this.options.log.warning(`sessions of ${size} former plans go on: those of the oldest one are ended`);
    this.workers?.endSessions(oldest);
  }

  private activeOptions(): ActivePlanOptions {
    const { log, confinement = UNCONFINED } = this.options;
    const workersRoot = confinement.root ?? '';
    return {
      log,
      workersRoot,
      isBusy: () => this.life.isBusy,
      shutdownServer: (place, cause) => this.shutdownServer(place, cause),
      sessionsOf: (active, place) => this.former.sessionsOf(active, place),
      onServerChange: (active, place, letsGo) => this.former.onServerChange(active, place, letsGo),
    };
  }

  private newPauses(): Pauses {
    const { listeners, options } = this;
    return new Pauses({
      frontends: () => this.plan.frontends.map(({ name }) => name),
      hold: async (paused) => this.workers?.pause(paused),
      stopListening: (frontend) => listeners.pause(frontend),
      listenAgain: (frontend) => listeners.resume(frontend),
      messages: (what) => pausedMessages(this.plan, what),
      say: (message) => this.say(message),
      fail: (text) => options.log.alert(text),
    });
  }

  /** To the terminal and the logs. */
  private say({ proxy, text }: ProcessMessage): void {
    this.options.log.warning(text);
    this.active?.processLog?.write('warning', text, proxy);
  }

  private newWorkers(loadsLater: WorkersOptions['loadsLater']): Workers {
    const { log, workerUrl, stuckAfterMs, confinement = UNCONFINED, onHopeless } = this.options;
    return new Workers({
      workers: this.workerCount,
      loadsLater,
      log,
      ...(workerUrl && { workerUrl }),
      stuckAfterMs,
      confinement,
      toLogs: (level, text) => this.tellLogs([{ level, text }]),
      onHopeless: () => onHopeless?.(),
      onFailing: (generation, place) => this.onFailing(generation, place),
      onDropped: (generation) => this.former.remove(generation),
      planAsItIs: (generation) => (generation === this.active?.generation ? this.planAsItIs() : null),
    });
  }

  private memoryFor(plan: Plan, { maxconn, limit }: Sizing, wakeFds: readonly number[]): SharedState {
    const { workerCount: workers, former, active } = this;
    return memoryFor(plan, { workers, maxconn, descriptorsMax: limit.soft, wakeFds }, active, former.statistics);
  }

  /** @param generation the plan that the place is of */
  private onFailing(generation: number, { backend, server }: ServerPlace): void {
    const { active } = this;
    const counted = generation === active?.generation ? active : this.former.find(generation);
    if (active === null || counted === null) return;
    counted.tables.servers.groups[backend].takeFailing(server);
    const { name, servers } = counted.plan.backends[backend];
    const place = active.states.find(name, servers[server].name);
    if (place !== null) active.watch?.checker.suspect(place);
  }

  /** The CPUs of a worker: those that `cpu-map` says, or else one of its own. */
  private cpusOf(worker: number, allowed: readonly number[]): readonly number[] {
    const { pin, cpuMap } = this.plan.process;
    if (!pin) return [];
    const mapped = cpuMap[worker] ?? [];
    return mapped.length > 0 ? mapped : [allowed[worker % allowed.length]];
  }

  /** Takes no new connections; resolves when the last one has ended. */
  async drain(): Promise<void> {
    this.life.stopping = true;
    const graceMs = await this.pauses.exclusively(async () => this.listeners.leave());
    if (graceMs > 0) await delay(graceMs);
    await this.workers?.drain(this.listeners.ending(), () => {
      this.listeners.close();
      for (const message of stoppedMessages(this.plan, this.tables.proxies)) this.say(message);
    });
    this.release();
  }

  /** Closes the sessions that a drain still waits for, each with its line in the logs, as HAProxy does after `hard-stop-after`. */
  hardStop(): void {
    for (const message of hardStoppedMessages(this.plan, this.tables.proxies)) this.say(message);
    if (this.active !== null) this.workers?.endSessions(this.active.generation);
  }

  /** Frontends, all unless named, stop listening; their sessions go on. Resolves when nobody listens there any more. */
  pause(frontends?: readonly string[]): Promise<void> {
    return this.pauses.pause(frontends);
  }

  /** Frontends, all unless named, listen again, unless somebody else has taken their addresses. */
  resume(frontends?: readonly string[]): Promise<void> {
    return this.pauses.resume(frontends);
  }

  /**
   * Descriptors of all listening sockets, for another process that gets copies of them.
   * @param workers of that process, if it says so: it goes on with as many sockets of each address
   */
  handOver(workers: number | null = null): number[] {
    return this.listeners.handOver(workers);
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

  /** Whether a frontend was ended for good, by itself or with all others. */
  isOver(frontend: string): boolean {
    return this.life.stopping || this.pauses.isOver(frontend);
  }

  /** Ends the sessions that go on by former plans. */
  endFormerSessions(): void {
    if (this.active !== null) this.workers?.endSessions(this.active.generation - 1);
  }

  /** Tells the logs how proxies and servers are, as SIGHUP asks for. */
  dumpStates(): void {
    const { log } = this.options;
    log.warning('SIGHUP received, dumping servers states.');
    for (const { proxy, text } of stateDump(this.plan, this.tables)) {
      if (text.startsWith('SIGHUP: ')) log.warning(text);
      this.active?.processLog?.write('notice', text, proxy);
    }
  }

  /**
   * Closes every connection and ends the workers. False: the thread of one is still there, in a call of the
   * system that does not return; then `process.exit` does not return either, see `exitAtOnce`.
   */
  async stop(): Promise<boolean> {
    const ended = (await this.workers?.stop()) ?? true;
    this.listeners.close();
    this.release();
    return ended;
  }

  /** The live counters of all workers. */
  counters(): BalancerCounters {
    const { counters } = this.tables;
    return Object.fromEntries(COUNTER_NAMES.map((name) => [name, counters.total(name)])) as BalancerCounters;
  }

  /** Connections to each server at the moment, by backend and server in the order of the plan. */
  serverConnections(): number[][] {
    const { groups } = this.tables.servers;
    return groups.map((group) => Array.from({ length: group.size }, (_, server) => group.connections(server)));
  }

  /** Sessions of a server, also of those that go on by a former plan. */
  sessionsOf(place: ServerPlace): ServerSessions {
    return this.sessionsOfServers(place);
  }

  /** The same of the servers that are there now, for answers that may outlast them: places are others after a reload. */
  get sessionsOfServers(): (place: ServerPlace) => ServerSessions {
    const { inForce } = this;
    return (place) => this.former.sessionsOf(inForce, place);
  }

  /** Sessions that wait in each backend, for any of its servers or a certain one, in the order of the plan. */
  queuedSessions(): number[] {
    return this.tables.queues.backends.map((backend) => backend.waiting);
  }

  /** Plans that are not in force any more, and by which sessions still go on. */
  get formerPlans(): number {
    return this.former.size;
  }

  /** The same, the newest first: how many reloads ago each ceased to be in force, and since when it was there (ms). */
  get formerAges(): readonly { readonly reloads: number; readonly ms: number }[] {
    const { generation } = this.inForce;
    return this.former.all.map((one) => ({ reloads: generation - one.generation, ms: performance.now() - one.since }));
  }

  /** What the workers share, opened for none of them; until the balancer has ended. */
  get tables(): SharedTables {
    return this.inForce.tables;
  }

  /** States and weights of servers, to look at and to change; until the balancer has ended. */
  get serverStates(): ServerStates {
    return this.inForce.states;
  }

  /** Where servers are, to look at and to change; until the balancer has ended. */
  get serverAddresses(): ServerAddresses {
    return this.inForce.addresses;
  }

  /** Results of checks, health and history of servers and backends, to look at (`checks/record.ts`); until the balancer has ended. */
  get health(): HealthRecords {
    return this.watch.records;
  }

  /** What commands do to checks and agents; until the balancer has ended. */
  get checker(): Checker {
    return this.watch.checker;
  }

  /** Descriptors of checks and agents at the moment; until the balancer has ended. */
  get checkDescriptors(): number {
    return this.watch.descriptors;
  }

  private get watch(): HealthWatch {
    if (this.active?.watch == null) throw new Error('the balancer has not been started');
    return this.active.watch;
  }

  private get inForce(): ActivePlan {
    if (this.active === null) throw new Error('the balancer has not been started');
    return this.active;
  }

  /** Ends the sessions of a server, whatever its state; an operator's order is the cause 'K'. */
  shutdownServer({ backend, server }: ServerPlace, cause: ShutdownCause): void {
    const { name, servers } = this.plan.backends[backend];
    this.workers?.tellAll({ kind: 'shutdown-server', backend: name, server: servers[server].name, cause });
  }

  /** What `show servers state` is made of; until the balancer has ended. */
  get stateSources(): StateSources {
    return this.inForce.stateSources;
  }

  /** The names that servers have their addresses from; until the balancer has ended. */
  get serverNames(): ServerNames {
    if (this.active?.names == null) throw new Error('the balancer has not been started');
    return this.active.names;
  }

  /** Lines of all kinds that could not be delivered. */
  get droppedLogs(): number {
    return this.tables.counters.total('logsDropped') + (this.active?.processLog?.dropped ?? 0);
  }

  /** What was said until the start was over. */
  get startupText(): string {
    return this.options.log.startupText;
  }

  /** Warnings and alerts that were given so far. */
  get warnings(): number {
    return this.options.log.warnings;
  }

  /** Connections at a time of a frontend, or with null of the process (`set maxconn`); 0: none, but of the process as many as there may be, as in HAProxy. */
  limitConnections(frontend: number | null, max: number): void {
    const { gate, frontendGates } = this.tables;
    const limited = frontend === null ? gate : frontendGates[frontend];
    if (limited === null) return;
    const shuts = frontend !== null && max === 0;
    if (shuts && this.life.stopping) return; // nobody new comes, and who was accepted before would wait for ever
    if (shuts) limited.shut();
    else limited.max = max === 0 ? this.maxconn : max;
    const { wakeFds } = this.inForce.shared;
    limited.passOn((worker) => signalEventfd(wakeFds[worker]));
  }

  /** Patterns and maps, to look at and to change; until the balancer has ended, or another plan comes. */
  get patterns(): Patterns {
    const { generation, plan } = this.inForce;
    if (this.patternsOf !== plan) {
      this.patternsOf = plan;
      this.patternsNow = new Patterns(plan, async (list, change) => {
        const workers = [...Array(this.workerCount).keys()];
        await Promise.all(workers.map((worker) => this.ask(worker, { kind: 'patterns', generation, list, change })));
      });
    }
    return this.patternsNow as Patterns;
  }

  /** The plan in force with the patterns that commands have changed; null: it is as it was. */
  private planAsItIs(): Plan | null {
    return this.patternsOf === this.active?.plan ? (this.patternsNow?.planAsItIs() ?? null) : null;
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
    this.life.end();
    for (const fd of this.active?.shared.wakeFds ?? []) closeDescriptor(fd);
    this.active?.close();
    this.active = null;
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
