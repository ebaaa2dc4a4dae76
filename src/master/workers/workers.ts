/**
 * The life of the worker threads: has them load their code, starts them, wakes them with orders, has them
 * work by another plan, frees what a dead one held, and puts another in its place. It decides nothing
 * about traffic.
 */
import { EventEmitter, once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { signalEventfd } from '../../kernel/eventfd.js';
import type { Plan } from '../../plan/plan.js';
import type { Audience } from '../../proxy/lane.js';
import type { Confinement, Order, Report, Work } from '../../proxy/orders.js';
import type { Question, WorkerAnswer } from '../../proxy/questions.js';
import { COUNTER, WorkerCounters } from '../../shared/counters.js';
import { writeShared } from '../../shared/message.js';
import type { SharedState } from '../../shared/state.js';
import type { Log } from '../log.js';
import { longListsOf, withoutLongLists } from '../pattern-parts.js';
import type { ServerPlace } from '../servers/server-states.js';
import { StartError } from '../start-error.js';
import { Generations } from './generations.js';
import { Questions } from './questions.js';
import { reclaim } from './reclaim.js';
import { STUCK_AFTER_MS, STUCK_AFTER_PREPARING_MS, Watchdog } from './watchdog.js';
import { WorkerThread } from './worker-thread.js';

/** A worker that dies this often in this time is beyond help: the process ends. */
const DEATHS_MAX = 5;
const DEATHS_WITHIN_MS = 10_000;
/**
 * A thread that ends before it works, as where descriptors, memory or tasks have run out, is tried again after this long
 * (ms). After so many in a row the process ends: new connections that fall to the sockets of its place have waited since.
 */
const RETRY_AFTER_MS = 1000;
const RETRIES_MAX = 15;
/** A worker that was told to end and has not is terminated after this long; after as long again it is past help. */
const STOP_PATIENCE_MS = 2000;
/** Instead of it while a thread loads its code, which cannot be cut short. */
const LOAD_PATIENCE_MS = 10_000;

/** Parts of long lists that a worker has not taken yet: few, since it takes all that have come between two turns of its loop. */
const PARTS_AHEAD = 2;

/**
 * Threads that stand by, loaded, where none can be loaded later (behind a chroot). One takes 16 MB
 * (measured on Node 20), and a worker that dies is a rare defect: after the second death the process
 * ends, and whoever supervises it starts it anew.
 */
const SPARES = 1;

/** How many threads stand by. */
export function sparesFor(loadsLater: WorkersOptions['loadsLater']): number {
  return loadsLater === 'yes' ? 0 : SPARES;
}

/** What the workers of one balancer have in common. */
export interface WorkersOptions {
  readonly workers: number;
  readonly log: Log;
  /** Tells the logs of the process, where the terminal may have nobody before it. */
  readonly toLogs: (severity: 'notice' | 'warning' | 'alert', text: string) => void;
  /** Whether code can be loaded once the workers have started: `perhaps` where the process becomes another user, `no` behind a chroot. */
  readonly loadsLater: 'yes' | 'perhaps' | 'no';
  /** What workers are kept from and the calling thread is not. */
  readonly confinement: Confinement;
  /** The module that a worker runs; another one in tests of dying workers. */
  readonly workerUrl?: URL;
  /** A worker that makes no round of its loop for this long is ended (ms); a shorter time than that of service in tests. */
  readonly stuckAfterMs?: number | undefined;
  /** Workers keep dying, or one can neither work nor be ended. Called once. */
  readonly onHopeless: () => void;
  /** The plan of that number with what commands have changed in it; null: it is as it was. Asked for who takes the place of a dead worker. */
  readonly planAsItIs?: (generation: number) => Plan | null;
  /** Connections to a server fail again and again (`observe layer4`). */
  readonly onFailing: (generation: number, place: ServerPlace) => void;
  /** No session of a former plan is left in any worker. */
  readonly onDropped: (generation: number) => void;
}

/** A plan, and what workers need to work by it. */
export interface PlanWork {
  /** Its number among all plans of the process. */
  readonly generation: number;
  readonly plan: Plan;
  readonly shared: SharedState;
  /** Listening descriptors of each worker, in the order of the plan's binds. */
  readonly listeners: readonly (readonly number[])[];
  /** Frontends that pause. */
  readonly paused: readonly number[];
}

/** What they need to begin. */
export interface WorkOptions {
  readonly ioEngine: 'uring' | 'epoll';
  /** What the kernel cuts every accept queue to (net.core.somaxconn). */
  readonly backlogMax: number;
  /** Binds that a plan may have. */
  readonly listenersMax: number;
  /** The CPUs of each worker; none: any. */
  readonly cpus: readonly (readonly number[])[];
}

type Phase = 'loading' | 'running' | 'draining' | 'stopping';

/** One worker's place: the thread in it may change. */
interface Place {
  readonly index: number;
  thread: WorkerThread | null;
  /** Set from its start on. */
  orders: MessagePort | null;
  ready: boolean;
  /** It was told to drain and accepts no more. */
  refusing: boolean;
  /** The last order to pause that it has carried out. */
  paused: number;
  /**
   * The plan that its thread was started with, the last that it was to prepare (0: none), and has or has refused to,
   * and that it works by.
   */
  begun: number;
  asked: number;
  prepared: number;
  applied: number;
  /** Parts of long lists of the plan asked for that it has taken. */
  filled: number;
  /** Its thread was told to end, was terminated, and is still there. */
  immortal: boolean;
  /** Threads in a row that were to take its place and ended before they worked. */
  failures: number;
}

/** Why a plan does not come into force: nothing has changed. */
export class PlanRefused extends Error {
  override readonly name = 'PlanRefused';
}

/** All worker threads of a balancer. */
export class Workers {
  private readonly places: readonly Place[];
  private readonly spares: WorkerThread[] = [];
  private readonly deaths: number[] = [];
  private readonly questions = new Questions();
  private phase: Phase = 'loading';
  private work: WorkOptions | null = null;
  /** The plan for every worker, those that take the place of a dead one included. */
  private current: PlanForAll | null = null;
  /** The plan that they prepare, and why one of them cannot. */
  private next: PlanForAll | null = null;
  private refusal: string | null = null;
  /** Plans of which workers have sessions. */
  private readonly generations: Generations;
  private hopeless = false;
  /** All have worked: whoever comes later takes the place of a dead one. */
  private started = false;
  /** Why the first threads do not work. */
  private refused: string | null = null;
  /** Threads that do not end are left to the end of the process. */
  private abandoned = false;
  private readonly watchdog: Watchdog;
  /** What pauses at present. */
  private pausing: Order & { kind: 'pause' } = { kind: 'pause', frontends: [], serial: 0 };
  /** Says 'changed' whenever a worker has loaded, became ready, refuses, or has ended. */
  private readonly changes = new EventEmitter();

  constructor(private readonly options: WorkersOptions) {
    this.generations = new Generations(options.onDropped);
    this.watchdog = this.newWatchdog();
    this.places = Array.from({ length: options.workers }, (_, index) => ({
      index,
      thread: null,
      orders: null,
      ready: false,
      refusing: false,
      paused: 0,
      begun: 0,
      asked: 0,
      prepared: 0,
      applied: 0,
      filled: 0,
      immortal: false,
      failures: 0,
    }));
  }

  /** Has all threads load their code; resolves when they have, and need neither files nor rights any more. */
  async load(): Promise<void> {
    for (const place of this.places) this.fill(place, this.firstThread(`worker ${place.index}`));
    const spares = sparesFor(this.options.loadsLater);
    for (let i = 0; i < spares; i++) this.spares.push(this.firstThread('spare worker'));
    const loaded = (): boolean =>
      this.phase === 'loading' &&
      this.places.every(({ thread }) => thread?.loaded === true) &&
      this.spares.every((spare) => spare.loaded);
    await this.until(() => this.hopeless || loaded());
    if (this.refused !== null) throw new StartError(`[turbo-lb.main()] ${this.refused}`);
    if (this.hopeless) throw new Error('the workers cannot be loaded');
  }

  /** Starts all of them, once loaded; resolves when each accepts connections, rejects when they keep dying. */
  async start(work: WorkOptions, first: PlanWork): Promise<void> {
    this.work = work;
    this.current = { ...first, whole: null };
    this.pausing = { ...this.pausing, frontends: first.paused };
    this.phase = 'running';
    for (const place of this.places) this.begin(place);
    await this.until(() => this.hopeless || this.places.every((place) => place.ready));
    if (this.hopeless) throw new Error('the workers cannot run');
    this.started = true;
    this.watchdog.begin(this.stuckAfterMs);
  }

  /**
   * Has all workers make everything ready for another plan; resolves when they have. Rejects with
   * PlanRefused when one cannot, or dies, or the process ends: then `discard` it. All have said so or so by
   * then: what one of them says later would be taken for a word about the next plan.
   */
  async prepare(work: PlanWork): Promise<void> {
    await this.untilAll(({ ready }) => ready);
    if (this.phase !== 'running' || this.hopeless) throw new PlanRefused('the process is ending');
    this.next = { ...work, whole: null };
    this.refusal = null;
    const { generation } = work;
    const plan = writeShared(withoutLongLists(work.plan));
    for (const place of this.places) {
      place.asked = generation;
      place.prepared = 0;
      place.filled = 0;
      this.tell(place, { kind: 'prepare', work: workOf(work, plan, place.index) });
    }
    await this.untilAll(({ asked, prepared }) => asked !== generation || prepared === generation);
    if (this.refusal === null) await this.sendLongLists(work);
    if (this.refusal !== null) throw new PlanRefused(this.refusal);
    // Draining, the listening sockets may be closed already.
    if (this.phase !== 'running' || this.hopeless) throw new PlanRefused('the process is ending');
  }

  /** Long lists of patterns follow a plan in parts, between which its workers serve: whole, they would hold them up for a second. */
  private async sendLongLists({ plan, generation }: PlanWork): Promise<void> {
    let told = 0;
    const taken = (least: number) => this.untilAll((place) => place.asked !== generation || place.filled >= least);
    for (const part of longListsOf(plan)) {
      if (this.refusal !== null) break;
      this.tellAll({ kind: 'fill', generation, ...part });
      told += 1;
      await taken(told - PARTS_AHEAD);
    }
    await taken(told);
  }

  /** Resolves when something is true of all places, or will not become so. */
  private untilAll(condition: (place: Place) => boolean): Promise<void> {
    return this.until(() => this.phase !== 'running' || this.hopeless || this.places.every(condition));
  }

  /** Forgets the plan that was prepared. */
  discard(): void {
    if (this.next !== null) this.tellAll({ kind: 'discard', generation: this.next.generation });
    this.next = null;
  }

  /**
   * Puts the plan that was prepared into force, also for workers that take the place of a dead one from
   * now on; resolves when no worker uses listening sockets any more that it does not have.
   * @param ending those among them that stop listening, each as soon as its worker has taken who waits there
   */
  async apply(ending: readonly number[]): Promise<void> {
    const { current, next } = this;
    if (current === null || next === null) throw new Error('no plan was prepared');
    const { generation } = next;
    this.current = next;
    this.next = null;
    this.pausing = { ...this.pausing, frontends: next.paused };
    const holders = this.places.filter((place) => place.orders !== null).map(({ index }) => index);
    this.generations.add(current.generation, current.shared, holders);
    this.tellAll({ kind: 'apply', generation, ending });
    const applied = (): boolean => this.places.every((place) => place.applied >= generation || place.thread === null);
    await this.until(() => this.phase === 'stopping' || this.hopeless || applied());
  }

  /** Closes the sessions that began by the plan of that number, or an older one. */
  endSessions(generation: number): void {
    this.tellAll({ kind: 'end', generation });
  }

  /**
   * They accept no more; resolves when the last session has ended. `onRefusing` is called when none
   * of them uses the listeners any more: closed before, their numbers could mean other sockets.
   * @param ending those among them that stop listening, each as soon as its worker has taken who waits there
   */
  async drain(ending: readonly number[], onRefusing: () => void): Promise<void> {
    if (this.phase !== 'stopping') this.phase = 'draining';
    this.endSpares();
    this.tellAll({ kind: 'drain', ending });
    await this.until(() => this.places.every((place) => place.refusing || place.thread === null));
    onRefusing();
    await this.until(() => this.isEmpty);
  }

  /** Of all frontends only these accept no connections, until it is called again; resolves when that is so. */
  async pause(frontends: readonly number[]): Promise<void> {
    const serial = this.pausing.serial + 1;
    this.pausing = { kind: 'pause', frontends, serial };
    this.tellAll(this.pausing);
    await this.until(
      () => this.phase === 'stopping' || this.places.every((place) => place.paused >= serial || place.thread === null),
    );
  }

  /**
   * Asks a worker; null when it does not answer in time, or dies before it does.
   * @param worker its number
   */
  ask(worker: number, question: Question): Promise<WorkerAnswer | null> {
    const place = this.places[worker];
    if (place.orders === null || this.phase === 'stopping') return Promise.resolve(null);
    const { number, answered } = this.questions.put(worker);
    this.tell(place, { kind: 'ask', number, question });
    return answered;
  }

  /** Ends them and closes their connections. False: a thread is still there, in a call that does not return. */
  async stop(): Promise<boolean> {
    this.phase = 'stopping';
    this.watchdog.end();
    this.endSpares();
    for (const { thread, orders } of this.places) if (orders === null) thread?.terminate();
    this.tellAll({ kind: 'stop' });
    const patienceMs = this.isLoading ? LOAD_PATIENCE_MS : STOP_PATIENCE_MS;
    const impatient = setTimeout(() => this.terminateAll(), patienceMs);
    const desperate = setTimeout(() => this.abandonAll(), patienceMs + STOP_PATIENCE_MS);
    const over = (): boolean =>
      this.spares.length === 0 && this.places.every(({ thread, immortal }) => thread === null || immortal);
    await this.until(() => this.abandoned || over());
    clearTimeout(impatient);
    clearTimeout(desperate);
    return this.isEmpty;
  }

  private get isLoading(): boolean {
    return [...this.spares, ...this.places.map(({ thread }) => thread)].some((thread) => thread?.loaded === false);
  }

  private get isEmpty(): boolean {
    return this.spares.length === 0 && this.places.every((place) => place.thread === null);
  }

  private newThread(name: string): WorkerThread {
    const url = this.options.workerUrl ?? new URL('../../proxy/worker.js', import.meta.url);
    const { root, dropsRights } = this.options.confinement;
    // The rights of those that load before the main thread becomes another user end with that.
    const confinement = { root, dropsRights: dropsRights && this.phase !== 'loading' };
    return new WorkerThread(url, name, confinement, {
      onReport: (thread, message) => this.onReport(thread, message),
      onExit: (thread, failure, code) => this.onExit(thread, failure, code),
    });
  }

  /** As the start has it, which fails without it. Throws StartError. */
  private firstThread(name: string): WorkerThread {
    try {
      return this.newThread(name);
    } catch (error) {
      const advice = "permit more tasks, with 'ulimit -u' or systemd's TasksMax, or have fewer threads by 'nbthread'";
      throw new StartError(`[turbo-lb.main()] The system gives no thread for ${name} (${(error as Error).message}): ${advice}.`);
    }
  }

  private fill(place: Place, thread: WorkerThread): void {
    place.thread = thread;
    place.ready = false;
    place.refusing = false;
    place.paused = 0;
    this.begin(place);
  }

  /** Gives a loaded thread its work, if there is any yet. */
  private begin(place: Place): void {
    const { thread } = place;
    const { work, current } = this;
    if (work === null || current === null || thread === null || !thread.loaded || place.orders !== null) return;
    const { ioEngine, backlogMax, listenersMax, cpus } = work;
    const { index } = place;
    const { port1, port2 } = new MessageChannel();
    place.orders = port1;
    place.paused = this.pausing.serial;
    place.begun = current.generation;
    const first = { ...workOf(current, this.wholeOf(current), index), paused: this.pausing.frontends };
    thread.start({ index, work: first, cpus: cpus[index], orders: port2, listenersMax, ioEngine, backlogMax });
  }

  /** A plan as it is now, for a thread that begins with it. */
  private wholeOf(current: PlanForAll): SharedArrayBuffer {
    const changed = this.options.planAsItIs?.(current.generation) ?? null;
    if (changed !== null) return writeShared(changed);
    current.whole ??= writeShared(current.plan);
    return current.whole;
  }

  private onReport(thread: WorkerThread, message: Report): void {
    const { onFailing } = this.options;
    if (message.kind === 'log') this.say(message.severity, message.text, message.audience);
    if (message.kind === 'failing') onFailing(message.generation, message);
    if (message.kind === 'refused') this.onRefused(message.reason);
    if (message.kind === 'answer') this.questions.answer(message.number, message.answer);
    const place = this.places.find((candidate) => candidate.thread === thread);
    if (place !== undefined) this.onProgress(place, message);
    this.changes.emit('changed');
  }

  /** A thread cannot be confined, or is of another version; so would be the next one. */
  private onRefused(reason: string): void {
    if (this.phase === 'loading') {
      this.hopeless = true;
      this.refused = reason;
    } else this.giveUp(`no worker can take its place: ${reason}`);
  }

  private onProgress(place: Place, report: Report): void {
    const { kind } = report;
    if (kind === 'loaded') this.begin(place);
    if (kind === 'refusing') place.refusing = true;
    if (kind === 'paused') place.paused = report.serial;
    if (kind === 'filled' || (kind === 'unfit' && place.prepared === report.generation)) place.filled += 1;
    if (kind === 'prepared' || kind === 'unfit') place.prepared = report.generation;
    if (kind === 'unfit') this.refusal ??= `worker ${place.index} cannot carry it out: ${report.reason}`;
    if (kind === 'applied') place.applied = report.generation;
    if (kind === 'dropped') this.generations.drop(report.generation, place.index);
    if (kind !== 'ready') return;
    if (place.failures > 0) this.say('notice', `worker ${place.index} is at work again`);
    place.failures = 0;
    place.ready = true;
    place.applied = place.begun;
    if (this.phase === 'draining') this.tell(place, { kind: 'drain', ending: [] }); // it replaced one that died meanwhile
  }

  private onExit(thread: WorkerThread, failure: Error | null, code: number): void {
    const spare = this.spares.indexOf(thread);
    if (spare >= 0) this.spares.splice(spare, 1);
    const place = this.places.find((candidate) => candidate.thread === thread);
    if (place !== undefined) this.onVacant(place, failure, code);
    this.changes.emit('changed');
  }

  private onVacant(place: Place, failure: Error | null, code: number): void {
    const worked = place.applied > 0;
    place.thread = null;
    place.orders?.close();
    place.orders = null;
    this.questions.abandon(place.index);
    place.ready = false;
    place.asked = 0;
    place.prepared = 0;
    place.applied = 0;
    if (this.current !== null) reclaim(place.index, [this.current.shared, ...this.generations.states]);
    this.generations.dropAll(place.index);
    if (this.next !== null) this.refusal ??= `worker ${place.index} died while it prepared for it`;
    const isWorking = this.phase === 'loading' || this.phase === 'running';
    if (this.started && isWorking && !worked) this.onFailedStart(place, failure?.message ?? `exit code ${code}`);
    else if (failure !== null || (code !== 0 && isWorking)) this.onDeath(place, failure, code, isWorking);
  }

  private get stuckAfterMs(): number {
    return this.options.stuckAfterMs ?? STUCK_AFTER_MS;
  }

  private newWatchdog(): Watchdog {
    const row = (worker: number): Float64Array | null =>
      this.current === null ? null : new WorkerCounters(this.current.shared.counters).row(worker);
    return new Watchdog({
      workers: this.options.workers,
      rounds: (worker) => (this.places[worker].ready ? (row(worker)?.[COUNTER.turns] ?? null) : null),
      wake: (worker) => this.wake(worker),
      patienceMs: () => (this.next === null ? this.stuckAfterMs : STUCK_AFTER_PREPARING_MS),
      onStuck: (worker, forMs) => void this.onStuck(this.places[worker], forMs),
    });
  }

  /** Its thread is ended, and another one takes its place; when it cannot be ended, the process has to. */
  private async onStuck(place: Place, forMs: number): Promise<void> {
    const { thread, index } = place;
    if (thread === null) return;
    place.ready = false;
    await thread.condemn(`it was stuck, without a round of its loop for ${Math.round(forMs / 1000)} s`);
    this.wake(index);
    setTimeout(() => {
      if (place.thread !== thread) return;
      place.immortal = true;
      this.giveUp(`worker ${index} is stuck in a call of the system and cannot be ended`);
    }, STOP_PATIENCE_MS).unref();
  }

  /** A worker ended that should not have. */
  private onDeath(place: Place, failure: Error | null, code: number, isWorking: boolean): void {
    const why = failure?.stack ?? `exit code ${code}`;
    this.say('alert', `worker ${place.index} died, its connections are closed: ${why}`);
    if (!isWorking || this.hopeless) return;
    const now = performance.now();
    this.deaths.push(now);
    while (now - this.deaths[0] > DEATHS_WITHIN_MS) this.deaths.shift();
    if (this.deaths.length >= DEATHS_MAX) this.giveUp(`workers died ${DEATHS_MAX} times in ${DEATHS_WITHIN_MS / 1000} s`);
    else this.replace(place);
  }

  /** A thread that was to take the place of a dead one has ended before it worked: another one is tried a little later. */
  private onFailedStart(place: Place, why: string): void {
    if (this.hopeless) return;
    const { index } = place;
    if (++place.failures > RETRIES_MAX) {
      this.giveUp(`no thread could take the place of worker ${index} for ${(RETRIES_MAX * RETRY_AFTER_MS) / 1000} s: ${why}`);
      return;
    }
    if (place.failures === 1)
      this.say('alert', `no thread can take the place of worker ${index}, tried again every second: ${why}`);
    setTimeout(() => {
      if (this.phase === 'running' && !this.hopeless) this.replace(place);
    }, RETRY_AFTER_MS);
  }

  private replace(place: Place): void {
    const canLoad = this.options.loadsLater !== 'no' || this.phase === 'loading';
    const spare = this.phase === 'loading' ? undefined : this.spares.shift();
    if (spare === undefined && !canLoad) {
      this.giveUp('a worker died, and behind a chroot no other can be loaded');
      return;
    }
    try {
      this.fill(place, spare ?? this.newThread(`worker ${place.index}`));
    } catch (error) {
      this.onFailedStart(place, String(error)); // the system gives no thread (EAGAIN)
    }
  }

  private giveUp(reason: string): void {
    if (this.hopeless) return;
    this.hopeless = true;
    this.say('alert', `${reason}: giving up`);
    this.options.onHopeless();
  }

  private say(severity: 'notice' | 'warning' | 'alert', text: string, audience: Audience = 'all'): void {
    this.options.log.write(severity, text);
    if (audience === 'all') this.options.toLogs(severity, text);
  }

  /** Gives an order to all workers. */
  tellAll(order: Order): void {
    for (const place of this.places) this.tell(place, order);
  }

  private tell(place: Place, order: Order): void {
    if (place.orders === null || this.current === null) return;
    place.orders.postMessage(order);
    this.wake(place.index);
  }

  private wake(worker: number): void {
    if (this.current !== null) signalEventfd(this.current.shared.wakeFds[worker]);
  }

  private endSpares(): void {
    for (const spare of this.spares) spare.terminate();
  }

  private terminateAll(): void {
    for (const { thread, index, immortal } of this.places) {
      if (thread === null || immortal) continue;
      this.options.log.warning(`worker ${index} does not end, terminating it`);
      thread.terminate();
      this.wake(index);
    }
  }

  private abandonAll(): void {
    for (const place of this.places) {
      if (place.thread === null || place.immortal) continue;
      place.immortal = true;
      this.say('alert', `worker ${place.index} is in a call of the system that does not return: the process ends all the same`);
    }
    this.abandoned = true;
    this.changes.emit('changed');
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.changes, 'changed');
  }
}

/** A plan as all workers get it. */
interface PlanForAll extends PlanWork {
  /** As `writeShared` wrote it, for threads that begin with it; null: none has yet. */
  whole: SharedArrayBuffer | null;
}

/** @param plan as `writeShared` wrote it */
function workOf({ generation, shared, listeners, paused }: PlanWork, plan: SharedArrayBuffer, worker: number): Work {
  return { generation, plan, shared, listeners: listeners[worker], paused };
}
