/**
 * `balance roundrobin`: each server in turn, in proportion to its weight, as evenly spread as the
 * weights allow, and in the very order in which HAProxy serves, also after weights have changed.
 * Positions count choices; a server of weight w among servers of weight W together is due every
 * W/w of them. Servers that are due in the running round stand in one heap by position; those that
 * are due later wait for the next round, which they join, the heaviest first, where nobody is due.
 */
import type { Rotation } from '../../shared/rotation.js';
import { type ServerGroup, WEIGHT_SCALE } from '../../shared/servers.js';
import { type Balancer, NO_SERVER } from './balancer.js';

/** More than any effective weight. */
const WEIGHT_LIMIT = 256 * WEIGHT_SCALE;
/** Within one position, servers are in order of these bits of what their remainders leave. */
const FINE_BITS = 8;

/** The algorithm `roundrobin`. */
export class Roundrobin implements Balancer {
  readonly needsSource = false;
  readonly needsExpression = false;
  /** Servers passed over in the running choice, to be put back. */
  private readonly passed: Int32Array;

  constructor(private readonly group: ServerGroup) {
    this.passed = new Int32Array(group.size);
  }

  pick(_hash: number, avoid: number): number {
    const { group } = this;
    const { set } = group;
    set.refresh();
    if (group.appliedGeneration !== set.generation) this.follow();
    if (set.count === 0) return NO_SERVER;
    if (set.isLoneBackup) return set.members[0];
    return this.serve(group.rotations[group.isBackup(set.members[0]) ? 1 : 0], avoid);
  }

  private serve(rotation: Rotation, avoid: number): number {
    const { group, passed } = this;
    let switched = false;
    let avoided = false;
    let count = 0;
    let chosen = NO_SERVER;
    if (rotation.currentWeight === 0) beginRound(rotation);
    for (;;) {
      const server = this.next(rotation);
      if (server === NO_SERVER) {
        if (switched) break;
        switched = true;
        rotation.swap();
        beginRound(rotation);
        continue;
      }
      this.advance(rotation, server);
      if (!group.isFull(server)) {
        if (server !== avoid || avoided) {
          chosen = server;
          break;
        }
        avoided = true;
      }
      passed[count++] = server;
    }
    if (chosen === NO_SERVER && avoided) chosen = avoid;
    this.putBack(rotation, chosen, switched, count);
    return chosen;
  }

  /** The next server in the running round, not taken out; NO_SERVER at the end of the round. */
  private next(rotation: Rotation): number {
    const { heaps } = this.group;
    const current = heaps.first(rotation.current);
    if (current !== NO_SERVER && rotation.due(current) <= rotation.position) return current;
    const joining = heaps.first(rotation.joining);
    if (joining === NO_SERVER) return current;
    rotation.setDue(joining, 0, 0);
    return joining;
  }

  /** Takes a server out and reckons when it is due again. */
  private advance(rotation: Rotation, server: number): void {
    const { group } = this;
    const weight = group.appliedWeight(server);
    const due = rotation.due(server) || rotation.position;
    const whole = Math.trunc(rotation.nextWeight / weight);
    const remainder = rotation.remainder(server) + (rotation.nextWeight % weight);
    const carry = remainder >= weight ? 1 : 0;
    rotation.setDueBefore(server, due);
    rotation.setDue(server, due + whole + carry, remainder - carry * weight);
    group.heaps.remove(server);
    rotation.position++;
  }

  /** Puts the chosen server and those passed over back; after a new round began, these only join it. */
  private putBack(rotation: Rotation, chosen: number, switched: boolean, count: number): void {
    if (chosen !== NO_SERVER) this.enqueue(rotation, chosen);
    for (let i = count - 1; i >= 0; i--) {
      const server = this.passed[i];
      if (server === chosen) continue;
      if (switched) this.enqueueByWeight(rotation.joining, server);
      else this.enqueue(rotation, server);
    }
  }

