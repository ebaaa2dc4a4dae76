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
