/**
 * The rules of a proxy, made ready once: an array of tests and one of actions, walked for each
 * session. What happens after a verdict is the business of who runs them.
 */
import type { HostAddress } from '../kernel/host-address.js';
import type { ExpressionPlan } from '../plan/expression.js';
import type { ActionPlan, RulePlan } from '../plan/rules.js';
import { assignment } from './samples/assignment.js';
import { castToString } from './samples/casts.js';
import type { Evaluate, ExpressionCompiler, SampleContext, Test } from './samples/context.js';
import { FOUND, NOT_YET, Sample, TYPE_IPV4, TYPE_IPV6 } from './samples/sample.js';
import { unsetVariable } from './samples/variables.js';

// What rules come to.
/** No rule has ended the walk: to the next rule, or past the last one. */
export const PASS = 0;
export const ACCEPT = 1;
export const REJECT = 2;
/** The server's stream ends here. */
export const CLOSE = 3;
export const SILENT_DROP = 4;
/** More bytes have to come first. */
export const UNDECIDED = 5;
/** One of them. */
export type Verdict = 0 | 1 | 2 | 3 | 4 | 5;

type Action = (context: SampleContext, final: boolean) => Verdict;

/** Index of each level that `set-log-level` may name; `silent` logs nothing (configuration manual, 4.2). */
const LOG_LEVELS: Readonly<Record<string, number>> = {
  ...{ emerg: 0, alert: 1, crit: 2, err: 3, warning: 4, notice: 5, info: 6, debug: 7 },
  silent: -2,
};

/** The sample that actions evaluate into; nobody keeps it. */
const sample = new Sample();

/** A list of rules. */
export class Rules {
  private readonly tests: readonly (Test | null)[];
  private readonly actions: readonly Action[];

  constructor(plans: readonly RulePlan[], compiler: ExpressionCompiler) {
    this.tests = plans.map(({ condition }) => (condition === null ? null : compiler.condition(condition)));
    this.actions = plans.map(({ action }) => compileAction(action, compiler));
  }

  /**
   * Carries out the rules up to the first that decides.
   * @param final no more bytes will come before a decision: it is never UNDECIDED
   */
  run(context: SampleContext, final: boolean): Verdict {
    const { tests, actions } = this;
    for (let i = 0; i < actions.length; i++) {
      const test = tests[i];
      const outcome = test === null ? FOUND : test(context);
      if (outcome === NOT_YET && !final) return UNDECIDED;
      if (outcome !== FOUND) continue;
      const verdict = actions[i](context, final);
      if (verdict !== PASS) return verdict;
    }
    return PASS;
  }
}

function compileAction(plan: ActionPlan, compiler: ExpressionCompiler): Action {
  switch (plan.kind) {
    case 'accept':
      return () => ACCEPT;
    case 'reject':
      return () => REJECT;
    case 'close':
      return () => CLOSE;
    case 'silent-drop':
      return () => SILENT_DROP;
    case 'expect-proxy':
      return doing(({ session }) => {
        session.expectsProxy = true;
      });
    case 'set-log-level':
      return setLogLevel(LOG_LEVELS[plan.level]);
    case 'set-tos':
      return doing(({ session, lane }) => lane.engine.setTos(session.client.fd, plan.value));
    case 'set-mark':
      return doing(({ session, lane }) => lane.engine.setMark(session.client.fd, plan.value));
    case 'set-nice':
    case 'set-bandwidth-limit':
      return () => PASS; // a worker has no queue of tasks that a niceness could order; the compiler refuses limits
    case 'track-sc':
      return track(plan, compiler.expression(plan.expression));
    case 'capture':
      return capture(plan, compiler.expression(plan.expression));
    default:
      return compileAssignment(plan, compiler);
  }
}

type AssignmentPlan = Extract<
  ActionPlan,
  {
    readonly kind:
      | `set-var${string}`
      | 'unset-var'
      | `sc-${string}`
      | `set-src${string}`
      | `set-dst${string}`
      | `set-priority-${string}`;
  }
>;

