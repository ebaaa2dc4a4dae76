/**
 * A stick table: entries by key, shared by all workers, bounded in number. Everything but `count`
 * is done under the table's lock, so that it is exact whichever worker asks. An entry that nobody
 * tracks ends when its time is over; of a full table the entries used longest ago make room
 * (configuration manual, `stick-table`).
 */
import { fnv1a } from './fnv.js';
import { lock, unlock, unlockFor } from './lock.js';
import { countRate, readRate } from './rate.js';
import { layOut, type StickDatum, type StickField } from './stick-data.js';

/** "No entry". */
export const NO_ENTRY = -1;

/** What a table is made for. */
export interface StickTableShape {
  /** Bytes of a key at most. */
  readonly keyLength: number;
  /** Entries at most. */
  readonly size: number;
  /** Milliseconds after its last use at which an entry ends; 0: never. */
  readonly expireMs: number;
  /** A full table takes no new entries. */
  readonly nopurge: boolean;
  readonly data: readonly StickDatum[];
}

/** A key: bytes, of which `length` count. */
export interface StickKey {
  readonly bytes: Uint8Array;
  length: number;
}

/** Bytes of a table at most: a typed array of bytes has no more in all versions of Node.js. */
export const TABLE_BYTES_MAX = 2 ** 32 - 1;

const LINE = 16; // 32-bit words in a cache line
// Words of the header. Entries are numbered from 0; links hold the number plus one, 0 is none.
const LOCK = 0;
const USED = 1;
/** Entries ever taken from the end of the area: those behind it were never used. */
const TAKEN = 2;
const FREE = 3;
const OLDEST = 4;
const NEWEST = 5;
// Words of an entry, before its key and its data.
const CHAIN = 0;
const OLDER = 1;
const NEWER = 2;
const HASH = 3;
/** Wrapping milliseconds. */
const EXPIRES = 4;
const TRACKERS = 5;
const KEY_LENGTH = 6;
const KEY = 7;

/** In the place of the number of trackers: the entry was removed. */
const REMOVED = -1;

/** A part of this size, and one more, of a full table makes room at a time. */
const PURGE_SHIFT = 8;
/** The owner number of the master's thread: workers have those from 1 on. */
const MASTER = 0x7fff_ffff;

function bucketCount(size: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(16, size)));
}

function entryWords({ keyLength, data }: StickTableShape): number {
  return KEY + Math.ceil(keyLength / 4) + layOut(data).words;
}

/** One table, as one thread sees it. */
export class StickTable {
  readonly fields: ReadonlyMap<string, StickField>;
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly mask: number;
  private readonly entries: number;
  private readonly stride: number;
  private readonly data: number;

  /** Bytes of such a table. */
  static bytes(shape: StickTableShape): number {
    return 4 * (LINE + bucketCount(shape.size) + shape.size * entryWords(shape));
  }

  static create(shape: StickTableShape): SharedArrayBuffer {
    return new SharedArrayBuffer(StickTable.bytes(shape));
  }

  constructor(
    buffer: SharedArrayBuffer,
    readonly shape: StickTableShape,
  ) {
    this.words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.fields = layOut(shape.data).fields;
    this.mask = bucketCount(shape.size) - 1;
    this.entries = LINE + this.mask + 1;
    this.stride = entryWords(shape);
    this.data = KEY + Math.ceil(shape.keyLength / 4);
  }

  /** @param owner a positive number, unique to the thread */
  lock(owner: number): void {
    lock(this.words, LOCK, owner);
  }

  unlock(): void {
    unlock(this.words, LOCK);
  }

  /** For the master: the worker with that owner number, which is dead, holds the lock. Call `mend` then. */
  isHeldBy(owner: number): boolean {
    return Atomics.load(this.words, LOCK) === owner;
  }

  /**
   * Makes the lists and the counts of sessions anew, and frees the lock: who holds it died in the middle of a change.
   * @param owner its owner number
   * @param trackers how many living sessions track each entry; those that are not there: none
   */
  mend(owner: number, trackers: ReadonlyMap<number, number>): void {
    const { words } = this;
    const there: number[] = [];
    words.fill(0, FREE, NEWEST + 1);
    words.fill(0, LINE, this.entries);
    for (let entry = words[TAKEN] - 1; entry >= 0; entry--) {
      if (this.isWhole(entry)) there.push(entry);
      else this.putAway(entry);
    }
    there.sort((a, b) => (words[this.at(a) + EXPIRES] - words[this.at(b) + EXPIRES]) | 0);
    const current = this.fields.get('conn_cur');
    for (const entry of there) {
      const count = trackers.get(entry) ?? 0;
      words[this.at(entry) + TRACKERS] = count;
      if (current !== undefined) this.set(entry, current, 0, count, 0);
      this.chain(entry);
      this.linkNewest(entry);
    }
    Atomics.store(words, USED, there.length);
    unlockFor(words, LOCK, owner);
  }

  /** Entries, those whose time is over and that nobody has met since included. */
  get count(): number {
    return Atomics.load(this.words, USED);
  }

