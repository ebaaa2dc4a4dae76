/**
 * What a worker has made of one plan: closures of rules, formats and expressions, the choice of
 * servers, sockets and log lines. A session belongs to the generation in which it began, and ends in
 * it, whatever plans the worker is given meanwhile; who has no sessions left and is not the newest
 * is closed. Engine, timers, buffers and the sessions themselves are the worker's.
 */
import type { EncodedAddress } from '../kernel/address.js';
import type { FrontendPlan } from '../plan/plan.js';
import type { ConnectionGate } from '../shared/gate.js';
import type { Listener } from './acceptor.js';
import { Connector, type ConnectorOwner } from './connector.js';
import { Inspection, type InspectionOwner } from './inspection.js';
import type { Lane } from './lane.js';
import { PlanDecisions } from './plan-decisions.js';
import type { Relay } from './relay.js';
import { StickRules } from './stick/stick-rules.js';
import type { Stickiness } from './stick/stickiness.js';
import { StreamContext } from './stream-context.js';

/** Everything of one plan in one worker. */
export class Generation {
  /** Sessions that began in it and are not over. */
  sessions = 0;
  readonly context: StreamContext;
  readonly inspection: Inspection;
  readonly connector: Connector;
  /** The stick rules of each backend; null where it has none. */
  readonly stickiness: readonly (Stickiness | null)[];
  /** The number of each frontend's first bind among all listeners. */
  private readonly firstBinds: readonly number[];

  /** @param addresses of all servers, backends in order, their servers in order */
  constructor(
    /** Its number among the plans of the process; later ones are higher. */
    readonly number: number,
    readonly lane: Lane,
    readonly listeners: readonly Listener[],
    addresses: readonly EncodedAddress[],
    relay: Relay,
    owner: ConnectorOwner & InspectionOwner,
  ) {
    this.context = new StreamContext(lane);
    this.stickiness = stickinessOf(lane);
    this.inspection = new Inspection(lane, this.context, relay, owner);
    this.connector = new Connector(lane, addresses, owner, new PlanDecisions(lane, this.context, owner, this.stickiness));
    this.firstBinds = firstBindsOf(lane.plan.frontends);
  }

  /** The limit of a bind; null: it has none of its own. */
  bindGate(frontend: number, bind: number): ConnectionGate | null {
    return this.lane.tables.bindGates[this.firstBinds[frontend] + bind] ?? null;
  }

  /** The limits that hold at a listener beside the process's. */
  limitsOf({ frontend, bind }: Listener): ConnectionGate[] {
    const limits = [this.bindGate(frontend, bind), this.lane.tables.frontendGates[frontend]];
    return limits.filter((gate) => gate != null);
  }
}

/** The stick rules of each backend that has some. */
function stickinessOf(lane: Lane): (Stickiness | null)[] {
  return lane.plan.backends.map(({ stickRules }, i) =>
    stickRules.length === 0 ? null : new StickRules(lane, i, lane.expressions),
  );
}

function firstBindsOf(frontends: readonly FrontendPlan[]): number[] {
  let next = 0;
  return frontends.map(({ binds }) => {
    const first = next;
    next += binds.length;
    return first;
  });
}
