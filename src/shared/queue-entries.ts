/**
 * The places of sessions in queues, and the inboxes in which workers find what was granted to theirs.
 * An entry belongs to one session number of one worker for good, so that nothing has to be allocated;
 * plans come and go around it. The queues themselves are in queues.ts.
 */

/** "No entry". */
export const NO_ENTRY = -1;

const LINE = 16; // 32-bit words in a cache line
// Words of the header, then a line for the inbox of each worker.
const PER_WORKER = 0;
const WORKERS = 1;
/** The number of the queues that were made last. */
const LAST_QUEUES = 2;

/** Words of an entry; what they mean, queues.ts says. */
export const ENTRY = {
  next: 0,
  previous: 1,
  /** State, and above STATE_BITS the priority class. */
  meta: 2,
  server: 3,
  /** The number of the queues that it waits in. */
  queues: 4,
  time: 5,
  order: 6,
  /** While it waits: the grants of its queue when it joined. Afterwards: its position. */
  position: 7,
  inboxNext: 8,
} as const;
const ENTRY_WORDS = 9;

// States of an entry.
export const FREE = 0;
export const WAITING = 1;
export const GRANTED = 2;
export const STATE_BITS = 2;
const STATE_MASK = 3;

/** All entries, as one thread sees them. */
export class QueueEntries {
  readonly words: Int32Array;
  /** Entries of all workers. */
  readonly count: number;
  /** Sessions that a worker may have: the maxconn that the process began with. */
  readonly perWorker: number;
  private readonly first: number;

  /** @param perWorker sessions that a worker may have */
  static create(workers: number, perWorker: number): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer(4 * (LINE * (1 + workers) + workers * perWorker * ENTRY_WORDS));
    const words = new Int32Array(buffer);
    words[PER_WORKER] = perWorker;
    words[WORKERS] = workers;
    return buffer;
  }

  /** A number that no other queues over these entries have had. */
  static numberQueues(entries: SharedArrayBuffer): number {
    return Atomics.add(new Int32Array(entries), LAST_QUEUES, 1) + 1;
  }

  /** @param worker the worker that opens them */
  constructor(
    buffer: SharedArrayBuffer,
    readonly worker: number,
  ) {
    this.words = new Int32Array(buffer);
    this.perWorker = this.words[PER_WORKER];
    this.first = LINE * (1 + this.words[WORKERS]);
    this.count = this.words[WORKERS] * this.perWorker;
  }

  /** The first word of an entry. */
  at(entry: number): number {
    return this.first + entry * ENTRY_WORDS;
  }

  /** One of FREE, WAITING, GRANTED. */
  state(entry: number): number {
    return Atomics.load(this.words, this.at(entry) + ENTRY.meta) & STATE_MASK;
  }

  /** The number of the queues that it waits in, or waited in last. */
  queuesOf(entry: number): number {
    return this.words[this.at(entry) + ENTRY.queues];
  }

  /** The entry of a session, by its number in the opening worker's pool. */
  entryOf(session: number): number {
    return this.worker * this.perWorker + session;
  }

  /** The session of an entry of the opening worker. */
  sessionOf(entry: number): number {
    return entry - this.worker * this.perWorker;
  }

  /** The worker of an entry. */
  workerOf(entry: number): number {
    return Math.trunc(entry / this.perWorker);
  }

  /** Entries of the opening worker that are not free. */
  *occupied(): Iterable<number> {
    const first = this.entryOf(0);
    for (let entry = first; entry < first + this.perWorker; entry++) if (this.state(entry) !== FREE) yield entry;
  }

  /** Puts an entry into the inbox of its worker; true when that was empty. */
  post(entry: number): boolean {
    const { words } = this;
    const at = this.at(entry) + ENTRY.inboxNext;
    const inbox = LINE * (1 + this.workerOf(entry));
    let first = Atomics.load(words, inbox);
    for (;;) {
      words[at] = first;
      const found = Atomics.compareExchange(words, inbox, first, entry + 1);
      if (found === first) return first === 0;
      first = found;
    }
  }

  /** Takes all entries granted to the opening worker out of its inbox: the first granted, to go on with `nextOf`; or NO_ENTRY. */
  takeInbox(): number {
    const { words } = this;
    const inbox = LINE * (1 + this.worker);
    if (Atomics.load(words, inbox) === 0) return NO_ENTRY;
    let first = 0;
    let link = Atomics.exchange(words, inbox, 0);
    while (link !== 0) {
      const at = this.at(link - 1) + ENTRY.inboxNext;
      const before = words[at];
      words[at] = first;
      first = link;
      link = before;
    }
    return first - 1;
  }

  /** The entry granted after this one; to be asked before the entry is used for anything else. */
  nextOf(entry: number): number {
    return this.words[this.at(entry) + ENTRY.inboxNext] - 1;
  }

  /** Empties the inbox of the opening worker, which has died. */
  clearInbox(): void {
    Atomics.store(this.words, LINE * (1 + this.worker), 0);
  }
}
