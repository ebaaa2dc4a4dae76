/** Keywords of section `global` about limits and what is switched off (configuration manual, section 3.2). */
import type { GlobalKeyword } from '../keyword.js';
import { parseInteger } from '../values/integer.js';
import {
  endsAfter,
  GLOBAL,
  type GlobalLine,
  isFirst,
  onlyInteger,
  onlyWord,
  refuse,
  setting,
  switchKeyword,
} from './global-line.js';
import { timeOf } from './reading.js';

/** Connections at most: twice as many descriptors must stay below what fs.nr_open can be, 2^30. */
const MAXCONN_MAX = 2 ** 29;
const SPREAD_PERCENT_MAX = 50;
/** What a rate meter counts. */
const RATE_MAX = 2 ** 31 - 1;

/** The keywords of this file. */
export const GLOBAL_LIMIT_KEYWORDS: readonly GlobalKeyword[] = [
  {
    name: 'maxconn',
    sections: GLOBAL,
    arguments: '<number>',
    default: 'what the limit of file descriptors allows',
    help: 'Connections of the process at a time.',
    parse: (line) => {
      if (!isFirst(line, line.target.maxconn)) return;
      const value = onlyInteger(line, 0, MAXCONN_MAX);
      if (value !== null) line.target.maxconn = setting(line, value);
    },
  },
  {
    name: 'maxpipes',
    sections: GLOBAL,
    arguments: '<number>',
    default: '256 for each worker',
    help: 'Pipes for splicing.',
    parse: (line) => {
      if (!isFirst(line, line.target.maxpipes)) return;
      const value = onlyInteger(line, 0);
      if (value !== null) line.target.maxpipes = setting(line, value);
    },
  },
  rateLimit('maxconnrate', 'Connections accepted in a second.'),
  rateLimit('maxsessrate', 'Sessions accepted in a second.'),
  {
    name: 'spread-checks',
    sections: GLOBAL,
    arguments: '<0..50, in percent>',
    default: '0',
    help: 'How far apart health checks of the same interval are spread.',
    parse: spreadChecks,
  },
  {
    name: 'ssl-server-verify',
    sections: GLOBAL,
    arguments: '{ none | required }',
    default: 'required',
    help: 'Whether certificates of servers are verified where their lines do not say it; of checks over TLS.',
    parse: sslServerVerify,
  },
  {
    name: 'max-spread-checks',
    sections: GLOBAL,
    arguments: '<delay>',
    default: 'the interval',
    help: 'Time over which first health checks are spread at most.',
    parse: maxSpreadChecks,
  },
  switchKeyword('nosplice', { help: 'Never splice data through pipes.' }, (line) => {
    line.target.nosplice = setting(line, true);
  }),
  switchKeyword('noreuseport', { help: 'Share one listening socket among all workers.' }, (line) => {
    line.target.noreuseport = setting(line, true);
  }),
  stateFile('server-state-base', '<directory>', 'serverStateBase', 'Directory of the files with states of servers.'),
  stateFile('server-state-file', '<file>', 'serverStateFile', 'File with states of servers, read at start.'),
];

function rateLimit(name: 'maxconnrate' | 'maxsessrate', help: string): GlobalKeyword {
  return {
    name,
    sections: GLOBAL,
    arguments: '<number>',
    default: '0, any number',
    help,
    parse: (line) => {
      if (!isFirst(line, line.target[name])) return;
      const value = onlyInteger(line, 0, RATE_MAX);
      if (value !== null) line.target[name] = setting(line, value);
    },
  };
}

function spreadChecks(line: GlobalLine): void {
  const { words, findings, keyword } = line;
  if (!isFirst(line, line.target.spreadChecks) || !endsAfter(line, 1)) return;
  const [word] = words;
  if (word === undefined) {
    findings.line('alert', keyword[0].place, "'spread-checks' expects an integer argument (0..50).");
    return;
  }
  const value = parseInteger(word.text, 0, SPREAD_PERCENT_MAX);
  if (value.ok) line.target.spreadChecks = setting(line, value.value);
  else findings.line('alert', word.place, "'spread-checks' needs a positive value in range 0..50.");
}

function sslServerVerify(line: GlobalLine): void {
  const { words, keyword, target } = line;
  const [word] = words;
  if (word?.text === 'none' || word?.text === 'required') target.sslServerVerify = setting(line, word.text);
  else refuse(line, "'ssl-server-verify' expects 'none' or 'required' as argument.", word ?? keyword[0]);
}

function maxSpreadChecks(line: GlobalLine): void {
  const { words, findings, keyword, target } = line;
  if (!endsAfter(line, 1)) return;
  const [word] = words;
  if (word === undefined) {
    findings.line('alert', keyword[0].place, "'max-spread-checks' expects an integer argument (0..50).");
    return;
  }
  const value = timeOf(word.text);
  if (value !== null) target.maxSpreadChecksMs = setting(line, value);
  else findings.line('alert', word.place, spreadFault(word.text));
}

function spreadFault(text: string): string {
  const [odd] = /[^0-9]/.exec(text) ?? [];
  if (odd !== undefined) return `unsupported character '${odd}' in 'max-spread-checks' (wants an integer delay).`;
  return `timer overflow in argument <${text}> to <max-spread-checks>, maximum value is 2147483647 ms (~24.8 days).`;
}

function stateFile(name: string, parameters: string, field: 'serverStateBase' | 'serverStateFile', help: string): GlobalKeyword {
  return {
    name,
    sections: GLOBAL,
    arguments: parameters,
    help,
    parse: (line) => {
      const word = onlyWord(line, `expects one argument: a ${field === 'serverStateBase' ? 'directory' : 'file'} path.`);
      if (word !== null) line.target[field] = { value: word.text, place: word.place };
    },
  };
}
