/** How the choice of a server evaluates the expressions of the plan: see `Decisions` in dispatch.ts. */
import type { Decisions } from './dispatch.js';
import type { Lane } from './lane.js';
import type { ExpressionCompiler, SampleContext } from './samples/context.js';
import type { Session } from './session.js';
import type { Stickiness } from './stick/stickiness.js';
import type { StreamContext } from './stream-context.js';

/** Decisions from a worker's own compiler and context. */
export class PlanDecisions implements Decisions {
  /** By frontend; null where it has no `unique-id-format`. */
  private readonly ids: (((context: SampleContext) => string) | null)[];

  /** @param stickiness the stick rules of each backend, null where it has none; without: nowhere */
  constructor(
    private readonly lane: Lane,
    private readonly context: StreamContext,
    private readonly clock: { readonly nowMs: number },
    readonly stickiness: readonly (Stickiness | null)[] = [],
  ) {
    this.ids = lane.plan.frontends.map(({ log }) =>
      log.uniqueIdFormat === null ? null : this.compiler.format(log.uniqueIdFormat),
    );
  }

  get compiler(): ExpressionCompiler {
    return this.lane.expressions;
  }

  contextOf(session: Session): SampleContext {
    return this.context.turnToRequest(session, this.clock.nowMs, true, true);
  }

  uniqueId(session: Session): string {
    return this.ids[session.frontend]?.(this.context.turn(session, this.clock.nowMs)) ?? '';
  }
}
