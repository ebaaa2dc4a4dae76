/**
 * Options of servers that are known and do nothing here: those of TLS and others that would change
 * what goes over the wire are refused by name; those about connections kept for HTTP are harmless.
 */
import type { ServerSettings } from '../config.js';
import type { OptionKeyword } from '../keyword.js';
import { timeFault, timeOf, timerOverflow } from './reading.js';
import { reportServer, type ServerOption } from './server-report.js';

/** Options of TLS. */
const TLS = [
  ...['allow-0rtt', 'alpn', 'ciphers', 'ciphersuites', 'client-sigalgs'],
  ...['crl-file', 'crt', 'curves', 'force-sslv3', 'force-tlsv10', 'force-tlsv11', 'force-tlsv12', 'force-tlsv13', 'ktls'],
  ...[
    'npn',
    'renegotiate',
    'sigalgs',
    'sni',
    'sni-auto',
    'check-sni-auto',
    'ssl',
    'ssl-max-ver',
    'ssl-min-ver',
    'ssl-reuse',
    'sslv3',
  ],
  ...['tls-tickets', 'tlsv10', 'tlsv11', 'tlsv12', 'tlsv13'],
];
/** Other things that traffic would depend on. */
const OTHERS = ['check-via-socks4', 'namespace', 'shard', 'socks4', 'usesrc', 'set-proxy-v2-tlv-fmt', 'hash-key', 'guid'];
/** Harmless without connections that are kept for further requests; each takes one word. */
const INERT: readonly InertOption[] = [
  ...['check-pool-conn-name', 'idle-ping', 'log-bufsize', 'pool-conn-name'].map((name) => ({ name })),
  ...['max-reuse', 'pool-low-conn', 'pool-max-conn'].map((name) => ({ name, missing: `'${name}' expects <value> as argument.` })),
  { name: 'pool-purge-delay', missing: "'pool-purge-delay' expects <value> as argument.", fault: purgeDelayFault },
  {
    name: 'log-proto',
    ...oneOf(['legacy', 'octet-count'], "'log-proto' expects one of 'legacy' or 'octet-count' but got '{}'"),
  },
  { name: 'ws', ...oneOf(['auto', 'h1', 'h2'], "'ws' has to be 'auto', 'h1' or 'h2'") },
];

/** An option that is accepted, what is said when it has no value, and what is wrong with one. */
interface InertOption {
  readonly name: string;
  readonly missing?: string;
  readonly fault?: (word: string) => string | null;
}

/** One of some words; `text` is said of all else, with the word in place of `{}`. */
function oneOf(known: readonly string[], text: string): Required<Omit<InertOption, 'name'>> {
  return { missing: text.replace('{}', ''), fault: (word) => (known.includes(word) ? null : text.replace('{}', () => word)) };
}

function purgeDelayFault(word: string): string | null {
  if (timeOf(word) !== null) return null;
  const fault = timeFault(word);
  if (fault.kind === 'overflow') return timerOverflow(word, 'pool-purge-delay');
  return `unexpected character '${fault.character}' in argument to <pool-purge-delay>`;
}

/** All of them. */
export const SERVER_REFUSED_OPTIONS: readonly OptionKeyword<ServerSettings>[] = [
  ...TLS.map((name) => refused(name, 'TLS is not supported')),
  ...OTHERS.map((name) => refused(name, 'it is not supported')),
  ...INERT.map(inert),
  {
    name: 'proto',
    arguments: '{ none | <protocol> }',
    help: 'The protocol towards the server; in mode tcp there is none.',
    inert: true,
    parse: parseProtocol,
  },
  {
    name: 'check-proto',
    arguments: '{ none | h1 }',
    help: 'The protocol of checks, which is that of their kind.',
    inert: true,
    parse: parseCheckProtocol,
  },
  {
    name: 'redir',
    arguments: '<prefix>',
    help: 'Redirect to the server; mode http.',
    parse: (context) =>
      refuse(
        context,
        context.words.length === 0
          ? "'redir' expects <prefix> as argument."
          : 'server cannot have cookie or redirect prefix in non-HTTP mode.',
      ),
  },
];

function refuse(context: ServerOption, text: string): null {
  reportServer(context, 'alert', text, context.option);
  return null;
}

function refused(name: string, why: string): OptionKeyword<ServerSettings> {
  return {
    name,
    arguments: '...',
    no: true,
    refused: true,
    help: 'Not supported.',
    parse: (context) =>
      context.option.text === 'usesrc'
        ? refuse(context, "'usesrc' only allowed after a 'source' statement.")
        : refuse(context, `'${context.option.text}' cannot be used: ${why}.`),
  };
}

function inert({ name, missing, fault }: InertOption): OptionKeyword<ServerSettings> {
  return {
    name,
    arguments: '<value>',
    help: 'Accepted without effect in mode tcp.',
    inert: true,
    parse: (context) => {
      const [word] = context.words;
      if (word === undefined) return refuse(context, missing ?? `'${name}' expects an argument.`);
      const wrong = fault?.(word.text) ?? null;
      return wrong === null ? 1 : refuse(context, wrong);
    },
  };
}

function parseCheckProtocol(context: ServerOption): number | null {
  const [word] = context.words;
  if (word?.text === 'none' || word?.text === 'h1') return 1;
  if (word === undefined) return refuse(context, "'check-proto' : missing value");
  const known = word.text === 'h2' || word.text === 'fcgi';
  return refuse(context, `'check-proto' : ${known ? `'${word.text}' is not supported` : `unknown MUX protocol '${word.text}'`}`);
}

function parseProtocol(context: ServerOption): number | null {
  const [word] = context.words;
  if (word === undefined) return refuse(context, "'proto' : missing value");
  if (word.text === 'none') return 1;
  const known = ['h1', 'h2', 'fcgi', 'quic', 'spop'].includes(word.text);
  return refuse(
    context,
    known ? `MUX protocol '${word.text}' is not usable in mode tcp.` : `'proto' :  unknown MUX protocol '${word.text}'`,
  );
}
