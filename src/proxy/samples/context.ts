/**
 * What expressions are evaluated against: one object of each worker that is turned to a session
 * before its rules, conditions and formats are evaluated.
 */
import type { ConditionPlan, ExpressionPlan, FormatPlan } from '../../plan/expression.js';
import type { Lane } from '../lane.js';
import type { Session } from '../session.js';
import type { Outcome, Sample } from './sample.js';

/** The bytes that one side has sent and that have not been passed on yet. */
export interface PayloadView {
  /** Bytes there are. */
  readonly length: number;
  /**
   * No more will come before a decision: the side has ended, the buffer is full, or the delay is
   * over; also whenever this side is not the one that is inspected.
   */
  readonly complete: boolean;
  /** `length` bytes from `offset` on, a character for each byte. */
  read(offset: number, length: number): string;
  /** One byte, or -1 past the end. */
  byte(offset: number): number;
}

/** A session under evaluation. */
export interface SampleContext {
  readonly session: Session;
  readonly lane: Lane;
  /** In the engine's wrapping milliseconds. */
  readonly nowMs: number;
  /** What the client has sent; empty before content is inspected. */
  readonly request: PayloadView;
  /** What the server has sent. */
  readonly response: PayloadView;
  /** The proxy whose rules run: an index in `plan.frontends`, or in `plan.backends` when `inBackend`. */
  readonly proxy: number;
  readonly inBackend: boolean;
  /** The process is stopping; none is false. */
  readonly stopping?: boolean;
}

/** An expression ready to be evaluated. */
export type Evaluate = (context: SampleContext, sample: Sample) => Outcome;

/** A condition ready to be evaluated: FOUND when it holds, MISSING when not. */
export type Test = (context: SampleContext) => Outcome;

/** What makes closures of the expressions of a Plan, once, when a worker takes it. */
export interface ExpressionCompiler {
  readonly lane: Lane;
  expression(plan: ExpressionPlan): Evaluate;
  condition(plan: ConditionPlan): Test;
  /** A format whose variables are those of log lines; what has no value becomes '-' or nothing, as in log lines. */
  format(plan: FormatPlan): (context: SampleContext) => string;
}

/** Makes the evaluation of one fetch from its arguments. */
export type FetchFactory = (plan: ExpressionPlan, compiler: ExpressionCompiler) => Evaluate;
/** A family of fetches, by name. */
export type FetchFamily = Readonly<Record<string, FetchFactory>>;

/** Changes a sample in place; MISSING when it cannot be converted. */
export type Convert = (context: SampleContext, sample: Sample) => Outcome;
/** Makes a conversion from its arguments. */
export type ConverterFactory = (plan: ExpressionPlan['converters'][number], compiler: ExpressionCompiler) => Convert;
/** A family of converters, by name. */
export type ConverterFamily = Readonly<Record<string, ConverterFactory>>;
