/** Expressions of a Plan: a fetch and its converters, with their arguments resolved. */
import { CONVERTERS } from '../../config/samples/converters.js';
import { FETCHES } from '../../config/samples/fetches.js';
import { type ArgumentSpec, argumentType } from '../../config/samples/signature.js';
import type { Argument, ArgumentKind, ConverterUse, Expression } from '../../config/samples/syntax.js';
import type { ArgumentPlan, ConverterPlan, ExpressionPlan } from '../expression.js';
import { type ArgumentOwner, compileArgument } from './arguments.js';
import type { Scope } from './references.js';

/** Where HAProxy reads expressions only when it has read all sections. */
const LATE_USAGES = ['in log-format string', 'in use_backend expression', 'in use-server or balance expression'];

/**
 * Resolves an expression.
 *
 * @param usage where it stands, as messages have it: `in stick rule`; '' for an ACL
 */
export function compileExpression(expression: Expression, scope: Scope, usage = ''): ExpressionPlan {
  const { fetch, type, place } = expression;
  const keyword = usage === '' ? `ACL keyword '${fetch}'` : `sample fetch keyword '${fetch}' ${usage}`;
  const owner = { keyword, place, form: null, late: LATE_USAGES.includes(usage) };
  return {
    fetch,
    ...resolve(expression.arguments, FETCHES.get(fetch)?.arguments ?? [], owner, scope),
    converters: expression.converters.map((use) => compileConverter(use, owner, scope)),
    type,
  };
}

function compileConverter(use: ConverterUse, { keyword, place, late }: ArgumentOwner, scope: Scope): ConverterPlan {
  const signature = CONVERTERS.get(use.name);
  const form = signature?.map === undefined ? null : { ...signature.map, map: true, ignoreCase: false, dotted: false };
  const owner = { keyword: `conversion keyword '${use.name}' for ${keyword}`, place, form, late };
  return { name: use.name, ...resolve(use.arguments, signature?.arguments ?? [], owner, scope) };
}

function resolve(
  values: readonly (Argument | null)[],
  specs: readonly ArgumentSpec[],
  owner: ArgumentOwner,
  scope: Scope,
): { arguments: ArgumentPlan[]; kinds: ArgumentKind[] } {
  return {
    arguments: specs.map((spec, index) => compileArgument(values[index] ?? null, spec, index + 1, owner, scope)),
    kinds: specs.map((spec, index) => values[index]?.kind ?? argumentType(spec).kind),
  };
}
