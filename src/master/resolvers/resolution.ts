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
  readonly key: string;
  record: DnsRecord;
  lastSeenMs: number;
}

/** A name and the kind of records that are wanted of it. */
export class Resolution {
  readonly name: string;
  readonly requesters = new Set<Requester>();
  status: ResolutionStatus = 'none';
  /** Of the latest good answer, by the clock; -Infinity: there was none. */
  lastValidMs = Number.NEGATIVE_INFINITY;
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
  private items: Item[] = [];

  /** @param preferred the kind to begin with; A and AAAA stand in for each other */
  constructor(
    name: string,
    readonly preferred: QueryType,
  ) {
    this.name = canonical(name);
    this.queryType = preferred;
  }

  /** Addresses that are believed. */
  get hosts(): readonly HostRecord[] {
    return this.items.flatMap(({ record }) => (record.type === 'SRV' ? [] : [record]));
  }

  /** Servers of the service that are believed. */
  get services(): readonly ServiceRecord[] {
    return this.items.flatMap(({ record }) => (record.type === 'SRV' ? [record] : []));
  }

  /** Takes an answer in; records that it lacks are believed for `obsoleteMs` longer. */
  learn(records: readonly DnsRecord[], nowMs: number, obsoleteMs: number): void {
    for (const record of records) {
      const key = keyOf(record);
      const known = this.items.find((item) => item.key === key);
      if (known === undefined) this.items.push({ key, record, lastSeenMs: nowMs });
      else {
        known.record = record;
        known.lastSeenMs = nowMs;
      }
    }
    this.items = this.items.filter(({ lastSeenMs }) => lastSeenMs === nowMs || lastSeenMs + obsoleteMs >= nowMs);
  }

  /** Nothing is believed any more. */
  forget(): void {
    this.items = [];
  }

  /** Goes on where a former one of the same name stands. */
  inherit(former: Resolution): void {
    this.status = former.status;
    this.lastValidMs = former.lastValidMs;
    this.items = [...former.items];
  }
}

/** A server of a service is the same while its target and port are; its weight may change. */
function keyOf(record: DnsRecord): string {
  return record.type === 'SRV' ? `SRV ${record.target}:${record.port}` : `${record.type} ${record.host}`;
}
