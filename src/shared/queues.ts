/**
 * Who waits for a connection to a server: one queue for each backend and one for each server, in
 * order of arrival across all workers. Everything here but the inboxes happens under the lock of the
 * backend's ServerGroup. An entry belongs to one session of one worker for good, so that nothing has
 * to be allocated; who frees a connection grants it to the entry that is next, and its worker finds
 * it in an inbox. Which queue a session joins is decided elsewhere.
 */
import type { ServerGroup } from './servers.js';

/** "No server": the queue of the backend; as a grant, that a server has to be chosen anew. */
export const ANY_SERVER = -1;
/** "No entry". */
export const NO_ENTRY = -1;

const LINE = 16; // 32-bit words in a cache line
// Words of the header, then a line for the inbox of each worker.
const PER_WORKER = 0;
// Words of a queue. Links are an entry's number and one, so that 0 is none.
const HEAD = 0;
const TAIL = 1;
/** Grants out of this queue so far, wrapping. */
const GRANTS = 2;
const QUEUE_WORDS = 4;
// Words of a backend, behind those of its own queue.
const LENGTH = QUEUE_WORDS;
/** The latest time of arrival, and a wrapping number for each entry that joined. */
const LATEST = QUEUE_WORDS + 1;
const SEQUENCE = QUEUE_WORDS + 2;
// Words of an entry.
const NEXT = 0;
const PREVIOUS = 1;
/** State, and above STATE_BITS the priority class. */
const META = 2;
const SERVER = 3;
const BACKEND = 4;
const TIME = 5;
const ORDER = 6;
/** While it waits: GRANTS of its queue when it joined. Afterwards: its position. */
const POSITION = 7;
const INBOX_NEXT = 8;
const ENTRY_WORDS = 9;

// States of an entry.
const FREE = 0;
const WAITING = 1;
const GRANTED = 2;
const STATE_BITS = 2;
const STATE_MASK = 3;

/** Workers read their clocks once a turn: none is further behind than a turn lasts (ms). */
const TURN_MS_MAX = 10_000;

/** Wakes a worker. */
export type Wake = (worker: number) => void;

/** The queues of all backends, and the inboxes of the workers. */
export class QueueTable {
  /** One for each backend, in the order of the plan. */
  readonly backends: readonly SessionQueues[];
  private readonly words: Int32Array;
  private readonly perWorker: number;
  private readonly entries: number;

