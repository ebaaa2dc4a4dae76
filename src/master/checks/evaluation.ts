/**
 * Formats and expressions in rules of checks: evaluated with the closures of the data plane, against a
 * check in place of a session. What a server has answered is its response; variables of all scopes but
 * `proc` live as long as the check.
 */
import type { CheckDataPlan, CheckStep, CheckTextPlan } from '../../plan/checks.js';
import type { ExpressionPlan, FormatPlan } from '../../plan/expression.js';
import type { Plan } from '../../plan/plan.js';
import type { Lane } from '../../proxy/lane.js';
import { textVariables } from '../../proxy/log/text.js';
import { assignment } from '../../proxy/samples/assignment.js';
import { castToString } from '../../proxy/samples/casts.js';
import type { Evaluate, PayloadView, SampleContext } from '../../proxy/samples/context.js';
import { Expressions } from '../../proxy/samples/expressions.js';
import { type Captures, Regex } from '../../proxy/samples/regex.js';
import { FOUND, Sample } from '../../proxy/samples/sample.js';
import { unsetVariable } from '../../proxy/samples/variables.js';
import { Session } from '../../proxy/session.js';
import type { SharedTables } from '../../shared/state.js';
import { NO_WORKER } from '../../shared/state.js';
import type { ServerPlace } from '../servers/server-states.js';

/** Steps that assign to a variable. */
export type AssignmentStep = Extract<CheckStep, { kind: 'set-var' | 'set-var-fmt' }>;

/** Bytes that have come, a character each. */
class TextView implements PayloadView {
  text = '';
  complete = true;

  get length(): number {
    return this.text.length;
  }

  read(offset: number, length: number): string {
    return this.text.slice(offset, offset + length);
  }

  byte(offset: number): number {
    return offset < 0 || offset >= this.text.length ? -1 : this.text.charCodeAt(offset);
  }
}

/** A check as expressions see it. */
export class CheckSubject implements SampleContext {
  readonly session = new Session(0);
  readonly request = new TextView();
  readonly response = new TextView();
  readonly inBackend = true;
  readonly proxy: number;
  nowMs = 0;

  constructor(
    readonly lane: Lane,
    { backend, server }: ServerPlace,
  ) {
    this.proxy = backend;
    this.session.backend = backend;
    this.session.chosen = server;
  }
}

/** Who is checked as expressions see it, for which the fewest texts ask. */
export interface HasSubject {
  readonly subject: CheckSubject;
}

/** Makes closures of what the plan's checks say, each once. */
export class CheckEvaluation {
  private readonly lane: Lane;
  private readonly formats = new WeakMap<FormatPlan, (context: SampleContext) => string>();
  private readonly expressions = new WeakMap<ExpressionPlan, Evaluate>();
  private readonly regexes = new Map<string, Regex>();
  private readonly sample = new Sample();
  private compiler: Expressions | null = null;

  constructor(plan: Plan, tables: SharedTables) {
    // Of a worker's surroundings only these mean something here; rules of checks reach no others.
    this.lane = { worker: NO_WORKER, plan, tables } as unknown as Lane;
  }

  /** A check that begins. */
  subject(place: ServerPlace): CheckSubject {
    return new CheckSubject(this.lane, place);
  }

  text(text: CheckTextPlan, whose: HasSubject): string {
    return typeof text === 'string' ? text : this.format(text, whose.subject);
  }

  format(plan: FormatPlan, subject: CheckSubject): string {
    let format = this.formats.get(plan);
    if (format === undefined) {
      format = this.expressionCompiler.format(plan);
      this.formats.set(plan, format);
    }
    return format(subject);
  }

  /** The bytes that are sent or expected; null: a format's digits are none. */
  data({ text, hexadecimal }: CheckDataPlan, whose: HasSubject): string | null {
    const value = this.text(text, whose);
    if (!hexadecimal || typeof text === 'string') return value;
    return /^(?:[0-9a-f]{2})*$/i.test(value) ? Buffer.from(value, 'hex').toString('latin1') : null;
  }

  /** The number that an expression yields; 0 where there is none. */
  number(plan: ExpressionPlan, subject: CheckSubject): number {
    const found = this.evaluate(plan, subject) === FOUND && castToString(this.sample);
    const value = found ? Number.parseInt(this.sample.text, 10) : 0;
    return Number.isFinite(value) ? value : 0;
  }

  /** `set-var` and `set-var-fmt` */
  assign(step: AssignmentStep, subject: CheckSubject): void {
    if (step.kind === 'set-var-fmt') this.sample.setString(this.format(step.value, subject));
    else if (this.evaluate(step.value, subject) !== FOUND) return;
    assignment(step.variable, step.conditions)(subject, this.sample);
  }

  unsetVariable(variable: string, subject: CheckSubject): void {
    unsetVariable(subject, variable);
  }

  /** Whether a regular expression of the plan matches. */
  matches(source: string, text: string): boolean {
    return this.regex(source).test(text);
  }

  /** What its groups hold; null where it does not match. */
  captures(source: string, text: string): Captures | null {
    return this.regex(source).captures(text);
  }

  private regex(source: string): Regex {
    let regex = this.regexes.get(source);
    if (regex === undefined) {
      regex = new Regex(source, false);
      this.regexes.set(source, regex);
    }
    return regex;
  }

  private evaluate(plan: ExpressionPlan, subject: CheckSubject): ReturnType<Evaluate> {
    let evaluate = this.expressions.get(plan);
    if (evaluate === undefined) {
      evaluate = this.expressionCompiler.expression(plan);
      this.expressions.set(plan, evaluate);
    }
    return evaluate(subject, this.sample);
  }

  private get expressionCompiler(): Expressions {
    this.compiler ??= new Expressions(this.lane, { variables: textVariables(this.lane) });
    return this.compiler;
  }
}
