/**
 * What the parts of one worker's data plane have in common: the engine, the clock and timers, the
 * shared tables and this worker's counters. Made once per worker.
 */
import type { Engine } from '../kernel/engine.js';
import type { Plan } from '../plan/plan.js';
import type { SharedTables } from '../shared/state.js';
import type { ExpressionCompiler, SampleContext } from './samples/context.js';
import type { Session } from './session.js';
import type { SessionStatistics } from './session-statistics.js';
import type { Shortage } from './shortage.js';
import type { Tracker } from './stick/tracking.js';
import type { TimerWheel } from './timers.js';

/** Writes the lines of sessions; decides by itself which there are (targets, formats, `dontlognull` ...). */
export interface SessionLogger {
  /** A session has passed the rules of connections and sessions. */
  accepted(session: Session, context: SampleContext): void;
  /**
   * A session was just connected to its server (`asap`), or is over; its sockets are still open.
   * @param context turned to the session, without contents
   */
  write(session: Session, context: SampleContext, asap: boolean): void;
  /**
   * A connection ended before it was a session.
   * @param problem in HAProxy's words, as in PROXY_ERRORS
   * @param silent the client had sent nothing
   */
  writeFailed(session: Session, context: SampleContext, problem: string, silent: boolean): void;
  /** Sends what was written; at the end of a turn. */
  flush(nowMs: number): void;
  /** How long the loop may wait, given how long it would (ms, -1: for ever): shorter when lines wait to be sent. */
  boundDelay(delayMs: number): number;
  /** Sends what was written, and closes what it has open. */
  close(nowMs: number): void;
}

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
  readonly statistics: SessionStatistics;
  readonly notify: Notify;
  /** Connections to a server have failed as often in a row as its `error-limit` says (`observe layer4`). */
  readonly onErrorLimit: (backend: number, server: number) => void;
  readonly shortage: Shortage;
  /** Wakes another worker. */
  readonly wakeWorker: (worker: number) => void;
  /** Makes closures of the expressions of the plan. */
  readonly expressions: ExpressionCompiler;
  /** null when nothing is logged. */
  readonly sessionLog: SessionLogger | null;
  /** null when the plan has no stick tables. */
  readonly tracker: Tracker | null;
}
