/** `balance static-rr`: each server in turn by a map that was made beforehand; weights do not change on the fly. */
import type { ServerGroup } from '../../shared/servers.js';
import type { Balancer } from './balancer.js';
import { WeightMap } from './weight-map.js';

/** The algorithm `static-rr`. */
export class StaticRoundrobin implements Balancer {
  readonly needsSource = false;
  readonly needsExpression = false;
  private readonly map: WeightMap;

  constructor(group: ServerGroup) {
    this.map = new WeightMap(group);
  }

  pick(_hash: number, avoid: number): number {
    this.map.refresh();
    return this.map.next(avoid);
  }
}
