/** Rules and stick tables of a Plan: as in `config/rules/syntax.ts`, with names replaced by indexes. */
import type { StickData } from '../config/rules/syntax.js';
import type { ConditionPlan, ExpressionPlan, FormatPlan } from './expression.js';

/** What a rule does. Tables are indexes in `plan.tables`. */
export type ActionPlan =
  | { readonly kind: 'accept' | 'reject' | 'close' | 'silent-drop' | 'expect-proxy' }
  | { readonly kind: 'set-var'; readonly variable: string; readonly expression: ExpressionPlan }
  | { readonly kind: 'set-var-fmt'; readonly variable: string; readonly format: FormatPlan }
  | { readonly kind: 'unset-var'; readonly variable: string }
  | { readonly kind: 'track-sc'; readonly counter: number; readonly expression: ExpressionPlan; readonly table: number }
  | { readonly kind: 'sc-inc-gpc'; readonly index: number; readonly counter: number }
  | {
      readonly kind: 'sc-set-gpt' | 'sc-add-gpc';
      readonly index: number;
      readonly counter: number;
      readonly value: number | ExpressionPlan;
    }
  /** `slot`: its place among the captures of the session. */
  | { readonly kind: 'capture'; readonly expression: ExpressionPlan; readonly length: number; readonly slot: number }
  | { readonly kind: 'set-src' | 'set-dst' | 'set-src-port' | 'set-dst-port'; readonly expression: ExpressionPlan }
  | { readonly kind: 'set-priority-class' | 'set-priority-offset'; readonly expression: ExpressionPlan }
  | { readonly kind: 'set-mark' | 'set-tos' | 'set-nice' | 'set-bandwidth-limit'; readonly value: number }
  | { readonly kind: 'set-log-level'; readonly level: string };

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
export interface TablePlan {
  /** Name of the proxy that has it. */
  readonly name: string;
  readonly keyType: 'ip' | 'ipv6' | 'integer' | 'string' | 'binary';
  readonly keyLength: number;
  readonly size: number;
  /** Milliseconds; 0: never. */
  readonly expireMs: number;
  readonly nopurge: boolean;
  readonly data: readonly StickData[];
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
