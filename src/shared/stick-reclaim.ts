/** Frees what a dead worker held of stick tables: the entries that its sessions tracked, and what it left half changed. */
import { type SharedState, STICK_COUNTERS } from './state.js';
import { StickTable } from './stick-table.js';
import { TrackLedger } from './track-ledger.js';

/** What of a plan's shared memory is about stick tables. */
export type StickState = Pick<SharedState, 'sticks' | 'ledgers'>;

/** @param states of all plans that the worker had sessions of, which may have tables and ledgers in common */
export function reclaimSticks(worker: number, states: readonly StickState[]): void {
  const owner = worker + 1;
  const tables = new Map(
    states.flatMap(({ sticks }) => sticks.map(({ buffer, shape }) => [buffer, new StickTable(buffer, shape)] as const)),
  );
  const torn = [...tables].filter(([, table]) => table.isHeldBy(owner));
  const isTorn = new Set(torn.map(([buffer]) => buffer));
  for (const { ledgers, sticks } of states) {
    if (ledgers[worker] === undefined) continue;
    const ledger = open(ledgers[worker]);
    ledger.forEach((table, entry) => {
      const { buffer } = sticks[table];
      if (!isTorn.has(buffer)) tables.get(buffer)?.abandon(entry);
    });
    ledger.clear();
  }
  for (const [buffer, table] of torn) table.mend(owner, trackersOf(buffer, states));
}

/** How many sessions of all workers track each entry of a table. */
function trackersOf(buffer: SharedArrayBuffer, states: readonly StickState[]): Map<number, number> {
  const counts = new Map<number, number>();
  const numbers = new Map(
    states.flatMap(({ ledgers, sticks }) => {
      const number = sticks.findIndex((stick) => stick.buffer === buffer);
      return ledgers.map((ledger) => [ledger, number] as const);
    }),
  );
  for (const [ledger, number] of numbers)
    open(ledger).forEach((table, entry) => {
      if (table === number) counts.set(entry, (counts.get(entry) ?? 0) + 1);
    });
  return counts;
}

const open = (ledger: SharedArrayBuffer): TrackLedger => new TrackLedger(ledger, STICK_COUNTERS);
