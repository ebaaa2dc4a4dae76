/**
 * All that threads share, in one structured-cloneable object that goes to each worker once. Each
 * part is a class of this folder that wraps a SharedArrayBuffer: the only code that knows an
 * offset. The master creates it for a plan; workers open it.
 */

import { WorkerCounters } from './counters.js';
import { ConnectionGate } from './gate.js';
import { HoldingsTable } from './holdings.js';
import { ProxyTable } from './proxies.js';
import { ServerTable } from './servers.js';

/** The buffers behind the tables; send this, then `openShared` it in the other thread. */
export interface SharedState {
  readonly gate: SharedArrayBuffer;
  readonly servers: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly holdings: SharedArrayBuffer;
  readonly proxies: SharedArrayBuffer;
  readonly frontends: number;
  /** Servers of each backend, in order. */
  readonly backendSizes: readonly number[];
  /** The eventfd of each worker: written to wake it. */
  readonly wakeFds: readonly number[];
}

/** The tables over a SharedState. */
export interface SharedTables {
  readonly gate: ConnectionGate;
  readonly servers: ServerTable;
  readonly counters: WorkerCounters;
  readonly holdings: HoldingsTable;
  readonly proxies: ProxyTable;
}

/** How large the tables are. */
export interface SharedSizes {
  readonly workers: number;
  /** Client connections of the process at a time. */
  readonly maxconn: number;
  /** Descriptor numbers are below this (RLIMIT_NOFILE). */
  readonly descriptorsMax: number;
  readonly frontends: number;
  readonly backendSizes: readonly number[];
  /** One eventfd for each worker. */
  readonly wakeFds: readonly number[];
}

/** Creates the tables, all zero but for their sizes. */
export function createShared(sizes: SharedSizes): SharedState {
  return {
    gate: ConnectionGate.create(sizes.maxconn, sizes.workers),
    servers: ServerTable.create(sizes.backendSizes, sizes.workers),
    counters: WorkerCounters.create(sizes.workers),
    holdings: HoldingsTable.create(sizes.workers, sizes.descriptorsMax),
    proxies: ProxyTable.create(sizes.frontends, sizes.backendSizes.length, sizes.workers),
    frontends: sizes.frontends,
    backendSizes: sizes.backendSizes,
    wakeFds: sizes.wakeFds,
  };
}

/** Opens the tables on behalf of one worker: in its thread, or in the master's after its death. */
export function openShared(state: SharedState, worker: number): SharedTables {
  return {
    gate: new ConnectionGate(state.gate),
    servers: new ServerTable(state.servers, state.backendSizes, worker),
    counters: new WorkerCounters(state.counters),
    holdings: new HoldingsTable(state.holdings),
    proxies: new ProxyTable(state.proxies, state.frontends, state.backendSizes.length, state.wakeFds.length, worker),
  };
}
