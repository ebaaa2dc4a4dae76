/** Keywords of proxies about states of servers that were saved before a restart (configuration manual, section 4.2). */
import type { ProxyKeyword } from '../keyword.js';
import { choiceWord } from './option-words.js';
import { BACKENDS, endsAfter, keywordPlace, type ProxyLine, refuse } from './reading.js';

/** All of them. */
export const SERVER_STATE_KEYWORDS: readonly ProxyKeyword[] = [
  {
    name: 'load-server-state-from-file',
    sections: BACKENDS,
    arguments: '{ global | local | none }',
    default: 'none',
    help: 'The file whose states the servers begin with: that of the process, or one of this proxy.',
    parse: parseLoad,
  },
  {
    name: 'server-state-file-name',
    sections: BACKENDS,
    arguments: '[ { use-backend-name | <file> } ]',
    default: 'the name of the proxy',
    help: 'The file of this proxy, within server-state-base.',
    parse: parseFileName,
  },
];

function parseLoad(line: ProxyLine): void {
  const [word] = line.words;
  const value = choiceWord(word, ['global', 'local', 'none']);
  if (value === null)
    refuse(line, `'load-server-state-from-file' expects 'global', 'local' or 'none'. Got '${word?.text ?? ''}'`, word);
  else if (endsAfter(line, 1)) line.target.loadServerState = { value, place: keywordPlace(line) };
}

function parseFileName(line: ProxyLine): void {
  if (!endsAfter(line, 1)) return;
  const name = line.words[0]?.text;
  const value = name === undefined || name === 'use-backend-name' ? null : name;
  line.target.serverStateFileName = { value, place: keywordPlace(line) };
}
