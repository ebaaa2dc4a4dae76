/**
 * The life of the worker threads: starts them, wakes them with orders, frees what a dead one held,
 * and puts another in its place. It decides nothing about traffic.
 */
import { EventEmitter, once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { closeDescriptor, freeMemory } from '../kernel/descriptors.js';
import { signalEventfd } from '../kernel/eventfd.js';
import type { Plan } from '../plan/plan.js';
import type { Order, Report, WorkerStart } from '../proxy/orders.js';
import { COUNTER } from '../shared/counters.js';
import { openShared, type SharedState } from '../shared/state.js';
import type { Log } from './log.js';

/** A worker that dies this often in this time is beyond help: the process ends. */
const DEATHS_MAX = 5;
const DEATHS_WITHIN_MS = 10_000;
/** A worker that was told to end and has not is terminated after this long. */
const STOP_PATIENCE_MS = 2000;

/** What the workers of one balancer have in common, and what each gets. */
export interface WorkersOptions {
  readonly plan: Plan;
  readonly shared: SharedState;
  readonly ioEngine: 'uring' | 'epoll';
  /** What the kernel cuts every accept queue to (net.core.somaxconn). */
  readonly backlogMax: number;
  /** Listening descriptors of each worker, in the order of the plan's binds. */
  readonly listeners: readonly (readonly number[])[];
  /** The CPU of each worker, or -1. */
  readonly cpus: readonly number[];
  readonly log: Log;
  /** The module that a worker runs; another one in tests of dying workers. */
  readonly workerUrl?: URL;
  /** Workers keep dying. Called once. */
  readonly onHopeless: (reason: string) => void;
}

type Phase = 'running' | 'draining' | 'stopping';

/** One worker's place: the thread in it may change. */
interface Place {
  readonly index: number;
  thread: Worker | null;
  orders: MessagePort | null;
  ready: boolean;
  /** It was told to drain and accepts no more. */
  refusing: boolean;
}

/** All worker threads of a balancer. */
export class Workers {
  private readonly places: readonly Place[];
  private readonly deaths: number[] = [];
  private phase: Phase = 'running';
  private hopeless = false;
  /** Says 'changed' whenever a worker became ready, refuses, or has ended. */
  private readonly changes = new EventEmitter();

  constructor(private readonly options: WorkersOptions) {
    this.places = options.listeners.map((_, index) => ({ index, thread: null, orders: null, ready: false, refusing: false }));
  }

  /** Starts all of them; resolves when each accepts connections, rejects when they keep dying. */
  async start(): Promise<void> {
    for (const place of this.places) this.spawn(place);
    await this.until(() => this.hopeless || this.places.every((place) => place.ready));
    if (this.hopeless) throw new Error('the workers cannot run');
  }

  /**
   * They accept no more; resolves when the last session has ended. `onRefusing` is called when none
   * of them uses the listeners any more: closed before, their numbers could mean other sockets.
   */
  async drain(onRefusing: () => void): Promise<void> {
    this.phase = 'draining';
    this.tellAll({ kind: 'drain' });
    await this.until(() => this.places.every((place) => place.refusing || place.thread === null));
    onRefusing();
    await this.until(() => this.places.every((place) => place.thread === null));
  }

  /** Ends them and closes their connections. */
  async stop(): Promise<void> {
    this.phase = 'stopping';
    this.tellAll({ kind: 'stop' });
    const impatient = setTimeout(() => this.terminateAll(), STOP_PATIENCE_MS);
    await this.until(() => this.places.every((place) => place.thread === null));
    clearTimeout(impatient);
  }

  private spawn(place: Place): void {
    const { plan, shared, ioEngine, backlogMax, listeners, cpus, workerUrl } = this.options;
    const { port1, port2 } = new MessageChannel();
    const start: WorkerStart = {
      index: place.index,
      plan,
      shared,
      listeners: listeners[place.index],
      ioEngine,
      backlogMax,
      cpu: cpus[place.index],
      orders: port2,
    };
    const url = workerUrl ?? new URL('../proxy/worker.js', import.meta.url);
    const thread = new Worker(url, { workerData: start, transferList: [port2], name: `worker ${place.index}` });
    place.thread = thread;
    place.orders = port1;
    place.ready = false;
    place.refusing = false;
    let failure: Error | null = null;
    thread.on('message', (message: Report) => this.onReport(place, message));
    thread.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    thread.on('exit', (code) => this.onExit(place, failure, code));
  }

  private onReport(place: Place, message: Report): void {
    if (message.kind === 'log') this.options.log.write(message.severity, message.text);
    if (message.kind === 'ready') {
      place.ready = true;
      if (this.phase === 'draining') this.tell(place, { kind: 'drain' }); // it replaced one that died meanwhile
      this.changes.emit('changed');
    }
    if (message.kind === 'refusing') {
      place.refusing = true;
      this.changes.emit('changed');
    }
  }

  private onExit(place: Place, failure: Error | null, code: number): void {
    place.thread = null;
    place.orders?.close();
    place.orders = null;
    place.ready = false;
    this.reclaim(place.index);
    if (failure !== null || (code !== 0 && this.phase === 'running')) this.onDeath(place, failure, code);
    this.changes.emit('changed');
  }

  /** A worker ended that should not have. */
  private onDeath(place: Place, failure: Error | null, code: number): void {
    const why = failure?.stack ?? `exit code ${code}`;
    this.options.log.alert(`worker ${place.index} died, its connections are closed: ${why}`);
    if (this.phase !== 'running' || this.hopeless) return;
    const now = performance.now();
    this.deaths.push(now);
    while (now - this.deaths[0] > DEATHS_WITHIN_MS) this.deaths.shift();
    if (this.deaths.length < DEATHS_MAX) {
      this.spawn(place);
      return;
    }
    this.hopeless = true;
    this.options.onHopeless(`workers died ${DEATHS_MAX} times in ${DEATHS_WITHIN_MS / 1000} s`);
  }

  /** Frees what an ended worker held: a thread takes neither descriptors nor mappings along. */
  private reclaim(worker: number): void {
    const { shared } = this.options;
    const { holdings, gate, servers, counters } = openShared(shared, worker);
    for (const fd of holdings.descriptors(worker)) closeDescriptor(fd);
    for (const [address, length] of holdings.memory(worker)) freeMemory(address, length);
    holdings.clear(worker);
    for (const group of servers.groups) {
      group.unlockFor(worker + 1);
      group.leaveAll();
    }
    const row = counters.row(worker);
    const sessions = row[COUNTER.sessionsNow];
    row[COUNTER.sessionsNow] = 0;
    gate.forget(worker);
    // Also without sessions: it may have died with a wake-up that was meant for a place.
    gate.leave(sessions, (other) => signalEventfd(shared.wakeFds[other]));
  }

  private tellAll(order: Order): void {
    for (const place of this.places) this.tell(place, order);
  }

  private tell(place: Place, order: Order): void {
    if (place.orders === null) return;
    place.orders.postMessage(order);
    signalEventfd(this.options.shared.wakeFds[place.index]);
  }

  private terminateAll(): void {
    for (const { thread, index } of this.places) {
      if (thread === null) continue;
      this.options.log.warning(`worker ${index} does not end, terminating it`);
      void thread.terminate();
      signalEventfd(this.options.shared.wakeFds[index]);
    }
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.changes, 'changed');
  }
}
