/**
 * `balance roundrobin`: each server in turn, in proportion to its weight, spread as evenly as
 * weights allow (2:1 serves A B A, never A A B). Every server collects its weight with each
 * choice; the one that has collected most is chosen and pays the sum of all weights.
 */
import type { ServerGroup } from '../../shared/servers.js';
import { type Balancer, NO_SERVER } from './balancer.js';

/** The algorithm `roundrobin`. */
export class Roundrobin implements Balancer {
  readonly needsSource = false;

  constructor(private readonly group: ServerGroup) {}

  pick(_hash: number, avoid: number): number {
    const { group } = this;
    let best = NO_SERVER;
    let bestPosition = 0;
    let total = 0;
    for (let server = 0; server < group.size; server++) {
      const weight = group.weight(server);
      if (weight === 0) continue;
      const position = group.position(server) + weight;
      group.setPosition(server, position);
      total += weight;
      if (best === NO_SERVER || best === avoid || (server !== avoid && position > bestPosition)) {
        best = server;
        bestPosition = position;
      }
    }
    if (best !== NO_SERVER) group.setPosition(best, bestPosition - total);
    return best;
  }
}
