/**
 * What all workers know of the process, of frontends and their binds, of backends and their servers:
 * sessions at the moment, exact, and statistics (statistics-row.ts).
 */
import type { SharedStatistics } from './statistics.js';
import { OpenChunks, type StatisticsRow } from './statistics-row.js';

/** The counts of one frontend, bind, backend or server. */
export type ProxyCounts = StatisticsRow;

/** The counts of a plan, each list in its order. */
export class ProxyTable {
  readonly process: ProxyCounts;
  readonly frontends: readonly ProxyCounts[];
  /** By frontend. */
  readonly binds: readonly (readonly ProxyCounts[])[];
  readonly backends: readonly ProxyCounts[];
  /** By backend. */
  readonly servers: readonly (readonly ProxyCounts[])[];

  /** @param worker the worker that opens the table, whose numbers it writes; NO_WORKER: the master */
  constructor(statistics: SharedStatistics, worker: number) {
    const { workers, process, frontends, backends } = statistics;
    const chunks = new OpenChunks(workers, worker);
    this.process = chunks.row(process);
    this.frontends = frontends.map((place) => chunks.row(place));
    this.binds = frontends.map(({ binds }) => binds.map((place) => chunks.row(place)));
    this.backends = backends.map((place) => chunks.row(place));
    this.servers = backends.map(({ servers }) => servers.map((place) => chunks.row(place)));
  }

  /** All of them. */
  get all(): ProxyCounts[] {
    return [this.process, ...this.frontends, ...this.binds.flat(), ...this.backends, ...this.servers.flat()];
  }
}
