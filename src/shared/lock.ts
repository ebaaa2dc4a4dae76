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

/** Owner number of the master; a worker's is its own number and one. */
export const MASTER_OWNER = 0x7fff_ffff;

/** Takes the lock. `owner` is a positive number, unique to the thread. */
export function lock(words: Int32Array, at: number, owner: number): void {
  for (;;) {
    for (let i = 0; i < SPINS; i++) {
      if (Atomics.compareExchange(words, at, FREE, owner) === FREE) return;
    }
    const holder = Atomics.load(words, at);
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
