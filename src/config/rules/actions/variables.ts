/** Actions on variables: set-var, set-var-fmt, unset-var (configuration manual, section 4.2). */
import { readFormat } from '../../samples/format.js';
import { ASSIGNMENT_CONDITIONS, type Assigned, parseVariable } from '../../samples/variables.js';
import { type Parsed, parsed, refused } from '../../values/parsed.js';
import type { RuleContext } from '../context.js';
import { type ActionKeyword, ALL_SETS, expressionAt, type ReadAction, wrong } from './outcome.js';

const FORMS = "Expects 'set-var(<var-name>)', 'set-var-fmt(<var-name>)' or 'unset-var(<var-name>)'";

const ONLY_SETTING =
  'unset-var does not expect parameters after the variable name. Only "set-var" and "set-var-fmt" manage conditions';

/** What stands between the parentheses of an action, as in `set-var(sess.name,ifset)`. */
export function variableOf(word: string): Parsed<Assigned> {
  const [, name, inner, close, rest] = /^([a-z-]+)(?:\(([^)]*)(\)?)(.*))?$/s.exec(word) as RegExpExecArray;
  if (inner === undefined) return refused(`invalid or incomplete action '${name}'. ${FORMS}`);
  if (close === '' || rest !== '') return refused(`incomplete argument after action '${word}'. ${FORMS}`);
  const [variable, ...more] = inner.split(',');
  const conditions = more.filter((condition) => condition !== '');
  const odd = conditions.find((condition) => !ASSIGNMENT_CONDITIONS.some((known) => known === condition));
  if (odd !== undefined) return refused(`unknown condition "${odd}"`);
  if (name === 'unset-var' && conditions.length > 0) return refused(ONLY_SETTING);
  const checked = parseVariable(variable);
  if (checked.ok) return parsed({ variable, conditions });
  return refused(checked.message.startsWith('invalid syntax') ? checked.message.replace(/'$/, ")'") : checked.message);
}

function readSetVar(context: RuleContext): ReadAction {
  const variable = variableOf(context.words[0].text);
  if (!variable.ok) return variable;
  const read = expressionAt(context, 1);
  if (!read.ok) return read;
  return { ok: true, action: { kind: 'set-var', ...variable.value, expression: read.expression }, taken: 1 + read.taken };
}

function readSetVarFormat(context: RuleContext): ReadAction {
  const variable = variableOf(context.words[0].text);
  if (!variable.ok) return variable;
  const word = context.words[1];
  if (word === undefined) return wrong('missing fetch method');
  const read = readFormat(word.text, word.place, context.places);
  if (!read.ok) return read;
  return { ok: true, action: { kind: 'set-var-fmt', ...variable.value, format: read.format }, taken: 2 };
}

function readUnsetVar({ words }: RuleContext): ReadAction {
  const variable = variableOf(words[0].text);
  return variable.ok ? { ok: true, action: { kind: 'unset-var', variable: variable.value.variable }, taken: 1 } : variable;
}

/** All of them. */
export const VARIABLE_ACTIONS: readonly ActionKeyword[] = [
  { name: 'set-var(*)', sets: ALL_SETS, read: readSetVar },
  { name: 'set-var-fmt(*)', sets: ALL_SETS, read: readSetVarFormat },
  { name: 'unset-var(*)', sets: ALL_SETS, read: readUnsetVar },
];
