/**
 * What names that are resolved do to servers: gives them addresses, takes them away, and tells the
 * operator in HAProxy's words. Who decides on an address is not its business.
 */
import type { BackendPlan } from '../../plan/plan.js';
import { STATE_RESOLUTION } from '../../shared/servers.js';
import type { HostIp, ServerAddresses, ServerPort } from '../servers/server-addresses.js';
import type { ServerPlace, ServerStates } from '../servers/server-states.js';

/** What moving a server has to reach. */
export interface MoverSurroundings {
  readonly backends: readonly BackendPlan[];
  readonly addresses: ServerAddresses;
  readonly states: ServerStates;
  /** Tells the operator about a server of that backend. */
  readonly tell: (text: string, backend: string) => void;
  /** The same in the logs alone. */
  readonly note: (text: string, backend: string) => void;
}

/** Moves servers. */
export class ServerMover {
  constructor(private readonly surroundings: MoverSurroundings) {}

  /** `backend/server` */
  nameOf({ backend, server }: ServerPlace): string {
    const { name, servers } = this.surroundings.backends[backend];
    return `${name}/${servers[server].name}`;
  }

  ip(place: ServerPlace): HostIp | null {
    return this.surroundings.addresses.ip(place);
  }

  /** Gives it an address. @param by who says so: `mydns/ns1`, `DNS cache` */
  move(place: ServerPlace, ip: HostIp, by: string): void {
    const { addresses, backends, tell } = this.surroundings;
    const before = addresses.ip(place);
    if (before?.host === ip.host) return;
    addresses.setAddress(place, { ip });
    const text = `${this.nameOf(place)} changed its IP from ${before?.host ?? '(none)'} to ${ip.host} by ${by}.`;
    tell(text, backends[place.backend].name);
  }

  /** It has an address again. @param thanks to an answer about its own name: that is told, too */
  restore(place: ServerPlace, thanks: boolean): void {
    const { states, backends, tell } = this.surroundings;
    if (!this.isUnresolved(place)) return;
    states.setResolved(place, true);
    const text = `Server ${this.nameOf(place)} administratively READY thanks to valid DNS answer.`;
    if (thanks) tell(text, backends[place.backend].name);
  }

  /** Takes its address away, and with it its service. */
  withdraw(place: ServerPlace, because: string): void {
    const { states, addresses } = this.surroundings;
    if (!this.isUnresolved(place)) states.setResolved(place, false, because);
    addresses.setAddress(place, { ip: null });
  }

  /** Whether it waits for an address. */
  isUnresolved(place: ServerPlace): boolean {
    return (this.surroundings.states.standing(place).own & STATE_RESOLUTION) !== 0;
  }

  fqdn(place: ServerPlace): string | null {
    return this.surroundings.addresses.fqdn(place);
  }

  port(place: ServerPlace): ServerPort {
    return this.surroundings.addresses.port(place);
  }

  setPort(place: ServerPlace, port: number): void {
    const { addresses } = this.surroundings;
    const before = addresses.port(place);
    if (before.port !== port || before.mapped) addresses.setAddress(place, { port: { port, mapped: false } });
  }

  /** Gives it the name of a host, or takes it away. @param by who says so; null: nobody is told */
  rename(place: ServerPlace, fqdn: string | null, by: string | null): void {
    const { addresses, backends, note } = this.surroundings;
    const before = addresses.fqdn(place);
    if (before === fqdn) return;
    addresses.setFqdn(place, fqdn);
    if (by === null || fqdn === null) return;
    note(`${this.nameOf(place)} changed its FQDN from ${before ?? '(null)'} to ${fqdn} by '${by}'`, backends[place.backend].name);
  }

  /** A weight of 0..256; algorithms that cannot heed it keep theirs. */
  weigh(place: ServerPlace, weight: number): void {
    const { states } = this.surroundings;
    if (states.weight(place) === weight) return;
    try {
      states.setWeight(place, weight);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
}
