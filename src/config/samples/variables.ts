/** Names of variables (configuration manual, section 2.8 of newer, 7.3.1 of older ones): `sess.name`. */
import { type Parsed, parsed, refused } from '../values/parsed.js';

const SCOPES = /^(proc|sess|txn|req|res|check)\.(.+)$/s;

/** Checks the name of a variable with its scope. The reason is a whole sentence, as HAProxy's. */
export function parseVariable(name: string): Parsed<string> {
  if (name === '') return refused('Empty variable name cannot be accepted');
  const scoped = SCOPES.exec(name);
  if (scoped === null) {
    return refused(
      `invalid variable name '${name}'. A variable name must be start by its scope. The scope can be 'proc', 'sess', 'txn', 'req', 'res' or 'check'`,
    );
  }
  const wrong = /[^A-Za-z0-9_.].*$/s.exec(scoped[2]);
  return wrong === null ? parsed(name) : refused(`invalid syntax at char '${wrong[0]}'`);
}

/** A variable, and the conditions under which it is assigned to; all of them have to hold. */
export interface Assigned {
  readonly variable: string;
  readonly conditions: readonly string[];
}

/** Conditions that an assignment may name (`set-var(name,cond)`), beside none at all. */
export const ASSIGNMENT_CONDITIONS = [
  'ifexists',
  'ifnotexists',
  'ifempty',
  'ifnotempty',
  'ifset',
  'ifnotset',
  'ifgt',
  'iflt',
] as const;
