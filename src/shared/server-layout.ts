/** Where the words of a group of servers lie: the offsets that the classes of this folder share. */

const LINE = 16; // 32-bit words in a cache line

/** Words of a group: a line that all write, one that the master writes, two of the algorithm. */
export const GROUP = {
  lock: 0,
  sequence: 1,
  generation: LINE,
  fullconn: LINE + 1,
  allBackups: LINE + 2,
  /** The generation that the algorithm's own state follows, plus one; 0: it has to begin anew. */
  applied: 2 * LINE,
  cursor: 2 * LINE + 1,
  order: 2 * LINE + 2,
  /** One for each heap. */
  roots: 2 * LINE + 4,
  /** Those of the rotation of active servers, then of backups. */
  rotations: 2 * LINE + 12,
} as const;
/** Words of one rotation. */
export const ROTATION_WORDS = 4;
/** Words of a group before those of its servers. */
export const GROUP_WORDS = 4 * LINE;

/** Words of a server: a line that all write, one that the master writes, one of the algorithm. */
export const SERVER = {
  active: 0,
  queued: 1,
  touched: 2,
  /** Connections that failed in a row, and whether the master is about to hear of it. */
  failures: 3,
  reported: 4,
  /** Of those active: sessions that keep their place while they wait to connect again. */
  pausing: 5,
  state: LINE,
  weight: LINE + 1,
  effectiveWeight: LINE + 2,
  initialWeight: LINE + 3,
  backup: LINE + 4,
  id: LINE + 5,
  maxconn: LINE + 6,
  minconn: LINE + 7,
  maxqueue: LINE + 8,
  /** 100 less the percentage. */
  throttle: LINE + 9,
  failuresMax: LINE + 10,
  /** The heap it is in, plus one. */
  heap: 2 * LINE,
  key: 2 * LINE + 1,
  fine: 2 * LINE + 2,
  order: 2 * LINE + 3,
  child: 2 * LINE + 4,
  next: 2 * LINE + 5,
  previous: 2 * LINE + 6,
  appliedWeight: 2 * LINE + 7,
  position: 2 * LINE + 8,
  lastPosition: 2 * LINE + 9,
  remainder: 2 * LINE + 10,
} as const;
/** Words of one server. */
export const SERVER_WORDS = 3 * LINE;

/** Words of a worker's row for one server: its share of `active` and of `pausing`. */
export const OWN = { active: 0, pausing: 1 } as const;
/** Words of such a row. */
export const OWN_WORDS = 2;

/** Words of a group and its servers, with a bit for each server behind them. */
export function groupWords(servers: number): number {
  return GROUP_WORDS + servers * SERVER_WORDS + wholeLines(Math.ceil(servers / 32));
}

/** Whole cache lines for that many words. */
export function wholeLines(words: number): number {
  return Math.ceil(words / LINE) * LINE;
}
