/**
 * `balance leastconn`: the server with the fewest connections, waiting ones included, in proportion
 * to its weight; among equals the one whose load changed longest ago, so that idle servers are used
 * in turn. The servers stand in a heap by load; those whose load has changed are marked, and moved
 * by the next choice.
 */
import { type ServerGroup, WEIGHT_SCALE } from '../../shared/servers.js';
import { type Balancer, NO_SERVER } from './balancer.js';

/** Loads are compared as integers in this fraction of a connection: the greatest effective weight. */
const SCALE = 256 * WEIGHT_SCALE;
/** The heaps of active servers and of backups. */
const ACTIVE = 0;
const BACKUP = 1;

/** The algorithm `leastconn`. */
export class Leastconn implements Balancer {
  readonly needsSource = false;
  readonly needsExpression = false;
  /** Servers passed over in the running choice, to be put back. */
  private readonly passed: Int32Array;

  constructor(private readonly group: ServerGroup) {
    this.passed = new Int32Array(group.size);
    group.marksLoads = true;
  }

  pick(_hash: number, avoid: number): number {
    const { group } = this;
    group.set.refresh();
    if (group.appliedGeneration !== group.set.generation) this.follow();
    this.moveMarked();
    const { set } = group;
    if (set.count === 0) return NO_SERVER;
    if (set.isLoneBackup) return set.members[0];
    return this.least(this.heapFor(set.members[0]), avoid);
  }

  private least(heap: number, avoid: number): number {
    const { group, passed } = this;
    const { heaps } = group;
    let avoided = NO_SERVER;
    let count = 0;
    let server = heaps.first(heap);
    for (; server !== NO_SERVER; server = heaps.first(heap)) {
      if (this.takes(server)) {
        if (server !== avoid) break;
        avoided = server;
      }
      heaps.remove(server);
      passed[count++] = server;
    }
    for (let i = 0; i < count; i++) this.enqueue(passed[i]);
    return server === NO_SERVER ? avoided : server;
  }

  /** Other than elsewhere, a server that may have a queue of its own is not full before that is. */
  private takes(server: number): boolean {
    const { group } = this;
    const limit = group.limit(server);
    return limit === 0 || group.active(server) + group.queued(server) < limit + group.maxqueue(server);
  }

  private enqueue(server: number): void {
    this.group.heaps.insert(this.heapFor(server), server, this.load(server), 0, this.group.touched(server));
  }

  /** What the load would be with one connection more; an idle server counts as unloaded whatever its weight. */
  private load(server: number): number {
    const { group } = this;
    const load = group.active(server) + group.queued(server);
    return load === 0 ? 0 : Math.trunc(((load + 1) * SCALE) / group.appliedWeight(server));
  }

  private moveMarked(): void {
    const { group } = this;
    const { markWords, heaps } = group;
    for (let word = 0; word < markWords; word++) {
      for (let bits = group.takeMarks(word); bits !== 0; bits &= bits - 1) {
        const server = word * 32 + 31 - Math.clz32(bits & -bits);
        if (heaps.heapOf(server) === NO_SERVER) continue;
        heaps.remove(server);
        this.enqueue(server);
      }
    }
  }

  /** Puts the usable servers in order anew; one that is new or of another weight is the last of its load. */
  private follow(): void {
    const { group } = this;
    const begins = group.appliedGeneration < 0;
    group.heaps.clear();
    for (let server = 0; server < group.size; server++) this.followOne(server, begins);
    group.appliedGeneration = group.set.generation;
  }

  private followOne(server: number, begins: boolean): void {
    const { group } = this;
    const weight = group.set.weights[server];
    group.heaps.forget(server);
    if (begins || group.appliedWeight(server) !== weight) group.touch(server);
    group.setAppliedWeight(server, weight);
    if (weight > 0) this.enqueue(server);
  }

  private heapFor(server: number): number {
    return this.group.isBackup(server) ? BACKUP : ACTIVE;
  }
}
