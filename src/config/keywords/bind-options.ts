/** Options of `bind` (configuration manual, section 5.1), and what holds where nothing is said. */
import type { BindSettings } from '../config.js';
import type { OptionContext, OptionKeyword } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import { OptionTable } from './option-words.js';
import { INTEGER_MAX, timeFault, timeOf, timerOverflow, wholeNumber } from './reading.js';

/** What a line `bind` says: the settings of its sockets, their name and number. */
export interface BindLine extends BindSettings {
  readonly name: string | null;
  readonly id: number | null;
}

/** A line that says nothing but its addresses. */
export const BIND_DEFAULTS: BindLine = {
  name: null,
  id: null,
  backlog: null,
  maxconn: null,
  mode: null,
  user: null,
  group: null,
  interface: null,
  acceptProxy: false,
  deferAccept: false,
  tcpUserTimeoutMs: 0,
  mss: 0,
  nice: 0,
  v4v6: false,
  v6only: false,
  transparent: false,
  tfo: false,
};

type Context = OptionContext<BindLine>;
type Parse = OptionKeyword<BindLine>['parse'];
/** Options of TLS. */
const TLS = [
  ...[
    'allow-0rtt',
    'alpn',
    'ca-file',
    'ca-ignore-err',
    'ca-sign-file',
    'ca-sign-pass',
    'ca-verify-file',
    'ciphers',
    'ciphersuites',
  ],
  ...['client-sigalgs', 'crl-file', 'crt', 'crt-ignore-err', 'crt-list', 'curves', 'default-crt', 'ecdhe', 'ech', 'force-sslv3'],
  ...['force-tlsv10', 'force-tlsv11', 'force-tlsv12', 'force-tlsv13', 'generate-certificates', 'ktls', 'no-alpn', 'no-ca-names'],
  ...['no-sslv3', 'no-strict-sni', 'no-tls-tickets', 'no-tlsv10', 'no-tlsv11', 'no-tlsv12', 'no-tlsv13', 'npn', 'ocsp-update'],
  ...[
    'prefer-client-ciphers',
    'sigalgs',
    'ssl',
    'ssl-max-ver',
    'ssl-min-ver',
    'strict-sni',
    'tls-ticket-keys',
    'tls-tickets',
    'verify',
  ],
];
/** Other things that traffic would depend on. */
const OTHERS = ['transparent', 'namespace', 'accept-netscaler-cip', 'proto', 'cc', 'quic-socket', 'quic-cc-algo'];
const MSS_MAX = 65535;
const NICE_MAX = 1024;
/** Threads of HAProxy at most. */
const SHARDS_MAX = 64;

/** Reports `'bind :80' in section 'frontend' : 'name' : missing name`. */
function refuse({ findings, about, option }: Context, fault: string, word?: Word): null {
  findings.alert((word ?? option).place, `${about} : '${option.text}' : ${fault}`);
  return null;
}

const flag =
  (set: (settings: Context['settings']) => void): Parse =>
  ({ settings }) => {
    set(settings);
    return 0;
  };

const text =
  (missing: string, set: (context: Context, value: string) => string | null): Parse =>
  (context) => {
    const [word] = context.words;
    if (word === undefined) return refuse(context, missing);
    const fault = set(context, word.text);
    return fault === null ? 1 : refuse(context, fault, word);
  };

/** A number; `set` answers what is wrong with it. */
const number = (set: (context: Context, value: number) => string | null): Parse =>
  text('missing value', (context, written) => {
    const value = wholeNumber(written);
    return value === null || value > INTEGER_MAX ? `expects an integer argument, found '${written}'` : set(context, value);
  });

