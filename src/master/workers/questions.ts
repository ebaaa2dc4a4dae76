/**
 * Questions to workers that have not been answered yet. Whoever asks gets an answer in bounded time,
 * and null when the worker has died or is too busy: nobody waits for ever.
 */
import type { WorkerAnswer } from '../../proxy/questions.js';

/** A worker answers between two turns of its loop, within a millisecond: who takes this long is stuck. */
const PATIENCE_MS = 2000;

/** One that is under way. */
interface Pending {
  readonly worker: number;
  readonly settle: (answer: WorkerAnswer | null) => void;
  readonly late: NodeJS.Timeout;
}

/** All that are under way. */
export class Questions {
  private readonly pending = new Map<number, Pending>();
  private last = 0;

  constructor(private readonly patienceMs = PATIENCE_MS) {}

  /** A question is put to a worker: its number, and what comes of it. */
  put(worker: number): { readonly number: number; readonly answered: Promise<WorkerAnswer | null> } {
    this.last += 1;
    const number = this.last;
    const answered = new Promise<WorkerAnswer | null>((settle) => {
      const late = setTimeout(() => this.answer(number, null), this.patienceMs);
      this.pending.set(number, { worker, settle, late });
    });
    return { number, answered };
  }

  /** An answer has come; one that nobody waits for any more is let go. */
  answer(number: number, answer: WorkerAnswer | null): void {
    const pending = this.pending.get(number);
    if (pending === undefined) return;
    this.pending.delete(number);
    clearTimeout(pending.late);
    pending.settle(answer);
  }

  /** A worker is gone: it answers nothing. */
  abandon(worker: number): void {
    for (const [number, pending] of this.pending) if (pending.worker === worker) this.answer(number, null);
  }
}
