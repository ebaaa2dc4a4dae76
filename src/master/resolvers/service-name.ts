/**
 * Servers whose hosts, ports and weights come from SRV records of a service (RFC 2782): each takes a
 * record and keeps it while there is one for that host and port; those that are left over wait without
 * an address. Where an answer brings no address for a host, the host's name is resolved, too.
 */
import type { ServerPlace } from '../servers/server-states.js';
import { HostName, type HostNameSurroundings, ipOf } from './host-name.js';
import type { ServiceRecord } from './message.js';
import type { Requester, Resolution } from './resolution.js';
import type { ServerMover } from './server-mover.js';

const REMOVED = 'entry removed from SRV record';
/** Weights of SRV records are 0..65535, those of servers 0..256; only 0 becomes 0. */
const WEIGHT_UNIT = 256;

/** One server of the service. */
interface Slot {
  readonly place: ServerPlace;
  /** `host:port` of the record that it has; null: none. */
  record: string | null;
  /** Its host's name, where that has to be resolved. */
  host: HostName | null;
}

/** What a service needs beside itself. */
export interface ServiceSurroundings extends HostNameSurroundings {
  readonly ignoreWeight: boolean;
}

/** The servers of one backend that go by one service. */
export class ServiceName implements Requester {
  private readonly slots: readonly Slot[];
  private readonly mover: ServerMover;

  constructor(
    readonly name: string,
    places: readonly ServerPlace[],
    private readonly surroundings: ServiceSurroundings,
  ) {
    this.mover = surroundings.mover;
    this.slots = places.map((place) => ({ place, record: null, host: null }));
    surroundings.section.request(name, 'SRV', this);
  }

  onResolved({ services }: Resolution): void {
    const records = new Map(services.map((record) => [keyOf(record), record]));
    for (const slot of this.slots) if (slot.record !== null && !records.has(slot.record)) this.empty(slot);
    const owners = new Map(this.slots.map((slot) => [slot.record, slot]));
    const free = this.slots.filter(({ record }) => record === null);
    for (const [key, record] of records) {
      const slot = owners.get(key) ?? this.takeSlot(free, key);
      if (slot === undefined) continue;
      slot.record = key;
      this.fill(slot, record);
    }
    // What a state file or a former process said, and nobody confirms.
    for (const slot of free) if (slot.record === null && this.mover.fqdn(slot.place) !== null) this.empty(slot);
  }

  onFailed(resolution: Resolution): boolean {
    if (this.surroundings.section.isHeld(resolution)) return true;
    for (const slot of this.slots) if (slot.record !== null || this.mover.fqdn(slot.place) !== null) this.empty(slot);
    return false;
  }

  /** The name that a server is resolved by; null: it is not, or came along with the service. */
  hostOf(server: number): HostName | null {
    return this.slots.find(({ place }) => place.server === server)?.host ?? null;
  }

  /** A server that was there for that host and port before, or else the first one that is free. */
  private takeSlot(free: Slot[], key: string): Slot | undefined {
    const known = free.findIndex(({ place }) => `${this.mover.fqdn(place)}:${this.mover.port(place).port}` === key);
    const unused = known >= 0 ? known : free.findIndex(({ place }) => this.mover.fqdn(place) === null);
    const at = unused >= 0 ? unused : free.length > 0 ? 0 : -1;
    return at < 0 ? undefined : free.splice(at, 1)[0];
  }

  private fill(slot: Slot, record: ServiceRecord): void {
    const { mover } = this;
    const { place } = slot;
    mover.setPort(place, record.port);
    if (!this.surroundings.ignoreWeight) mover.weigh(place, Math.ceil(record.weight / WEIGHT_UNIT));
    if (record.address !== null) mover.move(place, ipOf(record.address), 'DNS additional record');
    mover.rename(place, record.target, 'SRV record');
    if (record.address !== null) {
      slot.host?.close();
      slot.host = null;
      mover.restore(place, false);
    } else if (slot.host?.name !== record.target) {
      slot.host?.close();
      slot.host = new HostName(record.target, place, this.surroundings);
    }
  }

  private empty(slot: Slot): void {
    const { mover } = this;
    slot.host?.close();
    slot.host = null;
    slot.record = null;
    mover.withdraw(slot.place, REMOVED);
    mover.rename(slot.place, null, null);
    mover.setPort(slot.place, 0);
  }
}

function keyOf({ target, port }: ServiceRecord): string {
  return `${target}:${port}`;
}
