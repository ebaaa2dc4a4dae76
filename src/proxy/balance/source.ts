/**
 * `balance source`: the client's address chooses the server, always the same one while the set of
 * servers and weights stays (hash-type map-based, function sdbm's place taken by the address words
 * themselves, as HAProxy does for sources). A server of weight n has n places in the map.
 */
import type { HostAddress } from '../../kernel/host-address.js';
import type { ServerGroup } from '../../shared/servers.js';
import { type Balancer, NO_SERVER } from './balancer.js';

/** The hash of an address: the exclusive or of its 32-bit words, unsigned. Words that it does not have are 0. */
export function sourceHash({ word0, word1, word2, word3 }: HostAddress): number {
  return (word0 ^ word1 ^ word2 ^ word3) >>> 0;
}

/** The algorithm `source`. */
export class Source implements Balancer {
  readonly needsSource = true;
  /** The weights for which `map` was made. */
  private readonly weights: Int32Array;
  private map: Int32Array = new Int32Array(0);

  constructor(private readonly group: ServerGroup) {
    this.weights = new Int32Array(group.size).fill(NO_SERVER);
  }

  pick(hash: number, avoid: number): number {
    if (this.weightsChanged()) this.map = interleave(this.weights);
    const { map } = this;
    if (map.length === 0) return NO_SERVER;
    let at = hash % map.length;
    for (let i = 0; i < map.length && map[at] === avoid; i++) at = (at + 1) % map.length;
    return map[at];
  }

  private weightsChanged(): boolean {
    let changed = false;
    for (let server = 0; server < this.group.size; server++) {
      const weight = this.group.weight(server);
      changed ||= weight !== this.weights[server];
      this.weights[server] = weight;
    }
    return changed;
  }
}

/**
 * Places for all servers, each as often as its share of the weights, in HAProxy's order
 * (found by comparison): every server collects its weight with each place; the first
 * of those that have collected most, in whole sums of all weights, gets it and pays that sum.
 */
export function interleave(weights: Int32Array): Int32Array {
  const divisor = weights.reduce(greatestCommonDivisor, 0) || 1;
  const shares = weights.map((weight) => weight / divisor);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const collected = new Int32Array(weights.length);
  return Int32Array.from({ length: total }, () => {
    let best = NO_SERVER;
    let bestRank = 0;
    for (let server = 0; server < weights.length; server++) {
      if (weights[server] === 0) continue;
      collected[server] += shares[server];
      const rank = Math.trunc((collected[server] + total) / total);
      if (best !== NO_SERVER && rank <= bestRank) continue;
      best = server;
      bestRank = rank;
    }
    collected[best] -= total;
    return best;
  });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
