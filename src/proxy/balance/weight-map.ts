/**
 * Servers in a row, each as often as its share of the weights: what map-based hashes index and
 * `static-rr` walks along. It knows no slow start: weights count as configured, and a server has
 * all its places or none.
 */
import { type ServerGroup, WEIGHT_SCALE } from '../../shared/servers.js';
import { NO_SERVER } from './balancer.js';

/** The map of one backend as this worker sees it. */
export class WeightMap {
  /** The server at each place. */
  servers: Int32Array = new Int32Array(0);
  /** The generation of the set for which it was made. */
  private generation = -1;

  /** Makes the map, so that the first connection does not wait for it. */
  constructor(private readonly group: ServerGroup) {
    this.refresh();
  }

  /** Brings the map up to date with the set of servers. */
  refresh(): void {
    const { group } = this;
    const { set } = group;
    set.refresh();
    if (this.generation === set.generation) return;
    this.generation = set.generation;
    if (set.isLoneBackup) this.servers = set.members.slice(0, 1);
    else this.servers = interleave(set.members.subarray(0, set.count), this.shares());
  }

  /** The server of a hash, or NO_SERVER. */
  at(hash: number): number {
    const { servers } = this;
    return servers.length === 0 ? NO_SERVER : servers[hash % servers.length];
  }

  /** The next server that is not full, for all workers in turn. */
  next(avoid: number): number {
    const { group, servers } = this;
    const { length } = servers;
    if (length === 0) return NO_SERVER;
    const from = group.cursor < length ? group.cursor : 0;
    let avoidedAt = NO_SERVER;
    for (let step = 0; step < length; step++) {
      const at = (from + step) % length;
      if (group.isFull(servers[at])) continue;
      if (servers[at] !== avoid) {
        group.cursor = at + 1;
        return servers[at];
      }
      avoidedAt = at;
    }
    if (avoidedAt === NO_SERVER) return NO_SERVER;
    group.cursor = avoidedAt + 1;
    return avoid;
  }

  /** Places for each member: weights by the greatest divisor of what the file gives all servers. */
  private shares(): Int32Array {
    const { group } = this;
    const { members, count, weights } = group.set;
    let divisor = 0;
    for (let server = 0; server < group.size; server++) divisor = greatestCommonDivisor(divisor, group.initialWeight(server));
    const unit = (divisor || 1) * WEIGHT_SCALE;
    return members.slice(0, count).map((server) => Math.ceil(weights[server] / unit));
  }
}

/**
 * Places for all servers, each as often as its share, in HAProxy's order (found by comparison):
 * every server collects its share with each place; the first of those that have collected most, in
 * whole sums of all shares, gets it and pays that sum.
 */
export function interleave(servers: Int32Array, shares: Int32Array): Int32Array {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const collected = new Int32Array(servers.length);
  const places = new Int32Array(total);
  for (let place = 0; place < total; place++) {
    let best = NO_SERVER;
    // What a server has to have collected to be ahead of the best one so far.
    let ahead = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < servers.length; i++) {
      collected[i] += shares[i];
      if (collected[i] < ahead) continue;
      best = i;
      ahead = (Math.floor(collected[i] / total) + 1) * total;
    }
    collected[best] -= total;
    places[place] = servers[best];
  }
  return places;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
