/**
 * Servers with limits in the simulation: what a run draws of them, and what must be true of the
 * queues whenever everything is at rest and when it is over.
 */
import type { BackendPlan, ServerPlan } from '../../src/plan/plan.js';
import type { SharedTables } from '../../src/shared/state.js';
import type { Random } from './random.js';
import { demand } from './violation.js';

/** Gives the servers of a backend limits, in some runs. In a clean run nobody is sent away. */
export function drawLimits(random: Random, clean: boolean, backend: BackendPlan): BackendPlan {
  if (random.chance(60)) return backend;
  const limited = (server: ServerPlan): ServerPlan => ({
    ...server,
    maxconn: random.chance(20) ? 0 : random.between(1, 2),
    maxqueue: clean || random.chance(70) ? 0 : random.between(1, 2),
  });
  return {
    ...backend,
    servers: backend.servers.map(limited),
    queueTimeoutMs: clean ? 0 : random.pick([0, 100, 1000]),
    options: { ...backend.options, abortOnClose: !clean && random.chance(30) },
  };
}

/** Writes the limits of a backend's servers where the data plane reads them. */
export function configureLimits({ servers }: SharedTables, backend: BackendPlan): void {
  const [group] = servers.groups;
  group.configure(0, false);
  for (const [i, { id, weight, backup, maxconn, minconn, maxqueue }] of backend.servers.entries())
    group.configureServer(i, { id, weight, backup, maxconn, minconn, maxqueue });
}

/** Nobody waits for a server that could take one more. */
export function judgeQueues({ servers, queues }: SharedTables): void {
  const [group] = servers.groups;
  const [waiting] = queues.backends;
  if (waiting.waiting === 0) return;
  group.set.refresh();
  for (let server = 0; server < group.size; server++) {
    const limit = group.maxconn(server);
    const isFree = limit === 0 || group.active(server) < limit;
    demand(!isFree || group.queued(server) === 0, `${group.queued(server)} sessions wait for server ${server}, which is free`);
    demand(
      !isFree || !group.isUsable(server) || waiting.length === 0,
      `${waiting.length} sessions wait, and server ${server} is free`,
    );
  }
}

/** Everything is over: nobody is left in a queue. */
export function judgeQueuesEmpty({ queues }: SharedTables): void {
  demand(queues.backends[0].waiting === 0, `${queues.backends[0].waiting} sessions are left in queues`);
}