  /** The entry of a key, or NO_ENTRY. It does not count as used. */
  find(key: StickKey, nowMs: number): number {
    const hash = fnv1a(key.bytes, key.length);
    let link = this.words[LINE + (hash & this.mask)];
    while (link !== 0) {
      const entry = link - 1;
      const at = this.at(entry);
      if (this.words[at + HASH] === hash && this.hasKey(at, key)) {
        if (!this.isOver(at, nowMs)) return entry;
        this.remove(entry);
        return NO_ENTRY;
      }
      link = this.words[at + CHAIN];
    }
    return NO_ENTRY;
  }

  /** The entry of a key, made when there is none; NO_ENTRY when there is no room. It counts as used now. */
  obtain(key: StickKey, nowMs: number): number {
    let entry = this.find(key, nowMs);
    if (entry === NO_ENTRY) entry = this.insert(key, nowMs);
    if (entry !== NO_ENTRY) this.touch(entry, nowMs);
    return entry;
  }

  /** An entry was used: its time begins anew. */
  touch(entry: number, nowMs: number): void {
    this.words[this.at(entry) + EXPIRES] = (nowMs + this.shape.expireMs) | 0;
    if (this.words[NEWEST] === entry + 1) return;
    this.unlink(entry);
    this.linkNewest(entry);
  }

  /** A session begins to track an entry, which stays as long as it does. */
  hold(entry: number): void {
    this.words[this.at(entry) + TRACKERS]++;
  }

  /** A session lets go of an entry. */
  release(entry: number): void {
    this.words[this.at(entry) + TRACKERS]--;
  }

  /** For the master, when the session that tracked the entry has died with its worker. */
  abandon(entry: number): void {
    this.lock(MASTER);
    this.release(entry);
    const current = this.fields.get('conn_cur');
    if (current !== undefined) this.add(entry, current, 0, -1, 0);
    this.unlock();
  }

  /** Sessions that track an entry. */
  trackers(entry: number): number {
    return this.words[this.at(entry) + TRACKERS];
  }

  /** Ends an entry that nobody tracks; false when somebody does. */
  drop(entry: number): boolean {
    if (this.trackers(entry) > 0) return false;
    this.remove(entry);
    return true;
  }

  /** Milliseconds until an entry ends, 0 when it never does. */
  expiresIn(entry: number, nowMs: number): number {
    return this.shape.expireMs === 0 ? 0 : Math.max(0, (this.words[this.at(entry) + EXPIRES] - nowMs) | 0);
  }

  /** Milliseconds since an entry was used. */
  idleFor(entry: number, nowMs: number): number {
    return Math.max(0, (nowMs - this.words[this.at(entry) + EXPIRES] + this.shape.expireMs) | 0);
  }

  /** Copies the key of an entry. */
  readKey(entry: number, key: StickKey): void {
    const at = this.at(entry);
    key.length = this.words[at + KEY_LENGTH];
    for (let i = 0; i < key.length; i++) key.bytes[i] = this.bytes[4 * (at + KEY) + i];
  }

  /** The entries that are there, those used longest ago first. For commands and tests: it allocates. */
  list(nowMs: number): number[] {
    this.expire(nowMs);
    const found: number[] = [];
    for (let link = this.words[OLDEST]; link !== 0; link = this.words[this.at(link - 1) + NEWER]) found.push(link - 1);
    return found;
  }

  /** Entry numbers up to this one, not included, have been used since the table was made. */
  get numbersUsed(): number {
    return this.words[TAKEN];
  }

  /** Whether there is an entry of that number, whose time is not over. */
  isThere(entry: number, nowMs: number): boolean {
    const at = this.at(entry);
    return this.words[at + TRACKERS] !== REMOVED && !this.isOver(at, nowMs);
  }

  /** Ends all entries whose time is over. */
  expire(nowMs: number): void {
    let link = this.words[OLDEST];
    while (link !== 0) {
      const at = this.at(link - 1);
      const next = this.words[at + NEWER];
      if (this.isOver(at, nowMs)) this.remove(link - 1);
      else if (this.words[at + TRACKERS] === 0) return; // those behind it were used later
      link = next;
    }
  }

  // Data of an entry. `element` is the place within an array, 0 for all others.

  /** A value as an unsigned number; of a rate: the events of the last period. */
  read(entry: number, field: StickField, element: number, nowMs: number): number {
    const at = this.dataAt(entry, field, element);
    if (field.periodMs > 0) return readRate(this.words, at, nowMs, field.periodMs);
    const low = this.words[at] >>> 0;
    return field.width === 1 ? low : low + (this.words[at + 1] >>> 0) * 2 ** 32;
  }

  /**
   * Adds to a value, or counts events of a rate. A counter of one word wraps. Answers the new value,
   * or the events of the running period.
   */
  add(entry: number, field: StickField, element: number, value: number, nowMs: number): number {
    const at = this.dataAt(entry, field, element);
    if (field.periodMs > 0) return countRate(this.words, at, nowMs, field.periodMs, value);
    this.write(at, field, this.read(entry, field, element, nowMs) + value);
    return this.read(entry, field, element, nowMs);
  }

