/**
 * `hash-type consistent`: a hash belongs to the server of the nearest point on a ring; who wants to
 * avoid that server, or finds it above `hash-balance-factor`, goes on along the ring.
 */
import type { BalancePlan } from '../../plan/plan.js';
import type { ServerGroup } from '../../shared/servers.js';
import { type Balancer, NO_SERVER } from './balancer.js';
import { BoundedLoad } from './bounded-load.js';
import { NO_HASH } from './hash.js';
import { Ring } from './ring.js';

/** `balance source` and `balance hash` over a ring. */
export class ConsistentHash implements Balancer {
  readonly needsSource: boolean;
  readonly needsExpression: boolean;
  private readonly ring: Ring;
  private readonly bound: BoundedLoad;

  constructor(
    private readonly group: ServerGroup,
    plan: BalancePlan,
  ) {
    this.needsSource = plan.algorithm === 'source';
    this.needsExpression = plan.algorithm === 'hash';
    this.ring = new Ring(group);
    this.bound = new BoundedLoad(group, plan.balanceFactor);
  }

  pick(hash: number, avoid: number): number {
    this.ring.refresh();
    const { set } = this.group;
    if (set.isLoneBackup) return set.members[0];
    return hash === NO_HASH ? this.inTurn(avoid) : this.along(hash, avoid);
  }

  /** From the nearest point on, the first server that is not to be avoided and not above its share. */
  along(hash: number, avoid: number): number {
    const { ring, bound } = this;
    const nearest = ring.nearest(hash);
    if (nearest < 0) return NO_SERVER;
    bound.measure();
    for (let step = 0; step < ring.size; step++) {
      const server = ring.serverAt((nearest + step) % ring.size);
      if (server !== avoid && bound.takes(server)) return server;
    }
    return ring.serverAt(nearest);
  }

  /** Without a hash, the ring is walked point by point by all workers in turn; full servers are passed over. */
  private inTurn(avoid: number): number {
    const { ring, group } = this;
    let avoided = NO_SERVER;
    const from = ring.indexFrom(group.cursor >>> 0);
    for (let step = 0; step < ring.size; step++) {
      const index = (from + step) % ring.size;
      const server = ring.serverAt(index);
      if (group.isFull(server)) continue;
      if (server === avoid) {
        avoided = server;
        continue;
      }
      group.cursor = (ring.placeAt(index) + 1) | 0;
      return server;
    }
    return avoided;
  }
}
