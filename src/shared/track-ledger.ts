/**
 * Which entries of stick tables the sessions of one worker track: written by that worker, and read
 * by the master when it has died, so that its entries are let go.
 */

/** Words of one counter of a session: its table plus one (0: none), and the entry. */
const WORDS = 2;

/** The tracked entries of one worker's sessions. */
export class TrackLedger {
  private readonly words: Int32Array;

  /** @param sessions session numbers are below this */
  static create(sessions: number, counters: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * WORDS * sessions * counters);
  }

  constructor(
    buffer: SharedArrayBuffer,
    readonly counters: number,
  ) {
    this.words = new Int32Array(buffer);
  }

  /** The table of a session's counter, or -1 while it tracks nothing. */
  table(session: number, counter: number): number {
    return this.words[this.at(session, counter)] - 1;
  }

  entry(session: number, counter: number): number {
    return this.words[this.at(session, counter) + 1];
  }

  note(session: number, counter: number, table: number, entry: number): void {
    const at = this.at(session, counter);
    this.words[at] = table + 1;
    this.words[at + 1] = entry;
  }

  forget(session: number, counter: number): void {
    this.words[this.at(session, counter)] = 0;
  }

  /** Calls `found` for everything that is tracked. */
  forEach(found: (table: number, entry: number) => void): void {
    for (let at = 0; at < this.words.length; at += WORDS) if (this.words[at] !== 0) found(this.words[at] - 1, this.words[at + 1]);
  }

  /** Forgets everything. */
  clear(): void {
    this.words.fill(0);
  }

  private at(session: number, counter: number): number {
    return WORDS * (session * this.counters + counter);
  }
}
