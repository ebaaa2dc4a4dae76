/**
 * All that threads share, in one structured-cloneable object that goes to each worker with each plan.
 * Each part is a class of this folder that wraps a SharedArrayBuffer: the only code that knows an
 * offset. The master creates it for a plan; workers open it. Some parts are the process's for life,
 * and of the others what goes on under another plan is taken over from the one before.
 */

import { ServerAddressTable } from './addresses.js';
import { WorkerCounters } from './counters.js';
import { ConnectionGate } from './gate.js';
import { createGates, type GateMemory, openGates } from './gates.js';
import { HoldingsTable } from './holdings.js';
import { MASTER_OWNER } from './lock.js';
import type { Piece, Pieces } from './pieces.js';
import { ProcessVariables } from './process-variables.js';
import { ProxyTable } from './proxies.js';
import { QueueEntries } from './queue-entries.js';
import { type QueueMemory, QueueTable } from './queues.js';
import { ServerTable } from './servers.js';
import type { SharedStatistics } from './statistics.js';
import { StickTable, type StickTableShape } from './stick-table.js';
import { TrackLedger } from './track-ledger.js';

/** Counters of a session that can track entries of stick tables: `sc0` to this many less one (`tune.stick-counters`). */
export const STICK_COUNTERS = 3;

/** The buffers behind the tables; send this, then `openShared` it in the other thread. */
export interface SharedState {
  // For life.
  readonly gate: Piece;
  readonly counters: SharedArrayBuffer;
  readonly holdings: SharedArrayBuffer;
  /** The eventfd of each worker: written to wake it. */
  readonly wakeFds: readonly number[];
  /** Its values are those of the plan in force. */
  readonly variables: SharedArrayBuffer;
  // For a plan.
  readonly servers: Pieces;
  readonly addresses: SharedArrayBuffer;
  /** The entries in it are for life. */
  readonly queues: QueueMemory;
  /** Limits of single frontends, and of binds in the order of all listeners. */
  readonly frontendGates: GateMemory;
  readonly bindGates: GateMemory;
  readonly statistics: SharedStatistics;
  readonly sticks: readonly { readonly buffer: SharedArrayBuffer; readonly shape: StickTableShape }[];
  /** One for each worker; empty when there are no stick tables. */
  readonly ledgers: readonly SharedArrayBuffer[];
  /** Servers of each backend, in order. */
  readonly backendSizes: readonly number[];
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
  /** Variables of scope `proc`. */
  readonly variables: ProcessVariables;
  /** null: no limit of its own. */
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

/** What goes on from the plan before: for each of the new one its number there; -1: it begins anew. */
export interface Before {
  readonly state: SharedState;
  readonly frontends: readonly number[];
  /** Backends of the same servers and the same way to choose them. */
  readonly groups: readonly number[];
  /** Binds, in the order of all listeners. */
  readonly binds: readonly number[];
  /** Stick tables of the same names and shapes. */
  readonly tables: readonly number[];
}

/** Creates the tables, all zero but for their sizes and what is taken over. */
export function createShared(sizes: SharedSizes, before: Before | null = null): SharedState {
  const { workers, maxconn, backendSizes, frontendLimits = [], bindLimits = [], tables = [] } = sizes;
  const state = before?.state;
  const entries = state?.queues.entries ?? QueueEntries.create(workers, maxconn);
  return {
    gate: state?.gate ?? ConnectionGate.create(maxconn, workers),
    counters: state?.counters ?? WorkerCounters.create(workers),
    holdings: state?.holdings ?? HoldingsTable.create(workers, sizes.descriptorsMax),
    wakeFds: sizes.wakeFds,
    variables: state?.variables ?? ProcessVariables.create(),
    addresses: ServerAddressTable.create(backendSizes),
    servers: ServerTable.create(backendSizes, workers, before && { pieces: before.state.servers, from: before.groups }),
    queues: QueueTable.create(entries, backendSizes, before && { pieces: before.state.queues.backends, from: before.groups }),
    frontendGates: createGates(
      frontendLimits,
      workers,
      true,
      before && { gates: before.state.frontendGates, from: before.frontends },
    ),
    bindGates: createGates(bindLimits, workers, false, before && { gates: before.state.bindGates, from: before.binds }),
    statistics: sizes.statistics,
    sticks: tables.map((shape, i) => ({ buffer: keptTable(before, i) ?? StickTable.create(shape), shape })),
    ledgers: keptLedgers(before, tables) ?? newLedgers(sizes),
    backendSizes,
  };
}

/** Stands for no worker: what the master opens for itself, which counts nothing as its own. */
export const NO_WORKER = -1;

function keptTable(before: Before | null, table: number): SharedArrayBuffer | undefined {
  return before === null ? undefined : before.state.sticks[before.tables[table]]?.buffer;
}

/** Ledgers name tables by their numbers: they are the same as long as those are. */
function keptLedgers(before: Before | null, tables: readonly StickTableShape[]): readonly SharedArrayBuffer[] | null {
  if (before === null || tables.length !== before.state.sticks.length) return null;
  return before.tables.every((from, i) => from === i) ? before.state.ledgers : null;
}

function newLedgers({ tables = [], wakeFds, maxconn }: SharedSizes): SharedArrayBuffer[] {
  return tables.length === 0 ? [] : wakeFds.map(() => TrackLedger.create(maxconn, STICK_COUNTERS));
}

function openLedger({ ledgers }: SharedState, worker: number): TrackLedger | null {
  return ledgers[worker] === undefined ? null : new TrackLedger(ledgers[worker], STICK_COUNTERS);
}

/** Opens the tables on behalf of one worker: in its thread, or in the master's after its death. */
export function openShared(state: SharedState, worker: number): SharedTables {
  const workers = state.wakeFds.length;
  const servers = new ServerTable(state.servers, state.backendSizes, workers, worker);
  return {
    gate: new ConnectionGate(state.gate),
    servers,
    addresses: new ServerAddressTable(state.addresses, state.backendSizes),
    counters: new WorkerCounters(state.counters),
    holdings: new HoldingsTable(state.holdings),
    proxies: new ProxyTable(state.statistics, worker),
    queues: new QueueTable(state.queues, servers.groups, worker),
    variables: new ProcessVariables(state.variables, worker === NO_WORKER ? MASTER_OWNER : worker + 1),
    frontendGates: openGates(state.frontendGates),
    bindGates: openGates(state.bindGates),
    sticks: state.sticks.map(({ buffer, shape }) => new StickTable(buffer, shape)),
    ledger: openLedger(state, worker),
  };
}
