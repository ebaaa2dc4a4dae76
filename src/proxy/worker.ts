/**
 * A worker thread: loads its code, waits for its start, pins itself, opens its engine, and turns the
 * loop until it is told to stop. From its start on it never returns to Node's event loop; orders are
 * read from a port when the eventfd says that there are some. An error leaves the thread: the master
 * reports it and frees what the thread held.
 */
import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { encodeAddresses } from '../kernel/address.js';
import { pinThread } from '../kernel/affinity.js';
import { BUFFERS_MAX } from '../kernel/buffers.js';
import type { Engine } from '../kernel/engine.js';
import { errnoText } from '../kernel/errno.js';
import { openEngine } from '../kernel/probe.js';
import type { Plan } from '../plan/plan.js';
import { readShared } from '../shared/message.js';
import { openShared } from '../shared/state.js';
import type { Listener } from './acceptor.js';
import { DataPlane, slotsNeeded, timersNeeded } from './data-plane.js';
import type { Order, Report, WorkerStart } from './orders.js';
import { headerBuffers } from './server-prologue.js';
import { WorkerLane } from './worker-lane.js';

const report = (message: Report): void => parentPort?.postMessage(message);

function listenersOf(plan: Plan, { listeners, backlogMax }: WorkerStart): Listener[] {
  const binds = plan.frontends.flatMap(({ binds }, frontend) => binds.map((bind, index) => ({ frontend, bind, index })));
  return binds.map(({ frontend, bind, index }, i) => ({
    fd: listeners[i],
    frontend,
    bind: index,
    backlog: Math.min(bind.backlog, backlogMax),
  }));
}

function openDataPlane(start: WorkerStart): { engine: Engine; dataPlane: DataPlane } {
  const { index, shared } = start;
  const plan = readShared<Plan>(start.plan);
  const tables = openShared(shared, index);
  const { tune } = plan.process;
  const sessionsMax = tables.gate.max;
  const slots = slotsNeeded(sessionsMax, start.listeners.length);
  const holdings = tables.holdings.forWorker(index);
  const reservedBuffers = headerBuffers(plan);
  const engine = openEngine(start.ioEngine, {
    slots,
    bufferCount: Math.min(BUFFERS_MAX, tune.buffers + reservedBuffers),
    reservedBuffers,
    bufferSize: tune.bufsize,
    pipesMax: tune.pipes,
    pipeSize: tune.pipesize,
    wakeFd: shared.wakeFds[index],
    holdings,
  });
  const timers = timersNeeded(sessionsMax, start.listeners.length);
  const lane = new WorkerLane({ index, plan, shared }, tables, engine, report, timers);
  const addresses = encodeAddresses(plan.backends.flatMap((backend) => backend.servers.map((server) => server.address)));
  holdings.holdMemory(addresses.region.address, addresses.region.length);
  return { engine, dataPlane: new DataPlane(lane, listenersOf(plan, start), addresses.encoded, sessionsMax) };
}

/** The orders of the master, and how far the worker has come with them. */
class Obedience {
  private refusing = false;
  /** The last order to pause, until it is carried out; 0: none. */
  private pausing = 0;

  constructor(
    private readonly orders: MessagePort,
    private readonly dataPlane: DataPlane,
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
    if (order.kind === 'drain') this.dataPlane.drain();
    else if (order.kind === 'pause') this.pause(order.frontends, order.serial);
    else this.dataPlane.shutdownServer(order.backend, order.server, order.cause);
  }

  /** Says what is done that takes more than one turn. */
  reportProgress(): void {
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
  report({ kind: 'log', severity: 'warning', text });
}

function run(start: WorkerStart): void {
  const { orders } = start;
  pin(start);
  const { engine, dataPlane } = openDataPlane(start);
  dataPlane.start(start.paused);
  report({ kind: 'ready' });
  try {
    const obedience = new Obedience(orders, dataPlane);
    let running = true;
    while (running && !dataPlane.idle) {
      if (dataPlane.turn()) running = obedience.obey();
      obedience.reportProgress();
    }
  } finally {
    dataPlane.close();
    engine.stop();
    orders.close();
  }
}

parentPort?.once('message', run);
report({ kind: 'loaded' });
