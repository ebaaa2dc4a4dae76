/** Rules and stick tables of a Plan: as in `config/rules/syntax.ts`, with names replaced by indexes. */
import type { Action, StickTable } from '../config/rules/syntax.js';
import type { ConditionPlan, ExpressionPlan, FormatPlan } from './expression.js';

/** What a rule does. Tables are indexes in `plan.tables`. */
export type ActionPlan = Action<ExpressionPlan, FormatPlan, number>;

/** One rule. */
export interface RulePlan {
  readonly action: ActionPlan;
  readonly condition: ConditionPlan | null;
}

/** The rules of one proxy. */
export interface RulesPlan {
  readonly connection: readonly RulePlan[];
  readonly session: readonly RulePlan[];
  readonly content: readonly RulePlan[];
  readonly response: readonly RulePlan[];
  /** Milliseconds, 0: none. */
  readonly requestInspectDelayMs: number;
  readonly responseInspectDelayMs: number;
}

/** One stick rule. */
export interface StickRulePlan {
  readonly kind: 'match' | 'store-request' | 'store-response';
  readonly expression: ExpressionPlan;
  readonly table: number;
  readonly condition: ConditionPlan | null;
}

/** A stick table. */
export interface TablePlan extends Omit<StickTable, 'place'> {
  /** Name of the proxy that has it. */
  readonly name: string;
}

/** No rules at all. */
export const NO_RULES: RulesPlan = {
  connection: [],
  session: [],
  content: [],
  response: [],
  requestInspectDelayMs: 0,
  responseInspectDelayMs: 0,
};
