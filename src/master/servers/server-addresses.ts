/**
 * Where servers are and where their checks go, as it is now: the plan says it at first, then DNS, the
 * operator and state files change it. The master alone keeps this and writes what workers need into
 * shared memory. It does not resolve names, and tells nobody of a change: who makes it does.
 */
import { type SocketAddress, setHostAddress } from '../../kernel/address.js';
import type { BackendPlan, ServerPlan } from '../../plan/plan.js';
import { ServerAddressRow, type ServerAddressTable } from '../../shared/addresses.js';
import type { ServerPlace } from './server-states.js';

/** The address of a host, without a port. */
export interface HostIp {
  readonly family: 'ipv4' | 'ipv6';
  readonly host: string;
}

/** The port of a server. */
export interface ServerPort {
  /** 0..65535; of `mapped`: -65535..65535, added to the port that the client connected to. */
  readonly port: number;
  readonly mapped: boolean;
}

/** What is known of one server. */
interface Entry {
  readonly plan: ServerPlan;
  readonly place: ServerPlace;
  /** null: it has no address, or is on a UNIX socket. */
  ip: HostIp | null;
  port: ServerPort;
  fqdn: string | null;
  /** In place of the server's own, for checks; 0 and null: none. */
  checkPort: number;
  checkIp: HostIp | null;
  /** Where checks go, until something of the above changes; undefined: it has. */
  checkAt: SocketAddress | null | undefined;
}

/** The addresses of all servers of a plan. */
export class ServerAddresses {
  private readonly entries: readonly (readonly Entry[])[];
  private readonly row = new ServerAddressRow();

  /**
   * @param before those of the plan before: a server of the same names, of which the file says the same, is
   * still where it was moved to
   */
  constructor(
    private readonly backends: readonly BackendPlan[],
    private readonly table: ServerAddressTable,
    before: ServerAddresses | null = null,
  ) {
    this.entries = backends.map(({ servers }, backend) => servers.map((plan, server) => entryOf(plan, { backend, server })));
    if (before !== null) this.takeOver(before);
  }

  private takeOver(before: ServerAddresses): void {
    const former = new Map(before.entries.flat().map((entry) => [before.nameOf(entry), entry]));
    for (const entry of this.entries.flat()) {
      const known = former.get(this.nameOf(entry));
      if (known === undefined || saysOf(known.plan) !== saysOf(entry.plan)) continue;
      const { checkPort, checkIp, fqdn, ip, port } = known;
      const first = entryOf(known.plan, known.place);
      Object.assign(entry, { checkPort, checkIp, fqdn, checkAt: undefined });
      if (JSON.stringify([ip, port]) !== JSON.stringify([first.ip, first.port])) this.setAddress(entry.place, { ip, port });
    }
  }

  private nameOf({ place, plan }: Entry): string {
    return `${this.backends[place.backend].name}/${plan.name}`;
  }

  /** Whether it is on a UNIX socket, where it stays. */
  isUnix(place: ServerPlace): boolean {
    return this.at(place).plan.address.family === 'unix';
  }

  /** Its IP address; null when it has none or is on a UNIX socket. */
  ip(place: ServerPlace): HostIp | null {
    return this.at(place).ip;
  }

  port(place: ServerPlace): ServerPort {
    return this.at(place).port;
  }

  /** Its name, which DNS or its `fqdn` may have changed; null: it was given by an address. */
  fqdn(place: ServerPlace): string | null {
    return this.at(place).fqdn;
  }

  setFqdn(place: ServerPlace, fqdn: string | null): void {
    this.at(place).fqdn = fqdn;
  }

  /** Where connections that are not made on behalf of a client go; null: it has no address. */
  socketAddress(place: ServerPlace): SocketAddress | null {
    const { plan, ip, port } = this.at(place);
    if (plan.address.family === 'unix') return plan.address;
    return ip && { ...ip, port: port.mapped ? 0 : port.port };
  }

