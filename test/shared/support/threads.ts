/** Runs one function of a module in several real threads at once and collects what they answer. */
import { parentPort, Worker, workerData } from 'node:worker_threads';

/** What each thread is given: its number, and what all of them share. */
export interface ThreadStart<T> {
  readonly index: number;
  readonly shared: T;
  /** How many threads there will be, and [0]: how many have begun. */
  readonly count: number;
  readonly begun: Int32Array;
}

/** Starts `count` threads that run `module` and resolves with their answers, in order; rejects when one fails. */
export function inThreads<T, Answer>(module: URL, count: number, shared: T): Promise<Answer[]> {
  const begun = new Int32Array(new SharedArrayBuffer(4));
  return Promise.all(
    Array.from(
      { length: count },
      (_, index) =>
        new Promise<Answer>((resolve, reject) => {
          const start: ThreadStart<T> = { index, shared, count, begun };
          const worker = new Worker(module, { workerData: start });
          worker.once('message', resolve);
          worker.once('error', reject);
          worker.once('exit', (code) => reject(new Error(`thread ${index} ended with ${code} and said nothing`)));
        }),
    ),
  );
}

/** What this thread was started with, as soon as all of them have been: one that is alone proves nothing. */
export function threadStart<T>(): ThreadStart<T> {
  const start = workerData as ThreadStart<T>;
  let there = Atomics.add(start.begun, 0, 1) + 1;
  Atomics.notify(start.begun, 0);
  while (there < start.count) {
    Atomics.wait(start.begun, 0, there);
    there = Atomics.load(start.begun, 0);
  }
  return start;
}

/** Answers whoever started this thread. */
export function answer(value: unknown): void {
  parentPort?.postMessage(value);
}