  private enqueue(rotation: Rotation, server: number): void {
    const due = rotation.due(server);
    const remainder = rotation.remainder(server);
    if (due >= rotation.currentWeight + Math.min(rotation.currentWeight, rotation.nextWeight)) {
      rotation.setDue(server, due - rotation.currentWeight, remainder);
      this.enqueueByWeight(rotation.waiting, server);
      return;
    }
    // A remainder of a greater weight that the server had before may amount to whole positions.
    const spare = Math.trunc((WEIGHT_LIMIT + remainder - this.group.appliedWeight(server)) / WEIGHT_SCALE);
    this.group.heaps.insert(rotation.current, server, due + (spare >> FINE_BITS), spare & (2 ** FINE_BITS - 1));
  }

  private enqueueByWeight(heap: number, server: number): void {
    this.group.heaps.insert(heap, server, WEIGHT_LIMIT - this.group.appliedWeight(server), 0);
  }

  // Following what the master published.

  /** Servers that have gone make room first for those that have come since the last choice. */
  private follow(): void {
    const { group } = this;
    const { weights } = group.set;
    if (group.appliedGeneration < 0) {
      this.begin();
    } else {
      for (let server = 0; server < group.size; server++) if (weights[server] === 0) this.followOne(server);
      for (let server = 0; server < group.size; server++) if (weights[server] > 0) this.followOne(server);
    }
    group.appliedGeneration = group.set.generation;
  }

  /** All servers join the first round, in their order. */
  private begin(): void {
    const { group } = this;
    group.heaps.clear();
    for (const rotation of group.rotations) rotation.nextWeight = 0;
    for (let server = 0; server < group.size; server++) {
      const weight = group.set.weights[server];
      group.heaps.forget(server);
      group.setAppliedWeight(server, weight);
      if (weight === 0) continue;
      const rotation = this.rotationOf(server);
      rotation.setDue(server, 0, 0);
      rotation.nextWeight += weight;
      this.enqueueByWeight(rotation.joining, server);
    }
    for (const rotation of group.rotations) beginRound(rotation);
  }

  private followOne(server: number): void {
    const { group } = this;
    const weight = group.set.weights[server];
    const before = group.appliedWeight(server);
    if (weight === before) return;
    const rotation = this.rotationOf(server);
    rotation.nextWeight += weight - before;
    group.setAppliedWeight(server, weight);
    if (weight === 0) group.heaps.remove(server);
    else if (before === 0) this.appear(rotation, server, weight);
    else this.changeWeight(rotation, server, weight);
  }

  /** A server that is back does not make up for the turns it missed. */
  private appear(rotation: Rotation, server: number, weight: number): void {
    const ahead = rotation.nextWeight + rotation.currentWeight - rotation.position;
    rotation.setDue(server, rotation.position + Math.trunc(ahead / weight), rotation.remainder(server));
    this.enqueue(rotation, server);
  }

  /** A server of another weight is due by that from when it was due last, though never later than it was. */
  private changeWeight(rotation: Rotation, server: number, weight: number): void {
    const { heaps } = this.group;
    const heap = heaps.heapOf(server);
    heaps.remove(server);
    if (heap === rotation.joining) {
      this.enqueueByWeight(heap, server);
      return;
    }
    const due = rotation.due(server) + (heap === rotation.waiting ? rotation.currentWeight : 0);
    const step = Math.trunc(rotation.nextWeight / weight);
    let changed = Math.min(rotation.dueBefore(server) + step, due);
    if (changed < rotation.position + 2) changed = rotation.position + step;
    rotation.setDue(server, changed, 0);
    this.enqueue(rotation, server);
  }

  private rotationOf(server: number): Rotation {
    return this.group.rotations[this.group.isBackup(server) ? 1 : 0];
  }
}

function beginRound(rotation: Rotation): void {
  rotation.currentWeight = rotation.nextWeight;
  rotation.position = rotation.nextWeight;
}
