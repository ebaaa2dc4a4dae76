/**
 * `balance roundrobin`: each server in turn, in proportion to its weight, as evenly spread as the
 * weights allow, and in the very order in which HAProxy serves. Time is counted in choices; a
 * server of weight w among servers of weight W together is due every W/w of them.
 */

import type { ServerGroup } from '../../shared/servers.js';
import { type Balancer, NO_SERVER } from './balancer.js';

// Ranks, the first to be served first.
const DUE = 0;
const NEW = 1;
const LATER = 2;

/** Serves in turn. */
export class Roundrobin implements Balancer {
  readonly needsSource = false;

  constructor(private readonly group: ServerGroup) {}

  pick(_hash: number, avoid: number): number {
    const { group } = this;
    const turn = group.nextTurn();
    const total = this.totalWeight();
    let best = NO_SERVER;
    for (let server = 0; server < group.size; server++) {
      if (group.weight(server) === 0) continue;
      if (group.chosenAt(server) !== 0) this.keepInStep(server, turn, total);
      if (best === NO_SERVER || best === avoid || (server !== avoid && this.precedes(server, best, turn))) best = server;
    }
    if (best !== NO_SERVER) this.schedule(best, turn, total);
    return best;
  }

  private totalWeight(): number {
    let total = 0;
    for (let server = 0; server < this.group.size; server++) total += this.group.weight(server);
    return total;
  }

  /** Those that are due come first, then those never chosen yet, the heaviest first, then those due next. */
  private precedes(server: number, other: number, turn: number): boolean {
    const rank = this.rank(server, turn);
    const difference = rank - this.rank(other, turn);
    if (difference !== 0) return difference < 0;
    return rank === NEW ? this.group.weight(server) > this.group.weight(other) : this.isEarlier(server, other);
  }

  private rank(server: number, turn: number): number {
    if (this.group.chosenAt(server) === 0) return NEW;
    return ((this.group.due(server) - turn) | 0) <= 0 ? DUE : LATER;
  }

  /** Of two in the same turn, the one further from its next whole turn; of equals, the one chosen longer ago. */
  private isEarlier(server: number, other: number): boolean {
    const { group } = this;
    const turns = (group.due(server) - group.due(other)) | 0;
    if (turns !== 0) return turns < 0;
    const spare = group.remainder(server) - group.weight(server) - (group.remainder(other) - group.weight(other));
    if (spare !== 0) return spare < 0;
    return ((group.chosenAt(server) - group.chosenAt(other)) | 0) < 0;
  }

  /** Counts a choice: W/w turns from when it was due, the remainder kept for the next time. */
  private schedule(server: number, turn: number, total: number): void {
    const { group } = this;
    const weight = group.weight(server);
    const from = group.chosenAt(server) === 0 ? turn : group.due(server);
    const share = total + group.remainder(server);
    group.setDue(server, (from + Math.trunc(share / weight)) | 0, share % weight);
    group.setChosenAt(server, turn);
  }

  /**
   * A server that was away, or whose weight has changed, neither makes up for the turns it missed
   * nor waits for a turn that its former weight gave it.
   */
  private keepInStep(server: number, turn: number, total: number): void {
    const { group } = this;
    const ahead = (group.due(server) - turn) | 0;
    const period = Math.ceil(total / group.weight(server));
    if (ahead < -group.size) group.setDue(server, turn, 0);
    else if (ahead > 2 * period) group.setDue(server, (turn + period) | 0, 0);
  }
}
