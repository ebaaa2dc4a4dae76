/**
 * All that watches over the health of a plan's servers, put together: records, judge, reporter and
 * checker, and the sockets of checks. A balancer has one for each plan; the next one takes over from it.
 */
import type { Plan } from '../../plan/plan.js';
import { STATES_OF_MAINTENANCE } from '../../shared/servers.js';
import type { SharedTables } from '../../shared/state.js';
import type { Clock, ServerPlace, ServerStates, StateObserver, Transition } from '../servers/server-states.js';
import { type BeginCheck, type CheckAddresses, Checker } from './checker.js';
import { CheckEvaluation } from './evaluation.js';
import { Expectations } from './expectation.js';
import { Judge } from './judge.js';
import { HealthRecords } from './record.js';
import { RequestTexts } from './request.js';
import { CheckRuns, type CheckSurroundings } from './run.js';
import { CheckSockets } from './sockets.js';
import { stateHeader } from './state-header.js';
import { operationOf } from './state-lines.js';
import { hasServers, StateReporter, type StateSurroundings } from './state-reporter.js';

/** What it needs to know and to reach. */
export interface HealthSurroundings extends Omit<StateSurroundings, 'records' | 'backends' | 'groups' | 'isListen'> {
  readonly plan: Plan;
  readonly tables: Pick<SharedTables, 'servers'> & Partial<SharedTables>;
  readonly states: ServerStates;
  readonly addresses: CheckAddresses;
  readonly clock: Clock;
  /** Workers have much to do (`CheckerParts`). */
  readonly isBusy: () => boolean;
  /** A server has not answered a check at all: it may be elsewhere by now. */
  readonly onCheckTimeout?: (place: ServerPlace) => void;
  /** The folder that is the workers' root, where that of the calling thread is another one. */
  readonly workersRoot?: string;
  /** In place of real checks, for tests. */
  readonly begin?: BeginCheck;
}

/** Watches over servers from `start` to `stop`. */
export class HealthWatch implements StateObserver {
  /** For whoever shows it; see `record.ts`. */
  readonly records: HealthRecords;
  /** For commands about checks and agents. */
  readonly checker: Checker;
  private readonly reporter: StateReporter;
  private readonly sockets: CheckSockets;

  /**
   * @param before that of the plan before, stopped: health, results, counts and rhythm go on by the names of servers.
   * Its ServerStates are taken over apart (`ServerStates.takeOver`), before.
   */
  constructor(
    private readonly surroundings: HealthSurroundings,
    private before: HealthWatch | null = null,
  ) {
    const { plan, states, clock, tables, addresses, isBusy, begin, workersRoot = '' } = surroundings;
    this.sockets = new CheckSockets(workersRoot);
    const { backends, frontends } = plan;
    const { groups } = tables.servers;
    const records = new HealthRecords(backends, clock, before?.records);
    this.records = records;
    this.reporter = new StateReporter({
      ...surroundings,
      ...{ backends, groups, records },
      isListen: (backend) => frontends.some(({ id }) => id === backends[backend].id),
    });
    const judge = new Judge(backends, states, records, (backend, text) => this.reporter.tellCheck(backend, text));
    const spread = { percent: plan.process.spreadChecks, maxMs: plan.process.maxSpreadChecksMs };
    const parts = { backends, states, records, judge, clock, spread, addresses, isBusy };
    this.checker = new Checker({ ...parts, begin: begin ?? this.realChecks() });
    if (before !== null) this.settle();
    states.observer = this;
  }

  /** What the new file has changed of states, as maintenance, has just happened. */
  private settle(): void {
    const { records } = this;
    const { plan, states, tables } = this.surroundings;
    for (const [backend, { servers }] of plan.backends.entries()) {
      for (const server of servers.keys()) {
        const record = records.server({ backend, server });
        const standing = states.standing({ backend, server });
        record.settle(records.now(), operationOf(standing) === 'stopped');
        record.check.rest((standing.own & STATES_OF_MAINTENANCE) !== 0);
      }
      records.backend(backend).settle(records.now(), !hasServers(tables.servers.groups[backend]));
    }
  }

  start(): void {
    this.checker.start();
    if (this.before !== null) this.checker.takeOver(this.before.checker);
    this.before = null;
  }

  /** For good. */
  stop(): void {
    this.checker.stop();
    this.sockets.stop();
  }

  /** Descriptors of checks at the moment. */
  get descriptors(): number {
    return this.sockets.descriptors;
  }

  onTransition(transition: Transition): void {
    this.reporter.onTransition(transition);
  }

  mayServe(place: ServerPlace): boolean {
    return this.checker.resume(place);
  }

  onMaintenance(place: ServerPlace): void {
    this.checker.pause(place);
  }

  onWeight(place: ServerPlace): void {
    this.reporter.onWeight(place);
  }

  private realChecks(): BeginCheck {
    const { plan, tables, addresses, sessionsOf, onCheckTimeout } = this.surroundings;
    const parts = {
      backends: plan.backends,
      groups: tables.servers.groups,
      records: this.records,
      addresses,
      sessionsOf,
      node: plan.process.node,
    };
    const evaluation = new CheckEvaluation(plan, tables as SharedTables);
    const common: CheckSurroundings = {
      sockets: this.sockets,
      evaluation,
      expectations: new Expectations(evaluation),
      requests: new RequestTexts(),
      answerMax: plan.process.tune.bufsize,
      stateOf: (place) => stateHeader(parts, place),
      onConnectTimeout: (place) => onCheckTimeout?.(place),
    };
    const runs = new CheckRuns(common);
    return (order, done) => runs.begin(order, done);
  }
}
