/**
 * `balance leastconn`: the server with the fewest connections in proportion to its weight; among
 * equals the one whose load changed longest ago, so that idle servers are used in turn.
 */
import type { ServerGroup } from '../../shared/servers.js';
import { type Balancer, NO_SERVER } from './balancer.js';

/** Loads are compared as integers in this fraction of a connection: the greatest weight. */
const SCALE = 256;

/** The algorithm `leastconn`. */
export class Leastconn implements Balancer {
  readonly needsSource = false;

  constructor(private readonly group: ServerGroup) {}

  pick(_hash: number, avoid: number): number {
    let best = NO_SERVER;
    for (let server = 0; server < this.group.size; server++) {
      if (this.group.weight(server) === 0) continue;
      if (best === NO_SERVER || best === avoid || (server !== avoid && this.precedes(server, best))) best = server;
    }
    return best;
  }

  private precedes(server: number, other: number): boolean {
    const difference = this.load(server) - this.load(other);
    if (difference !== 0) return difference < 0;
    return ((this.group.touched(server) - this.group.touched(other)) | 0) < 0;
  }

  /** What the load would be with one connection more; an idle server counts as unloaded whatever its weight. */
  private load(server: number): number {
    const active = this.group.active(server);
    return active === 0 ? 0 : Math.trunc(((active + 1) * SCALE) / this.group.weight(server));
  }
}
