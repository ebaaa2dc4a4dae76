/**
 * One hashed timer wheel per worker, on typed arrays: a timer is a small number known to its
 * owner (a slot), arming and disarming are a few stores, and the engine only learns how long it
 * may wait. Times are wrapping 32-bit milliseconds: they are subtracted, never compared.
 */

/** Milliseconds of one bucket: how late a timer may fire. */
const TICK_MS = 4;
/** Buckets; a power of two. A timer further away than one revolution is passed over until its turn. */
const BUCKETS = 4096;
/** The longest delay, some 12 days: half of what wrapping milliseconds can tell from the past. */
const DELAY_MAX_MS = 0x4000_0000;
const BITMAP_WORDS = BUCKETS >> 5;

const NONE = -1;

/** Timers for a fixed set of owners, in wrapping milliseconds. */
export class TimerWheel {
  private readonly deadline: Int32Array;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  /** The bucket a timer is in, or NONE. */
  private readonly bucket: Int16Array;
  private readonly heads = new Int32Array(BUCKETS).fill(NONE);
  /** Which buckets hold timers: the search for the next one reads 32 at a time. */
  private readonly occupied = new Int32Array(BITMAP_WORDS);
  private armed = 0;
  /** The bucket time has reached, as a count of ticks. */
  private tick: number;
  private nowMs: number;

  /**
   * @param timers timer numbers are 0..timers-1
   * @param nowMs the present
   */
  constructor(timers: number, nowMs: number) {
    this.deadline = new Int32Array(timers);
    this.next = new Int32Array(timers);
    this.previous = new Int32Array(timers);
    this.bucket = new Int16Array(timers).fill(NONE);
    this.nowMs = nowMs;
    this.tick = 0;
  }

  /** Timers that are armed. */
  get size(): number {
    return this.armed;
  }

  isArmed(timer: number): boolean {
    return this.bucket[timer] !== NONE;
  }

  /** Fires `timer` in `delayMs` (at most 12 days) from `nowMs`, instead of whenever it was to fire before. */
  arm(timer: number, nowMs: number, delayMs: number): void {
    this.disarm(timer);
    if (this.armed === 0) this.nowMs = nowMs; // time may have stood still for longer than it can count
    this.deadline[timer] = (nowMs + Math.min(delayMs, DELAY_MAX_MS)) | 0;
    const away = Math.max(1, Math.ceil(((this.deadline[timer] - this.nowMs) | 0) / TICK_MS));
    this.link(timer, (this.tick + away) & (BUCKETS - 1));
  }

  /** What is armed fires so much later (ms). Looks at all timers: for what happens seldom. */
  putOff(nowMs: number, ms: number): void {
    for (let timer = 0; timer < this.bucket.length; timer++) {
      if (this.isArmed(timer)) this.arm(timer, nowMs, ((this.deadline[timer] - nowMs) | 0) + ms);
    }
  }

  disarm(timer: number): void {
    const bucket = this.bucket[timer];
    if (bucket === NONE) return;
    const next = this.next[timer];
    const previous = this.previous[timer];
    if (previous === NONE) this.heads[bucket] = next;
    else this.next[previous] = next;
    if (next !== NONE) this.previous[next] = previous;
    if (this.heads[bucket] === NONE) this.occupied[bucket >> 5] &= ~(1 << (bucket & 31));
    this.bucket[timer] = NONE;
    this.armed--;
  }

  /** Milliseconds until something may fire, for the engine's wait; -1 when nothing is armed. */
  delay(nowMs: number): number {
    if (this.armed === 0) return -1;
    const ticks = this.ticksToOccupied();
    return Math.max(0, (((this.nowMs + ticks * TICK_MS) | 0) - nowMs) | 0);
  }

  /**
   * Moves time forward and calls `onTimer` for every timer that is due; it is disarmed before and
   * may be armed again by the call.
   */
  advance(nowMs: number, owner: { onTimer(timer: number): void }): void {
    const ticks = (((nowMs - this.nowMs) | 0) / TICK_MS) | 0;
    if (ticks <= 0) return;
    const steps = Math.min(ticks, BUCKETS);
    const first = this.tick + 1;
    this.tick = (this.tick + ticks) & (BUCKETS - 1);
    this.nowMs = (this.nowMs + ticks * TICK_MS) | 0;
    if (this.armed === 0) return;
    for (let i = 0; i < steps; i++) {
      const bucket = (first + i) & (BUCKETS - 1);
      if (this.heads[bucket] !== NONE) this.fire(bucket, owner);
    }
  }

  private fire(bucket: number, owner: { onTimer(timer: number): void }): void {
    // Timers armed by a call go to later buckets, so that this walk ends; but a call may disarm
    // the timer that would come next: the walk starts again from the head after each call.
    let timer = this.heads[bucket];
    while (timer !== NONE) {
      const due = ((this.deadline[timer] - this.nowMs) | 0) <= 0;
      if (!due) {
        timer = this.next[timer];
        continue;
      }
      this.disarm(timer);
      owner.onTimer(timer);
      timer = this.heads[bucket];
    }
  }

  private link(timer: number, bucket: number): void {
    const head = this.heads[bucket];
    this.next[timer] = head;
    this.previous[timer] = NONE;
    if (head !== NONE) this.previous[head] = timer;
    this.heads[bucket] = timer;
    this.occupied[bucket >> 5] |= 1 << (bucket & 31);
    this.bucket[timer] = bucket;
    this.armed++;
  }

  /** Ticks until the next bucket that holds a timer, 1..BUCKETS. */
  private ticksToOccupied(): number {
    const from = (this.tick + 1) & (BUCKETS - 1);
    let word = this.occupied[from >> 5] & (-1 << (from & 31));
    for (let i = 0; i <= BITMAP_WORDS; i++) {
      const at = ((from >> 5) + i) & (BITMAP_WORDS - 1);
      if (i > 0) word = this.occupied[at];
      if (word !== 0) {
        const bucket = (at << 5) + (31 - Math.clz32(word & -word));
        return ((bucket - from) & (BUCKETS - 1)) + 1;
      }
    }
    return BUCKETS;
  }
}
