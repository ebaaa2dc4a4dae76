/** A backend's servers without a backend: what the tests of balancing choose from. */
import type { BalanceAlgorithm } from '../../../src/config/config.js';
import { DEFAULT_BACKEND } from '../../../src/plan/plan.js';
import { type Balancer, createBalancer, NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import { type ServerGroup, ServerTable } from '../../../src/shared/servers.js';

/** Servers of these weights, as `workers` workers see them, each with a balancer of its own. */
export class Choosers {
  readonly groups: readonly ServerGroup[];
  private readonly balancers: readonly Balancer[];
  private turn = 0;

  constructor(balance: BalanceAlgorithm, weights: readonly number[], workers = 1) {
    const table = ServerTable.create([weights.length], workers);
    this.groups = Array.from({ length: workers }, (_, worker) => new ServerTable(table, [weights.length], worker).groups[0]);
    this.balancers = this.groups.map((group) => createBalancer({ ...DEFAULT_BACKEND.balance, algorithm: balance }, group));
    this.setWeights(weights);
  }

  setWeights(weights: readonly number[]): void {
    weights.forEach((weight, server) => {
      this.groups[0].setWeight(server, weight);
    });
  }

  /** One choice, by the workers in turn. */
  pick(hash = 0, avoid = NO_SERVER): number {
    return this.balancers[this.turn++ % this.balancers.length].pick(hash, avoid);
  }

  /** One choice whose connection stays. */
  open(hash = 0, avoid = NO_SERVER): number {
    const server = this.pick(hash, avoid);
    this.groups[(this.turn - 1) % this.groups.length].enter(server);
    return server;
  }

  /** `count` choices, as one digit each. */
  sequence(count: number, choose: () => number = () => this.pick()): string {
    return Array.from({ length: count }, () => choose()).join('');
  }

  /** Connections to each server. */
  get active(): number[] {
    const [group] = this.groups;
    return Array.from({ length: group.size }, (_, server) => group.active(server));
  }
}
