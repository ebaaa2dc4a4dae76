/** Frees what an ended worker held, in the tables of all plans that it had sessions of: a thread takes nothing along. */
import { closeDescriptor, freeMemory } from '../../kernel/descriptors.js';
import { signalEventfd } from '../../kernel/eventfd.js';
import { COUNTER, WORKER_GAUGES } from '../../shared/counters.js';
import { MASTER_OWNER } from '../../shared/lock.js';
import { reclaimQueues } from '../../shared/queues.js';
import { openShared, type SharedState, type SharedTables } from '../../shared/state.js';
import { reclaimSticks } from '../../shared/stick-reclaim.js';

/** @param states of all plans, at least one; what they have in common is freed once */
export function reclaim(worker: number, states: readonly SharedState[]): void {
  const all = states.map((state) => openShared(state, worker));
  const [{ holdings, counters, gate }] = all;
  const wake = (other: number): void => signalEventfd(states[0].wakeFds[other]);
  for (const fd of holdings.descriptors(worker)) closeDescriptor(fd);
  for (const [address, length] of holdings.memory(worker)) freeMemory(address, length);
  holdings.clear(worker);
  reclaimServers(worker, all, wake);
  reclaimSticks(worker, states);
  const row = counters.row(worker);
  const sessions = row[COUNTER.sessionsNow];
  for (const gauge of WORKER_GAUGES) row[COUNTER[gauge]] = 0;
  gate.forget(worker);
  // Also without sessions: it may have died with a wake-up that was meant for a place.
  gate.leave(sessions, wake);
  for (const tables of all) leaveProxies(worker, tables, wake);
}

/** Connections of servers, places in their queues, and what was locked. */
function reclaimServers(worker: number, all: readonly SharedTables[], wake: (worker: number) => void): void {
  // Plans may share a group: the first one finds the lock that the worker held.
  const broken = new Set<number>();
  for (const { servers, queues } of all)
    for (const [i, group] of servers.groups.entries()) if (group.unlockFor(worker + 1)) broken.add(queues.backends[i].number);
  for (const { proxies, servers, variables } of all) {
    for (const backend of proxies.backends) backend.leaveAll();
    for (const [i, group] of servers.groups.entries()) {
      group.backendSessions = proxies.backends[i].current;
      group.leaveAll();
    }
    variables.unlockFor(worker + 1);
  }
  const tables = all.map(({ queues }) => queues);
  reclaimQueues(tables, MASTER_OWNER, (queues) => broken.has(queues.number), wake);
}

function leaveProxies(worker: number, tables: SharedTables, wake: (worker: number) => void): void {
  for (const limit of [...tables.frontendGates, ...tables.bindGates]) limit?.leaveAll(worker, wake);
  for (const counts of [...tables.proxies.frontends, ...tables.proxies.binds.flat()]) counts.leaveAll();
}
