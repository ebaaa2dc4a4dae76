/**
 * Options of servers that are known and do nothing here: those of TLS and others that would change
 * what goes over the wire are refused by name; those about connections kept for HTTP are harmless.
 */
import type { ServerSettings } from '../config.js';
import type { OptionKeyword } from '../keyword.js';
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
/** Harmless without connections that are kept for further requests, without resolvers and peers; each takes one word. */
const INERT = [
  ...['check-pool-conn-name', 'idle-ping', 'log-bufsize', 'log-proto', 'max-reuse', 'pool-conn-name', 'pool-low-conn'],
  ...['pool-max-conn', 'pool-purge-delay', 'ws'],
];

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
    parse: (context) => refuse(context, 'server cannot have cookie or redirect prefix in non-HTTP mode.'),
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
    help: `Not supported.`,
    parse: (context) =>
      context.option.text === 'usesrc'
        ? refuse(context, "'usesrc' only allowed after a 'source' statement.")
        : refuse(context, `'${context.option.text}' cannot be used: ${why}.`),
  };
}

function inert(name: string): OptionKeyword<ServerSettings> {
  return {
    name,
    arguments: '<value>',
    help: 'Accepted without effect in mode tcp.',
    inert: true,
    parse: (context) => (context.words.length > 0 ? 1 : refuse(context, `'${name}' expects an argument.`)),
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
  if (word?.text === 'none') return 1;
  if (word === undefined) return refuse(context, "'proto' : missing value");
  const known = ['h1', 'h2', 'fcgi', 'quic', 'spop'].includes(word.text);
  return refuse(
    context,
    known ? `MUX protocol '${word.text}' is not usable in mode tcp.` : `'proto' :  unknown MUX protocol '${word.text}'`,
  );
}
