/** Options of servers about health checks and agents (configuration manual, section 5.2). */
import { isIPv6 } from 'node:net';
import type { ServerCheckSettings, ServerSettings } from '../config.js';
import type { OptionKeyword } from '../keyword.js';
import { expandVariables, readAddress } from './addresses.js';
import { choiceWord, delayWord, integerWord } from './option-words.js';
import { INTEGER_MAX, suspiciousTime } from './reading.js';
import { alertsOf, quotedServer, reportServer, type ServerOption, serverWord } from './server-report.js';
import { flag, text } from './server-words.js';

type Parse = OptionKeyword<ServerSettings>['parse'];
type Agent = NonNullable<ServerCheckSettings['agent']>;

const NO_AGENT: Agent = { enabled: false, port: 0, interMs: null, address: null, send: '' };
const PORT_MAX = 65535;

/** In place: the settings are the line's own copy. */
function setCheck({ settings }: ServerOption, change: Partial<ServerCheckSettings>): void {
  Object.assign(settings.check, change);
}

function setAgent(context: ServerOption, change: Partial<Agent>): void {
  setCheck(context, { agent: { ...(context.settings.check.agent ?? NO_AGENT), ...change } });
}

/** A time that is not 0; a number without a unit that is too small to be milliseconds is warned of. */
const delay =
  (set: (context: ServerOption, value: number) => void): Parse =>
  (context) => {
    const [word] = context.words;
    const value = delayWord(word, context.option, () => serverWord(context), alertsOf(context));
    if (value === null) return null;
    const advice = suspiciousTime(context.option.text, word.text, () => quotedServer(context));
    if (advice !== null) reportServer(context, 'warning', advice.text, word, advice.hint);
    set(context, value);
    return 1;
  };

/** A number above 0. */
const positive =
  (
    missing: (name: string) => string,
    low: (name: string) => string,
    set: (context: ServerOption, value: number) => void,
  ): Parse =>
  (context) => {
    const { option, words } = context;
    if (words.length > 0 && !/^\+?0*[1-9]/.test(words[0].text)) {
      reportServer(context, 'alert', low(option.text), words[0]);
      return null;
    }
    const limits = { min: 1, max: INTEGER_MAX, missing: missing(option.text) };
    const value = integerWord(words[0], limits, option, alertsOf(context));
    if (value === null) return null;
    set(context, value);
    return 1;
  };

const port =
  (set: (context: ServerOption, value: number) => void): Parse =>
  (context) => {
    const limits = { min: 0, max: PORT_MAX, missing: `'${context.option.text}' expects a port number as argument.` };
    const value = integerWord(context.words[0], limits, context.option, alertsOf(context));
    if (value === null) return null;
    set(context, value);
    return 1;
  };

const checkFlag = (field: 'enabled' | 'sendProxy' | 'ssl'): Parse => flag((context, on) => setCheck(context, { [field]: on }));

const expectsInteger = (name: string) => `'${name}' expects an integer argument.`;
const aboveZero = (name: string) => `'${name}' has to be > 0.`;

const ON_ERROR = ['fastinter', 'fail-check', 'sudden-death', 'mark-down'] as const;

