/**
 * Events per period, as HAProxy counts them: the events of the running period, and of the one before
 * in proportion to the part of it that a period reaching back from now still covers. Three words of
 * an Int32Array, written by one thread at a time.
 */

/** Words of one meter. */
export const RATE_WORDS = 3;
const STARTED = 0;
const CURRENT = 1;
const PREVIOUS = 2;

/**
 * Workers read their clocks once a turn, so that a period may have been begun by one that is this much
 * ahead (ms). What looks newer still is older than the clock's wrap.
 */
const AHEAD_MS_MAX = 1000;

/** Milliseconds since the period began; negative: so long ago that the clock has wrapped. */
function ageOf(words: Int32Array, at: number, nowMs: number): number {
  const age = (nowMs - words[at + STARTED]) | 0;
  return age < 0 && age >= -AHEAD_MS_MAX ? 0 : age;
}

/** Counts `events` at `nowMs` (wrapping); answers the events of the running period. */
export function countRate(words: Int32Array, at: number, nowMs: number, periodMs: number, events: number): number {
  const age = ageOf(words, at, nowMs);
  if (age >= periodMs || age < 0) {
    words[at + PREVIOUS] = age >= 0 && age < 2 * periodMs ? words[at + CURRENT] : 0;
    words[at + CURRENT] = 0;
    words[at + STARTED] = (nowMs - (age >= 0 && age < 2 * periodMs ? age % periodMs : 0)) | 0;
  }
  words[at + CURRENT] += events;
  return words[at + CURRENT];
}

/** Events in the period up to `nowMs`. */
export function readRate(words: Int32Array, at: number, nowMs: number, periodMs: number): number {
  const age = ageOf(words, at, nowMs);
  if (age < 0 || age >= 2 * periodMs) return 0;
  const current = words[at + CURRENT];
  if (age >= periodMs) return Math.trunc((current * (2 * periodMs - age)) / periodMs);
  const previous = words[at + PREVIOUS];
  return current + Math.trunc((previous * (periodMs - age)) / periodMs);
}

/**
 * The same as `countRate` for a meter that several threads count in at once. Events that are counted
 * just when a period ends may fall into either one.
 */
export function countSharedRate(words: Int32Array, at: number, nowMs: number, periodMs: number, events: number): number {
  const started = Atomics.load(words, at + STARTED);
  const age = ageOf(words, at, nowMs);
  if (age >= periodMs || age < 0) {
    const follows = age >= 0 && age < 2 * periodMs;
    const next = (nowMs - (follows ? age % periodMs : 0)) | 0;
    // Whoever is first begins the period.
    if (Atomics.compareExchange(words, at + STARTED, started, next) === started) {
      const ended = Atomics.exchange(words, at + CURRENT, 0);
      words[at + PREVIOUS] = follows ? ended : 0;
    }
  }
  return Atomics.add(words, at + CURRENT, events) + events;
}
