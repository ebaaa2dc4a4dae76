/** `stick on`, `stick match`, `stick store-request` and `stick store-response` (configuration manual, section 4.2). */
import type { ProxyConfig } from '../config.js';
import type { Findings } from '../diagnostics.js';
import { isConditionWord, readCondition, warnOfConflicts } from '../samples/condition.js';
import { readExpression, unavailable } from '../samples/expression.js';
import type { EvaluationPlace } from '../samples/origins.js';
import type { Word } from '../tokens/line.js';
import type { StickRule } from './syntax.js';

/** What a line means, by its second word. */
const KINDS = {
  on: { kinds: ['match', 'store-request'], place: 'beServer' },
  match: { kinds: ['match'], place: 'beServer' },
  store: { kinds: ['store-request'], place: 'beServer' },
  'store-request': { kinds: ['store-request'], place: 'beServer' },
  'store-response': { kinds: ['store-response'], place: 'beStore' },
} as const satisfies Readonly<Record<string, { kinds: readonly StickRule['kind'][]; place: EvaluationPlace }>>;

/** The second words of `stick`. */
export type StickWord = keyof typeof KINDS;

/** Reads the words after `stick on` and the like; wrong ones yield no rules, which `findings` then say. */
export function readStickRules(
  kind: StickWord,
  keyword: Word,
  words: readonly Word[],
  { acls }: ProxyConfig,
  findings: Findings,
): StickRule[] {
  const refuse = (text: string, word: Word | undefined, hint?: string): [] => {
    findings.alert((word ?? keyword).place, text, hint);
    return [];
  };
  if (words.length === 0) return refuse("'stick' expects a fetch method.", keyword);
  const { kinds, place: where } = KINDS[kind];
  const read = readExpression(words, { response: where === 'beStore' });
  if (!read.ok) return refuse(`'stick': ${read.message}`, words[0], read.hint);
  const missing = unavailable(read.signature, [where], where === 'beStore' ? `for '${kinds[0]}'` : 'during request');
  if (missing !== null) return refuse(`'stick': ${missing}.`, words[0]);
  let at = read.taken;
  const named = words[at]?.text === 'table';
  const name = words[at + 1];
  if (named && name === undefined) return refuse("'stick' : missing table name.", words[at]);
  if (named) at += 2;
  const rest = words.slice(at);
  if (rest.length > 0 && !isConditionWord(rest[0])) return refuse(`'stick': unknown keyword '${rest[0].text}'.`, rest[0]);
  const condition = rest.length === 0 ? null : readCondition(rest, acls, findings);
  if (condition !== null && !condition.ok) {
    return refuse(`'stick': error detected while parsing sticking condition : ${condition.message}.`, rest[0], condition.hint);
  }
  warnOfConflicts(condition?.condition ?? null, [where], null, keyword.place, findings);
  const table = named ? { name: name.text, place: name.place } : null;
  const { expression } = read;
  return kinds.map((one) => ({
    ...{ kind: one, expression, table, condition: condition?.condition ?? null },
    place: keyword.place,
  }));
}
