/** What a row of statistics holds, and where: the offsets that the classes of statistics share. */

/** Numbers that only grow, summed over workers. Times are in milliseconds, summed over the samples of a window. */
const COUNTED = [
  'connections',
  'sessions',
  'bytesIn',
  'bytesOut',
  'bytesInLost',
  'bytesOutLost',
  'requestsDenied',
  'responsesDenied',
  'connectionsDenied',
  'sessionsDenied',
  'requestErrors',
  'connectErrors',
  'responseErrors',
  'retries',
  'redispatches',
  'clientAborts',
  'serverAborts',
  'internalErrors',
  'balanced',
  'connects',
] as const;

/** The most there has been; over workers the highest. */
const HIGHEST = [
  'currentMax',
  'queuedMax',
  'sessionRateMax',
  'connectionRateMax',
  'queueMsMax',
  'connectMsMax',
  'totalMsMax',
  /** When a session was last given to it, in seconds of the monotonic clock; 0: never. */
  'lastSession',
] as const;

/** Sliding sums of times, how many samples they have, and the epoch that they belong to; a worker's own. */
const SLIDING = ['queueMs', 'connectMs', 'totalMs', 'samples', 'epoch'] as const;

/** A number that is summed over workers. */
export type CountedStatistic = (typeof COUNTED)[number];
/** A number of which the highest of all workers counts. */
export type HighestStatistic = (typeof HIGHEST)[number];
/** An average over the latest samples. */
export type AverageStatistic = Exclude<(typeof SLIDING)[number], 'samples' | 'epoch'>;
type Place = CountedStatistic | HighestStatistic | (typeof SLIDING)[number] | 'ownCurrent';

const NAMES: readonly Place[] = [...COUNTED, ...HIGHEST, ...SLIDING, 'ownCurrent'];

/** The place of each number in a worker's row. */
export const STAT = Object.fromEntries(NAMES.map((name, i) => [name, i])) as Readonly<Record<Place, number>>;

/** The counted ones, and those of which the highest counts: for those who set them back. */
export const COUNTED_STATISTICS: readonly CountedStatistic[] = COUNTED;
export const HIGHEST_STATISTICS: readonly HighestStatistic[] = HIGHEST;

/** Doubles of a worker's row: whole cache lines, so that no two workers write the same one. */
export const ROW_DOUBLES = Math.ceil(NAMES.length / 8) * 8;

// Words of a row's line that all workers write.
/** Sessions at the moment. */
export const AT_CURRENT = 0;
/** Meters of sessions and of connections (rate.ts). */
export const AT_SESSION_RATE = 1;
export const AT_CONNECTION_RATE = 4;
/** Another number whenever averages begin anew. */
export const AT_EPOCH = 7;
/** Words of that line. */
export const LINE_WORDS = 16;

/** Bytes of a chunk of rows for that many workers, and for the master, which has a row of its own in each. */
export function chunkBytes(rows: number, workers: number): number {
  return rows * (LINE_WORDS * 4 + (workers + 1) * ROW_DOUBLES * 8);
}

/** The double at which the row of a worker begins; that of the master is `worker === workers`. */
export function rowAt(rows: number, row: number, worker: number): number {
  return (rows * LINE_WORDS * 4) / 8 + (worker * rows + row) * ROW_DOUBLES;
}