  /** @param perWorker sessions that a worker may have */
  static create(backendSizes: readonly number[], workers: number, perWorker: number): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer(4 * (entriesAt(backendSizes, workers) + workers * perWorker * ENTRY_WORDS));
    new Int32Array(buffer)[PER_WORKER] = perWorker;
    return buffer;
  }

  /**
   * @param groups of the same backends
   * @param worker the worker that opens the table
   */
  constructor(
    buffer: SharedArrayBuffer,
    groups: readonly ServerGroup[],
    workers: number,
    private readonly worker: number,
  ) {
    this.words = new Int32Array(buffer);
    this.perWorker = this.words[PER_WORKER];
    const sizes = groups.map((group) => group.size);
    this.entries = entriesAt(sizes, workers);
    const layout: Layout = { words: this.words, entries: this.entries, perWorker: this.perWorker, workers, worker };
    let base = LINE * (1 + workers);
    this.backends = groups.map((group, i) => {
      const queues = new SessionQueues(layout, base, i, group);
      base += backendWords(group.size);
      return queues;
    });
  }

  /** The entry of a session, by its number in the opening worker's pool. */
  entryOf(session: number): number {
    return this.worker * this.perWorker + session;
  }

  /** The session of an entry of the opening worker. */
  sessionOf(entry: number): number {
    return entry - this.worker * this.perWorker;
  }

  /** Takes all entries granted to the opening worker out of its inbox: the first granted, to go on with `nextOf`; or NO_ENTRY. */
  takeInbox(): number {
    const { words } = this;
    const inbox = LINE * (1 + this.worker);
    if (Atomics.load(words, inbox) === 0) return NO_ENTRY;
    let first = 0;
    let link = Atomics.exchange(words, inbox, 0);
    while (link !== 0) {
      const at = this.entries + (link - 1) * ENTRY_WORDS + INBOX_NEXT;
      const before = words[at];
      words[at] = first;
      first = link;
      link = before;
    }
    return first - 1;
  }

  /** The entry granted after this one; to be asked before the entry is used for anything else. */
  nextOf(entry: number): number {
    return this.words[this.entries + entry * ENTRY_WORDS + INBOX_NEXT] - 1;
  }

  /**
   * Takes out everything of the opening worker, which has died, and passes on what was granted to
   * it and what it had. Called without a lock, before another takes its place, and after
   * `ServerGroup.leaveAll`.
   * @param owner a positive number, unique to the calling thread
   * @param broken whether the worker died while it held the lock of that backend: its lists may be in pieces
   */
  reclaim(owner: number, broken: (backend: number) => boolean, wake: Wake): void {
    const first = this.worker * this.perWorker;
    for (const [i, queues] of this.backends.entries()) if (broken(i)) queues.rebuild(owner);
    for (let entry = first; entry < first + this.perWorker; entry++) {
      const at = this.entries + entry * ENTRY_WORDS;
      if ((Atomics.load(this.words, at + META) & STATE_MASK) === FREE) continue;
      const queues = this.backends[this.words[at + BACKEND]];
      queues.group.lock(owner);
      queues.evict(entry, wake);
      queues.group.unlock();
    }
    Atomics.store(this.words, LINE * (1 + this.worker), 0);
    for (const queues of this.backends) queues.serveAll(owner, wake);
  }
}

function backendWords(servers: number): number {
  return Math.ceil((LINE + servers * QUEUE_WORDS) / LINE) * LINE;
}

/** The first word of the entries. */
function entriesAt(backendSizes: readonly number[], workers: number): number {
  return backendSizes.reduce((sum, size) => sum + backendWords(size), LINE * (1 + workers));
}

interface Layout {
  readonly words: Int32Array;
  /** The first word of the entries. */
  readonly entries: number;
  readonly perWorker: number;
  readonly workers: number;
  readonly worker: number;
}

/** The queues of one backend and of its servers. Call everything but the lengths under the lock of `group`. */
export class SessionQueues {
  private readonly words: Int32Array;

  /** @param base word of the backend */
  constructor(
    private readonly layout: Layout,
    private readonly base: number,
    private readonly backend: number,
    readonly group: ServerGroup,
  ) {
    this.words = layout.words;
  }

  /** Sessions that wait for any server; those that wait for a certain one are counted by the group. */
  get length(): number {
    return Atomics.load(this.words, this.base + LENGTH);
  }

  /** Sessions that wait for any server or for a certain one. */
  get waiting(): number {
    let sum = this.length;
    for (let server = 0; server < this.group.size; server++) sum += this.group.queued(server);
    return sum;
  }

  /**
   * Queues an entry behind those of its priority that came before.
   * @param server or ANY_SERVER
   * @param priorityClass -2047..2047, the lowest first (`set-priority-class`)
   * @param offsetMs added to the time of arrival (`set-priority-offset`)
   */
  join(entry: number, server: number, priorityClass: number, offsetMs: number, nowMs: number): void {
    const { words } = this;
    const at = this.at(entry);
    const queue = this.queueOf(server);
    const arrived = this.arrival(nowMs);
    words[at + SERVER] = server;
    words[at + BACKEND] = this.backend;
    words[at + TIME] = (arrived + offsetMs) | 0;
    words[at + ORDER] = ++words[this.base + SEQUENCE];
    words[at + POSITION] = words[queue + GRANTS];
    Atomics.store(words, at + META, (priorityClass << STATE_BITS) | WAITING);
    this.link(entry, queue);
    this.count(server, 1);
  }

  /** Takes an entry out that still waits; false when it was granted already. */
  leave(entry: number): boolean {
    if (!this.waits(entry)) return false;
    this.unlink(entry);
    Atomics.store(this.words, this.at(entry) + META, FREE);
    return true;
  }

