/**
 * Who waits for a connection to a server: one queue for each backend and one for each server, in
 * order of arrival across all workers. Everything here happens under the lock of the backend's
 * ServerGroup. Who frees a connection grants it to the entry that is next, and its worker finds it in
 * an inbox (queue-entries.ts). Which queue a session joins is decided elsewhere.
 */
import { allocatePieces, type Kept, openPieces, type Pieces } from './pieces.js';
import { ENTRY, FREE, GRANTED, NO_ENTRY, QueueEntries, STATE_BITS, WAITING } from './queue-entries.js';
import type { ServerGroup } from './servers.js';

/** "No server": the queue of the backend; as a grant, that a server has to be chosen anew. */
export const ANY_SERVER = -1;

const LINE = 16; // 32-bit words in a cache line
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
/** The number of these queues, which their entries name. */
const NUMBER = QUEUE_WORDS + 3;

/** Workers read their clocks once a turn: none is further behind than a turn lasts (ms). */
const TURN_MS_MAX = 10_000;

/** Wakes a worker. */
export type Wake = (worker: number) => void;

/** The memory of all queues. */
export interface QueueMemory {
  readonly entries: SharedArrayBuffer;
  readonly backends: Pieces;
}

/** The queues of all backends of a plan. */
export class QueueTable {
  /** One for each backend, in the order of the plan. */
  readonly backends: readonly SessionQueues[];
  readonly entries: QueueEntries;

  /** @param entries for the sessions of all workers; @param kept of backends whose groups of servers are kept */
  static create(entries: SharedArrayBuffer, backendSizes: readonly number[], kept: Kept | null = null): QueueMemory {
    const backends = allocatePieces(backendSizes.map(backendWords), kept, ({ words, base }) => {
      words[base + NUMBER] = QueueEntries.numberQueues(entries);
    });
    return { entries, backends };
  }

  /**
   * @param groups of the same backends
   * @param worker the worker that opens the table
   */
  constructor({ entries, backends }: QueueMemory, groups: readonly ServerGroup[], worker: number) {
    this.entries = new QueueEntries(entries, worker);
    this.backends = openPieces(backends).map(({ words, base }, i) => new SessionQueues(this.entries, words, base, groups[i]));
  }
}

/**
 * Takes out everything of a worker that has died, and passes on what was granted to it and what it
 * had. Called without a lock, before another takes its place, and after `ServerGroup.leaveAll`.
 * @param tables of all plans that it had sessions of, opened for that worker
 * @param owner a positive number, unique to the calling thread
 * @param broken whether the worker died while it held the lock of these queues: their lists may be in pieces
 */
export function reclaimQueues(
  tables: readonly QueueTable[],
  owner: number,
  broken: (queues: SessionQueues) => boolean,
  wake: Wake,
): void {
  const byNumber = new Map(tables.flatMap(({ backends }) => backends.map((queues) => [queues.number, queues] as const)));
  const all = [...byNumber.values()];
  for (const queues of all) if (broken(queues)) queues.rebuild(owner);
  const [{ entries }] = tables;
  for (const entry of entries.occupied()) {
    const queues = byNumber.get(entries.queuesOf(entry)) as SessionQueues;
    queues.group.lock(owner);
    queues.evict(entry, wake);
    queues.group.unlock();
  }
  entries.clearInbox();
  for (const queues of all) queues.serveAll(owner, wake);
}

function backendWords(servers: number): number {
  return Math.ceil((LINE + servers * QUEUE_WORDS) / LINE) * LINE;
}

/** The queues of one backend and of its servers. Call everything but the lengths under the lock of `group`. */
export class SessionQueues {
  /** Words of the entries. */
  private readonly list: Int32Array;

  /** @param base word of the backend */
  constructor(
    private readonly entries: QueueEntries,
    private readonly words: Int32Array,
    private readonly base: number,
    readonly group: ServerGroup,
  ) {
    this.list = entries.words;
  }

  /** Which queues these are, among all that there have been. */
  get number(): number {
    return this.words[this.base + NUMBER];
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
    const { words, list } = this;
    const at = this.at(entry);
    const queue = this.queueOf(server);
    const arrived = this.arrival(nowMs);
    list[at + ENTRY.server] = server;
    list[at + ENTRY.queues] = this.number;
    list[at + ENTRY.time] = (arrived + offsetMs) | 0;
    list[at + ENTRY.order] = ++words[this.base + SEQUENCE];
    list[at + ENTRY.position] = words[queue + GRANTS];
    Atomics.store(list, at + ENTRY.meta, (priorityClass << STATE_BITS) | WAITING);
    this.link(entry, queue);
    this.count(server, 1);
  }

  /** Takes an entry out that still waits; false when it was granted already. */
  leave(entry: number): boolean {
    if (!this.waits(entry)) return false;
    this.unlink(entry);
    Atomics.store(this.list, this.at(entry) + ENTRY.meta, FREE);
    return true;
  }

  /** It is queued, and nothing has been granted to it. */
  waits(entry: number): boolean {
    return this.entries.state(entry) === WAITING;
  }

  /** It has been granted a server, or sent to choose again, and has not been accepted yet. */
  isGranted(entry: number): boolean {
    return this.entries.state(entry) === GRANTED;
  }

  /** The server that an entry waited for, ANY_SERVER for the backend's queue; or after a grant the server granted. */
  serverOf(entry: number): number {
    return this.list[this.at(entry) + ENTRY.server];
  }

  /**
   * Of an entry that waits no longer: how many, itself included, had their turn in its queue from
   * when it joined to when it left; `%sq`, `%bq`.
   */
  position(entry: number): number {
    return this.list[this.at(entry) + ENTRY.position];
  }

