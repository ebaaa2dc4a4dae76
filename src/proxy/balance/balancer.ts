/** The one interface behind which every balancing algorithm stands. */
import type { BalancePlan } from '../../plan/plan.js';
import type { ServerGroup } from '../../shared/servers.js';
import { Leastconn } from './leastconn.js';
import { Roundrobin } from './roundrobin.js';
import { Source } from './source.js';

/** "No server", wherever a server number is expected. */
export const NO_SERVER = -1;

/** Chooses a server. Called under the lock of the group, so that the choice is global and exact. */
export interface Balancer {
  /** The choice depends on the client's address: `pick` needs its hash. */
  readonly needsSource: boolean;
  /**
   * @param hash of the client's address, or 0
   * @param avoid a server not to choose while there is another, or NO_SERVER
   * @returns a server with weight, or NO_SERVER
   */
  pick(hash: number, avoid: number): number;
}

const ALGORITHMS: Readonly<Record<string, new (group: ServerGroup) => Balancer>> = {
  roundrobin: Roundrobin,
  leastconn: Leastconn,
  source: Source,
};

/** The balancer of a backend over the shared state of its servers. */
export function createBalancer(plan: BalancePlan, group: ServerGroup): Balancer {
  return new ALGORITHMS[plan.algorithm](group);
}
