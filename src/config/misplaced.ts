/**
 * Keywords in a proxy that cannot use them: `balance` in a frontend, `maxconn` in a backend. HAProxy
 * ignores most with a warning and reads them all the same, so that a line that is wrong in itself is
 * refused wherever it stands.
 */
import type { ProxyConfig } from './config.js';
import { Findings } from './diagnostics.js';
import type { Keyword, LineContext } from './keyword.js';
import { newProxy } from './proxy.js';
import { describeProxy } from './sections.js';
import type { Word } from './tokens/line.js';

/** Keywords that HAProxy's parser of `defaults` knows by their first word only. */
const CALLED_BY_FIRST = /^(?:monitor|stick) |^capture re/;

/** The word that messages call a keyword by: that of `option x` is `x`, that of `stick on` in `defaults` is `stick`. */
function calledBy(keyword: Keyword<never>, [first, second]: readonly Word[], inDefaults: boolean): { name: string; word: Word } {
  if (first.text === 'option' && second !== undefined) return { name: second.text, word: second };
  const whole = !inDefaults || !CALLED_BY_FIRST.test(keyword.name);
  return { name: whole ? keyword.name : first.text, word: first };
}

/** Reports a keyword that may not stand in section `global`, `defaults` or `resolvers`. */
export function reportNotAllowed(keyword: Keyword<never>, words: readonly Word[], section: string, findings: Findings): void {
  const { name, word } = calledBy(keyword, words, section === 'defaults');
  findings.alert(word.place, `'${name}' not allowed in '${section}' section.`);
}

/** Reports a keyword that a frontend or backend has no use for, and what is wrong with its arguments. */
export function reportMisplaced(keyword: Keyword<ProxyConfig>, line: LineContext<ProxyConfig>): void {
  const { target, section, findings } = line;
  const side = section === 'backend' ? 'frontend' : 'backend';
  const { name, word } = calledBy(keyword as Keyword<never>, line.line.words.slice(line.negated === null ? 0 : 1), false);
  const usual = { severity: 'warning', text: `'${name}' ignored because {proxy} has no ${side} capability.` } as const;
  const { severity, text } = keyword.misplaced ?? usual;
  const mistakes = severity === 'alert' || keyword.refused ? [] : mistakesOf(keyword, line);
  if (mistakes.length === 0 || !keyword.argumentsFirst)
    findings[severity](word.place, text.replace('{proxy}', describeProxy(target)));
  for (const mistake of mistakes) findings.add(mistake);
}

/** Reads the line into a proxy that nobody keeps; its conditions may name ACLs of the true one. */
function mistakesOf(keyword: Keyword<ProxyConfig>, line: LineContext<ProxyConfig>): Findings['list'] {
  const { kind, name, place, acls } = line.target;
  const findings = new Findings();
  keyword.parse({ ...line, target: { ...newProxy(kind, name, place, null), acls }, findings });
  return findings.list.filter(({ severity }) => severity === 'alert');
}