  /** Sets a value; a rate is set back to the events given, at this moment. */
  set(entry: number, field: StickField, element: number, value: number, nowMs: number): void {
    const at = this.dataAt(entry, field, element);
    if (field.periodMs === 0) {
      this.write(at, field, value);
      return;
    }
    this.words.fill(0, at, at + field.width);
    if (value > 0) countRate(this.words, at, nowMs, field.periodMs, value);
  }

  private write(at: number, field: StickField, value: number): void {
    this.words[at] = (value % 2 ** 32) | 0;
    if (field.width > 1) this.words[at + 1] = Math.floor(value / 2 ** 32);
  }

  private dataAt(entry: number, field: StickField, element: number): number {
    return this.at(entry) + this.data + field.offset + element * field.width;
  }

  private at(entry: number): number {
    return this.entries + entry * this.stride;
  }

  private isOver(at: number, nowMs: number): boolean {
    return this.shape.expireMs > 0 && this.words[at + TRACKERS] === 0 && ((this.words[at + EXPIRES] - nowMs) | 0) <= 0;
  }

  private hasKey(at: number, key: StickKey): boolean {
    if (this.words[at + KEY_LENGTH] !== key.length) return false;
    const from = 4 * (at + KEY);
    for (let i = 0; i < key.length; i++) if (this.bytes[from + i] !== key.bytes[i]) return false;
    return true;
  }

  private insert(key: StickKey, nowMs: number): number {
    const entry = this.takeFree(nowMs);
    if (entry === NO_ENTRY) return NO_ENTRY;
    const at = this.at(entry);
    this.words.fill(0, at, at + this.stride);
    this.words[at + HASH] = fnv1a(key.bytes, key.length);
    this.words[at + KEY_LENGTH] = key.length;
    for (let i = 0; i < key.length; i++) this.bytes[4 * (at + KEY) + i] = key.bytes[i];
    this.chain(entry);
    this.linkNewest(entry);
    Atomics.add(this.words, USED, 1);
    return entry;
  }

  /** Has an entry found by its key. */
  private chain(entry: number): void {
    const at = this.at(entry);
    const bucket = LINE + (this.words[at + HASH] & this.mask);
    this.words[at + CHAIN] = this.words[bucket];
    this.words[bucket] = entry + 1;
  }

  /** It was not removed, and its key was written to the end. */
  private isWhole(entry: number): boolean {
    const at = this.at(entry);
    const [length, from] = [this.words[at + KEY_LENGTH], 4 * (at + KEY)];
    if (this.words[at + TRACKERS] === REMOVED) return false;
    return this.words[at + HASH] === fnv1a(this.bytes.subarray(from, from + length), length);
  }

  /** Makes room for a new entry where there is none; false when that cannot be. */
  makeRoom(nowMs: number): boolean {
    if (this.words[USED] >= this.shape.size) this.expire(nowMs);
    return this.words[USED] < this.shape.size || (!this.shape.nopurge && this.purge());
  }

  private takeFree(nowMs: number): number {
    if (!this.makeRoom(nowMs)) return NO_ENTRY;
    const free = this.words[FREE];
    if (free === 0) return this.words[TAKEN]++;
    this.words[FREE] = this.words[this.at(free - 1) + CHAIN];
    return free - 1;
  }

  /** Removes those used longest ago and not tracked; false when all are tracked. */
  private purge(): boolean {
    let wanted = (this.shape.size >> PURGE_SHIFT) + 1;
    let link = this.words[OLDEST];
    const before = wanted;
    while (link !== 0 && wanted > 0) {
      const next = this.words[this.at(link - 1) + NEWER];
      if (this.drop(link - 1)) wanted--;
      link = next;
    }
    return wanted < before;
  }

  private remove(entry: number): void {
    const at = this.at(entry);
    let place = LINE + (this.words[at + HASH] & this.mask);
    while (this.words[place] !== entry + 1) place = this.at(this.words[place] - 1) + CHAIN;
    this.words[place] = this.words[at + CHAIN];
    this.unlink(entry);
    this.putAway(entry);
    Atomics.sub(this.words, USED, 1);
  }

  /** Keeps a removed entry for a key to come. */
  private putAway(entry: number): void {
    const at = this.at(entry);
    this.words[at + TRACKERS] = REMOVED;
    this.words[at + CHAIN] = this.words[FREE];
    this.words[FREE] = entry + 1;
  }

  private linkNewest(entry: number): void {
    const at = this.at(entry);
    const newest = this.words[NEWEST];
    this.words[at + OLDER] = newest;
    this.words[at + NEWER] = 0;
    if (newest === 0) this.words[OLDEST] = entry + 1;
    else this.words[this.at(newest - 1) + NEWER] = entry + 1;
    this.words[NEWEST] = entry + 1;
  }

  private unlink(entry: number): void {
    const at = this.at(entry);
    const older = this.words[at + OLDER];
    const newer = this.words[at + NEWER];
    if (older === 0) this.words[OLDEST] = newer;
    else this.words[this.at(older - 1) + NEWER] = newer;
    if (newer === 0) this.words[NEWEST] = older;
    else this.words[this.at(newer - 1) + OLDER] = older;
  }
}
