/**
 * A limit of connections (`maxconn`), of the process, of a frontend or of a bind: one exact count for all workers, and who waits for
 * a place. A worker that finds the gate full stops accepting and is woken when a place is free.
 */
import type { Piece } from './pieces.js';

const LINE = 16; // 32-bit words in a cache line
const CURRENT = 0;
const WAITERS = LINE;
const MAX = 2 * LINE;
const WORKERS = 2 * LINE + 1;
/** Connections, and sessions, of all frontends in a second; 0: as many as come. */
const CONNECTION_RATE = 2 * LINE + 2;
const SESSION_RATE = 2 * LINE + 3;
/** More than there can be connections. */
const UNLIMITED = 2 ** 31 - 1;
const NEXT = 3 * LINE;
const SHORTAGE = 3 * LINE + 1;
const FLAGS = 4 * LINE;
/** In the line of a worker's flag: places that it has taken by `enterAs`. */
const SHARE = 1;

// What a worker's flag says.
const NOT_WAITING = 0;
/** It has stopped accepting. */
const STOPPED = 1;
/** It has accepted a connection for which there was no place. */
const IN_HAND = 2;

/** A count of connections, its limit, and the workers waiting for a place. */
export class ConnectionGate {
  private readonly words: Int32Array;
  private readonly base: number;
  private readonly workers: number;

  /** A gate in a buffer of its own. */
  static create(maxconn: number, workers: number): Piece {
    const piece = { words: new Int32Array(new SharedArrayBuffer(4 * ConnectionGate.words(workers))), base: 0 };
    ConnectionGate.begin(piece, maxconn, workers);
    return piece;
  }

  /** Words of a gate: whole cache lines. */
  static words(workers: number): number {
    return FLAGS + workers * LINE;
  }

  /** Makes a gate of words that are all zero. */
  static begin({ words, base }: Piece, maxconn: number, workers: number): void {
    words[base + MAX] = maxconn > 0 ? maxconn : UNLIMITED;
    words[base + WORKERS] = workers;
  }

  constructor({ words, base }: Piece) {
    this.words = words;
    this.base = base;
    this.workers = words[base + WORKERS];
  }

  /** Connections at the moment. */
  get current(): number {
    return Atomics.load(this.words, this.base + CURRENT);
  }

  /** The limit. */
  get max(): number {
    return Atomics.load(this.words, this.base + MAX);
  }

  /** Whoever waits for a place is not told: see `passOn`. */
  set max(max: number) {
    Atomics.store(this.words, this.base + MAX, max > 0 ? max : UNLIMITED);
  }

  /** Nobody enters any more, until there is another limit. */
  shut(): void {
    Atomics.store(this.words, this.base + MAX, 0);
  }

  /** See `shut`. */
  get isShut(): boolean {
    return this.max === 0;
  }

  /** Connections in a second, and sessions; 0: as many as come. */
  get connectionRateMax(): number {
    return Atomics.load(this.words, this.base + CONNECTION_RATE);
  }

  set connectionRateMax(perSecond: number) {
    Atomics.store(this.words, this.base + CONNECTION_RATE, perSecond);
  }

  get sessionRateMax(): number {
    return Atomics.load(this.words, this.base + SESSION_RATE);
  }

  set sessionRateMax(perSecond: number) {
    Atomics.store(this.words, this.base + SESSION_RATE, perSecond);
  }

  /** Takes a place; false when there is none. */
  enter(): boolean {
    if (Atomics.add(this.words, this.base + CURRENT, 1) < this.max) return true;
    Atomics.sub(this.words, this.base + CURRENT, 1);
    return false;
  }

  /** Takes a place for a worker, which `leaveAll` gives back when it dies; false when there is none. */
  enterAs(worker: number): boolean {
    if (!this.enter()) return false;
    this.words[this.base + FLAGS + worker * LINE + SHARE]++;
    return true;
  }

  /** Gives back a place taken by `enterAs`. */
  leaveAs(worker: number, wake: (worker: number) => void): void {
    this.words[this.base + FLAGS + worker * LINE + SHARE]--;
    this.leave(1, wake);
  }

  /** Gives back all that a dead worker took by `enterAs`, and its wish for one. */
  leaveAll(worker: number, wake: (worker: number) => void): void {
    const at = this.base + FLAGS + worker * LINE + SHARE;
    const share = this.words[at];
    this.words[at] = 0;
    this.forget(worker);
    this.leave(share, wake);
  }

  /** Gives `count` places back and wakes who can use them. */
  leave(count: number, wake: (worker: number) => void): void {
    Atomics.sub(this.words, this.base + CURRENT, count);
    this.wakeWaiters(Math.max(count, this.max - this.current), wake);
  }

  /**
   * Wakes who can use the places that are free. For a worker that was woken and has taken what it
   * needed: the one who woke it thought that the place was used.
   */
  passOn(wake: (worker: number) => void): void {
    this.wakeWaiters(this.max - this.current, wake);
  }

  /**
   * Wakes the workers that have a connection in hand, as many as there are places, and if there
   * are more all that stopped accepting: only their listeners know whether somebody is there.
   */
  private wakeWaiters(free: number, wake: (worker: number) => void): void {
    if (free <= 0 || Atomics.load(this.words, this.base + WAITERS) === 0) return;
    let places = free;
    const first = Atomics.add(this.words, this.base + NEXT, 1) >>> 0;
    for (let i = 0; i < this.workers; i++) {
      const worker = (first + i) % this.workers;
      if (!this.claim(worker, IN_HAND)) continue;
      wake(worker);
      if (--places === 0) return;
    }
    for (let worker = 0; worker < this.workers; worker++) if (this.claim(worker, STOPPED)) wake(worker);
  }

  /**
   * Notes that a worker wants to be woken when a place is free. The caller then tries `enter` once
   * more: a place that became free in between wakes nobody.
   * @param inHand it holds an accepted connection that waits for the place
   */
  await(worker: number, inHand: boolean): void {
    const before = Atomics.exchange(this.words, this.base + FLAGS + worker * LINE, inHand ? IN_HAND : STOPPED);
    if (before === NOT_WAITING) Atomics.add(this.words, this.base + WAITERS, 1);
  }

  /** Takes back `await`. */
  forget(worker: number): void {
    if (!this.claim(worker, IN_HAND)) this.claim(worker, STOPPED);
  }

  /** True for the one thread that tells the operator that the system is short of something. */
  beginShortage(): boolean {
    return Atomics.compareExchange(this.words, this.base + SHORTAGE, 0, 1) === 0;
  }

  /** True for the one thread that tells the operator that the shortage is over. */
  endShortage(): boolean {
    return Atomics.compareExchange(this.words, this.base + SHORTAGE, 1, 0) === 1;
  }

  private claim(worker: number, state: number): boolean {
    if (Atomics.compareExchange(this.words, this.base + FLAGS + worker * LINE, state, NOT_WAITING) !== state) return false;
    Atomics.sub(this.words, this.base + WAITERS, 1);
    return true;
  }
}
