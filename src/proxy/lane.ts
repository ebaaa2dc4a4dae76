/**
 * What the parts of one worker's data plane have in common. A `WorkerBase` is made once per worker, for
 * life: engine, timers, sessions. A `Lane` is made for each plan that the worker is given: see
 * generation.ts.
 */
import type { Engine, Holdings } from '../kernel/engine.js';
import type { Plan } from '../plan/plan.js';
import type { SharedTables } from '../shared/state.js';
import type { Grants } from './grants.js';
import type { ExpressionCompiler, SampleContext } from './samples/context.js';
import type { Session, SessionPool } from './session.js';
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

/**
 * Tells the operator something, once per episode; never on the hot path.
 * @param audience 'all': the terminal and the logs of the process; 'terminal' what logs are the trouble of
 */
export type Notify = (severity: 'notice' | 'warning' | 'alert', text: string, audience?: Audience) => void;
/** Who hears of it; 'all' unless it is said. */
export type Audience = 'all' | 'terminal';

/** What a worker has for life, whatever plans it is given. */
export interface WorkerBase {
  /** The worker's number. */
  readonly worker: number;
  readonly engine: Engine;
  readonly timers: TimerWheel;
  /** This worker's row, indexed by COUNTER. */
  readonly counters: Float64Array;
  readonly sessions: SessionPool;
  readonly grants: Grants;
  readonly notify: Notify;
  readonly shortage: Shortage;
  /** Wakes another worker. */
  readonly wakeWorker: (worker: number) => void;
}

/** The surroundings of one generation of a worker's data plane. */
export interface Lane extends WorkerBase {
  readonly plan: Plan;
  readonly tables: SharedTables;
  readonly statistics: SessionStatistics;
  /** Where memory and descriptors are written down that this generation needs, no longer than it lives. */
  readonly holdings: Holdings;
  /** Connections to a server have failed as often in a row as its `error-limit` says (`observe layer4`). */
  readonly onErrorLimit: (backend: number, server: number) => void;
  /** Makes closures of the expressions of the plan. */
  readonly expressions: ExpressionCompiler;
  /** null when nothing is logged. */
  readonly sessionLog: SessionLogger | null;
  /** null when the plan has no stick tables. */
  readonly tracker: Tracker | null;
  /** Nothing of the plan is of use any more: sends the last lines and gives back what was held for it. */
  close(nowMs: number): void;
}
