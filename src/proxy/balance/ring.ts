/**
 * The ring of consistent hashing: every server has a number of points on a circle of 2^32, by its id
 * and weight, and a hash belongs to the nearest point. A server that comes, goes or changes its
 * weight adds or takes away its own points only.
 */
import type { ServerGroup } from '../../shared/servers.js';
import { WEIGHT_SCALE } from '../../shared/servers.js';
import { avalanche } from '../hashes.js';
import { NO_SERVER } from './balancer.js';

/** Points that a server may have; the points of one id are hashes of a range of numbers of this size. */
const POINTS_MAX = 256 * WEIGHT_SCALE;
/** A point is its place on the circle times this, plus the server: one number, by which all are sorted. */
const SERVERS_MAX = 2 ** 20;

/** The ring of one backend as this worker sees it. */
export class Ring {
  private points: Float64Array = new Float64Array(0);
  /** Points of each server that are in `points`. */
  private readonly counts: Int32Array;
  private readonly wanted: Int32Array;
  /** The generation of the set for which it was made. */
  private generation = -1;

  /** Makes the ring, so that the first connection does not wait for it. */
  constructor(private readonly group: ServerGroup) {
    this.counts = new Int32Array(group.size);
    this.wanted = new Int32Array(group.size);
    this.refresh();
  }

  get size(): number {
    return this.points.length;
  }

  /** Brings the ring up to date with the set of servers. */
  refresh(): void {
    const { wanted, counts } = this;
    const { set } = this.group;
    set.refresh();
    if (this.generation === set.generation) return;
    this.generation = set.generation;
    wanted.fill(0);
    for (let i = 0; i < set.count; i++) wanted[set.members[i]] = set.weights[set.members[i]];
    const kept = this.points.filter((point) => !this.isChanged(point % SERVERS_MAX));
    const added = this.newPoints();
    this.points = added.length === 0 ? kept : merge(kept, added);
    counts.set(wanted);
  }

  /** The server of the point at an index. */
  serverAt(index: number): number {
    return this.points[index] % SERVERS_MAX;
  }

  /** The index of the point nearest to a hash, the earlier one of two; -1 on an empty ring. */
  nearest(hash: number): number {
    const { length } = this.points;
    if (length === 0) return NO_SERVER;
    const after = this.indexFrom(hash) % length;
    const before = (after + length - 1) % length;
    const distanceBefore = (hash - this.placeAt(before)) >>> 0;
    const distanceAfter = (this.placeAt(after) - hash) >>> 0;
    return distanceBefore <= distanceAfter ? before : after;
  }

  /** The place of a point on the circle. */
  placeAt(index: number): number {
    return Math.floor(this.points[index] / SERVERS_MAX);
  }

  /** The index of the first point at or after a place; `size` when there is none. */
  indexFrom(place: number): number {
    const { points } = this;
    const sought = place * SERVERS_MAX;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (points[middle] < sought) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private isChanged(server: number): boolean {
    return this.wanted[server] !== this.counts[server];
  }

  /** All points of the servers whose number of points has changed, in order. */
  private newPoints(): Float64Array {
    const { group, wanted } = this;
    let count = 0;
    for (let server = 0; server < group.size; server++) if (this.isChanged(server)) count += wanted[server];
    const added = new Float64Array(count);
    let at = 0;
    for (let server = 0; server < group.size; server++) {
      if (!this.isChanged(server)) continue;
      const first = group.id(server) * POINTS_MAX;
      for (let n = 0; n < wanted[server]; n++) added[at++] = avalanche(first + n) * SERVERS_MAX + server;
    }
    return added.sort();
  }
}

/** One sorted array of two. */
function merge(one: Float64Array, other: Float64Array): Float64Array {
  const merged = new Float64Array(one.length + other.length);
  let i = 0;
  let j = 0;
  for (let at = 0; at < merged.length; at++) {
    const takesOne = j >= other.length || (i < one.length && one[i] < other[j]);
    merged[at] = takesOne ? one[i++] : other[j++];
  }
  return merged;
}