  /** It is queued, and nothing has been granted to it. */
  waits(entry: number): boolean {
    return this.state(entry) === WAITING;
  }

  /** It has been granted a server, or sent to choose again, and has not been accepted yet. */
  isGranted(entry: number): boolean {
    return this.state(entry) === GRANTED;
  }

  /** The server that an entry waited for, ANY_SERVER for the backend's queue; or after a grant the server granted. */
  serverOf(entry: number): number {
    return this.words[this.at(entry) + SERVER];
  }

  /**
   * Of an entry that waits no longer: how many, itself included, had their turn in its queue from
   * when it joined to when it left; `%sq`, `%bq`.
   */
  position(entry: number): number {
    return this.words[this.at(entry) + POSITION];
  }

  /** Ends a grant that its owner has taken out of the inbox: the entry may be used again. Needs no lock. */
  accept(entry: number): void {
    Atomics.store(this.words, this.at(entry) + META, FREE);
  }

  /**
   * Grants the connections that a server has free to those that wait for it, and for any server.
   * Called whenever one may have become free, or the server has become usable.
   */
  serve(server: number, wake: Wake): void {
    const { group } = this;
    if (this.length === 0 && group.queued(server) === 0) return;
    group.set.refresh();
    const takesAny = this.isInSet(server);
    for (;;) {
      const limit = group.limit(server);
      if (limit > 0 && group.active(server) >= limit) return;
      const entry = this.nextFor(server, takesAny);
      if (entry === NO_ENTRY) return;
      group.reserve(server);
      this.grant(entry, server, wake);
    }
  }

  /** Serves every server that nothing will become free of, since nobody is connected to it. */
  serveIdle(wake: Wake): void {
    const { group } = this;
    for (let server = 0; server < group.size; server++) {
      if (group.active(server) === 0 && group.isUp(server)) this.serve(server, wake);
    }
  }

  /** Serves all servers; takes the lock itself. For whoever has changed what they may take. */
  serveAll(owner: number, wake: Wake): void {
    this.group.lock(owner);
    for (let server = 0; server < this.group.size; server++) this.serve(server, wake);
    this.group.unlock();
  }

  /** Sends all that wait for a certain server to choose again: it went down. */
  redistribute(server: number, wake: Wake): void {
    const queue = this.queueOf(server);
    while (this.words[queue + HEAD] !== 0) this.grant(this.words[queue + HEAD] - 1, ANY_SERVER, wake);
  }

  /** Takes out the entry of a dead worker, whatever its state, and passes its connection on. */
  evict(entry: number, wake: Wake): void {
    if (this.leave(entry) || !this.isGranted(entry)) return;
    const server = this.serverOf(entry);
    this.accept(entry);
    if (server === ANY_SERVER) return;
    this.group.refuse(server);
    this.serve(server, wake);
  }

  /** Makes the lists anew from the entries: who held the lock died in the middle of a change. */
  rebuild(owner: number): void {
    const { words, group, layout } = this;
    group.lock(owner);
    words.fill(0, this.base, this.base + TAIL + 1);
    Atomics.store(words, this.base + LENGTH, 0);
    for (let server = 0; server < group.size; server++) {
      words.fill(0, this.queueOf(server), this.queueOf(server) + TAIL + 1);
      group.changeQueued(server, -group.queued(server));
    }
    for (let entry = 0; entry < layout.workers * layout.perWorker; entry++) {
      if (words[this.at(entry) + BACKEND] !== this.backend || !this.waits(entry)) continue;
      this.link(entry, this.queueOf(this.serverOf(entry)));
      this.count(this.serverOf(entry), 1);
    }
    group.unlock();
  }

  /** The order of arrival is that of the lock, although a worker's clock may be behind another's. */
  private arrival(nowMs: number): number {
    const at = this.base + LATEST;
    const behindMs = (this.words[at] - nowMs) | 0;
    const isFirst = this.words[this.base + SEQUENCE] === 0;
    if (isFirst || behindMs < 0 || behindMs > TURN_MS_MAX) this.words[at] = nowMs;
    return this.words[at];
  }

