/**
 * A worker thread: loads its code, waits for its start, pins itself, opens its engine, and turns the
 * loop until it is told to stop. From its start on it never returns to Node's event loop; orders are
 * read from a port when the eventfd says that there are some. An error leaves the thread: the master
 * reports it and frees what the thread held.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { pinThread } from '../kernel/affinity.js';
import { BUFFERS_MAX } from '../kernel/buffers.js';
import { limitCapabilities } from '../kernel/capabilities.js';
import type { Engine } from '../kernel/engine.js';
import { errnoText } from '../kernel/errno.js';
import { openEngine } from '../kernel/probe.js';
import { nameThread } from '../kernel/process.js';
import { changeRootOfThread } from '../kernel/users.js';
import type { Plan } from '../plan/plan.js';
import { readShared } from '../shared/message.js';
import { openShared } from '../shared/state.js';
import { packageVersion } from '../shared/version.js';
import { DataPlane, slotsNeeded, timersNeeded } from './data-plane.js';
import { Effort } from './effort.js';
import type { Order, Report, ThreadData, WorkerStart } from './orders.js';
import { PlanGarbage } from './plan-garbage.js';
import { answer, onlyLooks, type Question, type WorkerAnswer } from './questions.js';
import { HEADER_BUFFERS } from './server-prologue.js';
import { ThreadBase } from './worker-lane.js';
import { WorkerPlans } from './worker-plans.js';

const report = (message: Report): void => parentPort?.postMessage(message);

/** Everything that a worker turns its loop with. */
interface Running {
  readonly base: ThreadBase;
  readonly engine: Engine;
  readonly dataPlane: DataPlane;
  readonly plans: WorkerPlans;
  readonly effort: Effort;
}

function open(start: WorkerStart): Running {
  const { index, work, backlogMax } = start;
  const { shared } = work;
  const plan = readShared<Plan>(work.plan);
  const tables = openShared(shared, index);
  const { tune } = plan.process;
  const sessions = tables.queues.entries.perWorker;
  // A plan's own, and those of the plan before until they are let go.
  const listeners = 2 * start.listenersMax;
  const reservedBuffers = HEADER_BUFFERS;
  const engine = openEngine(start.ioEngine, {
    slots: slotsNeeded(sessions, listeners),
    bufferCount: Math.min(BUFFERS_MAX, tune.buffers + reservedBuffers),
    reservedBuffers,
    bufferSize: tune.bufsize,
    pipesMax: tune.pipes,
    pipeSize: tune.pipesize,
    wakeFd: shared.wakeFds[index],
    holdings: tables.holdings.forWorker(index),
  });
  const base = new ThreadBase(index, engine, shared, tables, { sessions, timers: timersNeeded(sessions, listeners) }, report);
  const dataPlane = new DataPlane(base, listeners);
  const plans = new WorkerPlans(base, dataPlane, backlogMax, new PlanGarbage(collector()), report);
  plans.begin(work, plan);
  const effort = new Effort(tables.counters.row(index), tables.holdings.forWorker(index), dataPlane.nowMs);
  return { base, engine, dataPlane, plans, effort };
}

/** The thread was started with it (`master/workers/worker-thread.ts`). */
function collector(): () => void {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('a worker needs V8 with --expose-gc');
  return () => gc();
}

/** The orders of the master, and how far the worker has come with them. */
class Obedience {
  private refusing = false;
  /** The last order to pause, until it is carried out; 0: none. */
  private pausing = 0;

  constructor(
    private readonly orders: MessagePort,
    private readonly base: ThreadBase,
    private readonly dataPlane: DataPlane,
    private readonly plans: WorkerPlans,
  ) {}

  /** Carries out what has arrived; false when the worker shall end at once. */
  obey(): boolean {
    for (;;) {
      const received = receiveMessageOnPort(this.orders);
      if (received === undefined) return true;
      const order = received.message as Order;
      if (order.kind === 'stop') return false;
      this.carryOut(order);
    }
  }

  private carryOut(order: Exclude<Order, { kind: 'stop' }>): void {
    if (order.kind === 'drain') this.dataPlane.drain(order.ending);
    else if (order.kind === 'pause') this.pause(order.frontends, order.serial);
    else if (order.kind === 'shutdown-server') this.dataPlane.shutdownServer(order.backend, order.server, order.cause);
    else if (order.kind === 'ask') report({ kind: 'answer', number: order.number, answer: this.answer(order.question) });
    else this.plans.obey(order);
  }

  /** A defect in an answer that changes nothing is said, and costs no connection. */
  private answer(question: Question): WorkerAnswer | null {
    try {
      return answer(this.base, this.dataPlane, question);
    } catch (error) {
      if (!onlyLooks(question)) throw error;
      const text = `worker ${this.base.worker} cannot answer: ${error instanceof Error ? error.stack : String(error)}`;
      report({ kind: 'log', severity: 'alert', text, audience: 'all' });
      return null;
    }
  }

  /** Says what is done that takes more than one turn. */
  reportProgress(): void {
    this.plans.reportProgress();
    if (!this.refusing && this.dataPlane.refusing) {
      this.refusing = true;
      report({ kind: 'refusing' });
    }
    if (this.pausing === 0 || !this.dataPlane.pausing) return;
    report({ kind: 'paused', serial: this.pausing });
    this.pausing = 0;
  }

  private pause(frontends: readonly number[], serial: number): void {
    this.dataPlane.pause(frontends);
    this.pausing = serial;
  }
}

/** Takes the worker's CPUs; those that are not to be had cost speed, not service. */
function pin({ cpus, index }: WorkerStart): void {
  if (cpus.length === 0) return;
  const result = pinThread(cpus);
  if (result >= 0) return;
  const text = `worker ${index} runs on any CPU, it cannot be pinned to ${cpus.join(', ')}: ${errnoText(result)}`;
  report({ kind: 'log', severity: 'warning', text, audience: 'all' });
}

function run(start: WorkerStart): void {
  const { orders } = start;
  nameThread(`turbo-lb/w${start.index}`);
  pin(start);
  const { base, engine, dataPlane, plans, effort } = open(start);
  report({ kind: 'ready' });
  try {
    const obedience = new Obedience(orders, base, dataPlane, plans);
    let running = true;
    while (running && !dataPlane.idle) {
      if (dataPlane.turn()) running = obedience.obey();
      obedience.reportProgress();
      effort.afterTurn(dataPlane.nowMs);
    }
  } finally {
    dataPlane.close();
    engine.stop();
    orders.close();
  }
}

/** Nothing is loaded any more from here on. */
function confine({ version, root, dropsRights }: ThreadData): Report {
  // Its files are others than those of the main thread: what the two share has a layout of its own in each.
  if (version !== packageVersion())
    return { kind: 'refused', reason: `version ${packageVersion()} has been installed, and this process is ${version}` };
  if (root !== null) {
    new Date(0).getTimezoneOffset(); // asks for the time zone, whose file is out of reach afterwards
    const result = changeRootOfThread(root);
    if (result < 0) return { kind: 'refused', reason: `Cannot chroot(${root}): ${errnoText(result)}.` };
  }
  if (dropsRights) limitCapabilities([]); // cannot fail: fewer may always be had
  return { kind: 'loaded' };
}

parentPort?.once('message', run);
report(confine(workerData as ThreadData));
