/** Former plans of which workers still have sessions: their tables are in use as long as one does. */
import type { SharedState } from '../../shared/state.js';

interface Former {
  readonly shared: SharedState;
  /** The workers that have not let go of it. */
  readonly holders: Set<number>;
}

/** Which worker holds which former plans. */
export class Generations {
  private readonly former = new Map<number, Former>();

  /** @param onDropped called when the last worker has let go of a plan */
  constructor(private readonly onDropped: (generation: number) => void) {}

  /** What they share in these plans. */
  get states(): SharedState[] {
    return [...this.former.values()].map(({ shared }) => shared);
  }

  /** A plan is not in force any more. */
  add(generation: number, shared: SharedState, holders: readonly number[]): void {
    this.former.set(generation, { shared, holders: new Set(holders) });
    this.check(generation);
  }

  /** A worker has let go of a plan. */
  drop(generation: number, worker: number): void {
    this.former.get(generation)?.holders.delete(worker);
    this.check(generation);
  }

  /** A worker has died. */
  dropAll(worker: number): void {
    for (const generation of [...this.former.keys()]) this.drop(generation, worker);
  }

  private check(generation: number): void {
    if (this.former.get(generation)?.holders.size !== 0) return;
    this.former.delete(generation);
    this.onDropped(generation);
  }
}
