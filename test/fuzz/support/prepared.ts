/**
 * What a worker makes of a Plan at its start, without a kernel behind it: a copy of the Plan, tables,
 * closures of every expression, condition and format, balancers and sockets' settings. Nothing runs.
 */
import { encodeAddresses } from '../../../src/kernel/address.js';
import type { Engine } from '../../../src/kernel/engine.js';
import type { Plan } from '../../../src/plan/plan.js';
import { statisticsNames } from '../../../src/plan/statistics-names.js';
import { DataPlane, timersNeeded } from '../../../src/proxy/data-plane.js';
import { ThreadBase, WorkerLane } from '../../../src/proxy/worker-lane.js';
import { readShared, writeShared } from '../../../src/shared/message.js';
import { createShared, openShared } from '../../../src/shared/state.js';
import { allocateStatistics } from '../../../src/shared/statistics.js';

const SESSIONS = 4;
/** Entries of stick tables at most, whatever a file asks for: tens of thousands of files are prepared. */
const ENTRIES_MAX = 16;

const ENGINE = {
  nowMs: () => 0,
  freeBuffers: () => 0,
  buffers: { size: 16384, region: { u8: new Uint8Array(0) } },
} as unknown as Engine;

/** Prepares a Plan as a worker does, and gives back what that took. Throws what would end the worker. */
export function prepare(original: Plan): void {
  const copy = readShared<Plan>(writeShared(original));
  const plan = { ...copy, tables: copy.tables.map((table) => ({ ...table, size: Math.min(table.size, ENTRIES_MAX) })) };
  const shared = createShared({
    workers: 1,
    maxconn: SESSIONS,
    descriptorsMax: 64,
    statistics: allocateStatistics(statisticsNames(plan), 1),
    tables: plan.tables,
    backendSizes: plan.backends.map((backend) => backend.servers.length),
    wakeFds: [-1],
  });
  const tables = openShared(shared, 0);
  const sizes = { sessions: SESSIONS, timers: timersNeeded(SESSIONS, 0) };
  const base = new ThreadBase(0, ENGINE, shared, tables, sizes, () => undefined);
  const lane = new WorkerLane(base, 1, plan, tables);
  const addresses = encodeAddresses(plan.backends.flatMap((backend) => backend.servers.map((server) => server.address)));
  try {
    lane.makeSessionLog();
    new DataPlane(base, 0).prepare(1, lane, [], addresses.encoded);
  } finally {
    lane.close(0);
    addresses.region.unmap();
  }
}
