/** Waiting for something that gives no event of its own, with a bound. */
import { setTimeout as delay } from 'node:timers/promises';

/** Between two looks, in milliseconds. */
const LOOK_MS = 10;
/** How long a test waits unless it says otherwise, in milliseconds: far longer than a loaded machine needs. */
export const WAIT_MS_MAX = 20_000;

/**
 * Looks again and again until `condition` answers something truthy, and answers that. What it
 * throws is thrown. Throws an Error naming `what` after `withinMs` milliseconds.
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  withinMs: number = WAIT_MS_MAX,
): Promise<Exclude<T, false | 0 | '' | null | undefined>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer as Exclude<T, false | 0 | '' | null | undefined>;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(LOOK_MS);
  }
}
