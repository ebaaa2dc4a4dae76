/**
 * The life of the worker threads: has them load their code, starts them, wakes them with orders, frees
 * what a dead one held, and puts another in its place. It decides nothing about traffic.
 */
import { EventEmitter, once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { signalEventfd } from '../kernel/eventfd.js';
import type { Plan } from '../plan/plan.js';
import type { Order, Report } from '../proxy/orders.js';
import type { Question, WorkerAnswer } from '../proxy/questions.js';
import { writeShared } from '../shared/message.js';
import type { SharedState } from '../shared/state.js';
import type { Log } from './log.js';
import { Questions } from './questions.js';
import { reclaim } from './reclaim.js';
import type { ServerPlace } from './server-states.js';
import { WorkerThread } from './worker-thread.js';

/** A worker that dies this often in this time is beyond help: the process ends. */
const DEATHS_MAX = 5;
const DEATHS_WITHIN_MS = 10_000;
/** A worker that was told to end and has not is terminated after this long. */
const STOP_PATIENCE_MS = 2000;

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
  /** Whether code can be loaded once the workers have started. */
  readonly loadsLater: 'yes' | 'perhaps' | 'no';
  /** The module that a worker runs; another one in tests of dying workers. */
  readonly workerUrl?: URL;
  /** Workers keep dying. Called once. */
  readonly onHopeless: (reason: string) => void;
  /** Connections to a server fail again and again (`observe layer4`). */
  readonly onFailing: (place: ServerPlace) => void;
}

/** What they need to work. */
export interface WorkOptions {
  readonly plan: Plan;
  readonly shared: SharedState;
  readonly ioEngine: 'uring' | 'epoll';
  /** What the kernel cuts every accept queue to (net.core.somaxconn). */
  readonly backlogMax: number;
  /** Listening descriptors of each worker, in the order of the plan's binds. */
  readonly listeners: readonly (readonly number[])[];
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
  private plan: SharedArrayBuffer = new SharedArrayBuffer(0);
  private hopeless = false;
  /** What pauses at present. */
  private pausing: Order & { kind: 'pause' } = { kind: 'pause', frontends: [], serial: 0 };
  /** Says 'changed' whenever a worker has loaded, became ready, refuses, or has ended. */
  private readonly changes = new EventEmitter();

  constructor(private readonly options: WorkersOptions) {
    this.places = Array.from({ length: options.workers }, (_, index) => ({
      index,
      thread: null,
      orders: null,
      ready: false,
      refusing: false,
      paused: 0,
    }));
  }

  /** Has all threads load their code; resolves when they have, and need neither files nor rights any more. */
  async load(): Promise<void> {
    for (const place of this.places) this.fill(place, this.newThread(`worker ${place.index}`));
    const spares = sparesFor(this.options.loadsLater);
    for (let i = 0; i < spares; i++) this.spares.push(this.newThread('spare worker'));
    const loaded = (): boolean =>
      this.phase === 'loading' &&
      this.places.every(({ thread }) => thread?.loaded === true) &&
      this.spares.every((spare) => spare.loaded);
    await this.until(() => this.hopeless || loaded());
    if (this.hopeless) throw new Error('the workers cannot be loaded');
  }

  /** Starts all of them, once loaded; resolves when each accepts connections, rejects when they keep dying. */
  async start(work: WorkOptions): Promise<void> {
    this.work = work;
    this.plan = writeShared(work.plan);
    this.phase = 'running';
    for (const place of this.places) this.begin(place);
    await this.until(() => this.hopeless || this.places.every((place) => place.ready));
    if (this.hopeless) throw new Error('the workers cannot run');
  }

