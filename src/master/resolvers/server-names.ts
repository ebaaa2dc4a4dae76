/**
 * All sections `resolvers` of a plan, and the servers that have their addresses from them. What an
 * operator sees of them (`show resolvers`) and changes (`set server fqdn`) goes through here.
 */
import type { Plan } from '../../plan/plan.js';
import type { ServerAddresses } from '../servers/server-addresses.js';
import type { Clock, ServerPlace, ServerStates } from '../servers/server-states.js';
import { AddressChoice } from './choice.js';
import { HostName, type HostNameSurroundings, Shares } from './host-name.js';
import type { OpenTransport } from './nameserver.js';
import type { Resolution } from './resolution.js';
import { Section } from './section.js';
import { ServerMover } from './server-mover.js';
import { ServiceName } from './service-name.js';

/** What names have to reach. */
export interface NamesSurroundings {
  readonly plan: Plan;
  readonly addresses: ServerAddresses;
  readonly states: ServerStates;
  readonly clock: Clock;
  readonly tell: (text: string, backend: string) => void;
  readonly note: (text: string, backend: string) => void;
  /** Another way to DNS servers, for tests. */
  readonly open?: OpenTransport;
}

/** The names of a plan's servers. */
export class ServerNames {
  readonly sections: readonly Section[];
  private readonly mover: ServerMover;
  private readonly hosts = new Map<string, HostName>();
  private readonly services = new Map<string, ServiceName>();
  private readonly shares = new WeakMap<Resolution, Map<number, Shares>>();

  constructor(private readonly surroundings: NamesSurroundings) {
    const { plan, clock, open } = surroundings;
    this.sections = plan.process.resolvers.map((section) => new Section(section, { clock, ...(open && { open }) }));
    this.mover = new ServerMover({ backends: plan.backends, ...surroundings });
    for (const [backend, { servers }] of plan.backends.entries()) {
      for (const server of servers.keys()) this.follow({ backend, server });
      this.followServices(backend);
    }
  }

  /** Goes on with what those of a former plan knew: answers, and counters of DNS servers. */
  inherit(former: ServerNames): void {
    for (const section of this.sections) {
      const known = former.sections.find(({ plan }) => plan.name === section.plan.name);
      if (known !== undefined) section.inherit(known);
    }
  }

  /** Whether a server may be given another name: it says by whom that is to be resolved. */
  isResolved({ backend, server }: ServerPlace): boolean {
    return this.surroundings.plan.backends[backend].servers[server].resolution !== null;
  }

  /** Gives a server another name (`set server fqdn`), and has it resolved. */
  setFqdn(place: ServerPlace, fqdn: string): void {
    const key = keyOf(place);
    this.surroundings.addresses.setFqdn(place, fqdn);
    this.hosts.get(key)?.close();
    this.hosts.delete(key);
    this.follow(place);
  }

  /** The address of a server is in doubt: its checks get no answer. */
  hasten(place: ServerPlace): void {
    const { service } = this.surroundings.plan.backends[place.backend].servers[place.server].resolution ?? {};
    const host = this.hosts.get(keyOf(place)) ?? this.services.get(`${place.backend} ${service}`)?.hostOf(place.server);
    host?.hasten();
  }

  /** Asks nobody any more. */
  close(): void {
    for (const section of this.sections) section.close();
  }

  private follow(place: ServerPlace): void {
    const { resolution } = this.surroundings.plan.backends[place.backend].servers[place.server];
    const fqdn = this.surroundings.addresses.fqdn(place);
    if (resolution === null || fqdn === null || resolution.service !== null) return;
    this.hosts.set(keyOf(place), new HostName(fqdn, place, this.hostSurroundings(place)));
  }

  private followServices(backend: number): void {
    const { servers } = this.surroundings.plan.backends[backend];
    const byService = new Map<string, ServerPlace[]>();
    for (const [server, { resolution }] of servers.entries()) {
      if (resolution?.service == null) continue;
      const places = byService.get(resolution.service) ?? [];
      byService.set(resolution.service, [...places, { backend, server }]);
    }
    for (const [service, places] of byService) {
      const { ignoreWeight = false } = servers[places[0].server].resolution ?? {};
      const surroundings = { ...this.hostSurroundings(places[0]), ignoreWeight };
      this.services.set(`${backend} ${service}`, new ServiceName(service, places, surroundings));
    }
  }

  private hostSurroundings({ backend, server }: ServerPlace): HostNameSurroundings {
    const { resolution } = this.surroundings.plan.backends[backend].servers[server];
    if (resolution === null) throw new Error('a server without resolvers is not resolved');
    return {
      section: this.sections[resolution.resolvers],
      mover: this.mover,
      choice: new AddressChoice(resolution),
      prefer: resolution.prefer,
      sharesOf: (of) => this.sharesOf(of, backend),
    };
  }

  private sharesOf(resolution: Resolution, backend: number): Shares {
    const ofBackends = this.shares.get(resolution) ?? new Map<number, Shares>();
    const shares = ofBackends.get(backend) ?? new Shares();
    this.shares.set(resolution, ofBackends.set(backend, shares));
    return shares;
  }
}

function keyOf({ backend, server }: ServerPlace): string {
  return `${backend} ${server}`;
}
