/** The surroundings of the data plane in a worker's thread: see `Lane`. Only what the plan asks for is made. */
import type { Engine } from '../kernel/engine.js';
import { signalEventfd } from '../kernel/eventfd.js';
import type { Plan } from '../plan/plan.js';
import type { SharedState, SharedTables } from '../shared/state.js';
import type { Lane, Notify, SessionLogger } from './lane.js';
import { SessionLog } from './log/session-log.js';
import { textVariables } from './log/text.js';
import type { Report } from './orders.js';
import type { ExpressionCompiler } from './samples/context.js';
import { Expressions } from './samples/expressions.js';
import { SessionStatistics } from './session-statistics.js';
import { Shortage } from './shortage.js';
import { STICK_CONVERTERS } from './stick/converters.js';
import { STICK_FETCHES } from './stick/fetches.js';
import { SharedTracker } from './stick/tracker.js';
import type { Tracker } from './stick/tracking.js';
import { TimerWheel } from './timers.js';

/** What one worker's data plane has in common. */
export class WorkerLane implements Lane {
  readonly worker: number;
  readonly plan: Plan;
  readonly timers: TimerWheel;
  readonly counters: Float64Array;
  readonly statistics: SessionStatistics;
  readonly notify: Notify;
  readonly onErrorLimit: (backend: number, server: number) => void;
  readonly shortage: Shortage;
  readonly wakeWorker: (worker: number) => void;
  readonly sessionLog: SessionLogger | null;
  readonly tracker: Tracker | null;
  private compiler: ExpressionCompiler | null = null;

  constructor(
    start: { readonly index: number; readonly plan: Plan; readonly shared: Pick<SharedState, 'wakeFds'> },
    readonly tables: SharedTables,
    readonly engine: Engine,
    report: (message: Report) => void,
    timers: number,
  ) {
    const { index, plan, shared } = start;
    this.worker = index;
    this.plan = plan;
    this.timers = new TimerWheel(timers, engine.nowMs());
    this.counters = tables.counters.row(index);
    this.statistics = new SessionStatistics({ plan, tables });
    this.notify = (severity, text) => report({ kind: 'log', severity, text });
    this.onErrorLimit = (backend, server) => report({ kind: 'failing', backend, server });
    this.shortage = new Shortage(engine, tables.gate, this.notify);
    this.wakeWorker = (worker) => signalEventfd(shared.wakeFds[worker]);
    this.tracker = tables.ledger === null ? null : new SharedTracker(this, tables.ledger);
    const logs = plan.frontends.some(({ log }) => log.targets.length > 0);
    this.sessionLog = logs ? new SessionLog(this, this.expressions) : null;
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
}
