/**
 * The table of all servers: for each backend a group, and behind it the rows that each worker alone
 * writes. What a group holds is told in server-group.ts.
 */
import { allocatePieces, type Kept, openPieces, type Pieces } from './pieces.js';
import { ServerGroup } from './server-group.js';
import { groupWords, OWN_WORDS, wholeLines } from './server-layout.js';

export {
  ServerGroup,
  type ServerSettings,
  STATE_DOWN,
  STATE_DRAIN,
  STATE_MAINTENANCE,
  STATE_RESOLUTION,
  STATE_STARTING,
  STATE_STOPPING,
  STATES_OF_MAINTENANCE,
  WEIGHT_SCALE,
} from './server-group.js';
export { ServerSet } from './server-set.js';

/** The servers of all backends. */
export class ServerTable {
  /** One group for each backend, in the order of the plan. */
  readonly groups: readonly ServerGroup[];

  /** @param kept groups of the same servers */
  static create(backendSizes: readonly number[], workers: number, kept: Kept | null = null): Pieces {
    return allocatePieces(
      backendSizes.map((size) => groupWords(size) + workers * rowWords(size)),
      kept,
    );
  }

  /** @param worker the worker that opens the table, whose rows `enter` and `leave` write */
  constructor(pieces: Pieces, backendSizes: readonly number[], workers: number, worker: number) {
    this.groups = openPieces(pieces).map(({ words, base }, i) => {
      const size = backendSizes[i];
      const rows = { first: base + groupWords(size), stride: rowWords(size), worker, workers };
      return new ServerGroup(words, base, size, rows);
    });
  }
}

/** Words of one worker's rows for the servers of a group. */
function rowWords(servers: number): number {
  return wholeLines(servers * OWN_WORDS);
}