function compileAssignment(plan: AssignmentPlan, compiler: ExpressionCompiler): Action {
  switch (plan.kind) {
    case 'set-var':
      return setting(compiler.expression(plan.expression), assigning(plan));
    case 'set-var-fmt':
      return setFormatted(compiler.format(plan.format), assigning(plan));
    case 'unset-var':
      return doing((context) => unsetVariable(context, plan.variable));
    case 'sc-inc-gpc':
      return doing(({ session, lane }) => lane.tracker?.addGeneralCounter(session, plan.counter, plan.index, 1));
    case 'sc-add-gpc':
      return counting(plan.value, compiler, ({ session, lane }, value) =>
        lane.tracker?.addGeneralCounter(session, plan.counter, plan.index, value),
      );
    case 'sc-set-gpt':
      return counting(plan.value, compiler, ({ session, lane }, value) =>
        lane.tracker?.setGeneralTag(session, plan.counter, plan.index, value),
      );
    case 'set-priority-class':
      return setting(compiler.expression(plan.expression), ({ session }) => {
        session.priorityClass = clamp(sample.integer, PRIORITY_MAX);
      });
    case 'set-priority-offset':
      return setting(compiler.expression(plan.expression), ({ session }) => {
        session.priorityOffsetMs = clamp(sample.integer, PRIORITY_OFFSET_MAX);
      });
    default:
      return setting(compiler.expression(plan.expression), (context) => setAddressPart(plan.kind, context));
  }
}

/** Bounds of `set-priority-class` and `set-priority-offset` (configuration manual, 4.2). */
const PRIORITY_MAX = 2047;
const PRIORITY_OFFSET_MAX = 524_287;

function clamp(value: number, max: number): number {
  return Math.max(-max, Math.min(max, value));
}

/** An action that does something and decides nothing. */
function doing(act: (context: SampleContext) => void): Action {
  return (context) => {
    act(context);
    return PASS;
  };
}

/** An action that does something with a value, if there is one by now: it waits for none. */
function setting(evaluate: Evaluate, act: (context: SampleContext) => void): Action {
  return (context) => {
    if (evaluate(context, sample) === FOUND) act(context);
    return PASS;
  };
}

function counting(
  value: number | ExpressionPlan,
  compiler: ExpressionCompiler,
  act: (context: SampleContext, value: number) => void,
): Action {
  if (typeof value === 'number') return doing((context) => act(context, value));
  return setting(compiler.expression(value), (context) => act(context, sample.integer));
}

function setFormatted(format: (context: SampleContext) => string, assign: (context: SampleContext) => void): Action {
  return doing((context) => {
    sample.setString(format(context));
    assign(context);
  });
}

function assigning({ variable, conditions }: Extract<ActionPlan, { kind: 'set-var' | 'set-var-fmt' }>) {
  const assign = assignment(variable, conditions);
  return (context: SampleContext): void => {
    assign(context, sample);
  };
}

function setLogLevel(level: number): Action {
  return doing(({ session }) => {
    session.logLevel = level;
  });
}

/** Waits for the key while there may still be one. */
function track(plan: Extract<ActionPlan, { kind: 'track-sc' }>, key: Evaluate): Action {
  return (context, final) => {
    const outcome = key(context, sample);
    if (outcome === NOT_YET && !final) return UNDECIDED;
    if (outcome === FOUND) context.lane.tracker?.track(context.session, plan.counter, plan.table, sample);
    return PASS;
  };
}

/** Waits for the value while there may still be one. */
function capture(plan: Extract<ActionPlan, { kind: 'capture' }>, evaluate: Evaluate): Action {
  return (context, final) => {
    const outcome = evaluate(context, sample);
    if (outcome === NOT_YET && !final) return UNDECIDED;
    if (outcome !== FOUND || !castToString(sample)) return PASS;
    const { session, lane } = context;
    session.captures ??= new Array<string | null>(lane.plan.frontends[session.frontend].captures.length).fill(null);
    session.captures[plan.slot] = sample.text.slice(0, plan.length);
    return PASS;
  };
}

/** Puts an address or a port in the place of the connection's own. */
function setAddressPart(kind: AddressPart, { session, lane }: SampleContext): void {
  const isSource = kind === 'set-src' || kind === 'set-src-port';
  const address = isSource ? session.readSource(lane.engine) : session.readDestination(lane.engine);
  if (kind === 'set-src-port' || kind === 'set-dst-port') address.port = sample.integer & 0xffff;
  else setHost(address, sample);
}

type AddressPart = 'set-src' | 'set-dst' | 'set-src-port' | 'set-dst-port';

function setHost(address: HostAddress, { type, integer, words }: Sample): void {
  if (type === TYPE_IPV4) address.setIpv4(integer | 0, address.port);
  else if (type === TYPE_IPV6) address.setIpv6(words[0], words[1], words[2], words[3], address.port);
}
