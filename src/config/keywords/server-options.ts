/**
 * Options of `server`, `server-template` and `default-server` (configuration manual, section 5.2)
 * but for those about checks, and what holds where nothing is said.
 */
import type { ServerSettings } from '../config.js';
import type { OptionKeyword } from '../keyword.js';
import { delayWord, integerWord, isNegated, OptionTable } from './option-words.js';
import { INTEGER_MAX, type IntegerArgument, timeFault, timeOf, timerOverflow } from './reading.js';
import { SERVER_CHECK_OPTIONS } from './server-checks.js';
import { SERVER_REFUSED_OPTIONS } from './server-refused.js';
import { alertsOf, reportServer, type ServerOption, serverWord } from './server-report.js';
import { SERVER_RESOLUTION_OPTIONS } from './server-resolution.js';
import { SERVER_TLS_OPTIONS } from './server-tls.js';
import { flag, text } from './server-words.js';
import { readSource } from './source.js';

type Parse = OptionKeyword<ServerSettings>['parse'];

/** A server about which nothing is said. */
export const SERVER_DEFAULTS: ServerSettings = {
  id: null,
  weight: 1,
  backup: false,
  disabled: false,
  maxconn: 0,
  minconn: 0,
  maxqueue: 0,
  slowstartMs: 0,
  sendProxy: 0,
  proxyV2Options: [],
  source: null,
  tcpUserTimeoutMs: 0,
  tfo: false,
  cookie: null,
  nonStick: false,
  initAddr: null,
  resolvers: null,
  resolvePrefer: 'ipv6',
  resolveNets: [],
  allowDuplicateIp: false,
  ignoreWeight: false,
  track: null,
  verify: null,
  verifyHost: null,
  caFile: null,
  check: {
    enabled: false,
    interMs: 2000,
    fastinterMs: null,
    downinterMs: null,
    rise: 2,
    fall: 3,
    port: null,
    address: null,
    sendProxy: false,
    ssl: false,
    sni: null,
    alpn: [],
    observe: null,
    errorLimit: 10,
    onError: 'fail-check',
    onMarkedDown: null,
    onMarkedUp: null,
    agent: null,
  },
};

const WEIGHT_MAX = 256;
/** `proxy-v2-options` that are known. */
const PROXY_V2_OPTIONS = ['ssl', 'cert-cn', 'ssl-cipher', 'cert-sig', 'cert-key', 'authority', 'crc32c', 'unique-id'];

type NumberField = 'maxconn' | 'minconn' | 'maxqueue';

const number = (field: NumberField): Parse => {
  const limits: IntegerArgument = { min: 0, max: INTEGER_MAX };
  return (context) => {
    const { option, words } = context;
    const missing = `'${option.text}' expects an integer argument.`;
    const value = integerWord(words[0], { ...limits, missing }, option, alertsOf(context));
    if (value === null) return null;
    context.settings[field] = value;
    return 1;
  };
};

/** A PROXY header of that version, with options of its own. */
const sendProxy =
  (version: 1 | 2, options: readonly string[] = []): Parse =>
  ({ settings, ...context }) => {
    const off = isNegated(context);
    if (!off || settings.sendProxy === version) settings.sendProxy = off ? 0 : version;
    if (!off) settings.proxyV2Options = [...new Set([...settings.proxyV2Options, ...options])];
    return 0;
  };

const OPTIONS: readonly OptionKeyword<ServerSettings>[] = [
  { name: 'id', arguments: '<number>', default: 'from 1 in their order', help: 'The number of this server.', parse: parseId },
  { name: 'weight', arguments: '<weight>', default: '1', help: 'Its share of the load, 0 to 256.', parse: parseWeight },
  {
    name: 'backup',
    arguments: '',
    no: true,
    help: 'Used only when all others are down.',
    parse: flag(({ settings }, on) => (settings.backup = on)),
  },
  { name: 'disabled', arguments: '', help: 'Begins in maintenance.', parse: flag(({ settings }) => (settings.disabled = true)) },
  {
    name: 'enabled',
    arguments: '',
    help: 'The contrary of disabled.',
    parse: flag(({ settings }) => (settings.disabled = false)),
  },
  { name: 'maxconn', arguments: '<conns>', default: '0, no limit', help: 'Connections at a time.', parse: number('maxconn') },
  {
    name: 'minconn',
    arguments: '<conns>',
    default: 'maxconn',
    help: 'Connections at a time while the load is low.',
    parse: number('minconn'),
  },
  {
    name: 'maxqueue',
    arguments: '<sessions>',
    default: '0, no limit',
    help: 'Sessions that wait for it.',
    parse: number('maxqueue'),
  },
  {
    name: 'slowstart',
    arguments: '<delay>',
    help: 'How long it takes to its full weight after coming up.',
    parse: parseSlowstart,
  },
  { name: 'send-proxy', arguments: '', no: true, help: 'Begin with a PROXY header, version 1.', parse: sendProxy(1) },
  { name: 'send-proxy-v2', arguments: '', no: true, help: 'Begin with a PROXY header, version 2.', parse: sendProxy(2) },
  { name: 'send-proxy-v2-ssl', arguments: '', no: true, help: 'The same, with what TLS says.', parse: sendProxy(2, ['ssl']) },
  {
    name: 'send-proxy-v2-ssl-cn',
    arguments: '',
    no: true,
    help: "The same, with the client's common name.",
    parse: sendProxy(2, ['ssl', 'cert-cn']),
  },
  {
    name: 'proxy-v2-options',
    arguments: '<option>[,<option>]*',
    help: 'What the PROXY header also tells.',
    parse: parseProxyOptions,
  },
  {
    name: 'source',
    arguments: '<addr>[:<port>[-<port>]] [interface <name>]',
    help: 'Where connections come from.',
    parse: parseSource,
  },
  {
    name: 'tcp-ut',
    arguments: '<delay>',
    help: 'How long data may go unacknowledged (TCP_USER_TIMEOUT).',
    parse: parseTcpUserTimeout,
  },
  {
    name: 'tfo',
    arguments: '',
    no: true,
    help: 'Connect with TCP Fast Open, which HAProxy does in mode http only.',
    parse: flag(({ settings }, on) => (settings.tfo = on)),
  },
  {
    name: 'cookie',
    arguments: '<value>',
    help: 'The value of its persistence cookie; mode http.',
    parse: text("'cookie' expects <value> as argument.", ({ settings }, value) => (settings.cookie = value)),
  },
  {
    name: 'stick',
    arguments: '',
    help: 'The contrary of non-stick.',
    parse: flag(({ settings }) => (settings.nonStick = false)),
  },
  {
    name: 'non-stick',
    arguments: '',
    help: 'No entry of a stick table names it.',
    parse: flag(({ settings }) => (settings.nonStick = true)),
  },
  {
    name: 'track',
    arguments: '[<backend>/]<server>',
    help: 'Follow the state of another server.',
    parse: text("'track' expects [<proxy>/]<server> as argument.", ({ settings, words }, name) => {
      settings.track = { name, place: words[0].place };
    }),
  },
];

