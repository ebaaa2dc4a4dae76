/**
 * `hash-type map-based`: a hash is the place in a map of servers. The server stays the same while
 * the set of servers does; who wants to avoid it gets it all the same, as in HAProxy.
 */
import type { ServerGroup } from '../../shared/servers.js';
import type { Balancer } from './balancer.js';
import { NO_HASH } from './hash.js';
import { WeightMap } from './weight-map.js';

/** `balance source` and `balance hash` over a map. */
export class MapHash implements Balancer {
  private readonly map: WeightMap;

  constructor(
    group: ServerGroup,
    readonly needsSource: boolean,
    readonly needsExpression: boolean,
  ) {
    this.map = new WeightMap(group);
  }

  pick(hash: number, avoid: number): number {
    this.map.refresh();
    return hash === NO_HASH ? this.map.next(avoid) : this.map.at(hash);
  }
}
