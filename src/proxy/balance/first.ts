/**
 * `balance first`: the server of the lowest id that has a connection free, so that as few servers
 * as possible are in use.
 */
import type { ServerGroup } from '../../shared/servers.js';
import { type Balancer, NO_SERVER } from './balancer.js';

/** The algorithm `first`. */
export class First implements Balancer {
  readonly needsSource = false;
  readonly needsExpression = false;
  private byId: readonly number[] = [];
  /** The generation of the set for which it was made. */
  private generation = -1;

  constructor(private readonly group: ServerGroup) {}

  pick(_hash: number, avoid: number): number {
    const { group } = this;
    group.set.refresh();
    if (this.generation !== group.set.generation) this.sort();
    if (group.set.isLoneBackup) return group.set.members[0];
    let avoided = NO_SERVER;
    for (const server of this.byId) {
      if (group.isFull(server)) continue;
      if (server !== avoid) return server;
      avoided = server;
    }
    return avoided;
  }

  private sort(): void {
    const { group } = this;
    const { members, count, generation } = group.set;
    this.generation = generation;
    this.byId = Array.from(members.subarray(0, count)).sort((a, b) => group.id(a) - group.id(b));
  }
}