const OPTIONS: readonly OptionKeyword<BindLine>[] = [
  {
    name: 'name',
    arguments: '<name>',
    help: 'A name for statistics.',
    parse: text('missing name', ({ settings }, value) => put(settings, 'name', value)),
  },
  {
    name: 'id',
    arguments: '<id>',
    default: 'from 1 in their order',
    help: 'The number of this socket.',
    parse: text('expects an integer argument', parseId),
  },
  {
    name: 'backlog',
    arguments: '<backlog>',
    default: "the frontend's",
    help: 'Connections that wait to be accepted.',
    parse: number(({ settings }, value) => (value < 0 ? `invalid value ${value}, must be > 0` : put(settings, 'backlog', value))),
  },
  {
    name: 'maxconn',
    arguments: '<maxconn>',
    default: "the frontend's",
    help: 'Connections at a time through it.',
    parse: number(({ settings }, value) =>
      value < 0 ? `invalid value ${value}, must be >= 0` : put(settings, 'maxconn', value),
    ),
  },
  { name: 'mode', arguments: '<mode>', help: 'Permissions of a UNIX socket, octal.', parse: parseMode },
  {
    name: 'user',
    arguments: '<user>',
    help: 'Owner of a UNIX socket.',
    parse: text('missing user name', ({ settings }, value) => put(settings, 'user', value)),
  },
  {
    name: 'uid',
    arguments: '<uid>',
    help: 'Owner of a UNIX socket.',
    parse: number(({ settings }, value) => put(settings, 'user', String(value))),
  },
  {
    name: 'group',
    arguments: '<group>',
    help: 'Group of a UNIX socket.',
    parse: text('missing group name', ({ settings }, value) => put(settings, 'group', value)),
  },
  {
    name: 'gid',
    arguments: '<gid>',
    help: 'Group of a UNIX socket.',
    parse: number(({ settings }, value) => put(settings, 'group', String(value))),
  },
  {
    name: 'interface',
    arguments: '<interface>',
    help: 'Only connections that come in here.',
    parse: text('missing interface name', ({ settings }, value) => put(settings, 'interface', value)),
  },
  { name: 'accept-proxy', arguments: '', help: 'Clients begin with a PROXY header.', parse: flag((s) => (s.acceptProxy = true)) },
  {
    name: 'defer-accept',
    arguments: '',
    help: 'Accept once there is data (TCP_DEFER_ACCEPT).',
    parse: flag((s) => (s.deferAccept = true)),
  },
  {
    name: 'tcp-ut',
    arguments: '<delay>',
    help: 'How long data may go unacknowledged (TCP_USER_TIMEOUT).',
    parse: parseTcpUserTimeout,
  },
  { name: 'mss', arguments: '<maxseg>', help: 'The largest segment that is announced.', parse: parseMss },
  {
    name: 'nice',
    arguments: '<nice>',
    help: 'Its weight among tasks; without effect here.',
    inert: true,
    parse: number(parseNice),
  },
  {
    name: 'v4v6',
    arguments: '',
    help: 'An IPv6 socket takes IPv4 too.',
    parse: flag((s) => Object.assign(s, { v4v6: true, v6only: false })),
  },
  {
    name: 'v6only',
    arguments: '',
    help: 'An IPv6 socket takes no IPv4.',
    parse: flag((s) => Object.assign(s, { v6only: true, v4v6: false })),
  },
  { name: 'tfo', arguments: '', help: 'TCP Fast Open.', parse: flag((s) => (s.tfo = true)) },
  { name: 'process', arguments: '<set>', help: 'Deprecated by HAProxy; without effect here.', inert: true, parse: parseProcess },
  { name: 'thread', arguments: '<set>', help: 'Threads that listen; here all of them do.', inert: true, parse: parseThreads },
  {
    name: 'shards',
    arguments: '<number> | by-thread | by-group',
    help: 'Sockets of one address; here each thread has one.',
    inert: true,
    parse: text('missing value', parseShards),
  },
  {
    name: 'level',
    arguments: '<level>',
    help: 'Of the runtime API only.',
    inert: true,
    parse: ofRuntime('missing level', ['user', 'operator', 'admin'], "'user', 'operator', and 'admin'"),
  },
  {
    name: 'severity-output',
    arguments: '<format>',
    help: 'Of the runtime API only.',
    inert: true,
    parse: ofRuntime('missing severity format', ['none', 'number', 'string'], "'none', 'number', and 'string'"),
  },
  {
    name: 'expose-fd',
    arguments: '<what>',
    help: 'Of the runtime API only.',
    inert: true,
    parse: ofRuntime('missing fd type', ['listeners'], "'listeners'"),
  },
  ...['label', 'guid-prefix'].map(
    (name): OptionKeyword<BindLine> => ({
      name,
      arguments: '<name>',
      help: 'A name for statistics of newer versions; without effect.',
      inert: true,
      parse: text('missing value', () => null),
    }),
  ),
  ...OTHERS.map((name) => refused(name, 'it is not supported')),
  ...TLS.map((name) => refused(name, 'TLS is not supported')),
];

/** Every option of a bind. */
export const BIND_OPTIONS: OptionTable<BindLine> = new OptionTable(OPTIONS);

