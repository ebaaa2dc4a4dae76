/**
 * What a change of a server's state, weight or limit means for those who wait: a server that takes
 * more is given to them, and those who wait for one that is gone may choose another.
 */
import { signalEventfd } from '../kernel/eventfd.js';
import type { BackendPlan } from '../plan/plan.js';
import { MASTER_OWNER } from '../shared/lock.js';
import { NO_WORKER, openShared, type SharedState, type SharedTables } from '../shared/state.js';
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

  /** As HAProxy, only `option redispatch` without `option persist` lets go of a server that is down. */
  onServerChange({ backend, server }: ServerPlace): void {
    const { servers, queues, proxies } = this.tables;
    const { redispatch, options } = this.backends[backend];
    const group = servers.groups[backend];
    if (queues.backends[backend].waiting === 0) return;
    group.lock(MASTER_OWNER);
    group.backendSessions = proxies.backends[backend].current;
    if (!group.isUp(server) && redispatch !== 0 && !options.persist) queues.backends[backend].redistribute(server, this.wake);
    group.unlock();
    queues.backends[backend].serveAll(MASTER_OWNER, this.wake);
  }
}
