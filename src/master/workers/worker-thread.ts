/**
 * One worker's thread, seen from the master: it loads its code, says so, and waits for its start. Who
 * gives it a place, and what comes of its end, `workers.ts` knows.
 */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Confinement, Report, ThreadData, WorkerStart } from '../../proxy/orders.js';
import { packageVersion } from '../../shared/version.js';
import { stackOfThread } from './thread-stack.js';

/** Whom a thread tells what happens to it. */
export interface ThreadOwner {
  onReport(thread: WorkerThread, message: Report): void;
  /** It has ended; the failure is null when it did so by itself or by order. */
  onExit(thread: WorkerThread, failure: Error | null, code: number): void;
}

/** A thread that begins to load its code at once. */
export class WorkerThread {
  /** Its code is loaded. */
  loaded = false;
  /** It declares no more foreign functions: its code is loaded, whether it can work or not. */
  private declared = false;
  /** It is to end as soon as it may. */
  private doomed = false;
  private readonly worker: Worker;
  /** Why it ends, if it should not. */
  private failure: Error | null = null;

  /** @param name what debuggers call it */
  constructor(url: URL, name: string, confinement: Confinement, owner: ThreadOwner) {
    setFlagsFromString('--expose-gc'); // for threads that begin from now on: `proxy/plan-garbage.ts`
    const workerData: ThreadData = { ...confinement, version: packageVersion() };
    this.worker = new Worker(url, { name, workerData });
    this.worker.on('message', (message: Report) => {
      if (message.kind === 'loaded') this.loaded = true;
      if (message.kind === 'loaded' || message.kind === 'refused') this.declared = true;
      if (this.doomed) this.terminate();
      else owner.onReport(this, message);
    });
    this.worker.on('error', (error) => {
      this.failure ??= error instanceof Error ? error : new Error(String(error));
    });
    this.worker.on('exit', (code) => owner.onExit(this, this.failure, code));
  }

  /** Puts it to work, once it is loaded; the port for its orders becomes its own. */
  start(start: WorkerStart): void {
    this.worker.postMessage(start, [start.orders]);
  }

  /**
   * Ends it from outside; one that works has to be woken besides. One that still loads its code ends after that: if
   * it were ended while it declares foreign functions, koffi would end the process (native-notes/ffi.md).
   */
  terminate(): void {
    if (this.declared) void this.worker.terminate();
    else this.doomed = true;
  }

  /**
   * Ends it because it is stuck; its failure is to be this, and where it was, if that can be told. One that
   * is in a call of the system does not end before that returns.
   */
  async condemn(reason: string): Promise<void> {
    const stack = await stackOfThread(this.worker.threadId);
    const failure = new Error(reason);
    failure.stack = `${reason}\n${stack ?? '    in a call of the system, or waiting for another thread'}`;
    this.failure ??= failure;
    this.terminate();
  }
}
