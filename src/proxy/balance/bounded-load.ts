/**
 * `hash-balance-factor`: consistent hashing with bounded loads. A server takes no more than its
 * share, by weight, of the connections of the backend times the factor (Mirrokni, Thorup,
 * Zadimoghaddam: Consistent Hashing with Bounded Loads, 2016).
 */
import type { ServerGroup } from '../../shared/servers.js';

/** Whether servers of one backend are within their share. */
export class BoundedLoad {
  /** Connections that all servers may have together. */
  private slots = 0;
  /** Weights of the servers in the set before each one, by which whole slots are dealt out. */
  private readonly before: Int32Array;
  /** The generation of the set for which that was made. */
  private generation = -1;

  /** @param factor percent of the average load; 0: no bound */
  constructor(
    private readonly group: ServerGroup,
    private readonly factor: number,
  ) {
    this.before = new Int32Array(group.size);
  }

  /** Reckons with the connections of the moment and the one to be placed; before the first `takes`. */
  measure(): void {
    if (this.factor === 0) return;
    if (this.generation !== this.group.set.generation) this.sumWeights();
    let connections = 1;
    for (let server = 0; server < this.group.size; server++) connections += this.group.active(server);
    this.slots = Math.ceil((connections * this.factor) / 100);
  }

  /** Whether a server has less than its share, which is one connection at least. */
  takes(server: number): boolean {
    if (this.factor === 0) return true;
    const from = this.before[server];
    const share = this.slotsUpTo(from + this.group.set.weights[server]) - this.slotsUpTo(from);
    return this.group.active(server) < Math.max(1, share);
  }

  /** The whole slots of servers that have this weight together. */
  private slotsUpTo(weight: number): number {
    return Math.trunc((this.slots * weight) / this.group.set.totalWeight);
  }

  private sumWeights(): void {
    const { set } = this.group;
    this.generation = set.generation;
    let sum = 0;
    for (let i = 0; i < set.count; i++) {
      this.before[set.members[i]] = sum;
      sum += set.weights[set.members[i]];
    }
  }
}
