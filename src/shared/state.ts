/**
 * All that threads share, in one structured-cloneable object that goes to each worker once. Each
 * part is a class of this folder that wraps a SharedArrayBuffer: the only code that knows an
 * offset. The master creates it for a plan; workers open it.
 */

import { ServerAddressTable } from './addresses.js';
import { WorkerCounters } from './counters.js';
import { ConnectionGate } from './gate.js';
import { HoldingsTable } from './holdings.js';
import { ProxyTable } from './proxies.js';
import { QueueTable } from './queues.js';
import { ServerTable } from './servers.js';
import type { SharedStatistics } from './statistics.js';
import { StickTable, type StickTableShape } from './stick-table.js';
import { TrackLedger } from './track-ledger.js';

/** Counters of a session that can track entries of stick tables: `sc0` to this many less one (`tune.stick-counters`). */
export const STICK_COUNTERS = 3;

/** The buffers behind the tables; send this, then `openShared` it in the other thread. */
export interface SharedState {
  readonly gate: SharedArrayBuffer;
  readonly servers: SharedArrayBuffer;
  readonly addresses: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly holdings: SharedArrayBuffer;
  readonly queues: SharedArrayBuffer;
  /** Limits of single frontends, and of binds in the order of all listeners; null: none of its own. */
  readonly frontendGates: readonly (SharedArrayBuffer | null)[];
  readonly bindGates: readonly (SharedArrayBuffer | null)[];
  readonly statistics: SharedStatistics;
  readonly sticks: readonly { readonly buffer: SharedArrayBuffer; readonly shape: StickTableShape }[];
  /** One for each worker; empty when there are no stick tables. */
  readonly ledgers: readonly SharedArrayBuffer[];
  /** Servers of each backend, in order. */
  readonly backendSizes: readonly number[];
  /** The eventfd of each worker: written to wake it. */
  readonly wakeFds: readonly number[];
}

/** The tables over a SharedState. */
export interface SharedTables {
  readonly gate: ConnectionGate;
  readonly servers: ServerTable;
  /** Addresses of servers that are not those of the plan any more. */
  readonly addresses: ServerAddressTable;
  readonly counters: WorkerCounters;
  readonly holdings: HoldingsTable;
  readonly proxies: ProxyTable;
  /** The stick tables, in the order of the plan. */
  readonly sticks: readonly StickTable[];
  /** What the sessions of the opening worker track; null when there are no stick tables. */
  readonly ledger: TrackLedger | null;
  readonly queues: QueueTable;
  readonly frontendGates: readonly (ConnectionGate | null)[];
  readonly bindGates: readonly (ConnectionGate | null)[];
}

/** How large the tables are. */
export interface SharedSizes {
  readonly workers: number;
  /** Client connections of the process at a time. */
  readonly maxconn: number;
  /** Descriptor numbers are below this (RLIMIT_NOFILE). */
  readonly descriptorsMax: number;
  /** `maxconn` of each frontend, and of each bind, frontends in order; 0, or no list: none. */
  readonly frontendLimits?: readonly number[];
  readonly bindLimits?: readonly number[];
  readonly backendSizes: readonly number[];
  /** Rows by the names of the plan (`allocateStatistics`). */
  readonly statistics: SharedStatistics;
  /** The stick tables; no list: none. */
  readonly tables?: readonly StickTableShape[];
  /** One eventfd for each worker. */
  readonly wakeFds: readonly number[];
}

/** Creates the tables, all zero but for their sizes. */
export function createShared(sizes: SharedSizes): SharedState {
  const { tables = [] } = sizes;
  return {
    gate: ConnectionGate.create(sizes.maxconn, sizes.workers),
    servers: ServerTable.create(sizes.backendSizes, sizes.workers),
    addresses: ServerAddressTable.create(sizes.backendSizes),
    counters: WorkerCounters.create(sizes.workers),
    holdings: HoldingsTable.create(sizes.workers, sizes.descriptorsMax),
    queues: QueueTable.create(sizes.backendSizes, sizes.workers, sizes.maxconn),
    frontendGates: gates(sizes.frontendLimits, sizes.workers),
    bindGates: gates(sizes.bindLimits, sizes.workers),
    statistics: sizes.statistics,
    sticks: tables.map((shape) => ({ buffer: StickTable.create(shape), shape })),
    ledgers: tables.length === 0 ? [] : sizes.wakeFds.map(() => TrackLedger.create(sizes.maxconn, STICK_COUNTERS)),
    backendSizes: sizes.backendSizes,
    wakeFds: sizes.wakeFds,
  };
}

/** Stands for no worker: what the master opens for itself, which counts nothing as its own. */
export const NO_WORKER = -1;

function gates(limits: readonly number[] = [], workers: number): (SharedArrayBuffer | null)[] {
  return limits.map((max) => (max > 0 ? ConnectionGate.create(max, workers) : null));
}

function openLedger({ ledgers }: SharedState, worker: number): TrackLedger | null {
  return ledgers[worker] === undefined ? null : new TrackLedger(ledgers[worker], STICK_COUNTERS);
}

/** Opens the tables on behalf of one worker: in its thread, or in the master's after its death. */
export function openShared(state: SharedState, worker: number): SharedTables {
  const servers = new ServerTable(state.servers, state.backendSizes, worker);
  const workers = state.wakeFds.length;
  const open = (buffer: SharedArrayBuffer | null): ConnectionGate | null => (buffer === null ? null : new ConnectionGate(buffer));
  return {
    gate: new ConnectionGate(state.gate),
    servers,
    addresses: new ServerAddressTable(state.addresses, state.backendSizes),
    counters: new WorkerCounters(state.counters),
    holdings: new HoldingsTable(state.holdings),
    proxies: new ProxyTable(state.statistics, worker),
    queues: new QueueTable(state.queues, servers.groups, workers, worker),
    frontendGates: state.frontendGates.map(open),
    bindGates: state.bindGates.map(open),
    sticks: state.sticks.map(({ buffer, shape }) => new StickTable(buffer, shape)),
    ledger: openLedger(state, worker),
  };
}
