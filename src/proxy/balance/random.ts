/**
 * `balance random(draws)`: points of the ring of consistent hashing are drawn, and the server with
 * the least connections by weight is taken (Mitzenmacher: The Power of Two Choices in Randomized
 * Load Balancing, 1996). When it is full the session waits, although others may be free.
 */
import type { BalancePlan } from '../../plan/plan.js';
import type { ServerGroup } from '../../shared/servers.js';
import { type Balancer, NO_SERVER } from './balancer.js';
import { ConsistentHash } from './consistent.js';

/** The algorithm `random`. */
export class Random implements Balancer {
  readonly needsSource = false;
  readonly needsExpression = false;
  private readonly ring: ConsistentHash;
  private readonly draws: number;

  /** @param draw answers a number from 0 to below 1 */
  constructor(
    private readonly group: ServerGroup,
    plan: BalancePlan,
    private readonly draw: () => number = Math.random,
  ) {
    this.ring = new ConsistentHash(group, plan);
    this.draws = plan.draws;
  }

  pick(_hash: number, avoid: number): number {
    let best = NO_SERVER;
    for (let i = 0; i < this.draws; i++) {
      const server = this.ring.pick(Math.trunc(this.draw() * 2 ** 32), avoid);
      if (best === NO_SERVER || this.isNoMoreLoaded(server, best)) best = server;
    }
    return best === NO_SERVER || this.group.isFull(best) ? NO_SERVER : best;
  }

  private isNoMoreLoaded(server: number, other: number): boolean {
    const { group } = this;
    const { weights } = group.set;
    return group.active(server) * weights[other] <= group.active(other) * weights[server];
  }
}