/** Checks and agents. */
export const SERVER_CHECK_OPTIONS: readonly OptionKeyword<ServerSettings>[] = [
  {
    name: 'check',
    arguments: '',
    no: true,
    help: 'Check the health of this server.',
    parse: checkFlag('enabled'),
  },
  {
    name: 'inter',
    arguments: '<delay>',
    default: '2s',
    help: 'Time between checks, milliseconds without a unit.',
    parse: delay((context, interMs) => setCheck(context, { interMs })),
  },
  {
    name: 'fastinter',
    arguments: '<delay>',
    default: 'inter',
    help: 'Time between checks while the state is changing.',
    parse: delay((context, fastinterMs) => setCheck(context, { fastinterMs })),
  },
  {
    name: 'downinter',
    arguments: '<delay>',
    default: 'inter',
    help: 'Time between checks while the server is down.',
    parse: delay((context, downinterMs) => setCheck(context, { downinterMs })),
  },
  {
    name: 'rise',
    arguments: '<count>',
    default: '2',
    help: 'Good checks in a row until the server is up.',
    parse: positive(expectsInteger, aboveZero, (context, rise) => setCheck(context, { rise })),
  },
  {
    name: 'fall',
    arguments: '<count>',
    default: '3',
    help: 'Bad checks in a row until the server is down.',
    parse: positive(expectsInteger, aboveZero, (context, fall) => setCheck(context, { fall })),
  },
  {
    name: 'port',
    arguments: '<port>',
    default: "the server's",
    help: 'Where checks go.',
    parse: port((context, value) => setCheck(context, { port: value === 0 ? null : value })),
  },
  { name: 'addr', arguments: '<ip>', default: "the server's", help: 'Where checks go.', parse: parseCheckAddress },
  {
    name: 'check-send-proxy',
    arguments: '',
    no: true,
    help: 'Begin checks with a PROXY header too.',
    parse: checkFlag('sendProxy'),
  },
  {
    name: 'check-ssl',
    arguments: '',
    no: true,
    help: 'Check over TLS.',
    parse: checkFlag('ssl'),
  },
  {
    name: 'check-sni',
    arguments: '<sni>',
    help: 'The name that checks over TLS ask for.',
    parse: text("'check-sni' : missing SNI.", (context, sni) => setCheck(context, { sni })),
  },
  {
    name: 'check-alpn',
    arguments: '<protocol>[,<protocol>]*',
    help: 'The protocols that checks over TLS offer.',
    parse: text("'check-alpn' : missing the comma-delimited ALPN protocol suite.", (context, list) =>
      setCheck(context, { alpn: list.split(',') }),
    ),
  },
  {
    name: 'observe',
    arguments: '{ none | layer4 | layer7 }',
    default: 'none',
    help: 'Watch traffic for errors.',
    parse: parseObserve,
  },
  {
    name: 'error-limit',
    arguments: '<count>',
    default: '10',
    help: 'Errors in a row after which on-error holds.',
    parse: positive(
      expectsInteger,
      (name) => `${name} has to be > 0.`,
      (context, errorLimit) => setCheck(context, { errorLimit }),
    ),
  },
  { name: 'on-error', arguments: '<mode>', default: 'fail-check', help: 'What errors in traffic do.', parse: parseOnError },
  {
    name: 'on-marked-down',
    arguments: 'shutdown-sessions',
    help: 'What happens to sessions of a server that goes down.',
    parse: (context) => word(context, 'shutdown-sessions', () => setCheck(context, { onMarkedDown: 'shutdown-sessions' })),
  },
  {
    name: 'on-marked-up',
    arguments: 'shutdown-backup-sessions',
    help: 'What happens to sessions of backup servers when this one comes up.',
    parse: (context) =>
      word(context, 'shutdown-backup-sessions', () => setCheck(context, { onMarkedUp: 'shutdown-backup-sessions' })),
  },
  {
    name: 'agent-check',
    arguments: '',
    no: true,
    help: 'Ask an agent beside the server.',
    parse: flag((context, enabled) => setAgent(context, { enabled })),
  },
  {
    name: 'agent-port',
    arguments: '<port>',
    help: 'Port of the agent.',
    parse: port((context, value) => setAgent(context, { port: value })),
  },
  {
    name: 'agent-inter',
    arguments: '<delay>',
    default: 'inter',
    help: 'Time between questions to the agent.',
    parse: delay((context, interMs) => setAgent(context, { interMs })),
  },
  { name: 'agent-addr', arguments: '<ip>', default: "the server's", help: 'Address of the agent.', parse: parseAgentAddress },
  {
    name: 'agent-send',
    arguments: '<string>',
    help: 'What to send to the agent first.',
    parse: text("'agent-send' expects a string as argument.", (context, send) => setAgent(context, { send })),
  },
];

/** A port that it comes with is the one for checks. */
function parseCheckAddress(context: ServerOption): number | null {
  const { option, words, file } = context;
  const [argument] = words;
  if (argument === undefined) {
    reportServer(context, 'alert', `'addr' expects <ipv4|ipv6> as argument.`, option);
    return null;
  }
  const address = readAddress(argument.text, file.environment, { port: 'optional' });
  if (!address.ok) {
    reportServer(context, 'alert', `'addr' : ${address.message}.`, argument);
    return null;
  }
  const { syntax } = address.value;
  const ports = syntax.kind === 'unix' ? null : syntax.ports;
  setCheck(context, { address: syntax, ...(ports !== null && { port: ports.first }) });
  return 1;
}

/** A host alone: the port is that of `agent-port`. */
function parseAgentAddress(context: ServerOption): number | null {
  const { option, words, file } = context;
  const [word] = words;
  if (word === undefined) {
    reportServer(context, 'alert', "'agent-addr' expects an address as argument.", option);
    return null;
  }
  const host = expandVariables(word.text, file.environment);
  const address = readAddress(isIPv6(host) ? `[${host}]` : host, file.environment, { port: 'optional' });
  const syntax = address.ok ? address.value.syntax : null;
  if (syntax === null || syntax.kind === 'unix' || syntax.ports !== null) {
    reportServer(context, 'alert', `parsing agent-addr failed. Check if '${word.text}' is correct address.`, word);
    return null;
  }
  setAgent(context, { address: syntax });
  return 1;
}

function parseObserve(context: ServerOption): number | null {
  const { option, words } = context;
  const mode = choiceWord(words[0], ['none', 'layer4', 'layer7']);
  if (mode === null) {
    const text =
      words.length === 0
        ? `'observe' expects <mode> as argument.`
        : `'observe' expects one of 'none', 'layer4', 'layer7' but got '${words[0].text}'`;
    reportServer(context, 'alert', text, words[0] ?? option);
    return null;
  }
  setCheck(context, { observe: mode === 'none' ? null : mode });
  return 1;
}

function parseOnError(context: ServerOption): number | null {
  const { option, words } = context;
  const mode = choiceWord(words[0], ON_ERROR);
  if (mode === null) {
    const text = `'on-error' expects one of 'fastinter', 'fail-check', 'sudden-death' or 'mark-down' but got '${words[0]?.text ?? ''}'`;
    reportServer(context, 'alert', text, words[0] ?? option);
    return null;
  }
  setCheck(context, { onError: mode });
  return 1;
}

function word(context: ServerOption, expected: string, set: () => void): number | null {
  const { option, words } = context;
  if (words[0]?.text === expected) {
    set();
    return 1;
  }
  reportServer(context, 'alert', `'${option.text}' expects '${expected}' but got '${words[0]?.text ?? ''}'`, words[0] ?? option);
  return null;
}
