/** DNS servers that answer as the test says, and servers that go by names. */
import { type Answer, decode, encode, type Packet } from 'dns-packet';
import type { OpenTransport, TransportOwner } from '../../../../src/master/resolvers/nameserver.js';
import { ServerNames } from '../../../../src/master/resolvers/server-names.js';
import { ServerAddresses } from '../../../../src/master/servers/server-addresses.js';
import { type Clock, ServerStates } from '../../../../src/master/servers/server-states.js';
import {
  type BackendPlan,
  DEFAULT_BACKEND,
  DEFAULT_PROCESS,
  defaultServer,
  type Plan,
  type ResolversPlan,
  type ServerPlan,
  type ServerResolutionPlan,
} from '../../../../src/plan/plan.js';
import { ServerAddressTable } from '../../../../src/shared/addresses.js';
import { ServerTable } from '../../../../src/shared/servers.js';
import { HandClock } from '../../support/hand-clock.js';

/** A query as a DNS server sees it. */
export interface Asked {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly server: string;
  /** Answers, at once. */
  reply(answers: readonly Answer[], more?: Partial<Packet> & { readonly rcode?: number; readonly truncated?: boolean }): void;
  /** Sends these bytes. */
  raw(bytes: Buffer): void;
}

const RESPONSE_FLAGS = 0x8180;
const TRUNCATED_FLAG = 0x0200;

/** What DNS servers were asked, and how they answer. */
export class FakeServers {
  readonly asked: Asked[] = [];
  /** Answers each query soon after it came; null: the test does it by `asked`. */
  answer: ((query: Asked) => void) | null = null;
  /** Names of servers to which nothing can be sent. */
  readonly unreachable = new Set<string>();
  readonly owners = new Map<string, TransportOwner>();

  constructor(private readonly clock: Clock) {}

  readonly open: OpenTransport = (plan, owner) => {
    this.owners.set(plan.name, owner);
    return {
      send: (message) => {
        if (this.unreachable.has(plan.name)) return false;
        const query = this.read(plan.name, message, owner);
        this.asked.push(query);
        this.clock.after(0, () => this.answer?.(query));
        return true;
      },
      close: () => this.owners.delete(plan.name),
    };
  };

  /** Takes the queries so far, as `ns1 A one.test`. */
  take(): string[] {
    return this.asked.splice(0).map(({ server, type, name }) => `${server} ${type} ${name}`);
  }

  private read(server: string, message: Buffer, owner: TransportOwner): Asked {
    const { id = 0, questions = [] } = decode(message);
    const [{ name, type }] = questions;
    return {
      id,
      name,
      type,
      server,
      raw: (bytes) => owner.onMessage(bytes),
      reply: (answers, { rcode = 0, truncated = false, ...more } = {}) => {
        const flags = RESPONSE_FLAGS | (truncated ? TRUNCATED_FLAG : 0) | rcode;
        owner.onMessage(encode({ type: 'response', id, flags, questions, answers: [...answers], ...more }));
      },
    };
  }
}

export const a = (name: string, data: string): Answer => ({ type: 'A', name, data, ttl: 1 });
export const aaaa = (name: string, data: string): Answer => ({ type: 'AAAA', name, data, ttl: 1 });
export const srv = (name: string, target: string, port: number, weight = 0): Answer => ({
  type: 'SRV',
  name,
  ttl: 1,
  data: { target, port, weight, priority: 0 },
});
export const NXDOMAIN = 3;
export const SERVFAIL = 2;
export const REFUSED = 5;

/** A section with these DNS servers. */
export function section(change: Partial<ResolversPlan> = {}, ...names: readonly string[]): ResolversPlan {
  const used = names.length === 0 ? ['ns1'] : names;
  return {
    name: 'dns',
    nameservers: used.map((name) => ({ name, address: { family: 'ipv4', host: '127.0.0.1', port: 53 }, stream: false })),
    holdMs: { nx: 30_000, refused: 30_000, timeout: 30_000, other: 30_000, valid: 10_000, obsolete: 0 },
    timeoutResolveMs: 1000,
    timeoutRetryMs: 500,
    resolveRetries: 3,
    acceptedPayloadSize: 512,
    ...change,
  };
}

const RESOLUTION: ServerResolutionPlan = {
  resolvers: 0,
  service: null,
  prefer: 'ipv4',
  networks: [],
  allowDuplicateIp: false,
  ignoreWeight: false,
};

/** A server without an address; its name has a dot, a service's begins with `_`. */
export function named(name: string, fqdn: string, resolution: Partial<ServerResolutionPlan> = {}): ServerPlan {
  const service = fqdn.startsWith('_');
  const address = { family: 'ipv4', host: '0.0.0.0', port: service ? 0 : 80 } as const;
  return {
    ...defaultServer(name, 1, address, 1),
    unresolved: true,
    fqdn: service ? null : fqdn,
    resolution: { ...RESOLUTION, service: service ? fqdn : null, ...resolution },
  };
}

interface Surroundings {
  readonly clock: HandClock;
  readonly dns: FakeServers;
}

/** Servers of a backend `b`, the names that they go by, and what was said about them. */
export function lab(servers: readonly ServerPlan[], resolvers: ResolversPlan = section(), before: Surroundings | null = null) {
  const backend: BackendPlan = { ...DEFAULT_BACKEND, name: 'b', servers };
  const plan = { process: { ...DEFAULT_PROCESS, resolvers: [resolvers] }, backends: [backend] } as unknown as Plan;
  const sizes = [servers.length];
  const clock = before?.clock ?? new HandClock(1000);
  const dns = before?.dns ?? new FakeServers(clock);
  const said: string[] = [];
  const { groups } = new ServerTable(ServerTable.create(sizes, 1), sizes, 1, 0);
  const states = new ServerStates([backend], groups, clock);
  const addresses = new ServerAddresses([backend], new ServerAddressTable(ServerAddressTable.create(sizes), sizes));
  const tell = (text: string): void => {
    said.push(text);
  };
  const names = new ServerNames({ plan, addresses, states, clock, tell, note: tell, open: dns.open });
  const hosts = (): string => servers.map((_, server) => addresses.ip({ backend: 0, server })?.host ?? '-').join(' ');
  const up = (): string => servers.map((_, server) => (groups[0].isUp(server) ? '+' : '-')).join('');
  return { clock, dns, said, names, addresses, states, hosts, up, group: groups[0], takeSaid: () => said.splice(0) };
}

/** What `lab` makes. */
export type Lab = ReturnType<typeof lab>;
