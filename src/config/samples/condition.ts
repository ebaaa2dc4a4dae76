/** Conditions: `if a !b or { src 10.0.0.0/8 }` (configuration manual, section 7.2). */
import type { Findings, Place } from '../diagnostics.js';
import type { Word } from '../tokens/line.js';
import { readAcl } from './acl.js';
import type { ExpressionFault } from './expression.js';
import { FETCHES } from './fetches.js';
import { type EvaluationPlace, isAvailable, PLACES } from './origins.js';
import { PREDEFINED_NAMES, predefinedAcl, unsupportedAcl } from './predefined.js';
import type { Acl, AclTest, Condition, Term } from './syntax.js';

/** A condition, or why the words are none. */
export type ReadCondition = { readonly ok: true; readonly condition: Condition } | ExpressionFault;

/** Whether a word begins a condition. */
export function isConditionWord(word: Word | undefined): boolean {
  return word?.text === 'if' || word?.text === 'unless';
}

/**
 * Reads a condition that begins with `if` or `unless` and takes all words up to the end of the line. An ACL
 * that is predefined joins those of the proxy, as in HAProxy.
 */
export function readCondition(words: readonly Word[], acls: Map<string, Acl>, findings: Findings): ReadCondition {
  const alternatives: Term[][] = [];
  let current: Term[] | null = null;
  for (let at = 1; at < words.length; at++) {
    if (words[at].text === 'or' || words[at].text === '||') {
      current = null;
      continue;
    }
    const { name, negated } = withoutNegations(words, at);
    if (name === null) continue;
    const term = name.text === '{' ? anonymous(words, name.at, findings) : named(name.text, words[name.at].place, acls, findings);
    if (!term.ok) return term;
    if (current === null) {
      current = [];
      alternatives.push(current);
    }
    current.push({ negated, acl: term.acl });
    at = term.end ?? name.at;
  }
  return { ok: true, condition: { unless: words[0].text === 'unless', alternatives, place: words[0].place } };
}

/** Counts the `!` before a name, which may be words of their own; null where no name is left. */
function withoutNegations(
  words: readonly Word[],
  start: number,
): { name: { text: string; at: number } | null; negated: boolean } {
  let negated = false;
  for (let at = start; at < words.length; at++) {
    const [marks] = /^!*/.exec(words[at].text) as RegExpExecArray;
    if (marks.length % 2 === 1) negated = !negated;
    const text = words[at].text.slice(marks.length);
    if (text !== '') return { name: { text, at }, negated };
  }
  return { name: null, negated };
}

type ReadTerm = { readonly ok: true; readonly acl: Acl; readonly end?: number } | ExpressionFault;

function named(name: string, place: Place, acls: Map<string, Acl>, findings: Findings): ReadTerm {
  const acl = acls.get(name) ?? predefinedAcl(name, place);
  if (acl !== undefined) {
    acls.set(name, acl);
    if (!acl.used) acl.used = true;
    return { ok: true, acl };
  }
  const meant = findings.nearest(name, () => [...acls.keys(), ...PREDEFINED_NAMES]);
  const message = unsupportedAcl(name) ?? `no such ACL : '${name}'`;
  return { ok: false, message, ...(meant !== undefined && { hint: meant }) };
}

function anonymous(words: readonly Word[], open: number, findings: Findings): ReadTerm {
  const end = words.findIndex(({ text }, index) => index > open && text === '}');
  if (end < 0) return { ok: false, message: "missing closing '}' in condition" };
  const { place } = words[open];
  const read = readAcl(words.slice(open + 1, end), place, findings);
  return read.ok ? { ok: true, acl: { name: '', tests: [read.test], used: true, place }, end } : read;
}

/**
 * Warns of the first ACL that cannot match where the condition is evaluated, because what it looks
 * at is not there. `rule` names the rule set where HAProxy's text does.
 */
export function warnOfConflicts(
  condition: Condition | null,
  places: readonly EvaluationPlace[],
  rule: string | null,
  place: Place,
  findings: Findings,
): void {
  const acls = condition?.alternatives.flat().map(({ acl }) => acl) ?? [];
  const hopeless = acls.find(({ tests }) => tests.every((test) => conflicts(test, places)));
  const partly = acls.find(({ tests }) => tests.some((test) => conflicts(test, places)));
  const acl = hopeless ?? partly;
  if (acl === undefined) return;
  const keyword = acl.tests.find((test) => conflicts(test, places))?.expression.fetch;
  const where = `incompatible with '${PLACES[places[0]]}'`;
  const within = rule === null ? '' : ` in '${rule}'`;
  if (acl.name === '')
    findings.warning(place, `anonymous acl will never match${within} because it uses keyword '${keyword}' which is ${where}`);
  else if (acl === hopeless)
    findings.warning(place, `acl '${acl.name}' will never match${within} because it only involves keywords that are ${where}`);
  else findings.warning(place, `acl '${acl.name}' involves keyword${rule === null ? 's' : ''} '${keyword}' which is ${where}`);
}

function conflicts(test: AclTest, places: readonly EvaluationPlace[]): boolean {
  const signature = FETCHES.get(test.expression.fetch);
  return signature !== undefined && !isAvailable(signature.origin, places);
}