  /**
   * They accept no more; resolves when the last session has ended. `onRefusing` is called when none
   * of them uses the listeners any more: closed before, their numbers could mean other sockets.
   */
  async drain(onRefusing: () => void): Promise<void> {
    this.phase = 'draining';
    this.endSpares();
    this.tellAll({ kind: 'drain' });
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

  /** Ends them and closes their connections. */
  async stop(): Promise<void> {
    this.phase = 'stopping';
    this.endSpares();
    for (const { thread, orders } of this.places) if (orders === null) thread?.terminate();
    this.tellAll({ kind: 'stop' });
    const impatient = setTimeout(() => this.terminateAll(), STOP_PATIENCE_MS);
    await this.until(() => this.isEmpty);
    clearTimeout(impatient);
  }

  private get isEmpty(): boolean {
    return this.spares.length === 0 && this.places.every((place) => place.thread === null);
  }

  private newThread(name: string): WorkerThread {
    const url = this.options.workerUrl ?? new URL('../proxy/worker.js', import.meta.url);
    return new WorkerThread(url, name, {
      onReport: (thread, message) => this.onReport(thread, message),
      onExit: (thread, failure, code) => this.onExit(thread, failure, code),
    });
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
    if (this.work === null || thread === null || !thread.loaded || place.orders !== null) return;
    const { shared, ioEngine, backlogMax, listeners, listenersMax, cpus } = this.work;
    const { index } = place;
    const { port1, port2 } = new MessageChannel();
    place.orders = port1;
    place.paused = this.pausing.serial;
    const { frontends: paused } = this.pausing;
    const work = { generation: 1, plan: this.plan, shared, listeners: listeners[index], paused };
    thread.start({ index, work, cpus: cpus[index], orders: port2, listenersMax, ioEngine, backlogMax });
  }

  private onReport(thread: WorkerThread, message: Report): void {
    const { log, onFailing } = this.options;
    if (message.kind === 'log') log.write(message.severity, message.text);
    if (message.kind === 'failing') onFailing(message);
    if (message.kind === 'answer') this.questions.answer(message.number, message.answer);
    const place = this.places.find((candidate) => candidate.thread === thread);
    if (place !== undefined) this.onProgress(place, message);
    this.changes.emit('changed');
  }

  private onProgress(place: Place, report: Report): void {
    const { kind } = report;
    if (kind === 'loaded') this.begin(place);
    if (kind === 'refusing') place.refusing = true;
    if (kind === 'paused') place.paused = report.serial;
    if (kind !== 'ready') return;
    place.ready = true;
    if (this.phase === 'draining') this.tell(place, { kind: 'drain' }); // it replaced one that died meanwhile
  }

  private onExit(thread: WorkerThread, failure: Error | null, code: number): void {
    const spare = this.spares.indexOf(thread);
    if (spare >= 0) this.spares.splice(spare, 1);
    const place = this.places.find((candidate) => candidate.thread === thread);
    if (place !== undefined) this.onVacant(place, failure, code);
    this.changes.emit('changed');
  }

  private onVacant(place: Place, failure: Error | null, code: number): void {
    place.thread = null;
    place.orders?.close();
    place.orders = null;
    this.questions.abandon(place.index);
    place.ready = false;
    if (this.work !== null) reclaim(place.index, [this.work.shared]);
    const isWorking = this.phase === 'loading' || this.phase === 'running';
    if (failure !== null || (code !== 0 && isWorking)) this.onDeath(place, failure, code, isWorking);
  }

  /** A worker ended that should not have. */
  private onDeath(place: Place, failure: Error | null, code: number, isWorking: boolean): void {
    const why = failure?.stack ?? `exit code ${code}`;
    this.options.log.alert(`worker ${place.index} died, its connections are closed: ${why}`);
    if (!isWorking || this.hopeless) return;
    const now = performance.now();
    this.deaths.push(now);
    while (now - this.deaths[0] > DEATHS_WITHIN_MS) this.deaths.shift();
    if (this.deaths.length >= DEATHS_MAX) this.giveUp(`workers died ${DEATHS_MAX} times in ${DEATHS_WITHIN_MS / 1000} s`);
    else this.replace(place);
  }

  private replace(place: Place): void {
    const canLoad = this.options.loadsLater !== 'no' || this.phase === 'loading';
    const spare = this.phase === 'loading' ? undefined : this.spares.shift();
    const thread = spare ?? (canLoad ? this.newThread(`worker ${place.index}`) : undefined);
    if (thread === undefined) this.giveUp('a worker died, and behind a chroot no other can be loaded');
    else this.fill(place, thread);
  }

  private giveUp(reason: string): void {
    this.hopeless = true;
    this.options.onHopeless(reason);
  }

  /** Gives an order to all workers. */
  tellAll(order: Order): void {
    for (const place of this.places) this.tell(place, order);
  }

  private tell(place: Place, order: Order): void {
    if (place.orders === null || this.work === null) return;
    place.orders.postMessage(order);
    signalEventfd(this.work.shared.wakeFds[place.index]);
  }

  private endSpares(): void {
    for (const spare of this.spares) spare.terminate();
  }

  private terminateAll(): void {
    for (const { thread, index } of this.places) {
      if (thread === null) continue;
      this.options.log.warning(`worker ${index} does not end, terminating it`);
      thread.terminate();
      if (this.work !== null) signalEventfd(this.work.shared.wakeFds[index]);
    }
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.changes, 'changed');
  }
}
