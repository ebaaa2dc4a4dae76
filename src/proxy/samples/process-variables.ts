/**
 * Variables of the process, set without a session: those of section `global` at the start, and those
 * that an operator sets. Rules of sessions use `variables.ts`.
 */
import { hostname } from 'node:os';
import type { Plan, VariablePlan } from '../../plan/plan.js';
import type { SharedTables } from '../../shared/state.js';
import type { Lane } from '../lane.js';
import { Session } from '../session.js';
import type { PayloadView, SampleContext } from './context.js';
import { Expressions } from './expressions.js';
import { decorate, type FormatVariables } from './formats.js';
import { FOUND, Sample } from './sample.js';

const NOTHING: PayloadView = { length: 0, complete: true, read: () => '', byte: () => -1 };

/** What log lines may speak of before anything has happened. */
const ofNothing: FormatVariables = (name, _argument, flags) => {
  const text = name === 'H' ? hostname() : name === 'pid' ? String(process.pid) : '';
  return () => decorate(text, flags);
};

/** Evaluates what needs no session, and sets variables of the process to it. */
export class ProcessVariableSetter {
  private readonly context: SampleContext;
  private readonly expressions: Expressions;

  /** @param tables as the thread that sets them has opened them */
  constructor(plan: Plan, tables: SharedTables) {
    // Configuration has let no expression pass that needs more of a lane than this.
    const lane = { worker: 0, plan, tables } as Partial<Lane> as Lane;
    const rest = { request: NOTHING, response: NOTHING, nowMs: 0, proxy: -1, inBackend: false };
    this.context = { session: new Session(0), lane, ...rest };
    this.expressions = new Expressions(lane, { variables: ofNothing });
  }

  /** False when there is no such value, or no room for it: the variable is then as it was. */
  set({ name, value }: VariablePlan): boolean {
    const sample = new Sample();
    if ('format' in value) sample.setString(this.expressions.format(value.format)(this.context));
    else if (this.expressions.expression(value.expression)(this.context, sample) !== FOUND) return false;
    return this.context.lane.tables.variables.write(name, sample.store());
  }
}

/** Sets the variables of a plan that comes into force, whose tables are new. */
export function setFirstVariables(plan: Plan, tables: SharedTables): void {
  const { variables } = plan.process;
  if (variables.length === 0) return;
  const setter = new ProcessVariableSetter(plan, tables);
  for (const variable of variables) setter.set(variable);
}
