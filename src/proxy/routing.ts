/**
 * Which backend a session goes to: `use_backend`, then `default_backend` (configuration manual, 4.2).
 */
import type { FrontendPlan, Plan, UseBackendPlan } from '../plan/plan.js';
import type { ExpressionCompiler, SampleContext, Test } from './samples/context.js';
import { FOUND } from './samples/sample.js';
import { NO_BACKEND } from './session.js';

/** A rule `use_backend`: an index, or a format that yields a name. */
interface Switch {
  readonly test: Test | null;
  readonly backend: number;
  readonly name: ((context: SampleContext) => string) | null;
}

/** The choice of a backend for the sessions of one frontend. */
export class Routing {
  private readonly switches: readonly Switch[];
  private readonly fallback: number;
  /** Indexes of backends by name, for rules that yield names. */
  private readonly byName: ReadonlyMap<string, number>;

  constructor(frontend: FrontendPlan, plan: Plan, compiler: ExpressionCompiler) {
    this.fallback = frontend.defaultBackend;
    this.switches = frontend.useBackends.map((rule) => ready(rule, compiler));
    this.byName = new Map(plan.backends.map(({ name }, index) => [name, index]));
  }

  /**
   * The backend of a session, or NO_BACKEND. A name that no backend has ends the search, and the
   * default is taken, as HAProxy does.
   */
  choose(context: SampleContext): number {
    for (const { test, backend, name } of this.switches) {
      if (test !== null && test(context) !== FOUND) continue;
      return name === null ? backend : (this.byName.get(name(context)) ?? this.fallback);
    }
    return this.fallback;
  }
}

function ready({ backend, condition }: UseBackendPlan, compiler: ExpressionCompiler): Switch {
  const test = condition === null ? null : compiler.condition(condition);
  if (typeof backend === 'number') return { test, backend, name: null };
  return { test, backend: NO_BACKEND, name: compiler.format(backend) };
}
