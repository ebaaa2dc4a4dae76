/** What the reader of an action answers. */
import { type ExpressionUse, type ReadExpression, readExpression, unavailable } from '../../samples/expression.js';
import type { RuleContext } from '../context.js';
import type { RuleAction, RuleSet } from '../syntax.js';

/** An action and how many words it has, or what is wrong, as HAProxy says it after file and line. */
export type ReadAction =
  | { readonly ok: true; readonly action: RuleAction; readonly taken: number }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/** An action by its name. */
export interface ActionKeyword {
  /** As lists of messages show it: `accept`, `set-var(*)`. */
  readonly name: string;
  /** Rule sets that have it. */
  readonly sets: readonly RuleSet[];
  readonly read: (context: RuleContext) => ReadAction;
}

/** Every rule set. */
export const ALL_SETS: readonly RuleSet[] = [
  'tcp-request connection',
  'tcp-request session',
  'tcp-request content',
  'tcp-response content',
];
/** Those of requests. */
export const REQUEST_SETS: readonly RuleSet[] = ALL_SETS.slice(0, 3);

/** A refusal. */
export const wrong = (message: string): ReadAction => ({ ok: false, message });

/** The expression that begins with that word, refused where its information is not at hand. */
export function expressionAt(
  context: RuleContext,
  at: number,
  use: ExpressionUse = {},
): ReadExpression | (ReadAction & { ok: false }) {
  const response = context.places.includes('beResponse');
  const read = readExpression(context.words.slice(at), { response, ...use });
  if (!read.ok) return read;
  const missing = unavailable(read.signature, context.places);
  return missing === null ? read : { ok: false, message: missing };
}

/** An action that has nothing but an expression. */
export function withExpression(make: (expression: ReadExpression['expression']) => RuleAction): ActionKeyword['read'] {
  return (context) => {
    const read = expressionAt(context, 1);
    return read.ok ? { ok: true, action: make(read.expression), taken: 1 + read.taken } : read;
  };
}
