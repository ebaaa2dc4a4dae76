/**
 * The garbage that plans leave in a worker's heap. V8 collects it step by step, in tasks of Node's event loop; a
 * worker never returns to that, and a collection that was begun goes on with the next plan only, which is kept until
 * it is over: with every reload more is left. So it is collected here, all at once, before there is too much.
 */
import { getHeapStatistics } from 'node:v8';

/** Garbage that may stay (bytes): a collection holds a worker up for some ten ms, and a plan of usual size leaves less than one MB. */
export const GARBAGE_MAX = 64 * 2 ** 20;

/** Collects the whole heap of this thread at once: V8's, where it runs with `--expose-gc`. */
export type Collect = () => void;

/** The heap of one worker. */
export class PlanGarbage {
  private live: number;

  constructor(private readonly collect: Collect) {
    this.live = used();
  }

  /** Call before another plan is made: while one is, the worker serves nobody anyway. */
  tidy(): void {
    if (used() < 2 * this.live + GARBAGE_MAX) return;
    this.collect();
    // One that V8 had begun keeps what has come since; only of the next it is known that nothing else is in use.
    if (used() > 1.25 * this.live) {
      this.collect();
      this.live = used();
    } else this.live = Math.min(this.live, used());
  }
}

function used(): number {
  return getHeapStatistics().used_heap_size;
}
