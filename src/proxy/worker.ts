/**
 * A worker thread: pins itself, opens its engine, and turns the loop until it is told to stop. It
 * never returns to Node's event loop; orders are read from a port when the eventfd says that there
 * are some. An error leaves the thread: the master reports it and frees what the thread held.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { encodeAddresses } from '../kernel/address.js';
import { pinThread } from '../kernel/affinity.js';
import type { Engine } from '../kernel/engine.js';
import { errnoText } from '../kernel/errno.js';
import { signalEventfd } from '../kernel/eventfd.js';
import { openEngine } from '../kernel/probe.js';
import { openShared } from '../shared/state.js';
import { DataPlane, type Listener, slotsNeeded } from './data-plane.js';
import type { Notify } from './lane.js';
import type { Order, Report, WorkerStart } from './orders.js';
import { Shortage } from './shortage.js';
import { TimerWheel } from './timers.js';

const start = workerData as WorkerStart;
const report = (message: Report): void => parentPort?.postMessage(message);
const notify: Notify = (severity, text) => report({ kind: 'log', severity, text });

function listenersOf({ plan, listeners }: WorkerStart): Listener[] {
  const binds = plan.frontends.flatMap((frontend, index) => frontend.binds.map((bind) => ({ index, bind })));
  return binds.map(({ index, bind }, i) => ({
    fd: listeners[i],
    frontend: index,
    backlog: Math.min(bind.backlog, start.backlogMax),
  }));
}

function openDataPlane(): { engine: Engine; dataPlane: DataPlane } {
  const { plan, index, shared } = start;
  const tables = openShared(shared, index);
  const { tune } = plan.process;
  const sessionsMax = tables.gate.max;
  const slots = slotsNeeded(sessionsMax, start.listeners.length);
  const holdings = tables.holdings.forWorker(index);
  const engine = openEngine(start.ioEngine, {
    slots,
    bufferCount: tune.buffers,
    bufferSize: tune.bufsize,
    pipesMax: tune.pipes,
    pipeSize: tune.pipesize,
    wakeFd: shared.wakeFds[index],
    holdings,
  });
  const lane = {
    worker: index,
    plan,
    engine,
    timers: new TimerWheel(slots, engine.nowMs()),
    tables,
    counters: tables.counters.row(index),
    notify,
    shortage: new Shortage(engine, tables.gate, notify),
    wakeWorker: (worker: number) => signalEventfd(shared.wakeFds[worker]),
  };
  const addresses = encodeAddresses(plan.backends.flatMap((backend) => backend.servers.map((server) => server.address)));
  holdings.holdMemory(addresses.region.address, addresses.region.length);
  return { engine, dataPlane: new DataPlane(lane, listenersOf(start), addresses.encoded, sessionsMax) };
}

/** Carries out the orders that have arrived; false when the worker shall end at once. */
function obey(dataPlane: DataPlane): boolean {
  for (;;) {
    const received = receiveMessageOnPort(start.orders);
    if (received === undefined) return true;
    const order = received.message as Order;
    if (order.kind === 'stop') return false;
    dataPlane.drain();
  }
}

/** Takes the worker's CPU; one that is not to be had costs speed, not service. */
function pin(): void {
  if (start.cpu < 0) return;
  const result = pinThread(start.cpu);
  if (result >= 0) return;
  notify('warning', `worker ${start.index} runs on any CPU, it cannot be pinned to ${start.cpu}: ${errnoText(result)}`);
}

function run(): void {
  pin();
  const { engine, dataPlane } = openDataPlane();
  dataPlane.start();
  report({ kind: 'ready' });
  try {
    let running = true;
    let refusing = false;
    while (running && !dataPlane.idle) {
      if (dataPlane.turn()) running = obey(dataPlane);
      if (refusing || !dataPlane.refusing) continue;
      refusing = true;
      report({ kind: 'refusing' });
    }
  } finally {
    engine.stop();
    start.orders.close();
  }
}

run();
