/**
 * Which servers of a backend are chosen from, as one thread sees it: the usable active ones, or
 * without any the first usable backup, or all of those (`option allbackups`). Made anew only when
 * the master has published another generation.
 */
import type { ServerGroup } from './server-group.js';

/**
 * The set of one backend. Its fields are of the moment when `refresh` was called last; algorithms reckon
 * with them, not with what the master may be changing meanwhile.
 */
export class ServerSet {
  /** Servers in the set, in the order of the plan; the first `count` count. */
  readonly members: Int32Array;
  count = 0;
  /** Sum of their effective weights. */
  totalWeight = 0;
  /** The effective weight of every server of the backend, in the set or not; 0 of one that is not usable. */
  readonly weights: Int32Array;
  /** The generation that all this is of; what is made of the set is to be made anew with another one. */
  generation = -1;
  /**
   * The set is one backup server without `option allbackups`: it is taken whatever its load, and
   * also by who wants to avoid it.
   */
  isLoneBackup = false;

  constructor(private readonly group: ServerGroup) {
    this.members = new Int32Array(group.size);
    this.weights = new Int32Array(group.size);
  }

  /** Brings the set up to date. */
  refresh(): void {
    const { generation } = this.group;
    if (generation === this.generation) return;
    this.generation = generation;
    this.readWeights();
    this.collect(false);
    if (this.count === 0) this.collect(true);
    this.isLoneBackup = this.count > 0 && !this.group.allBackups && this.group.isBackup(this.members[0]);
    if (this.isLoneBackup) this.count = 1;
    this.totalWeight = 0;
    for (let i = 0; i < this.count; i++) this.totalWeight += this.weights[this.members[i]];
  }

  private readWeights(): void {
    const { group, weights } = this;
    for (let server = 0; server < group.size; server++)
      weights[server] = group.isUsable(server) ? group.effectiveWeight(server) : 0;
  }

  private collect(backups: boolean): void {
    const { group, members, weights } = this;
    this.count = 0;
    for (let server = 0; server < group.size; server++)
      if (weights[server] > 0 && group.isBackup(server) === backups) members[this.count++] = server;
  }
}
