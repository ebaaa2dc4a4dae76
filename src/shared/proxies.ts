/**
 * What all workers know of frontends and backends: sessions at the moment, exact, and how many
 * there have been, each worker's own and summed by the reader.
 */
import { countRate, RATE_WORDS, readRate } from './rate.js';

const LINE = 16; // 32-bit words in a cache line
const RATE_PERIOD_MS = 1000;
// Words of a worker's row: a rate meter, then sessions now and in all.
const OWN_CURRENT = RATE_WORDS;
const OWN_TOTAL = RATE_WORDS + 1;

/** The counts of all frontends and backends. */
export class ProxyTable {
  readonly frontends: readonly ProxyCounts[];
  readonly backends: readonly ProxyCounts[];

  static create(frontends: number, backends: number, workers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * LINE * (frontends + backends) * (1 + workers));
  }

  /** @param worker the worker that opens the table, whose rows it writes */
  constructor(buffer: SharedArrayBuffer, frontends: number, backends: number, workers: number, worker: number) {
    const words = new Int32Array(buffer);
    const counts = (i: number): ProxyCounts => new ProxyCounts(words, i * LINE * (1 + workers), workers, worker);
    this.frontends = Array.from({ length: frontends }, (_, i) => counts(i));
    this.backends = Array.from({ length: backends }, (_, i) => counts(frontends + i));
  }
}

/** The counts of one frontend or backend. */
export class ProxyCounts {
  private readonly own: number;

  constructor(
    private readonly words: Int32Array,
    private readonly base: number,
    private readonly workers: number,
    worker: number,
  ) {
    this.own = base + LINE * (1 + worker);
  }

  /** Sessions at the moment. */
  get current(): number {
    return Atomics.load(this.words, this.base);
  }

  /** Counts a session; answers how many there are with it. */
  enter(nowMs: number): number {
    this.admit(nowMs);
    return this.arrive();
  }

  /** Counts a connection that may not become a session; answers how many there are with it. */
  arrive(): number {
    this.words[this.own + OWN_CURRENT]++;
    return Atomics.add(this.words, this.base, 1) + 1;
  }

  /** One that has arrived is a session: it counts among those that there have been. */
  admit(nowMs: number): void {
    this.words[this.own + OWN_TOTAL]++;
    countRate(this.words, this.own, nowMs, RATE_PERIOD_MS, 1);
  }

  /** Takes an ended session off. */
  leave(): void {
    this.words[this.own + OWN_CURRENT]--;
    Atomics.sub(this.words, this.base, 1);
  }

  /** Takes all sessions of the opening worker off: it has died, and they with it. */
  leaveAll(): void {
    Atomics.sub(this.words, this.base, this.words[this.own + OWN_CURRENT]);
    this.words[this.own + OWN_CURRENT] = 0;
  }

  /** Sessions that began in the last second. */
  rate(nowMs: number): number {
    let sum = 0;
    for (let worker = 0; worker < this.workers; worker++)
      sum += readRate(this.words, this.base + LINE * (1 + worker), nowMs, RATE_PERIOD_MS);
    return sum;
  }

  /** Sessions since the start. */
  get total(): number {
    let sum = 0;
    for (let worker = 0; worker < this.workers; worker++) sum += this.words[this.base + LINE * (1 + worker) + OWN_TOTAL] >>> 0;
    return sum;
  }
}
