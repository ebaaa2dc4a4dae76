/**
 * Live counters of each worker, written by it alone and summed by whoever reads. A counter is a
 * double: exact up to 2^53, and read whole.
 */

/** The counters, by name. Those ending in `Now` are gauges; `buffersTouched` is the most of `buffersInUseNow`. */
export const COUNTER_NAMES = [
  'sessionsTotal',
  'sessionsNow',
  'bytesFromClients',
  'bytesFromServers',
  'bytesSent',
  'bytesSpliced',
  'connectErrors',
  'retries',
  'redispatches',
  'noServer',
  'clientTimeouts',
  'serverTimeouts',
  'connectTimeouts',
  'queueTimeouts',
  'queuesFull',
  'resets',
  'connectionsDenied',
  'sessionsDenied',
  'requestsDenied',
  'responsesDenied',
  'proxyErrors',
  'acceptErrors',
  'acceptPauses',
  'maxconnReached',
  'buffersExhausted',
  'buffersInUseNow',
  'buffersTouched',
  'pipesExhausted',
  'pipesInUseNow',
  'pipesIdleNow',
  'streams',
  'turns',
  'processorMs',
  'lateCompletions',
  'logsDropped',
  'logTargetsFailingNow',
] as const;
/** The name of a counter. */
export type CounterName = (typeof COUNTER_NAMES)[number];

/** What a worker has at the moment, and has no more when it is dead. */
export const WORKER_GAUGES = ['sessionsNow', 'buffersInUseNow', 'pipesInUseNow', 'pipesIdleNow'] as const;

/** The place of each counter in a worker's row. */
export const COUNTER = Object.fromEntries(COUNTER_NAMES.map((name, i) => [name, i])) as Readonly<Record<CounterName, number>>;

/** Doubles in a row: whole cache lines, so that no two workers write the same one. */
const ROW = Math.ceil(COUNTER_NAMES.length / 8) * 8;

/** The counters of all workers. */
export class WorkerCounters {
  private readonly values: Float64Array;
  private readonly workers: number;

  static create(workers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(workers * ROW * 8);
  }

  constructor(buffer: SharedArrayBuffer) {
    this.values = new Float64Array(buffer);
    this.workers = this.values.length / ROW;
  }

  /** The row of one worker, to be indexed by COUNTER. */
  row(worker: number): Float64Array {
    return this.values.subarray(worker * ROW, (worker + 1) * ROW);
  }

  /** The sum over all workers. */
  total(name: CounterName): number {
    let sum = 0;
    for (let worker = 0; worker < this.workers; worker++) sum += this.values[worker * ROW + COUNTER[name]];
    return sum;
  }
}
