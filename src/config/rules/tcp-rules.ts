/** Rules of tcp-request and tcp-response: an action and a condition (configuration manual, section 4.2). */
import { isConditionWord, readCondition, warnOfConflicts } from '../samples/condition.js';
import { nearestWord } from '../values/nearest.js';
import { COUNTER_ACTIONS } from './actions/counters.js';
import type { ActionKeyword } from './actions/outcome.js';
import { VARIABLE_ACTIONS } from './actions/variables.js';
import { REFUSED_ACTIONS, VERDICT_ACTIONS } from './actions/verdicts.js';
import type { RuleContext } from './context.js';
import type { Rule } from './syntax.js';

const ACTIONS: readonly ActionKeyword[] = [...VERDICT_ACTIONS, ...COUNTER_ACTIONS, ...VARIABLE_ACTIONS];
const KNOWN: ReadonlyMap<string, ActionKeyword> = new Map(
  [...ACTIONS, ...REFUSED_ACTIONS].map((action) => [plainName(action.name), action]),
);

function plainName(name: string): string {
  return name.replace(/\(?\*\)?$/, '');
}

/** Reads one rule; null when it is wrong, which `findings` then say. */
export function readRule(context: RuleContext): Rule | null {
  const [word] = context.words;
  const action = word === undefined ? undefined : findAction(word.text);
  if (action === undefined || !action.sets.includes(context.set)) return unknownAction(context);
  const read = action.read(context);
  if (!read.ok) {
    context.findings.alert(word.place, read.message, read.hint);
    return null;
  }
  const condition = readRuleCondition(context, read.taken);
  return condition === undefined ? null : { action: read.action, condition, place: word.place };
}

/** By the name up to a parenthesis; `track-sc` goes with any number. */
function findAction(word: string): ActionKeyword | undefined {
  const [name] = /^[^(]*/.exec(word) as RegExpExecArray;
  return KNOWN.get(name) ?? (name.startsWith('track-sc') ? KNOWN.get('track-sc') : undefined);
}

function unknownAction({ set, words, about, place, findings }: RuleContext): null {
  const got = words[0]?.text ?? '';
  const known = ACTIONS.filter(({ sets }) => sets.includes(set)).map(({ name }) => name);
  const listed = known.map((name) => (name === 'track-sc*' ? "'track-sc0' ... 'track-sc2'" : `'${name}'`)).join(', ');
  const meant = got === '' ? undefined : nearestWord(got, known.map(plainName));
  const suggestion = meant === undefined ? '' : `. Did you mean '${meant}' maybe ?`;
  findings.alert(words[0]?.place ?? place, `'${set}' expects ${listed} in ${about} (got '${got}')${suggestion || '.'}`, meant);
  return null;
}

/** What follows the action; undefined when it is wrong. */
function readRuleCondition(context: RuleContext, at: number): Rule['condition'] | undefined {
  const { set, words, about, proxy, findings, places } = context;
  const rest = words.slice(at);
  if (rest.length === 0) return null;
  const name = `'${set} ${words[0].text}'`;
  if (!isConditionWord(rest[0])) {
    findings.alert(rest[0].place, `${name} only accepts 'if' or 'unless', in ${about} (got '${rest[0].text}')`);
    return undefined;
  }
  const read = readCondition(rest, proxy.acls, findings);
  if (!read.ok) {
    const text = `${name} : error detected in ${about} while parsing '${rest[0].text}' condition : ${read.message}`;
    findings.alert(rest[0].place, text, read.hint);
    return undefined;
  }
  warnOfConflicts(read.condition, places, set, words[0].place, findings);
  return read.condition;
}
