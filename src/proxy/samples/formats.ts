/**
 * Log formats that become a text: names of backends, values of variables (configuration manual,
 * 8.2.6). The lines of logs themselves are written elsewhere, without strings.
 */
import type { FormatPartPlan, FormatPlan } from '../../plan/expression.js';
import { textOf } from './casts.js';
import type { ExpressionCompiler, SampleContext } from './context.js';
import { FOUND, Sample } from './sample.js';

/** How a piece is written out. */
export type Flags = Extract<FormatPartPlan, { kind: 'variable' }>['flags'];

/**
 * The variables of formats: makes the reader of one from its name, argument and flags. What it
 * answers is written as it is.
 */
export type FormatVariables = (name: string, argument: string, flags: Flags) => (context: SampleContext) => string;

type Part = (context: SampleContext) => string;

/** Characters that the flag E protects with a backslash (RFC 5424 section 6.3.3). */
const PROTECTED = /["\\\]]/g;

/** A text as its flags say: quoted, escaped, or "-" for none. */
export function decorate(text: string, flags: Flags): string {
  const escaped = flags.escaped ? text.replace(PROTECTED, '\\$&') : text;
  if (flags.quoted) return `"${escaped}"`;
  return escaped === '' && flags.mandatory ? '-' : escaped;
}

/** A format as a function. */
export function compileFormat(plan: FormatPlan, compiler: ExpressionCompiler, variables: FormatVariables): Part {
  const parts = plan.map((part): Part => {
    if (part.kind === 'text') return () => part.text;
    return part.kind === 'variable' ? variables(part.name, part.argument, part.flags) : expressionPart(part, compiler);
  });
  return (context) => {
    let text = '';
    for (let i = 0; i < parts.length; i++) text += parts[i](context);
    return text;
  };
}

/** In a format nothing is waited for: what has no value yet has none. */
function expressionPart(
  { expression, flags }: Extract<FormatPartPlan, { kind: 'expression' }>,
  compiler: ExpressionCompiler,
): Part {
  const evaluate = compiler.expression(expression);
  const sample = new Sample();
  return (context) => decorate(evaluate(context, sample) === FOUND ? textOf(sample) : '', flags);
}
