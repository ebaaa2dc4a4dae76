/**
 * A section `resolvers` at work (configuration manual, section 5.3): asks all of its DNS servers at once,
 * believes the first good answer, asks for the other family when none is good, tries again, and gives up
 * for a while. Names are shared by all who want them. What an address is used for it does not know.
 */
import { randomInt } from 'node:crypto';
import type { NameserverPlan, ResolversPlan } from '../../plan/plan.js';
import type { Clock } from '../servers/server-states.js';
import { type BadAnswer, idOf, type QueryType, queryMessage, questionOf, type Reading, readAnswer } from './message.js';
import { type OpenTransport, openTransport, RESOLVER_COUNTERS, type ResolverCounter, type Transport } from './nameserver.js';
import { type Answerer, type Requester, Resolution, type ResolutionStatus } from './resolution.js';

/** Resolutions under way at a time: each has an id of its own, of 65536. Others wait for their turn. */
const UNDER_WAY_MAX = 1024;
const IDS = 0x10000;

const OTHER_FAMILY: Readonly<Record<QueryType, QueryType | null>> = { A: 'AAAA', AAAA: 'A', SRV: null };

/** What an answer without use means for a server, as far as `hold` tells them apart. */
const STATUS_OF: Readonly<Record<BadAnswer, Exclude<ResolutionStatus, 'none' | 'valid'>>> = {
  ...{
    nx: 'nx',
    refused: 'refused',
    any_err: 'other',
    cname_error: 'other',
    truncated: 'other',
    invalid: 'other',
    other: 'other',
  },
};

/** A DNS server of a section. */
class Nameserver implements Answerer {
  readonly name: string;
  readonly counters = Object.fromEntries(RESOLVER_COUNTERS.map((name) => [name, 0])) as Record<ResolverCounter, number>;
  readonly transport: Transport;

  constructor(
    readonly plan: NameserverPlan,
    section: string,
    open: OpenTransport,
    onMessage: (nameserver: Nameserver, message: Buffer) => void,
  ) {
    this.name = `${section}/${plan.name}`;
    this.transport = open(plan, {
      onMessage: (message) => onMessage(this, message),
      onSendError: () => this.count('snd_error'),
    });
  }

  count(counter: ResolverCounter): void {
    this.counters[counter]++;
  }

  countUpdate(): void {
    this.count('update');
  }
}

/** What tests replace. */
export interface SectionSurroundings {
  readonly clock: Clock;
  readonly open?: OpenTransport;
  /** A random id below that. */
  readonly random?: (below: number) => number;
}

/** The resolutions of one section. */
export class Section {
  private readonly nameservers: readonly Nameserver[];
  private readonly clock: Clock;
  private readonly random: (below: number) => number;
  /** By name and preferred type. */
  private readonly resolutions = new Map<string, Resolution>();
  private readonly underWay = new Map<number, Resolution>();
  /** Those that are due and would be too many at once. */
  private readonly waiting = new Set<Resolution>();
  private closed = false;
  /** Attempts to resolve a name that failed with all queries. */
  failures = 0;

  constructor(
    readonly plan: ResolversPlan,
    { clock, open = openTransport, random = randomInt }: SectionSurroundings,
  ) {
    this.clock = clock;
    this.random = random;
    this.nameservers = plan.nameservers.map(
      (one) => new Nameserver(one, plan.name, open, (nameserver, message) => this.onMessage(nameserver, message)),
    );
  }

  /** Counters of each DNS server, in order. */
  get statistics(): readonly { readonly name: string; readonly counters: Readonly<Record<ResolverCounter, number>> }[] {
    return this.nameservers.map(({ plan, counters }) => ({ name: plan.name, counters }));
  }

  /** Has a name resolved for somebody, from now on. */
  request(name: string, preferred: QueryType, requester: Requester): Resolution {
    const key = `${preferred} ${name.toLowerCase()}`;
    const resolution = this.resolutions.get(key) ?? new Resolution(name, preferred, this.clock.now());
    resolution.requesters.add(requester);
    if (!this.resolutions.has(key)) {
      this.resolutions.set(key, resolution);
      this.scheduleAfter(resolution, 0);
    }
    return resolution;
  }

  /** Somebody does not want a name any more; what nobody wants is not asked for. */
  release(resolution: Resolution, requester: Requester): void {
    resolution.requesters.delete(requester);
    if (resolution.requesters.size > 0) return;
    this.end(resolution);
    this.resolutions.delete(`${resolution.preferred} ${resolution.name}`);
  }

  /** Asks at once, in place of at the next time: somebody suspects that what is known is wrong. */
  hasten(resolution: Resolution): void {
    if (resolution.id === null && !this.waiting.has(resolution)) this.scheduleAfter(resolution, 0);
  }

  /** How long ago the latest good answer may be for a server to keep its address, now that this came. */
  isHeld({ status, lastValidMs }: Resolution): boolean {
    if (status === 'none' || status === 'valid') return true;
    return this.clock.now() < lastValidMs + this.plan.holdMs[status];
  }

  /** Goes on with what a former section of that name knew and counted. */
  inherit(former: Section): void {
    this.failures = former.failures;
    for (const [key, resolution] of this.resolutions) {
      const known = former.resolutions.get(key);
      if (known !== undefined) resolution.inherit(known);
    }
    for (const { plan, counters } of this.nameservers) {
      const known = former.nameservers.find((one) => one.plan.name === plan.name);
      if (known !== undefined) Object.assign(counters, known.counters);
    }
  }

