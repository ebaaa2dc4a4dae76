/** What fetches ask of the servers of a backend, read from the shared table and the Plan. */
import type { BackendPlan, ServerPlan } from '../../../plan/plan.js';
import type { ServerGroup } from '../../../shared/servers.js';
import type { Lane } from '../../lane.js';

/** "No limit", and what is counted against none. */
const UNLIMITED = -1;

/** The servers of one backend. */
export class Farm {
  readonly plan: BackendPlan;
  private readonly group: ServerGroup;

  constructor(
    private readonly lane: Lane,
    private readonly backend: number,
  ) {
    this.plan = lane.plan.backends[backend];
    this.group = lane.tables.servers.groups[backend];
  }

  /** Sessions of the backend at the moment, and those that began in the last second. */
  get sessions(): number {
    return this.lane.tables.proxies.backends[this.backend].current;
  }

  sessionRate(nowMs: number): number {
    return this.lane.tables.proxies.backends[this.backend].rate(nowMs);
  }

  weight(server: number): number {
    return this.group.weight(server);
  }

  active(server: number): number {
    return this.group.connections(server);
  }

  /** Whether a server may be given connections. */
  isUsable(server: number): boolean {
    return this.group.isUsable(server);
  }

  isUp(server: number): boolean {
    return this.group.isUp(server);
  }

  /** Sessions that wait for one server. */
  queuedFor(server: number): number {
    return this.group.queued(server);
  }

  /** Sessions that wait in all queues of the backend. */
  get queued(): number {
    return this.lane.tables.queues.backends[this.backend].waiting;
  }

  /** The same for each server that serves, rounded up; without one, twice as many wait for the one that will return. */
  get averageQueue(): number {
    const { queued, usableCount } = this;
    return usableCount > 0 ? Math.ceil(queued / usableCount) : 2 * queued;
  }

  /**
   * Whether a server has a part in the load: the usable ones that are no backups, or, when there are
   * none, the first usable backup, or all of them (`option allbackups`).
   */
  private isServing(server: number, backupsServe: boolean): boolean {
    return this.isUsable(server) && this.plan.servers[server].backup === backupsServe;
  }

  private get backupsServe(): boolean {
    const { servers } = this.plan;
    for (let server = 0; server < servers.length; server++) if (this.isServing(server, false)) return false;
    return true;
  }

  /** Servers that share the load. */
  get usableCount(): number {
    return this.sumOfServing(() => 1);
  }

  /** Connections that these servers could still take; -1 when one of them has no limit. */
  get freeConnections(): number {
    return this.sumOfServing(freeConnections);
  }

  /** Connections and places in queues that are still free; -1 when there is no limit to one of them. */
  get freeSlots(): number {
    return this.sumOfServing(freeSlots);
  }

  private sumOfServing(read: (plan: ServerPlan, active: number) => number): number {
    const { servers, options } = this.plan;
    const { backupsServe } = this;
    let sum = 0;
    for (let server = 0; server < servers.length; server++) {
      if (!this.isServing(server, backupsServe)) continue;
      const value = read(servers[server], this.active(server));
      if (value === UNLIMITED) return UNLIMITED;
      sum += value;
      if (backupsServe && !options.allBackups) break;
    }
    return sum;
  }

  /** Connections that one server could still take; -1 without a limit. */
  freeOf(server: number): number {
    return freeConnections(this.plan.servers[server], this.active(server));
  }
}

function freeConnections({ maxconn }: ServerPlan, active: number): number {
  return maxconn === 0 ? UNLIMITED : Math.max(0, maxconn - active);
}

function freeSlots({ maxconn, maxqueue }: ServerPlan, active: number): number {
  return maxconn === 0 || maxqueue === 0 ? UNLIMITED : maxconn - active + maxqueue;
}

/** The farms of a worker, one for each backend that somebody asks about. */
export function farmOf(lane: Lane, backend: number): Farm {
  let farms = known.get(lane);
  if (farms === undefined) {
    farms = [];
    known.set(lane, farms);
  }
  farms[backend] ??= new Farm(lane, backend);
  return farms[backend];
}

const known = new WeakMap<Lane, Farm[]>();
