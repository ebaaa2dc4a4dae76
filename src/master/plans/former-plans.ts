/**
 * Plans that are not in force any more, but by which sessions still go on. What happens to a server
 * happens to its namesakes there, too, where those count in tables of their own: sessions that wait for
 * one that goes down are sent to another.
 */
import type { Plan } from '../../plan/plan.js';
import { isSamePiece } from '../../shared/pieces.js';
import type { ServerGroup } from '../../shared/servers.js';
import type { SharedState, SharedTables } from '../../shared/state.js';
import type { SharedStatistics } from '../../shared/statistics.js';
import { QueueKeeper } from '../servers/queue-keeper.js';
import type { ServerPlace } from '../servers/server-states.js';

/** A plan, its number and its tables, opened for no worker. */
export interface NumberedPlan {
  readonly generation: number;
  /** Since when it was in force, by `performance.now()`. */
  readonly since: number;
  readonly plan: Plan;
  readonly shared: SharedState;
  readonly tables: SharedTables;
}

/** Sessions that a server has, and that wait for it. */
export interface ServerSessions {
  /** They have a place at it, also those that wait to connect again. */
  readonly placed: number;
  /** They are connected to it, or connect. */
  readonly active: number;
  readonly queued: number;
}

interface Former extends NumberedPlan {
  readonly queues: QueueKeeper;
  readonly places: ReadonlyMap<string, ServerPlace>;
}

/** The former plans of a balancer, the oldest first. */
export class FormerPlans {
  private list: readonly Former[] = [];

  add({ generation, since, plan, shared, tables }: NumberedPlan): void {
    const places = plan.backends.flatMap(({ name, servers }, backend) =>
      servers.map((one, server) => [key(name, one.name), { backend, server }] as const),
    );
    this.list = [
      ...this.list,
      { generation, since, plan, shared, tables, queues: new QueueKeeper(plan.backends, shared), places: new Map(places) },
    ];
  }

  /** No session goes on by that plan any more. */
  remove(generation: number): void {
    this.list = this.list.filter((one) => one.generation !== generation);
  }

  /** Each with its number and since when it was in force, the newest first. */
  get all(): readonly Pick<NumberedPlan, 'generation' | 'since'>[] {
    return [...this.list].reverse();
  }

  get size(): number {
    return this.list.length;
  }

  /** The oldest of them; null: there is none. */
  get oldest(): number | null {
    return this.list[0]?.generation ?? null;
  }

  find(generation: number): NumberedPlan | null {
    return this.list.find((one) => one.generation === generation) ?? null;
  }

  /** Rows of statistics that sessions still add to. */
  get statistics(): SharedStatistics[] {
    return this.list.map(({ shared }) => shared.statistics);
  }

  /** All sessions of a server of the plan in force: those by former plans are its own, too, wherever they are counted. */
  sessionsOf({ plan, shared, tables }: NumberedPlan, { backend, server }: ServerPlace): ServerSessions {
    const { name, servers } = plan.backends[backend];
    const counted = [{ shared, tables, place: { backend, server } }];
    for (const former of this.list) {
      const place = former.places.get(key(name, servers[server].name));
      const isCounted = (at: ServerPlace): boolean =>
        counted.some((one) => isSamePiece(one.shared.servers, one.place.backend, former.shared.servers, at.backend));
      if (place !== undefined && !isCounted(place)) counted.push({ ...former, place });
    }
    const groups = counted.map(({ tables: { servers: table }, place }) => ({ group: table.groups[place.backend], place }));
    const sum = (count: (group: ServerGroup, at: number) => number): number =>
      groups.reduce((all, { group, place }) => all + count(group, place.server), 0);
    return {
      placed: sum((group, at) => group.active(at)),
      active: sum((group, at) => group.connections(at)),
      queued: sum((group, at) => group.queued(at)),
    };
  }

  /** A server of the plan in force has changed; see `QueueKeeper.onServerChange`. */
  onServerChange({ plan, shared, tables }: NumberedPlan, { backend, server }: ServerPlace, letsGo: boolean): number {
    let moved = 0;
    if (this.list.length === 0) return moved;
    const { name, servers } = plan.backends[backend];
    for (const former of this.list) {
      const place = former.places.get(key(name, servers[server].name));
      if (place === undefined || isSamePiece(shared.servers, backend, former.shared.servers, place.backend)) continue;
      const from = tables.servers.groups[backend];
      const to = former.tables.servers.groups[place.backend];
      to.setWeight(place.server, from.weight(server), from.effectiveWeight(server));
      to.setState(place.server, from.state(server));
      moved += former.queues.onServerChange(place, letsGo);
    }
    return moved;
  }
}

function key(backend: string, server: string): string {
  return JSON.stringify([backend, server]);
}
