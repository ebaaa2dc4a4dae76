/** Log formats of a Plan. */
import { bytesOf } from '../../config/samples/bytes.js';
import type { Format } from '../../config/samples/syntax.js';
import type { FormatPartPlan, FormatPlan } from '../expression.js';
import { compileExpression } from './expressions.js';
import type { Scope } from './references.js';

/**
 * Resolves the expressions of a format.
 *
 * @param usage where it stands, as messages have it: `in log-format string`
 */
export function compileFormat({ parts }: Format, scope: Scope, usage = 'in log-format string'): FormatPlan {
  return parts.map((part): FormatPartPlan => {
    if (part.kind === 'text') return { kind: 'text', text: bytesOf(part.text) };
    return part.kind === 'expression' ? { ...part, expression: compileExpression(part.expression, scope, usage) } : part;
  });
}

/** The same for a text on a line of a log: spaces side by side become one, and those at the beginning go. */
export function withSingleSpaces(plan: FormatPlan): FormatPlan {
  let afterSpace = true;
  return plan.map((part) => {
    if (part.kind !== 'text') {
      afterSpace = false;
      return part;
    }
    const text = (afterSpace ? part.text.replace(/^ +/, '') : part.text).replace(/ +/g, ' ');
    if (text !== '') afterSpace = text.endsWith(' ');
    return { ...part, text };
  });
}
