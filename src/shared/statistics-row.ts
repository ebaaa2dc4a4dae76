/**
 * The statistics of one frontend, bind, backend or server, or of the process. Each worker counts in a
 * row of its own, which the reader sums; sessions at the moment and rates are exact over all workers.
 * Where something is counted is the business of who calls.
 */
import { countSharedRate, readRate } from './rate.js';
import type { RowPlace, StatisticsChunk } from './statistics.js';
import {
  AT_CONNECTION_RATE,
  AT_CURRENT,
  AT_EPOCH,
  AT_SESSION_RATE,
  type AverageStatistic,
  COUNTED_STATISTICS,
  type CountedStatistic,
  HIGHEST_STATISTICS,
  type HighestStatistic,
  LINE_WORDS,
  ROW_DOUBLES,
  rowAt,
  STAT,
} from './statistics-layout.js';

const RATE_PERIOD_MS = 1000;
/** Averages are those of as many latest samples (management manual, 9.1: qtime, ctime, ttime). */
const SAMPLES_MAX = 1024;

/** The chunks of a table as one thread sees them: each is opened once. */
export class OpenChunks {
  private readonly opened = new Map<StatisticsChunk, OpenChunk>();

  /** @param worker who opens them; none of the workers: the master */
  constructor(
    private readonly workers: number,
    private readonly worker: number,
  ) {}

  /** The row at a place. */
  row({ chunk, row }: RowPlace): StatisticsRow {
    let open = this.opened.get(chunk);
    if (open === undefined) {
      const { buffer, rows } = chunk;
      open = { words: new Int32Array(buffer), doubles: new Float64Array(buffer), rows, workers: this.workers };
      this.opened.set(chunk, open);
    }
    const isWorker = this.worker >= 0 && this.worker < this.workers;
    return new StatisticsRow(open, row, isWorker ? this.worker : this.workers);
  }
}

interface OpenChunk {
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly rows: number;
  readonly workers: number;
}

/** A row, opened by one worker or by the master. */
export class StatisticsRow {
  /** The opener's own numbers, indexed by STAT. The master's are added to those of the workers. */
  readonly own: Float64Array;
  private readonly words: Int32Array;
  /** The word at which the line begins that all write. */
  private readonly line: number;
  /** Samples that the window of a worker holds: those of all together are SAMPLES_MAX. */
  private readonly window: number;

  /** @param worker whose numbers are its own; `chunk.workers`: the master's */
  constructor(
    private readonly chunk: OpenChunk,
    private readonly row: number,
    worker: number,
  ) {
    this.words = chunk.words;
    this.line = row * LINE_WORDS;
    const first = this.first(worker);
    this.own = chunk.doubles.subarray(first, first + ROW_DOUBLES);
    this.window = Math.ceil(SAMPLES_MAX / chunk.workers);
  }

  // Counting: by the opening worker.

  /** Sessions, or connections of a server, at the moment. */
  get current(): number {
    return Atomics.load(this.words, this.line + AT_CURRENT);
  }

  /** Counts a session; answers how many there are with it. */
  enter(nowMs: number): number {
    this.admit(nowMs);
    return this.arrive();
  }

  /** Counts one among those that there are at the moment; answers how many there are with it. */
  arrive(): number {
    const { own } = this;
    own[STAT.ownCurrent]++;
    const current = Atomics.add(this.words, this.line + AT_CURRENT, 1) + 1;
    if (current > own[STAT.currentMax]) own[STAT.currentMax] = current;
    return current;
  }

  /** Counts a session among those that there have been. */
  admit(nowMs: number): void {
    const { own } = this;
    own[STAT.sessions]++;
    const rate = countSharedRate(this.words, this.line + AT_SESSION_RATE, nowMs, RATE_PERIOD_MS, 1);
    if (rate > own[STAT.sessionRateMax]) own[STAT.sessionRateMax] = rate;
  }

  /** Counts a connection that was accepted, whatever becomes of it. */
  connect(nowMs: number): void {
    const { own } = this;
    own[STAT.connections]++;
    const rate = countSharedRate(this.words, this.line + AT_CONNECTION_RATE, nowMs, RATE_PERIOD_MS, 1);
    if (rate > own[STAT.connectionRateMax]) own[STAT.connectionRateMax] = rate;
  }

  /** Takes an ended one off. */
  leave(): void {
    this.own[STAT.ownCurrent]--;
    Atomics.sub(this.words, this.line + AT_CURRENT, 1);
  }

