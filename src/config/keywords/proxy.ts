/** Keywords that say what a proxy is and how much it takes (configuration manual, section 4.2). */
import type { ProxyKeyword } from '../keyword.js';
import {
  ANY_PROXY,
  BACKENDS,
  endsAfter,
  FRONTENDS,
  INTEGER_MAX,
  keywordPlace,
  onlyInteger,
  type ProxyLine,
  refuse,
  wholeNumber,
} from './reading.js';

const NOT_DEFAULTS = ['frontend', 'listen', 'backend'] as const;

/** What a proxy is. */
export const PROXY_KEYWORDS_OF_NATURE: readonly ProxyKeyword[] = [
  {
    name: 'mode',
    sections: ANY_PROXY,
    arguments: '{ tcp | http }',
    default: 'tcp',
    help: 'The protocol that is relayed.',
    parse: parseMode,
  },
  { name: 'id', sections: NOT_DEFAULTS, arguments: '<value>', help: 'The number of this proxy.', parse: parseId },
  {
    name: 'description',
    sections: NOT_DEFAULTS,
    arguments: '<string>',
    help: 'A text for operators.',
    parse: parseDescription,
  },
  {
    name: 'disabled',
    sections: ANY_PROXY,
    arguments: '',
    help: 'This proxy is read and not used.',
    parse: (line) => setDisabled(line, true),
  },
  {
    name: 'enabled',
    sections: ANY_PROXY,
    arguments: '',
    help: 'The contrary of disabled.',
    parse: (line) => setDisabled(line, false),
  },
  {
    name: 'default_backend',
    sections: FRONTENDS,
    arguments: '<backend>',
    help: 'The backend for sessions that no use_backend takes.',
    parse: parseDefaultBackend,
  },
];

/** How much a proxy takes. */
export const PROXY_KEYWORDS_OF_LIMITS: readonly ProxyKeyword[] = [
  {
    name: 'maxconn',
    sections: FRONTENDS,
    misplaced: {
      severity: 'warning',
      text: "'maxconn' ignored because {proxy} has no frontend capability. Maybe you want 'fullconn' instead ?",
    },
    arguments: '<conns>',
    default: "the process's",
    help: 'Connections of clients at a time.',
    parse: (line) => setLimit(line, 'maxconn', INTEGER_MAX),
  },
  {
    name: 'backlog',
    sections: FRONTENDS,
    arguments: '<conns>',
    default: 'maxconn',
    help: 'Connections that wait to be accepted.',
    parse: (line) => setLimit(line, 'backlog', INTEGER_MAX),
  },
  {
    name: 'fullconn',
    sections: BACKENDS,
    misplaced: {
      severity: 'warning',
      text: "'fullconn' ignored because {proxy} has no backend capability. Maybe you want 'maxconn' instead ?",
    },
    arguments: '<conns>',
    default: '10 % of the maxconn of all frontends that may use it',
    help: 'Sessions at which servers with minconn reach their maxconn.',
    parse: (line) => setLimit(line, 'fullconn', INTEGER_MAX),
  },
  {
    name: 'retries',
    sections: BACKENDS,
    arguments: '<value>',
    default: '3',
    help: 'Attempts to connect after the first.',
    parse: (line) => setLimit(line, 'retries', INTEGER_MAX, ' (dispatch counts for one).'),
  },
  {
    name: 'rate-limit sessions',
    sections: FRONTENDS,
    misplaced: {
      severity: 'warning',
      text: 'rate-limit sessions will be ignored because {proxy} has no frontend capability',
    },
    argumentsFirst: true,
    arguments: '<rate>',
    default: '0, no limit',
    help: 'Sessions accepted in a second.',
    parse: parseRateLimit,
  },
];

function parseMode(line: ProxyLine): void {
  const [word] = line.words;
  if (word?.text === 'tcp' || word?.text === 'http') {
    if (endsAfter(line, 1)) line.target.mode = { value: word.text, place: word.place };
  } else if (word?.text === 'health') {
    refuse(line, "'mode health' doesn't exist anymore. Please use 'http-request return status 200' instead.", word);
  } else refuse(line, `unknown proxy mode '${word?.text ?? ''}'.`, word);
}

/** HAProxy writes these without a space before the colon. */
function refuseLine(line: ProxyLine, text: string): void {
  line.findings.line('alert', line.words[0]?.place ?? keywordPlace(line), text);
}

/** That two proxies have one number is seen when all are read. */
function parseId(line: ProxyLine): void {
  const [word] = line.words;
  if (word === undefined) refuseLine(line, "'id' expects an integer argument.");
  else if (endsAfter(line, 1)) {
    const value = wholeNumber(word.text) ?? 0;
    if (value <= 0 || value > INTEGER_MAX) refuseLine(line, 'custom id has to be > 0.');
    else line.target.id = { value, place: word.place };
  }
}

function parseDescription(line: ProxyLine): void {
  if (line.words.length === 0) refuseLine(line, "'description' expects a string argument.");
  else line.target.description = { value: line.words.map(({ text }) => text).join(' '), place: line.words[0].place };
}

function setDisabled(line: ProxyLine, value: boolean): void {
  if (endsAfter(line, 0)) line.target.disabled = { value, place: keywordPlace(line) };
}

function parseDefaultBackend(line: ProxyLine): void {
  const [word] = line.words;
  if (word === undefined) refuse(line, "'default_backend' expects a backend name.");
  else if (endsAfter(line, 1)) line.target.defaultBackend = { name: word.text, place: word.place };
}

function setLimit(line: ProxyLine, field: 'maxconn' | 'backlog' | 'fullconn' | 'retries', max: number, missing?: string): void {
  const value = onlyInteger(line, { min: 0, max, ...(missing !== undefined && { missing }) });
  if (value !== null) line.target[field] = { value, place: line.words[0].place };
}

function parseRateLimit(line: ProxyLine): void {
  const [word] = line.words;
  if (word === undefined) {
    refuse(line, "'rate-limit sessions' expects expects an integer value (in sessions/second)");
    return;
  }
  const odd = word.text.replace(/^[0-9]+/, '');
  if (odd !== '') refuse(line, `'rate-limit sessions' : unexpected character '${odd[0]}' in integer value '${word.text}'`, word);
  else line.target.sessionRateLimit = { value: Math.min(Number(word.text), INTEGER_MAX), place: word.place };
}
