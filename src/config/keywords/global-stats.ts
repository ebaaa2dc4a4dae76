/** Keywords `stats` of section `global`: the sockets of the runtime API (configuration manual, section 3.1). */
import type { StatsSocket } from '../config.js';
import type { GlobalKeyword } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import { type AddressSyntax, parseAddress } from '../values/address.js';
import { didYouMean } from '../values/nearest.js';
import { parseTime } from '../values/time.js';
import { GLOBAL, type GlobalLine, onlyInteger, onlyWord, refuse, setting } from './global-line.js';

const LEVELS = ['user', 'operator', 'admin'] as const;
const MODE_MAX = 0o777;

type Fields = { -readonly [K in keyof StatsSocket]: StatsSocket[K] };
/** Reads an option's argument into the socket; null when there was a mistake, which it has reported. */
type Reader = (line: GlobalLine, socket: Fields, option: Word, value: Word | undefined) => null | undefined;

const named =
  (field: 'user' | 'group'): Reader =>
  (line, socket, option, value) => {
    if (value === undefined) return refuse(line, `'stats socket' : '${option.text}' : missing ${field} name`, option);
    socket[field] = value.text;
  };

const numbered =
  (field: 'user' | 'group'): Reader =>
  (line, socket, option, value) => {
    if (!/^[0-9]+$/.test(value?.text ?? ''))
      return refuse(line, `'stats socket' : '${option.text}' expects a number`, value ?? option);
    socket[field] = value?.text ?? null;
  };

/** Options of `bind` that make sense for no runtime socket here; they take an argument and have no effect. */
const unused: Reader = (line, _socket, option, value) => {
  if (value === undefined) return refuse(line, `'stats socket' : '${option.text}' expects an argument`, option);
};

const OPTIONS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    'level',
    (line, socket, option, value) => {
      const level = LEVELS.find((name) => name === value?.text);
      const text = `'stats socket' : ''level' only supports 'user', 'operator', and 'admin' (got '${value?.text ?? ''}')'`;
      if (level === undefined) return refuse(line, text, value ?? option);
      socket.level = level;
    },
  ],
  [
    'mode',
    (line, socket, option, value) => {
      const mode = /^[0-7]+$/.test(value?.text ?? '') ? Number.parseInt(value?.text ?? '', 8) : -1;
      const text = `'stats socket' : ''mode' : missing or invalid mode '${value?.text ?? ''}' (octal integer expected)'`;
      if (mode < 0 || mode > MODE_MAX) return refuse(line, text, value ?? option);
      socket.mode = mode;
    },
  ],
  ['user', named('user')],
  ['group', named('group')],
  ['uid', numbered('user')],
  ['gid', numbered('group')],
  [
    'expose-fd',
    (line, socket, option, value) => {
      const text = `'stats socket' : ''expose-fd' only supports 'listeners' (got '${value?.text ?? ''}')'`;
      if (value?.text !== 'listeners') return refuse(line, text, value ?? option);
      socket.exposeFdListeners = true;
    },
  ],
  ...['name', 'backlog', 'maxconn', 'nice', 'process', 'thread', 'severity-output'].map((name): [string, Reader] => [
    name,
    unused,
  ]),
]);

/** The keywords of this file. */
export const GLOBAL_STATS_KEYWORDS: readonly GlobalKeyword[] = [
  {
    name: 'stats socket',
    sections: GLOBAL,
    arguments: '[<address:port>|<path>] [param*]',
    help: 'A socket of the runtime API, with mode, user, group, uid, gid, level, expose-fd.',
    parse: statsSocket,
  },
  {
    name: 'stats timeout',
    sections: GLOBAL,
    arguments: '<timeout, in milliseconds>',
    default: '10s',
    help: 'Longest silence on a socket of the runtime API.',
    parse: statsTimeout,
  },
  {
    name: 'stats maxconn',
    sections: GLOBAL,
    arguments: '<connections>',
    default: '10',
    help: 'Connections to the runtime API at a time. Accepted; the limit here is fixed.',
    inert: true,
    parse: (line) => void onlyInteger(line, 1),
  },
];

function statsSocket(line: GlobalLine): void {
  const [addressWord, ...options] = line.words;
  if (addressWord === undefined) {
    refuse(line, "'stats socket' in global section expects an address or a path to a UNIX socket");
    return;
  }
  const address = readAddress(line, addressWord);
  if (address === null) return;
  const place = line.keyword[0].place;
  const socket: Fields = { address, level: 'operator', mode: null, user: null, group: null, exposeFdListeners: false, place };
  for (let i = 0; i < options.length; i += 2) {
    const read = OPTIONS.get(options[i].text);
    if (read === undefined) {
      const { text } = options[i];
      refuse(line, `'stats socket' : unknown keyword '${text}'${didYouMean(text, [...OPTIONS.keys()]) || '.'}`, options[i]);
      return;
    }
    if (read(line, socket, options[i], options[i + 1]) === null) return;
  }
  line.target.statsSockets.push(socket);
}

function readAddress(line: GlobalLine, word: Word): AddressSyntax | null {
  const address = parseAddress(word.text);
  if (!address.ok) return refuse(line, `'stats socket' : ${address.message} in '${word.text}'`, word);
  const missing = address.value.kind !== 'unix' && address.value.ports === null;
  return missing ? refuse(line, `'stats socket' : missing port specification in '${word.text}'`, word) : address.value;
}

function statsTimeout(line: GlobalLine): void {
  const word = onlyWord(line, 'expects a positive value');
  if (word === null) return;
  const time = parseTime(word.text);
  const rest = word.text.replace(/^[0-9]+/, '');
  if (!time.ok) refuse(line, `'stats timeout' : unexpected character '${rest[0] ?? ''}'`, word);
  else if (time.value === 0) refuse(line, "'stats timeout' expects a positive value", word);
  else line.target.statsTimeoutMs = setting(line, time.value);
}