  /** The same as statistics show it: for a port of the client's, what is added to that. */
  shownAddress(place: ServerPlace): SocketAddress | null {
    const { port } = this.at(place);
    const address = this.socketAddress(place);
    return address === null || address.family === 'unix' || !port.mapped ? address : { ...address, port: port.port };
  }

  /** Moves a server; what is not given stays. `ip` null takes its address away; who does so ends its service first. */
  setAddress(place: ServerPlace, { ip, port }: { readonly ip?: HostIp | null; readonly port?: ServerPort }): void {
    const entry = this.at(place);
    if (ip !== undefined) entry.ip = ip;
    if (port !== undefined) entry.port = port;
    entry.checkAt = undefined;
    if (entry.ip === null || entry.plan.address.family === 'unix') return;
    setHostAddress(this.row.address, { ...entry.ip, port: 0 });
    this.row.address.port = entry.port.port;
    this.row.mapsPort = entry.port.mapped;
    this.table.write(place.backend, place.server, this.row);
  }

  /**
   * Where checks go at the moment; null: nowhere, the server has no address. Ask before each check: it is the same
   * object until it is another address.
   */
  checkAddress(place: ServerPlace): SocketAddress | null {
    const entry = this.at(place);
    if (entry.checkAt === undefined) entry.checkAt = this.makeCheckAddress(place);
    return entry.checkAt;
  }

  private makeCheckAddress(place: ServerPlace): SocketAddress | null {
    const { plan, checkIp } = this.at(place);
    const port = this.checkPort(place);
    if (checkIp !== null) return { ...checkIp, port };
    const address = plan.check.elsewhere ?? this.socketAddress(place);
    return address === null || address.family === 'unix' ? address : { ...address, port };
  }

  /** The port of checks: their own, or the server's. */
  private checkPort(place: ServerPlace): number {
    const { checkPort, port } = this.at(place);
    return checkPort || (port.mapped ? 0 : port.port);
  }

  /** What was set for checks alone; 0 and null: nothing. */
  checkSettings(place: ServerPlace): { readonly port: number; readonly ip: HostIp | null } {
    const { checkPort, checkIp, plan } = this.at(place);
    const { elsewhere } = plan.check;
    const planned = elsewhere === null || elsewhere.family === 'unix' ? null : { family: elsewhere.family, host: elsewhere.host };
    return { port: checkPort, ip: checkIp ?? planned };
  }

  /** Sends checks elsewhere (`set server check-addr`, `check-port`); what is not given stays. */
  setCheckAddress(place: ServerPlace, { ip, port }: { readonly ip?: HostIp; readonly port?: number }): void {
    const entry = this.at(place);
    if (ip !== undefined) entry.checkIp = ip;
    if (port !== undefined) entry.checkPort = port;
    entry.checkAt = undefined;
  }

  /** All places, in the order of the plan. */
  get places(): readonly ServerPlace[] {
    return this.entries.flat().map(({ place }) => place);
  }

  private at({ backend, server }: ServerPlace): Entry {
    return this.entries[backend][server];
  }
}

/** What a file says of where a server is, and where its checks go: a name, whatever address that has at the moment. */
function saysOf({ address, portOffset, fqdn, check, resolution }: ServerPlan): string {
  const port = address.family === 'unix' ? 0 : address.port;
  const name = fqdn ?? resolution?.service ?? null;
  return JSON.stringify([name === null ? address : [name, port], portOffset, check.port, check.elsewhere]);
}

function entryOf(plan: ServerPlan, place: ServerPlace): Entry {
  const { address, portOffset, unresolved, fqdn, check } = plan;
  const isIp = address.family !== 'unix';
  return {
    plan,
    place,
    ip: isIp && !unresolved ? { family: address.family, host: address.host } : null,
    port: { port: portOffset ?? (isIp ? address.port : 0), mapped: isIp && portOffset !== null },
    fqdn,
    checkPort: check.port ?? 0,
    checkIp: null,
    checkAt: undefined,
  };
}
