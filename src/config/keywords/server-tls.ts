/** Options of servers about their certificates (configuration manual, section 5.2); of checks over TLS. */
import type { ServerSettings } from '../config.js';
import type { OptionKeyword } from '../keyword.js';
import { choiceWord } from './option-words.js';
import { reportServer, type ServerOption } from './server-report.js';
import { text } from './server-words.js';

/** All of them. */
export const SERVER_TLS_OPTIONS: readonly OptionKeyword<ServerSettings>[] = [
  {
    name: 'verify',
    arguments: '{ none | required }',
    default: 'required',
    help: 'Whether the certificate of the server is verified; of checks over TLS.',
    parse: parseVerify,
  },
  {
    name: 'verifyhost',
    arguments: '<hostname>',
    help: 'The name that the certificate of the server must be for.',
    parse: text("'verifyhost' : missing hostname to verify against.", ({ settings }, name) => (settings.verifyHost = name)),
  },
  {
    name: 'ca-file',
    arguments: '<file> | @system-ca',
    help: 'The authorities that certificates of servers are verified with.',
    parse: text("'ca-file' : missing CAfile path.", ({ settings, words }, name) => {
      settings.caFile = { name, place: words[0].place };
    }),
  },
];

function parseVerify(context: ServerOption): number | null {
  const [word] = context.words;
  if (word === undefined) {
    reportServer(context, 'alert', "'verify' : missing verify method.", context.option);
    return null;
  }
  const method = choiceWord(word, ['none', 'required']);
  if (method !== null) {
    context.settings.verify = method;
    return 1;
  }
  const text = `'verify' : unknown verify method '${word.text}', only 'none' and 'required' are supported.`;
  reportServer(context, 'alert', text, word);
  return null;
}