  /** Takes all of the opening worker off: it has died, and they with it. */
  leaveAll(): void {
    Atomics.sub(this.words, this.line + AT_CURRENT, this.own[STAT.ownCurrent]);
    this.own[STAT.ownCurrent] = 0;
  }

  /** Notes how many there are of something, as the most unless there have been more. */
  note(statistic: HighestStatistic, value: number): void {
    const { own } = this;
    if (value > own[STAT[statistic]]) own[STAT[statistic]] = value;
  }

  /** Takes the times of a session that had a server, in milliseconds: in queues, to connect, in all. */
  sample(queueMs: number, connectMs: number, totalMs: number): void {
    const { own, window } = this;
    const epoch = Atomics.load(this.words, this.line + AT_EPOCH);
    if (own[STAT.epoch] !== epoch) {
      own.fill(0, STAT.queueMs, STAT.epoch);
      own[STAT.epoch] = epoch;
    }
    if (own[STAT.samples] < window) own[STAT.samples]++;
    else {
      own[STAT.queueMs] -= own[STAT.queueMs] / window;
      own[STAT.connectMs] -= own[STAT.connectMs] / window;
      own[STAT.totalMs] -= own[STAT.totalMs] / window;
    }
    own[STAT.queueMs] += queueMs;
    own[STAT.connectMs] += connectMs;
    own[STAT.totalMs] += totalMs;
    this.note('queueMsMax', queueMs);
    this.note('connectMsMax', connectMs);
    this.note('totalMsMax', totalMs);
  }

  // Reading: by anybody.

  /** Sessions that began in the last second. */
  rate(nowMs: number): number {
    return readRate(this.words, this.line + AT_SESSION_RATE, nowMs, RATE_PERIOD_MS);
  }

  /** Connections accepted in the last second. */
  connectionRate(nowMs: number): number {
    return readRate(this.words, this.line + AT_CONNECTION_RATE, nowMs, RATE_PERIOD_MS);
  }

  /** Sessions since the start, or since counters were cleared. */
  get total(): number {
    return this.sum('sessions');
  }

  /** The sum over all workers. */
  sum(statistic: CountedStatistic): number {
    const { doubles, workers } = this.chunk;
    let sum = 0;
    for (let worker = 0; worker <= workers; worker++) sum += doubles[this.first(worker) + STAT[statistic]];
    return sum;
  }

  /** The most that any worker has met; 0: nothing yet. */
  highest(statistic: HighestStatistic): number {
    const { doubles, workers } = this.chunk;
    let most = 0;
    for (let worker = 0; worker <= workers; worker++) most = Math.max(most, doubles[this.first(worker) + STAT[statistic]]);
    return most;
  }

  /** The average of the latest samples, rounded up as HAProxy's; 0 without one. */
  average(statistic: AverageStatistic): number {
    const { doubles, workers } = this.chunk;
    const epoch = Atomics.load(this.words, this.line + AT_EPOCH);
    let sum = 0;
    let samples = 0;
    for (let worker = 0; worker < workers; worker++) {
      const at = this.first(worker);
      if (doubles[at + STAT.epoch] !== epoch) continue;
      sum += doubles[at + STAT[statistic]];
      samples += doubles[at + STAT.samples];
    }
    return samples === 0 ? 0 : Math.ceil(sum / samples - ROUNDING);
  }

  // Setting back: by the master.

  /**
   * Lets the highest values begin anew (`clear counters`). A worker that writes at the same moment
   * writes what it has just met, which is as good.
   */
  clearHighest(): void {
    for (const name of HIGHEST_STATISTICS) if (name !== 'lastSession') this.zero(name);
  }

  /**
   * Lets everything begin anew (`clear counters all`). What workers have counted is theirs: the
   * master's own numbers take it off.
   */
  clearAll(): void {
    this.clearHighest();
    this.zero('lastSession');
    for (const name of COUNTED_STATISTICS) this.own[STAT[name]] -= this.sum(name);
    Atomics.add(this.words, this.line + AT_EPOCH, 1);
  }

  private zero(statistic: HighestStatistic): void {
    const { doubles, workers } = this.chunk;
    for (let worker = 0; worker <= workers; worker++) doubles[this.first(worker) + STAT[statistic]] = 0;
  }

  private first(worker: number): number {
    return rowAt(this.chunk.rows, this.row, worker);
  }
}

/** What adding and taking off parts of milliseconds may have left. */
const ROUNDING = 1e-6;
