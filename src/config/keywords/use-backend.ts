/** Keywords use_backend and use-server. */
import type { ProxyConfig } from '../config.js';
import type { Findings } from '../diagnostics.js';
import type { LineContext, ProxyKeyword } from '../keyword.js';
import { isConditionWord, readCondition, warnOfConflicts } from '../samples/condition.js';
import { readFormat } from '../samples/format.js';
import type { EvaluationPlace } from '../samples/origins.js';
import type { Condition, Format } from '../samples/syntax.js';
import type { Word } from '../tokens/line.js';

/** A name, or a format that yields one; undefined when it is wrong. */
function readName(
  word: Word,
  place: EvaluationPlace,
  findings: Findings,
  fault: (source: string, message: string) => string,
): string | Format | undefined {
  if (!word.text.includes('%')) return word.text;
  const read = readFormat(word.text, word.place, [place]);
  if (read.ok) return read.format;
  const { file, line } = word.place;
  const text = `config : Parsing [${file}:${line}]${fault(word.text, read.message)}`;
  findings.add({ severity: 'alert', text, place: word.place, ...(read.hint !== undefined && { hint: read.hint }) });
  return undefined;
}

/** The condition, null without one, undefined when it is wrong. */
function readRuleCondition(words: readonly Word[], target: ProxyConfig, findings: Findings): Condition | null | undefined {
  if (words.length === 0) return null;
  const read = readCondition(words, target.acls, findings);
  if (read.ok) return read.condition;
  findings.alert(words[0].place, `error detected while parsing switching rule : ${read.message}.`, read.hint);
  return undefined;
}

function parseUseBackend({ target, words, keyword, findings }: LineContext<ProxyConfig>): void {
  const [name, next] = words;
  const [{ place }] = keyword;
  if (name === undefined) {
    findings.alert(place, "'use_backend' expects a backend name.");
    return;
  }
  if (next !== undefined && !isConditionWord(next)) {
    const text = `unexpected keyword '${next.text}' after switching rule, only 'if' and 'unless' are allowed.`;
    findings.alert(next.place, text);
    return;
  }
  const condition = readRuleCondition(words.slice(1), target, findings);
  if (condition === undefined) return;
  warnOfConflicts(condition, ['feSwitching'], null, place, findings);
  const fault = (source: string, message: string): string => `: failed to parse use_backend rule '${source}' : ${message}.`;
  const backend = readName(name, 'feSwitching', findings, fault);
  if (backend === undefined) return;
  target.useBackends.push({ backend, condition, place: name.place });
}

function parseUseServer({ target, words, keyword, findings }: LineContext<ProxyConfig>): void {
  const [name, next] = words;
  const [{ place }] = keyword;
  if (name === undefined) {
    findings.alert(place, "'use-server' expects a server name.");
    return;
  }
  if (!isConditionWord(next)) {
    findings.alert((next ?? name).place, "'use-server' requires either 'if' or 'unless' followed by a condition.");
    return;
  }
  const condition = readRuleCondition(words.slice(1), target, findings);
  if (condition === undefined) return;
  warnOfConflicts(condition, ['beServer'], null, place, findings);
  const fault = (source: string, message: string): string =>
    `; use-server rule failed to parse log-format '${source}' : ${message}.`;
  const server = readName(name, 'beServer', findings, fault);
  if (server !== undefined) target.useServers.push({ server, condition, place: name.place });
}

/** Keywords that choose a backend or a server by a condition. */
export const SWITCHING_KEYWORDS: readonly ProxyKeyword[] = [
  {
    name: 'use_backend',
    sections: ['frontend', 'listen'],
    arguments: '<backend> [{if | unless} <condition>]',
    help: 'The backend of sessions for which the condition holds; the first such rule decides.',
    parse: parseUseBackend,
  },
  {
    name: 'use-server',
    sections: ['listen', 'backend'],
    arguments: '<server> {if | unless} <condition>',
    help: 'The server of sessions for which the condition holds, while it is usable.',
    parse: parseUseServer,
  },
];
