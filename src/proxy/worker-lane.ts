/**
 * The surroundings of the data plane in a worker's thread: those for life, and those of each plan; see
 * `WorkerBase` and `Lane`. Only what the plan asks for is made.
 */
import type { Engine } from '../kernel/engine.js';
import { signalEventfd } from '../kernel/eventfd.js';
import type { Plan } from '../plan/plan.js';
import { COUNTER } from '../shared/counters.js';
import { PassingHoldings } from '../shared/holdings.js';
import type { SharedState, SharedTables } from '../shared/state.js';
import { Grants } from './grants.js';
import type { Lane, Notify, SessionLogger, WorkerBase } from './lane.js';
import { SessionLog } from './log/session-log.js';
import { textVariables } from './log/text.js';
import type { Report } from './orders.js';
import type { ExpressionCompiler } from './samples/context.js';
import { Expressions } from './samples/expressions.js';
import { SessionPool } from './session.js';
import { SessionStatistics } from './session-statistics.js';
import { Shortage } from './shortage.js';
import { STICK_CONVERTERS } from './stick/converters.js';
import { STICK_FETCHES } from './stick/fetches.js';
import { SharedTracker } from './stick/tracker.js';
import type { Tracker } from './stick/tracking.js';
import { TimerWheel } from './timers.js';

/** What one worker has for life. */
export class ThreadBase implements WorkerBase {
  readonly timers: TimerWheel;
  readonly counters: Float64Array;
  readonly sessions: SessionPool;
  readonly grants: Grants;
  readonly notify: Notify;
  readonly shortage: Shortage;
  readonly wakeWorker: (worker: number) => void;

  /** @param timers how many: see `timersNeeded` */
  constructor(
    readonly worker: number,
    readonly engine: Engine,
    { wakeFds }: Pick<SharedState, 'wakeFds'>,
    tables: Pick<SharedTables, 'counters' | 'gate' | 'queues'>,
    sizes: { readonly sessions: number; readonly timers: number },
    readonly report: (message: Report) => void,
  ) {
    this.timers = new TimerWheel(sizes.timers, engine.nowMs());
    this.counters = tables.counters.row(worker);
    this.counters[COUNTER.logTargetsFailingNow] = 0; // a thread that died may have left its own
    this.sessions = new SessionPool(sizes.sessions);
    this.grants = new Grants(tables.queues.entries, this.sessions);
    this.notify = (severity, text, audience = 'all') => report({ kind: 'log', severity, text, audience });
    this.shortage = new Shortage(engine, tables.gate, this.notify);
    this.wakeWorker = (other) => signalEventfd(wakeFds[other]);
  }
}

/** What one worker has of one plan. */
export class WorkerLane implements Lane {
  readonly worker: number;
  readonly engine: Engine;
  readonly timers: TimerWheel;
  readonly counters: Float64Array;
  readonly sessions: SessionPool;
  readonly grants: Grants;
  readonly notify: Notify;
  readonly shortage: Shortage;
  readonly wakeWorker: (worker: number) => void;
  readonly holdings: PassingHoldings;
  readonly statistics: SessionStatistics;
  readonly onErrorLimit: (backend: number, server: number) => void;
  sessionLog: SessionLogger | null = null;
  readonly tracker: Tracker | null;
  private readonly report: (message: Report) => void;
  private compiler: ExpressionCompiler | null = null;

  /** @param generation the number of the plan among all that there have been */
  constructor(
    base: ThreadBase,
    readonly generation: number,
    readonly plan: Plan,
    readonly tables: SharedTables,
  ) {
    const { report } = base;
    this.worker = base.worker;
    this.engine = base.engine;
    this.timers = base.timers;
    this.counters = base.counters;
    this.sessions = base.sessions;
    this.grants = base.grants;
    this.notify = base.notify;
    this.shortage = base.shortage;
    this.wakeWorker = base.wakeWorker;
    this.report = report;
    this.holdings = new PassingHoldings(tables.holdings.forWorker(base.worker));
    this.statistics = new SessionStatistics({ plan, tables });
    this.onErrorLimit = (backend, server) => report({ kind: 'failing', generation, backend, server });
    this.tracker = tables.ledger === null ? null : new SharedTracker(this, tables.ledger);
  }

  /** Opens the logs that the plan asks for, before anything is made of it. */
  makeSessionLog(): void {
    const logs = this.plan.frontends.some(({ log }) => log.targets.length > 0);
    if (logs) this.sessionLog = new SessionLog(this, this.expressions);
  }

  /** Made when first asked for: a plan without rules and formats needs none. */
  get expressions(): ExpressionCompiler {
    this.compiler ??= new Expressions(this, {
      fetches: [STICK_FETCHES],
      converters: [STICK_CONVERTERS],
      variables: textVariables(this),
    });
    return this.compiler;
  }

  close(nowMs: number): void {
    this.sessionLog?.close(nowMs);
    this.holdings.free();
    this.report({ kind: 'dropped', generation: this.generation });
  }
}
