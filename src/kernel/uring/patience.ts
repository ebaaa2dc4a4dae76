/**
 * How many completions a turn waits for. One, unless turns have lately brought many: then waking up
 * for each would cost more than what it brings. Whether so many do come is learnt: a few clients who
 * each wait for an answer send nothing more before they have it, and a wait for more only delays them.
 */

/** The mean of completions per turn is taken over about 2^BATCH_SHIFT turns. */
const BATCH_SHIFT = 3;
/** Completions per turn from which on a worker counts as busy. */
const BATCH_BUSY = 4;
/** Completions waited for at most. */
const WANTED_MAX = 32;
/** Turns without patience after it was in vain; doubled each time in a row, up to the second number. */
const DOUBT_TURNS = 8;
const DOUBT_TURNS_MAX = 1024;

/** The patience of one ring. */
export class Patience {
  /** Running mean of completions per turn, times 2^BATCH_SHIFT. */
  private usualBatch = 0;
  private wanted = 1;
  /** Turns until it is patient again, and those after the next time that it is in vain. */
  private doubt = 0;
  private nextDoubt = DOUBT_TURNS;

  /** Completions that the next turn is to wait for; 1: no patience. */
  next(): number {
    const usual = this.usualBatch >> BATCH_SHIFT;
    if (this.doubt > 0) this.doubt--;
    else if (usual >= BATCH_BUSY) {
      this.wanted = Math.min(2 * usual, WANTED_MAX);
      return this.wanted;
    }
    this.wanted = 1;
    return 1;
  }

  /** What that turn has brought. */
  learn(completions: number): void {
    this.usualBatch += completions - (this.usualBatch >> BATCH_SHIFT);
    if (this.wanted === 1) return;
    if (completions >= this.wanted) {
      this.nextDoubt = DOUBT_TURNS;
      return;
    }
    this.doubt = this.nextDoubt;
    this.nextDoubt = Math.min(2 * this.nextDoubt, DOUBT_TURNS_MAX);
  }

  /** Something has begun that must not be held back until others join it: a stream, a single accept. */
  hurry(): void {
    this.usualBatch = 0;
  }
}
