/**
 * Which of the addresses of a name a server takes (configuration manual, `resolve-prefer`,
 * `resolve-net`, `resolve-opts`): by family, then by network, then one that no other server of its
 * backend has, then the one that it has already.
 */
import { BlockList } from 'node:net';
import type { ServerResolutionPlan } from '../../plan/plan.js';
import type { HostRecord } from './message.js';

// What speaks for an address; what comes first outweighs all that comes after.
const PREFERRED_FAMILY = 8;
const PREFERRED_NETWORK = 4;
const UNTAKEN = 2;
const CURRENT = 1;

/** What is known beside the addresses. */
export interface Circumstances {
  /** The address that it has. */
  readonly current: string | null;
  /** Whether another server of the backend has it. */
  readonly isTaken: (host: string) => boolean;
}

/** Chooses for servers of one kind. */
export class AddressChoice {
  private readonly networks: BlockList | null;
  private readonly scoreMax: number;

  constructor(private readonly plan: Pick<ServerResolutionPlan, 'prefer' | 'networks' | 'allowDuplicateIp'>) {
    this.networks = plan.networks.length === 0 ? null : listOf(plan.networks);
    this.scoreMax = PREFERRED_FAMILY + UNTAKEN + CURRENT + (this.networks === null ? 0 : PREFERRED_NETWORK);
  }

  /** Whether servers may have an address together. */
  get shares(): boolean {
    return this.plan.allowDuplicateIp;
  }

  /** The address to take, or null when there is none left. */
  choose(hosts: readonly HostRecord[], circumstances: Circumstances): HostRecord | null {
    let best: HostRecord | null = null;
    let most = -1;
    for (const record of hosts) {
      const score = this.score(record, circumstances);
      if (score <= most) continue;
      best = record;
      most = score;
      if (score === this.scoreMax) break;
    }
    return best;
  }

  /** -1: not this one. */
  private score({ type, host }: HostRecord, { current, isTaken }: Circumstances): number {
    const taken = isTaken(host);
    if (taken && !this.plan.allowDuplicateIp) return -1;
    const family = type === 'A' ? 'ipv4' : 'ipv6';
    return (
      (family === this.plan.prefer ? PREFERRED_FAMILY : 0) +
      (this.networks?.check(host, family) === true ? PREFERRED_NETWORK : 0) +
      (taken ? 0 : UNTAKEN) +
      (host === current ? CURRENT : 0)
    );
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const slash = network.lastIndexOf('/');
    const address = network.slice(0, slash);
    list.addSubnet(address, Number(network.slice(slash + 1)), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}
