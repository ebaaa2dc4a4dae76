/**
 * The table of all servers: for each backend a group, laid out one after the other in one
 * SharedArrayBuffer, and behind them the rows that each worker alone writes. What a group holds is
 * told in server-group.ts.
 */
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
  WEIGHT_SCALE,
} from './server-group.js';
export { ServerSet } from './server-set.js';

/** The servers of all backends. */
export class ServerTable {
  /** One group for each backend, in the order of the plan. */
  readonly groups: readonly ServerGroup[];

  static create(backendSizes: readonly number[], workers: number): SharedArrayBuffer {
    const { fixed, own } = measure(backendSizes);
    return new SharedArrayBuffer((fixed + workers * own) * 4);
  }

  /** @param worker the worker that opens the table, whose rows `enter` and `leave` write */
  constructor(buffer: SharedArrayBuffer, backendSizes: readonly number[], worker: number) {
    const words = new Int32Array(buffer);
    const { fixed, own } = measure(backendSizes);
    const rows = { first: fixed, stride: own, worker, workers: own === 0 ? 0 : (words.length - fixed) / own };
    let base = 0;
    let server = 0;
    this.groups = backendSizes.map((size) => {
      const group = new ServerGroup(words, base, size, { ...rows, first: rows.first + server * OWN_WORDS });
      base += groupWords(size);
      server += size;
      return group;
    });
  }
}

/** Words of all groups, and of one worker's rows. */
function measure(backendSizes: readonly number[]): { fixed: number; own: number } {
  const servers = backendSizes.reduce((sum, size) => sum + size, 0);
  return {
    fixed: backendSizes.reduce((sum, size) => sum + groupWords(size), 0),
    own: wholeLines(servers * OWN_WORDS),
  };
}
