/** Keywords stick-table and stick. */
import type { ProxyConfig } from '../config.js';
import type { LineContext, ProxyKeyword } from '../keyword.js';
import { readStickRules, type StickWord } from '../rules/stick-rules.js';
import { readStickTable } from '../rules/stick-table.js';
import { describeProxy } from '../sections.js';

function parseTable({ target, words, keyword, findings }: LineContext<ProxyConfig>): void {
  const [{ place }] = keyword;
  if (target.stickTable !== undefined) {
    const { file, line } = target.stickTable.place;
    const text = `stick-table name '${target.name}' conflicts with table declared in ${describeProxy(target)} at ${file}:${line}.`;
    findings.alert(place, text);
    return;
  }
  const table = readStickTable(words, place, findings);
  if (table !== null) target.stickTable = table;
}

const stick = (word: StickWord, help: string): ProxyKeyword => ({
  name: `stick ${word}`,
  sections: ['listen', 'backend'],
  arguments: '<pattern> [table <table>] [{if | unless} <condition>]',
  help,
  misplaced: { severity: 'warning', text: "'stick' ignored because {proxy} has no backend capability." },
  parse: ({ target, words, keyword, findings }) => {
    target.stickRules.push(...readStickRules(word, keyword[0], words, target, findings));
  },
});

/** Keywords of stick tables. */
export const STICK_KEYWORDS: readonly ProxyKeyword[] = [
  {
    name: 'stick-table',
    sections: ['frontend', 'listen', 'backend'],
    arguments:
      'type {ip | ipv6 | integer | string [len <length>] | binary [len <length>]} size <size> [expire <expire>] [nopurge] [store <data>]*',
    help: 'A table of keys and of what is counted for each of them, or of the server that each sticks to.',
    parse: parseTable,
  },
  stick('on', 'Remembers the server of a key, and sends later sessions of the key to it.'),
  stick('match', 'Sends sessions to the server that is remembered for their key.'),
  stick('store', 'As stick store-request.'),
  stick('store-request', 'Remembers the server of a key of the request.'),
  stick('store-response', 'Remembers the server of a key of the response.'),
];
