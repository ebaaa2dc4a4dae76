/**
 * Finds workers that are stuck: in a loop without an end, or in a call that does not return. One that is
 * well makes a round of its loop whenever it is woken. What comes of a stuck one, `workers.ts` knows.
 */

/** A round takes milliseconds at most; during this long clients of a stuck worker wait in vain (ms). */
export const STUCK_AFTER_MS = 5000;
/** While plans are made ready: rules and maps of a large one take seconds to compile (ms). */
export const STUCK_AFTER_PREPARING_MS = 60_000;
/** It looks this often in the shortest of these times. */
const LOOKS = 5;
/** A look that comes late counts as so many: then the whole process did not run, or this thread did not. */
const LATE_LOOKS_MAX = 2;

/** Whom it watches. */
export interface Watched {
  readonly workers: number;
  /** Rounds that a worker has made so far; null: it is not to be judged at the moment. */
  rounds(worker: number): number | null;
  /** Has it make a round. */
  wake(worker: number): void;
  /** How long it may take (ms). */
  patienceMs(): number;
  /** It has made none for so long (ms). Called once, unless it goes on after all. */
  onStuck(worker: number, forMs: number): void;
}

/** What is known of one worker. */
interface Watch {
  rounds: number | null;
  /** Since it was woken without a round coming of it (ms); null: it has made one. */
  silentMs: number | null;
  told: boolean;
}

/** The watch over all workers. */
export class Watchdog {
  private readonly watches: readonly Watch[];
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly watched: Watched) {
    this.watches = Array.from({ length: watched.workers }, () => ({ rounds: null, silentMs: null, told: false }));
  }

  /** @param shortestMs the shortest patience there will be */
  begin(shortestMs: number): void {
    const periodMs = shortestMs / LOOKS;
    let lookedAt = performance.now();
    this.timer = setInterval(() => {
      const now = performance.now();
      this.look(Math.min(now - lookedAt, LATE_LOOKS_MAX * periodMs));
      lookedAt = now;
    }, periodMs).unref();
  }

  end(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** Looks at all of them; so much time has passed since it did (ms). */
  look(passedMs: number): void {
    for (const [worker, watch] of this.watches.entries()) this.judge(worker, watch, passedMs);
  }

  private judge(worker: number, watch: Watch, passedMs: number): void {
    const { watched } = this;
    const rounds = watched.rounds(worker);
    if (rounds === null || rounds !== watch.rounds) {
      watch.rounds = rounds;
      watch.silentMs = null;
      watch.told = false;
      return;
    }
    // It may have slept until now: what counts is the time since it was woken.
    watch.silentMs = watch.silentMs === null ? 0 : watch.silentMs + passedMs;
    watched.wake(worker);
    if (watch.told || watch.silentMs < watched.patienceMs()) return;
    watch.told = true;
    watched.onStuck(worker, watch.silentMs);
  }
}
