/**
 * One name that is resolved again and again, for all who want it: what is known of it, since when, and
 * where the attempt stands. When queries are sent, and what an answer means for it, `section.ts` says.
 */
import type { HoldStatus } from '../../config/config.js';
import { canonical, type DnsRecord, type HostRecord, type QueryType, type ServiceRecord } from './message.js';

/** How the last resolution ended; `none`: there was none. */
export type ResolutionStatus = 'none' | 'valid' | Exclude<HoldStatus, 'valid' | 'obsolete'>;

/** Who wants a name resolved. */
export interface Requester {
  /** There is a good answer. @param by who gave it, for the first of all who want it; null: the others share it */
  onResolved(resolution: Resolution, by: Answerer | null): void;
  /** All queries have failed. True: what was known is of use to it still. */
  onFailed(resolution: Resolution): boolean;
}

/** A DNS server that gave an answer. */
export interface Answerer {
  /** `mydns/ns1` */
  readonly name: string;
  /** The answer has moved a server. */
  countUpdate(): void;
}

/** A record, and when it was last in an answer. */
interface Item {
  readonly record: DnsRecord;
  readonly lastSeenMs: number;
}

/** A name and the kind of records that are wanted of it. */
export class Resolution {
  readonly name: string;
  readonly requesters = new Set<Requester>();
  status: ResolutionStatus = 'none';
  /** Of the latest good answer, by the clock; until there is one, of the beginning, as in HAProxy: what was known then is held, too. */
  lastValidMs: number;
  // The attempt under way.
  /** Its id in messages; null: none is under way. */
  id: number | null = null;
  queryType: QueryType;
  /** Queries that may follow. */
  triesLeft = 0;
  /** Servers asked by the latest query, and how many of them have answered. */
  asked = 0;
  answered = 0;
  callOff: () => void = () => undefined;
  private readonly items = new Map<string, Item>();
  private known: { hosts: readonly HostRecord[]; services: readonly ServiceRecord[] } | null = null;

  /** @param preferred the kind to begin with; A and AAAA stand in for each other */
  constructor(
    name: string,
    readonly preferred: QueryType,
    nowMs: number,
  ) {
    this.lastValidMs = nowMs;
    this.name = canonical(name);
    this.queryType = preferred;
  }

  /** Addresses that are believed. */
  get hosts(): readonly HostRecord[] {
    return this.believed.hosts;
  }

  /** Servers of the service that are believed. */
  get services(): readonly ServiceRecord[] {
    return this.believed.services;
  }

  /** Made once for each answer: thousands of servers may look at it. */
  private get believed(): { readonly hosts: readonly HostRecord[]; readonly services: readonly ServiceRecord[] } {
    if (this.known !== null) return this.known;
    const records = [...this.items.values()].map(({ record }) => record);
    const hosts = records.filter((record) => record.type !== 'SRV');
    const services = records.filter((record) => record.type === 'SRV');
    this.known = { hosts, services };
    return this.known;
  }

  /** Takes an answer in; records that it lacks are believed for `obsoleteMs` longer. */
  learn(records: readonly DnsRecord[], nowMs: number, obsoleteMs: number): void {
    for (const record of records) this.items.set(keyOf(record), { record, lastSeenMs: nowMs });
    for (const [key, { lastSeenMs }] of this.items)
      if (lastSeenMs !== nowMs && lastSeenMs + obsoleteMs < nowMs) this.items.delete(key);
    this.known = null;
  }

  /** Nothing is believed any more. */
  forget(): void {
    this.items.clear();
    this.known = null;
  }

  /** Goes on where a former one of the same name stands. */
  inherit(former: Resolution): void {
    this.status = former.status;
    this.lastValidMs = former.lastValidMs;
    for (const [key, item] of former.items) this.items.set(key, item);
    this.known = null;
  }
}

/** A server of a service is the same while its target and port are; its weight may change. */
function keyOf(record: DnsRecord): string {
  return record.type === 'SRV' ? `SRV ${record.target}:${record.port}` : `${record.type} ${record.host}`;
}