/** Every option of a server. */
export const SERVER_OPTIONS: OptionTable<ServerSettings> = new OptionTable([
  ...OPTIONS,
  ...SERVER_CHECK_OPTIONS,
  ...SERVER_RESOLUTION_OPTIONS,
  ...SERVER_TLS_OPTIONS,
  ...SERVER_REFUSED_OPTIONS,
]);

function parseId(context: ServerOption): number | null {
  const { option, words, about, settings } = context;
  const [word] = words;
  const value = /^\+?[0-9]{1,10}$/.test(word?.text ?? '') ? Number(word.text) : 0;
  const fault =
    about === ''
      ? "'id' option is not accepted in default-server sections"
      : word === undefined
        ? "'id' : expects an integer argument"
        : value < 1 || value > INTEGER_MAX
          ? "'id' : custom id has to be > 0"
          : null;
  if (fault !== null) {
    reportServer(context, 'alert', fault, word ?? option);
    return null;
  }
  settings.id = value;
  return 1;
}

function parseWeight(context: ServerOption): number | null {
  const { option, words, settings } = context;
  const range = `weight of ${serverWord(context)} is not within 0 and ${WEIGHT_MAX}`;
  const [word] = words;
  if (word !== undefined && /^[+-]?[0-9]+$/.test(word.text) && !(Number(word.text) >= 0 && Number(word.text) <= WEIGHT_MAX)) {
    reportServer(context, 'alert', `${range} (${Number(word.text)}).`, word);
    return null;
  }
  const value = integerWord(
    word,
    { min: 0, max: WEIGHT_MAX, missing: "'weight' expects an integer argument." },
    option,
    alertsOf(context),
  );
  if (value === null) return null;
  settings.weight = value;
  return 1;
}

/** In milliseconds; newer versions of HAProxy round up to seconds. 0 is none. */
function parseSlowstart(context: ServerOption): number | null {
  const { option, words, settings } = context;
  if (words[0] !== undefined && timeOf(words[0].text) === 0) {
    settings.slowstartMs = 0;
    return 1;
  }
  const value = delayWord(words[0], option, () => serverWord(context), alertsOf(context));
  if (value === null) return null;
  settings.slowstartMs = value;
  return 1;
}

function parseProxyOptions(context: ServerOption): number | null {
  const { option, words, settings } = context;
  const names = (words[0]?.text ?? '').split(',');
  const unknown = names.find((name) => !PROXY_V2_OPTIONS.includes(name));
  if (unknown !== undefined) {
    reportServer(context, 'alert', `'${unknown}' : proxy v2 option not implemented`, words[0] ?? option);
    return null;
  }
  settings.proxyV2Options = [...new Set([...settings.proxyV2Options, ...names])];
  return 1;
}

function parseSource(context: ServerOption): number | null {
  const { option, words, settings, file } = context;
  if (words.length === 0) {
    const expected =
      "'source' expects <addr>[:<port>[-<port>]], and optionally 'usesrc' <addr>, and 'interface' <name> as argument.";
    reportServer(context, 'alert', expected, option);
    return null;
  }
  const source = readSource(words, file.environment, true);
  if (!source.ok) {
    reportServer(context, 'alert', source.message, words[0]);
    return null;
  }
  settings.source = source.value.source;
  return source.value.taken;
}

function parseTcpUserTimeout(context: ServerOption): number | null {
  const { option, words, settings } = context;
  const value = words[0] === undefined ? null : timeOf(words[0].text);
  if (value === null) {
    reportServer(context, 'alert', tcpUserTimeoutFault(words[0]?.text), words[0] ?? option);
    return null;
  }
  settings.tcpUserTimeoutMs = value;
  return 1;
}

function tcpUserTimeoutFault(text: string | undefined): string {
  if (text === undefined) return "'tcp-ut' : missing TCP User Timeout value";
  return timeFault(text).kind === 'overflow'
    ? timerOverflow(text, 'tcp-ut')
    : "'tcp-ut' : expects a positive delay in milliseconds";
}
