/**
 * The one interface behind which every balancing algorithm stands, and what each of them does with
 * servers that are full (`ServerGroup.isFull`):
 *
 * | algorithm | a full server | all of them full |
 * |---|---|---|
 * | roundrobin, static-rr, first | is passed over | NO_SERVER: the session queues on the backend |
 * | leastconn | is passed over, though only when as many as its maxqueue wait for it besides | the same |
 * | random | what was drawn is full: NO_SERVER at once | the same |
 * | source, hash | is chosen all the same: the session queues on that server | (none is passed over) |
 * | source, hash without a hash (NO_HASH) | is passed over, as in a round robin | as roundrobin |
 *
 * With `hash-balance-factor`, consistent hashing and random pass over a server above its share of
 * the load; that has nothing to do with maxconn. A lone backup server (`ServerSet.isLoneBackup`) is
 * chosen full or not, but by static-rr and random. NO_SERVER has two meanings, then: where
 * `group.set.count` is 0 after a pick there is no server at all, otherwise the session queues on the
 * backend.
 */
import type { BalancePlan } from '../../plan/plan.js';
import type { ServerGroup } from '../../shared/servers.js';
import { ConsistentHash } from './consistent.js';
import { First } from './first.js';
import { Leastconn } from './leastconn.js';
import { MapHash } from './map-hash.js';
import { Random } from './random.js';
import { Roundrobin } from './roundrobin.js';
import { StaticRoundrobin } from './static-rr.js';

export { NO_HASH } from './hash.js';

/** "No server", wherever a server number is expected. */
export const NO_SERVER = -1;

/**
 * Chooses a server. Called under the lock of the group, so that the choice is global and exact, and
 * with `group.backendSessions` set.
 */
export interface Balancer {
  /** The choice depends on the client's address: `pick` needs `KeyHash.ofSource`. */
  readonly needsSource: boolean;
  /** The choice depends on the expression of `balance hash`: `pick` needs `KeyHash.ofBytes`, or NO_HASH. */
  readonly needsExpression: boolean;
  /**
   * @param hash unsigned 32 bits or NO_HASH, by the backend's KeyHash; 0 where none is needed
   * @param avoid a server not to choose while there is another, or NO_SERVER
   * @returns a usable server, or NO_SERVER
   */
  pick(hash: number, avoid: number): number;
}

/** The balancer of a backend over the shared state of its servers. */
export function createBalancer(plan: BalancePlan, group: ServerGroup): Balancer {
  switch (plan.algorithm) {
    case 'roundrobin':
      return new Roundrobin(group);
    case 'static-rr':
      return new StaticRoundrobin(group);
    case 'leastconn':
      return new Leastconn(group);
    case 'first':
      return new First(group);
    case 'random':
      return new Random(group, plan);
    case 'source':
    case 'hash':
      return plan.hashType.method === 'consistent'
        ? new ConsistentHash(group, plan)
        : new MapHash(group, plan.algorithm === 'source', plan.algorithm === 'hash');
  }
}
