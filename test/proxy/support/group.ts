/** A backend's servers without a backend: what the tests of balancing choose from. */
import type { BalanceAlgorithm } from '../../../src/config/config.js';
import { type BalancePlan, DEFAULT_BACKEND } from '../../../src/plan/plan.js';
import { type Balancer, createBalancer, NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import { KeyHash } from '../../../src/proxy/balance/hash.js';
import { type ServerGroup, type ServerSettings, ServerTable } from '../../../src/shared/servers.js';

/** Servers of these weights, as `workers` workers see them, each with a balancer of its own. */
export class Choosers {
  readonly groups: readonly ServerGroup[];
  readonly keyHash: KeyHash;
  private readonly balancers: readonly Balancer[];
  private turn = 0;

  constructor(
    balance: BalanceAlgorithm,
    weights: readonly number[],
    workers = 1,
    settings: Partial<BalancePlan> = {},
    servers: readonly Partial<ServerSettings>[] = [],
  ) {
    const plan = { ...DEFAULT_BACKEND.balance, algorithm: balance, ...settings };
    this.keyHash = new KeyHash(plan);
    const table = ServerTable.create([weights.length], workers);
    this.groups = Array.from(
      { length: workers },
      (_, worker) => new ServerTable(table, [weights.length], workers, worker).groups[0],
    );
    this.balancers = this.groups.map((group) => createBalancer(plan, group));
    weights.forEach((weight, server) => {
      const rest = { id: server + 1, backup: false, maxconn: 0, minconn: 0, maxqueue: 0, ...servers[server] };
      this.groups[0].configureServer(server, { weight, ...rest });
    });
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
    if (server !== NO_SERVER) this.groups[(this.turn - 1) % this.groups.length].enter(server);
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