  /** Asks nobody any more. */
  close(): void {
    this.closed = true;
    for (const resolution of this.resolutions.values()) this.end(resolution);
    for (const { transport } of this.nameservers) transport.close();
  }

  private scheduleAfter(resolution: Resolution, ms: number): void {
    resolution.callOff();
    resolution.callOff = this.clock.after(ms, () => this.begin(resolution));
  }

  private begin(resolution: Resolution): void {
    if (this.closed) return;
    if (this.underWay.size >= UNDER_WAY_MAX) {
      this.waiting.add(resolution);
      return;
    }
    resolution.triesLeft = this.plan.resolveRetries - 1;
    this.ask(resolution, resolution.preferred);
  }

  /** Every query of another kind has another id, so that a late answer is not taken for one to it. */
  private ask(resolution: Resolution, type: QueryType): void {
    if (resolution.id !== null && resolution.queryType !== type) this.freeId(resolution);
    if (resolution.id === null) {
      resolution.id = this.freshId();
      this.underWay.set(resolution.id, resolution);
    }
    resolution.queryType = type;
    resolution.asked = 0;
    resolution.answered = 0;
    const message = queryMessage(resolution.id, resolution.name, type, this.plan.acceptedPayloadSize);
    for (const nameserver of this.nameservers) {
      if (nameserver.transport.send(message)) {
        nameserver.count('sent');
        resolution.asked++;
      } else nameserver.count('snd_error');
    }
    resolution.callOff();
    resolution.callOff = this.clock.after(this.plan.timeoutRetryMs, () => this.onSilence(resolution));
  }

  private freshId(): number {
    let id = this.random(IDS);
    while (this.underWay.has(id)) id = (id + 1) % IDS;
    return id;
  }

  /** No good answer in time. */
  private onSilence(resolution: Resolution): void {
    const { triesLeft, answered, queryType, preferred } = resolution;
    if (triesLeft === 0) {
      if (answered === 0) {
        resolution.status = 'timeout';
        for (const nameserver of this.nameservers) nameserver.count('timeout');
      }
      this.fail(resolution);
      return;
    }
    const other = OTHER_FAMILY[preferred];
    if (answered > 0 && queryType === preferred && other !== null) {
      this.ask(resolution, other);
      return;
    }
    resolution.triesLeft--;
    this.ask(resolution, preferred);
  }

  private onMessage(nameserver: Nameserver, message: Buffer): void {
    if (this.closed) return;
    if (message.length > this.plan.acceptedPayloadSize) {
      nameserver.count('too_big');
      return;
    }
    const id = idOf(message);
    const resolution = id === null ? undefined : this.underWay.get(id);
    if (id === null) nameserver.count('invalid');
    else if (resolution === undefined) nameserver.count('outdated');
    else this.onAnswer(nameserver, resolution, this.read(resolution, message));
  }

  /** What does not repeat the question that was asked is no answer to it, whoever sent it. */
  private read(resolution: Resolution, message: Buffer): Reading {
    const question = questionOf(message);
    const { name, queryType } = resolution;
    if (question === null || question.name !== name || question.type !== queryType) return { outcome: 'invalid' };
    return readAnswer(question.packet, name, queryType);
  }

  private onAnswer(nameserver: Nameserver, resolution: Resolution, reading: Reading): void {
    nameserver.count(reading.outcome);
    if (reading.outcome === 'valid') {
      resolution.learn(reading.records, this.clock.now(), this.plan.holdMs.obsolete);
      this.succeed(resolution, nameserver);
      return;
    }
    // An answer to another question may come from anybody who guesses: it is counted, and no more.
    if (reading.outcome === 'invalid') return;
    resolution.answered++;
    resolution.status = STATUS_OF[reading.outcome];
    if (resolution.answered < resolution.asked) return;
    const { queryType, preferred, triesLeft } = resolution;
    const other = OTHER_FAMILY[preferred];
    if (queryType === preferred && other !== null) this.ask(resolution, other);
    else if (triesLeft === 0) this.fail(resolution);
  }

  private succeed(resolution: Resolution, nameserver: Nameserver): void {
    resolution.status = 'valid';
    resolution.lastValidMs = this.clock.now();
    this.end(resolution);
    this.scheduleAfter(resolution, this.plan.timeoutResolveMs);
    let by: Answerer | null = nameserver;
    for (const requester of [...resolution.requesters]) {
      requester.onResolved(resolution, by);
      by = null;
    }
  }

  private fail(resolution: Resolution): void {
    this.failures++;
    this.end(resolution);
    this.scheduleAfter(resolution, this.plan.timeoutResolveMs);
    const kept = [...resolution.requesters].filter((requester) => requester.onFailed(resolution));
    if (kept.length === 0) resolution.forget();
  }

  /** The attempt is over; another one may begin in its place. */
  private end(resolution: Resolution): void {
    resolution.callOff();
    resolution.callOff = () => undefined;
    this.waiting.delete(resolution);
    this.freeId(resolution);
    const [next] = this.waiting;
    if (next === undefined || this.closed) return;
    this.waiting.delete(next);
    this.scheduleAfter(next, 0);
  }

  private freeId(resolution: Resolution): void {
    if (resolution.id !== null) this.underWay.delete(resolution.id);
    resolution.id = null;
  }
}
