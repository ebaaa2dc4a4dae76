/**
 * What a change of a server's state, weight or limit means for those who wait: a server that takes
 * more is given to them, and those who wait for one that is gone may choose another.
 */
import { signalEventfd } from '../../kernel/eventfd.js';
import type { BackendPlan } from '../../plan/plan.js';
import { MASTER_OWNER } from '../../shared/lock.js';
import { NO_WORKER, openShared, type SharedState, type SharedTables } from '../../shared/state.js';
import type { ServerPlace } from './server-states.js';

/** Looks after the queues of all backends when servers change. */
export class QueueKeeper {
  private readonly tables: SharedTables;
  private readonly wake: (worker: number) => void;

  constructor(
    private readonly backends: readonly BackendPlan[],
    shared: SharedState,
  ) {
    this.tables = openShared(shared, NO_WORKER);
    this.wake = (worker) => signalEventfd(shared.wakeFds[worker]);
  }

  /**
   * As HAProxy, only `option redispatch` without `option persist` lets sessions go that wait for a server.
   * @param letsGo it has just ceased to take new connections
   * @returns sessions that were sent elsewhere, or given to it from the queue of its backend
   */
  onServerChange({ backend, server }: ServerPlace, letsGo: boolean): number {
    const { servers, queues, proxies } = this.tables;
    const { redispatch, options } = this.backends[backend];
    const group = servers.groups[backend];
    const queue = queues.backends[backend];
    if (queue.waiting === 0) return 0;
    group.lock(MASTER_OWNER);
    group.backendSessions = proxies.backends[backend].current;
    const ends = letsGo || !group.isUp(server);
    const sent = ends && redispatch !== 0 && !options.persist ? queue.redistribute(server, this.wake) : 0;
    const given = queue.serve(server, this.wake);
    group.unlock();
    queue.serveAll(MASTER_OWNER, this.wake);
    return sent + given;
  }
}
