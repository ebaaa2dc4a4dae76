/**
 * All that watches over the health of a plan's servers, put together: records, judge, reporter and
 * checker. A balancer has one for each plan; the next one takes over from it.
 */
import type { BackendPlan } from '../../plan/plan.js';
import type { Clock, ServerPlace, ServerStates, StateObserver, Transition } from '../server-states.js';
import { type Check, Checker } from './checker.js';
import { Judge } from './judge.js';
import { HealthRecords } from './record.js';
import { StateReporter, type StateSurroundings } from './state-reporter.js';

/** What it needs to know and to reach. */
export interface HealthSurroundings extends Omit<StateSurroundings, 'records'> {
  readonly backends: readonly BackendPlan[];
  readonly states: ServerStates;
  readonly clock: Clock;
  readonly check: Check;
}

/** Watches over servers from `start` to `stop`. */
export class HealthWatch implements StateObserver {
  /** For whoever shows it; see `record.ts`. */
  readonly records: HealthRecords;
  /** For commands about checks and agents. */
  readonly checker: Checker;
  private readonly reporter: StateReporter;

  /** @param before that of the plan before, stopped: health, results and counts go on by the names of servers */
  constructor(surroundings: HealthSurroundings, before: HealthWatch | null = null) {
    const { backends, states, clock, check } = surroundings;
    const records = new HealthRecords(backends, clock, before?.records);
    this.records = records;
    this.reporter = new StateReporter({ ...surroundings, records });
    const judge = new Judge(backends, states, records, (backend, text) => this.reporter.tellCheck(backend, text));
    this.checker = new Checker({ backends, states, records, judge, clock, check });
    states.observer = this;
  }

  start(): void {
    this.checker.start();
  }

  /** For good. */
  stop(): void {
    this.checker.stop();
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
}
