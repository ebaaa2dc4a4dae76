/**
 * A server whose address comes from a name: takes one of the addresses that the name has, keeps it while
 * the name has it, and gives it up when nobody has confirmed it for as long as `hold` says.
 */
import type { HostIp } from '../servers/server-addresses.js';
import type { ServerPlace } from '../servers/server-states.js';
import type { AddressChoice } from './choice.js';
import type { HostRecord } from './message.js';
import type { Answerer, Requester, Resolution, ResolutionStatus } from './resolution.js';
import type { Section } from './section.js';
import type { ServerMover } from './server-mover.js';

/** What is told of a server that has lost its address. */
const LOST: Readonly<Record<ResolutionStatus, string>> = {
  none: '',
  valid: 'No IP for server ',
  nx: 'DNS NX status',
  timeout: 'DNS timeout status',
  refused: 'DNS refused status',
  other: 'unspecified DNS error',
};

/** How many servers have each address: of one backend, and of one name. */
export class Shares {
  private readonly counts = new Map<string, number>();

  has(host: string): boolean {
    return this.counts.has(host);
  }

  take(host: string): void {
    this.counts.set(host, (this.counts.get(host) ?? 0) + 1);
  }

  give(host: string): void {
    const left = (this.counts.get(host) ?? 0) - 1;
    if (left > 0) this.counts.set(host, left);
    else this.counts.delete(host);
  }
}

/** What a host name needs beside itself. */
export interface HostNameSurroundings {
  readonly section: Section;
  readonly mover: ServerMover;
  readonly choice: AddressChoice;
  readonly prefer: 'ipv4' | 'ipv6';
  /** The shares of the servers of that backend and name. */
  readonly sharesOf: (resolution: Resolution) => Shares;
}

/** The name of one server. */
export class HostName implements Requester {
  private readonly resolution: Resolution;
  private readonly shares: Shares;
  /**
   * The address that was taken from an answer. The operator may have sent the server elsewhere; that
   * holds until the name says something new, as with HAProxy.
   */
  private chosen: string | null = null;

  constructor(
    readonly name: string,
    private readonly place: ServerPlace,
    private readonly surroundings: HostNameSurroundings,
  ) {
    const { section, prefer, sharesOf } = surroundings;
    this.resolution = section.request(name, prefer === 'ipv4' ? 'A' : 'AAAA', this);
    this.shares = sharesOf(this.resolution);
    this.claim(surroundings.mover.ip(place)?.host ?? null);
  }

  onResolved({ hosts }: Resolution, by: Answerer | null): void {
    const { mover, choice } = this.surroundings;
    const { chosen, shares } = this;
    const current = chosen ?? mover.ip(this.place)?.host ?? null;
    if (chosen !== null) shares.give(chosen);
    // Where an address is for one server alone, it is whose it was first; servers that share part when they can.
    const isTaken = (host: string): boolean => shares.has(host) && (choice.shares || host !== chosen);
    const found = choice.choose(hosts, { current, isTaken });
    this.chosen = found?.host ?? null;
    if (found === null) {
      mover.withdraw(this.place, LOST.valid);
      return;
    }
    shares.take(found.host);
    if (found.host !== chosen) this.move(found, by);
    mover.restore(this.place, true);
  }

  onFailed(resolution: Resolution): boolean {
    const { section, mover } = this.surroundings;
    if (section.isHeld(resolution)) return true;
    this.letGo();
    mover.withdraw(this.place, LOST[resolution.status]);
    return false;
  }

  /** Asks at once. */
  hasten(): void {
    this.surroundings.section.hasten(this.resolution);
  }

  /** The server does not go by this name any more. */
  close(): void {
    this.letGo();
    this.surroundings.section.release(this.resolution, this);
  }

  /** What it has already, from the start or from before a reload, is its own, unless another one came first. */
  private claim(host: string | null): void {
    if (host === null || this.shares.has(host)) return;
    this.shares.take(host);
    this.chosen = host;
  }

  private move(record: HostRecord, by: Answerer | null): void {
    const { mover } = this.surroundings;
    if (mover.ip(this.place)?.host === record.host) return;
    by?.countUpdate();
    mover.move(this.place, ipOf(record), by?.name ?? 'DNS cache');
  }

  private letGo(): void {
    if (this.chosen !== null) this.shares.give(this.chosen);
    this.chosen = null;
  }
}

/** The address that a record tells. */
export function ipOf({ type, host }: HostRecord): HostIp {
  return { family: type === 'A' ? 'ipv4' : 'ipv6', host };
}