  /** Ends a grant that its owner has taken out of the inbox: the entry may be used again. */
  accept(entry: number): void {
    Atomics.store(this.list, this.at(entry) + ENTRY.meta, FREE);
  }

  /**
   * Grants the connections that a server has free to those that wait for it, and for any server.
   * Called whenever one may have become free, or the server has become usable.
   * @returns how many of them waited for any server
   */
  serve(server: number, wake: Wake): number {
    const { group } = this;
    let taken = 0;
    if (this.length === 0 && group.queued(server) === 0) return taken;
    group.set.refresh();
    const takesAny = this.isInSet(server);
    for (;;) {
      const limit = group.limit(server);
      if (limit > 0 && group.active(server) >= limit) return taken;
      const entry = this.nextFor(server, takesAny);
      if (entry === NO_ENTRY) return taken;
      if (this.serverOf(entry) === ANY_SERVER) taken++;
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

  /** Sends all that wait for a certain server to choose again: it takes no more. @returns how many */
  redistribute(server: number, wake: Wake): number {
    const queue = this.queueOf(server);
    let sent = 0;
    for (; this.words[queue + HEAD] !== 0; sent++) this.grant(this.words[queue + HEAD] - 1, ANY_SERVER, wake);
    return sent;
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

  /** Makes the lists anew from the entries, and counts connections anew: who held the lock died in the middle of a change. */
  rebuild(owner: number): void {
    const { words, group, entries } = this;
    const reserved = new Array<number>(group.size).fill(0);
    group.lock(owner);
    words.fill(0, this.base, this.base + TAIL + 1);
    Atomics.store(words, this.base + LENGTH, 0);
    for (let server = 0; server < group.size; server++) {
      words.fill(0, this.queueOf(server), this.queueOf(server) + TAIL + 1);
      group.changeQueued(server, -group.queued(server));
    }
    for (let entry = 0; entry < entries.count; entry++) {
      if (entries.queuesOf(entry) !== this.number) continue;
      const server = this.serverOf(entry);
      if (this.waits(entry)) {
        this.link(entry, this.queueOf(server));
        this.count(server, 1);
      } else if (this.isGranted(entry) && server !== ANY_SERVER) reserved[server]++;
    }
    for (let server = 0; server < group.size; server++) group.recount(server, reserved[server]);
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
    return this.entries.at(entry);
  }

  private queueOf(server: number): number {
    return server === ANY_SERVER ? this.base : this.base + LINE + server * QUEUE_WORDS;
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
    const { list } = this;
    const a = this.at(entry);
    const b = this.at(other);
    const byClass = (list[a + ENTRY.meta] >> STATE_BITS) - (list[b + ENTRY.meta] >> STATE_BITS);
    if (byClass !== 0) return byClass < 0;
    const byTime = (list[a + ENTRY.time] - list[b + ENTRY.time]) | 0;
    return byTime !== 0 ? byTime < 0 : ((list[a + ENTRY.order] - list[b + ENTRY.order]) | 0) < 0;
  }

  private grant(entry: number, server: number, wake: Wake): void {
    const { words, list, entries } = this;
    const at = this.at(entry);
    words[this.queueOf(list[at + ENTRY.server]) + GRANTS]++;
    this.unlink(entry);
    list[at + ENTRY.position]--; // its own turn was counted already, and positions begin with 1
    list[at + ENTRY.server] = server;
    Atomics.store(list, at + ENTRY.meta, GRANTED);
    const worker = entries.workerOf(entry);
    if (entries.post(entry) && worker !== entries.worker) wake(worker);
  }

  private link(entry: number, queue: number): void {
    const { words, list } = this;
    let before = words[queue + TAIL] - 1;
    while (before !== NO_ENTRY && this.precedes(entry, before)) before = list[this.at(before) + ENTRY.previous] - 1;
    const after = (before === NO_ENTRY ? words[queue + HEAD] : list[this.at(before) + ENTRY.next]) - 1;
    list[this.at(entry) + ENTRY.previous] = before + 1;
    list[this.at(entry) + ENTRY.next] = after + 1;
    this.linkAfter(queue, before, entry + 1);
    this.linkBefore(queue, after, entry + 1);
  }

  private unlink(entry: number): void {
    const { words, list } = this;
    const at = this.at(entry);
    const server = list[at + ENTRY.server];
    const queue = this.queueOf(server);
    const before = list[at + ENTRY.previous];
    const after = list[at + ENTRY.next];
    this.linkAfter(queue, before - 1, after);
    this.linkBefore(queue, after - 1, before);
    list[at + ENTRY.position] = ((words[queue + GRANTS] - list[at + ENTRY.position]) | 0) + 1;
    this.count(server, -1);
  }

  /** Makes a link the one after an entry, or the first of the queue. */
  private linkAfter(queue: number, entry: number, link: number): void {
    if (entry === NO_ENTRY) this.words[queue + HEAD] = link;
    else this.list[this.at(entry) + ENTRY.next] = link;
  }

  /** Makes a link the one before an entry, or the last of the queue. */
  private linkBefore(queue: number, entry: number, link: number): void {
    if (entry === NO_ENTRY) this.words[queue + TAIL] = link;
    else this.list[this.at(entry) + ENTRY.previous] = link;
  }

  private count(server: number, change: number): void {
    if (server !== ANY_SERVER) {
      this.group.changeQueued(server, change);
      return;
    }
    Atomics.add(this.words, this.base + LENGTH, change);
  }
}
