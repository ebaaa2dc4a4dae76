/**
 * What the parts of one worker's data plane have in common: the engine, the clock and timers, the
 * shared tables and this worker's counters. Made once per worker.
 */
import type { Engine } from '../kernel/engine.js';
import type { Plan } from '../plan/plan.js';
import type { SharedTables } from '../shared/state.js';
import type { Shortage } from './shortage.js';
import type { TimerWheel } from './timers.js';

/** Tells the operator something, once per episode; never on the hot path. */
export type Notify = (severity: 'notice' | 'warning' | 'alert', text: string) => void;

/** The surroundings of one worker's data plane. */
export interface Lane {
  /** The worker's number. */
  readonly worker: number;
  readonly plan: Plan;
  readonly engine: Engine;
  readonly timers: TimerWheel;
  readonly tables: SharedTables;
  /** This worker's row, indexed by COUNTER. */
  readonly counters: Float64Array;
  readonly notify: Notify;
  readonly shortage: Shortage;
  /** Wakes another worker. */
  readonly wakeWorker: (worker: number) => void;
}
