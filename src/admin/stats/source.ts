/**
 * What statistics are read from: a balancer at one moment. Made anew for each question, since a
 * reload replaces all of it; an answer that is under way then ends as it began.
 */
import type { SocketAddress } from '../../kernel/address.js';
import { monotonicMs, monotonicSeconds } from '../../kernel/monotonic-clock.js';
import type { LoadBalancer } from '../../master/balancer.js';
import type { HealthRecords } from '../../master/checks/record.js';
import type { ServerSessions } from '../../master/plans/former-plans.js';
import type { ServerAddresses } from '../../master/servers/server-addresses.js';
import type { ServerPlace, ServerStates } from '../../master/servers/server-states.js';
import type { Plan } from '../../plan/plan.js';
import type { SharedTables } from '../../shared/state.js';

/** A balancer as statistics see it. */
export interface StatisticsSource {
  readonly plan: Plan;
  readonly tables: SharedTables;
  readonly states: ServerStates;
  readonly health: HealthRecords;
  readonly addresses: ServerAddresses;
  /** Sessions of a server, by whatever plan. */
  readonly sessionsOf: (place: ServerPlace) => ServerSessions;
  /** Of all binds in the order of the plan, with the ports they have got. */
  readonly bindAddresses: readonly SocketAddress[];
  /** Whether the listening sockets of a frontend are closed for a while. */
  readonly isPaused: (frontend: number) => boolean;
  /** Whether they are closed for good. */
  readonly isOver: (frontend: number) => boolean;
  /** The present: by the monotonic clock, in wrapping milliseconds and in whole seconds. */
  readonly nowMs: number;
  readonly nowSeconds: number;
}

/** A balancer now. */
export function sourceOf(balancer: LoadBalancer): StatisticsSource {
  const { plan } = balancer;
  return {
    plan,
    tables: balancer.tables,
    states: balancer.serverStates,
    health: balancer.health,
    addresses: balancer.serverAddresses,
    sessionsOf: balancer.sessionsOfServers,
    bindAddresses: balancer.addresses,
    isPaused: (frontend) => balancer.isPaused(plan.frontends[frontend].name),
    isOver: (frontend) => balancer.isOver(plan.frontends[frontend].name),
    nowMs: monotonicMs(),
    nowSeconds: monotonicSeconds(),
  };
}
