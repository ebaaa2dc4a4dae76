/**
 * The clock that nobody sets (CLOCK_MONOTONIC): the same in all threads, and the one that engines tell
 * (`Engine.nowMs`). What passes between two moments is told by it, never by the time of day.
 */

/** Between that clock and `performance.now()`, whose zero is the start of its thread, and which makes no object. */
const ZERO_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Wrapping milliseconds as a 32-bit integer: subtract, never compare. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n) | 0;
}

/** Whole seconds; they do not wrap. */
export function monotonicSeconds(): number {
  return Math.trunc((performance.now() + ZERO_MS) / 1000);
}