/** Options of the runtime API's sockets, checked like there. */
function ofRuntime(missing: string, known: readonly string[], list: string): Parse {
  return (context) => {
    const { words, findings, about, option } = context;
    const [word] = words;
    if (word === undefined) return refuse(context, missing);
    if (known.includes(word.text)) return 1;
    findings.alert(word.place, `${about} : '${option.text}' only supports ${list} (got '${word.text}')`);
    return null;
  };
}

function parseShards(_: Context, written: string): string | null {
  const value = Number.parseInt(written, 10) || 0;
  const good = written === 'by-thread' || written === 'by-group' || (value >= 1 && value <= SHARDS_MAX);
  return good ? null : `invalid value ${value}, allowed range is 1..${SHARDS_MAX} or 'by-thread'`;
}

function put<K extends keyof BindLine>(settings: Context['settings'], field: K, value: BindLine[K]): null {
  settings[field] = value;
  return null;
}

function parseId({ settings }: Context, written: string): string | null {
  const value = wholeNumber(written);
  if (value === null || value > INTEGER_MAX) return `expects an integer argument, found '${written}'`;
  return value <= 0 ? 'custom id has to be > 0' : put(settings, 'id', value);
}

/** Octal, as chmod(1) takes it. */
function parseMode(context: Context): number | null {
  const [word] = context.words;
  const written = word?.text ?? '';
  if (!/^[0-7]{1,5}$/.test(written))
    return refuse(context, `missing or invalid mode '${written}' (octal integer expected)`, word);
  context.settings.mode = Number.parseInt(written, 8) & 0o7777;
  return 1;
}

function parseTcpUserTimeout(context: Context): number | null {
  const [word] = context.words;
  const value = word === undefined ? null : timeOf(word.text);
  if (word === undefined) return refuse(context, 'missing TCP User Timeout value');
  if (value === null && timeFault(word.text).kind === 'overflow') {
    context.findings.alert(word.place, `${context.about} : ${timerOverflow(word.text, 'tcp-ut')}`);
    return null;
  }
  if (value === null) return refuse(context, 'expects a positive delay in milliseconds', word);
  context.settings.tcpUserTimeoutMs = value;
  return 1;
}

function parseMss(context: Context): number | null {
  const [word] = context.words;
  const value = wholeNumber(word?.text ?? '') ?? 0;
  if (word === undefined) return refuse(context, 'missing MSS value');
  if (value === 0 || Math.abs(value) > MSS_MAX)
    return refuse(context, 'expects an MSS with and absolute value between 1 and 65535', word);
  context.settings.mss = value;
  return 1;
}

function parseNice({ settings }: Context, value: number): string | null {
  const good = Math.abs(value) <= NICE_MAX;
  return good ? put(settings, 'nice', value) : `invalid value ${value}, allowed range is -${NICE_MAX}..${NICE_MAX}`;
}

/** One process is all there is. */
function parseProcess(context: Context): number | null {
  const { findings, about, option, words } = context;
  const written = words[0]?.text ?? '';
  const [, process, threads] = /^([^/]*)(?:\/(.*))?$/s.exec(written) as RegExpExecArray;
  if (!/^(all|odd|1(-1?)?)$/.test(process)) {
    const more = /^[0-9-]*$/.test(process) ? ' It supports numbers from 1 to 1.' : '';
    return refuse(context, `'${process}' is not a valid number/range.${more}`, words[0]);
  }
  const instead = threads === undefined ? '' : ` Please use 'thread ${threads}' instead.`;
  findings.warning(
    option.place,
    `${about} : 'process ${written}' on 'bind' lines is deprecated and will be removed in 2.7.${instead}`,
  );
  return 1;
}

function parseThreads(context: Context): number | null {
  const [word] = context.words;
  const written = word?.text ?? '';
  if (/^([0-9]+\/)?(all|odd|even|[1-9][0-9]*(-([1-9][0-9]*)?)?)(,.*)?$/.test(written)) return 1;
  const more = /^[0-9-]*$/.test(written) ? ' It supports numbers from 1 to 64.' : '';
  context.findings.alert(
    (word ?? context.option).place,
    `${context.about} : '${written}' : '${written}' is not a valid number/range.${more}`,
  );
  return null;
}

function refused(name: string, why: string): OptionKeyword<BindLine> {
  return {
    name,
    arguments: '...',
    refused: true,
    help: 'Not supported.',
    parse: (context) => refuse(context, `cannot be used: ${why}.`),
  };
}