  private at(entry: number): number {
    return this.layout.entries + entry * ENTRY_WORDS;
  }

  private queueOf(server: number): number {
    return server === ANY_SERVER ? this.base : this.base + LINE + server * QUEUE_WORDS;
  }

  private state(entry: number): number {
    return Atomics.load(this.words, this.at(entry) + META) & STATE_MASK;
  }

  /** The server is one of those that are chosen from at the moment. */
  private isInSet(server: number): boolean {
    const { set } = this.group;
    for (let i = 0; i < set.count; i++) if (set.members[i] === server) return true;
    return false;
  }

  /** Who is next: of the first in the server's queue and the first in the backend's, the one to be served first. */
  private nextFor(server: number, takesAny: boolean): number {
    const own = this.words[this.queueOf(server) + HEAD] - 1;
    const any = takesAny ? this.words[this.base + HEAD] - 1 : NO_ENTRY;
    if (own === NO_ENTRY || any === NO_ENTRY) return own === NO_ENTRY ? any : own;
    return this.precedes(any, own) ? any : own;
  }

  private precedes(entry: number, other: number): boolean {
    const { words } = this;
    const a = this.at(entry);
    const b = this.at(other);
    const byClass = (words[a + META] >> STATE_BITS) - (words[b + META] >> STATE_BITS);
    if (byClass !== 0) return byClass < 0;
    const byTime = (words[a + TIME] - words[b + TIME]) | 0;
    return byTime !== 0 ? byTime < 0 : ((words[a + ORDER] - words[b + ORDER]) | 0) < 0;
  }

  private grant(entry: number, server: number, wake: Wake): void {
    const { words, layout } = this;
    const at = this.at(entry);
    words[this.queueOf(words[at + SERVER]) + GRANTS]++;
    this.unlink(entry);
    words[at + POSITION]--; // its own turn was counted already, and positions begin with 1
    words[at + SERVER] = server;
    Atomics.store(words, at + META, GRANTED);
    const worker = Math.trunc(entry / layout.perWorker);
    const inbox = LINE * (1 + worker);
    let first = Atomics.load(words, inbox);
    for (;;) {
      words[at + INBOX_NEXT] = first;
      const found = Atomics.compareExchange(words, inbox, first, entry + 1);
      if (found === first) break;
      first = found;
    }
    if (first === 0 && worker !== layout.worker) wake(worker);
  }

  private link(entry: number, queue: number): void {
    const { words } = this;
    let before = words[queue + TAIL] - 1;
    while (before !== NO_ENTRY && this.precedes(entry, before)) before = words[this.at(before) + PREVIOUS] - 1;
    const after = (before === NO_ENTRY ? words[queue + HEAD] : words[this.at(before) + NEXT]) - 1;
    words[this.at(entry) + PREVIOUS] = before + 1;
    words[this.at(entry) + NEXT] = after + 1;
    words[before === NO_ENTRY ? queue + HEAD : this.at(before) + NEXT] = entry + 1;
    words[after === NO_ENTRY ? queue + TAIL : this.at(after) + PREVIOUS] = entry + 1;
  }

  private unlink(entry: number): void {
    const { words } = this;
    const at = this.at(entry);
    const server = words[at + SERVER];
    const queue = this.queueOf(server);
    const before = words[at + PREVIOUS];
    const after = words[at + NEXT];
    words[before === 0 ? queue + HEAD : this.at(before - 1) + NEXT] = after;
    words[after === 0 ? queue + TAIL : this.at(after - 1) + PREVIOUS] = before;
    words[at + POSITION] = ((words[queue + GRANTS] - words[at + POSITION]) | 0) + 1;
    this.count(server, -1);
  }

  private count(server: number, change: number): void {
    if (server !== ANY_SERVER) {
      this.group.changeQueued(server, change);
      return;
    }
    Atomics.add(this.words, this.base + LENGTH, change);
  }
}
