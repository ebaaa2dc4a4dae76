/**
 * A lock between threads on one 32-bit word of a SharedArrayBuffer, for critical sections of some
 * hundred nanoseconds without system calls. The word holds the owner, so that the master can free
 * what a dead worker still held.
 */

const FREE = 0;
/** Turns of busy waiting before the thread sleeps: longer than any critical section here takes. */
const SPINS = 200;
/** A sleeper looks again after this long even if nobody woke it (ms). */
const SLEEP_MS = 1;

/**
 * The master waits no longer than this (in sleeps, a millisecond or more each): while it waits it finds no
 * worker that is stuck with the lock, and hears of no death. Workers wait: the master looks after them.
 */
const MASTER_SLEEPS_MAX = 5000;

/** Owner number of the master; a worker's is its own number and one. */
export const MASTER_OWNER = 0x7fff_ffff;

/**
 * Takes the lock. `owner` is a positive number, unique to the thread. Throws, for the master, when somebody
 * holds it for seconds: rather than stand still with all that it has to do, the process ends.
 */
export function lock(words: Int32Array, at: number, owner: number): void {
  for (let sleeps = 0; ; sleeps++) {
    for (let i = 0; i < SPINS; i++) {
      if (Atomics.compareExchange(words, at, FREE, owner) === FREE) return;
    }
    const holder = Atomics.load(words, at);
    if (owner === MASTER_OWNER && sleeps >= MASTER_SLEEPS_MAX)
      throw new Error(`worker ${holder - 1} holds a lock for ${(MASTER_SLEEPS_MAX * SLEEP_MS) / 1000} s: it is stuck or dead`);
    if (holder !== FREE) Atomics.wait(words, at, holder, SLEEP_MS);
  }
}

/** Gives the lock back; only its owner may. */
export function unlock(words: Int32Array, at: number): void {
  Atomics.store(words, at, FREE);
}

/** Frees the lock if this owner, who is dead, holds it; answers whether it did. */
export function unlockFor(words: Int32Array, at: number, owner: number): boolean {
  return Atomics.compareExchange(words, at, owner, FREE) === owner;
}
