/** `tcp-check connect` and `http-check connect`. */
import { readAddress } from '../keywords/addresses.js';
import { readExpression } from '../samples/expression.js';
import type { Expression } from '../samples/syntax.js';
import type { ConnectRule } from './syntax.js';
import type { RuleWords } from './words.js';

const PORT_MAX = 65535;
const KNOWN = "'comment', 'port', 'addr', 'send-proxy', 'ssl', 'sni', 'alpn' or 'via-socks4', 'linger', 'default'";

type Mutable = { -readonly [K in keyof ConnectRule]: ConnectRule[K] };

/** A connection with the server's own settings. */
export const DEFAULT_CONNECT: ConnectRule = {
  kind: 'connect',
  port: null,
  address: null,
  sendProxy: false,
  ssl: false,
  sni: null,
  alpn: [],
  default: true,
  linger: false,
};

/** Reads the words after `connect`; the comment apart. */
export function readConnect(words: RuleWords, environment: Map<string, string>): { rule: ConnectRule; comment: string } {
  const rule: Mutable = { ...DEFAULT_CONNECT, default: false };
  let comment = '';
  while (words.next !== undefined) {
    const name = words.take();
    if (name === 'comment') comment = words.need("'comment' expects a string as argument.").text;
    else readOption(name, rule, words, environment);
  }
  return { rule, comment };
}

function readOption(name: string, rule: Mutable, words: RuleWords, environment: Map<string, string>): void {
  switch (name) {
    case 'default':
      rule.default = true;
      break;
    case 'linger':
      rule.linger = true;
      break;
    case 'ssl':
      rule.ssl = true;
      break;
    case 'send-proxy':
      rule.sendProxy = true;
      break;
    case 'port':
      rule.port = readPort(words);
      break;
    case 'addr':
      rule.address = readRuleAddress(words, environment);
      break;
    case 'sni':
      rule.sni = words.need("'sni' expects a string as argument.").text;
      break;
    case 'alpn':
      rule.alpn = words.need("'alpn' expects a string as argument.").text.split(',');
      break;
    case 'via-socks4':
      words.fail("'via-socks4' is not supported: no proxy is between checks and servers");
      break;
    case 'proto':
      if (words.take() !== 'none') words.fail("'proto' is not supported: the protocol is that of the rules");
      break;
    default:
      words.fail(`expects ${KNOWN} but got '${name}' as argument.`);
  }
}

function readPort(words: RuleWords): number | Expression {
  const word = words.need("'port' expects a port number or a sample expression as argument.");
  const wrong = () =>
    words.fail(`expects a valid TCP port (from range 1 to ${PORT_MAX}) or a sample expression, got ${word.text}.`);
  if (/^[0-9]+$/.test(word.text)) return Number(word.text) >= 1 && Number(word.text) <= PORT_MAX ? Number(word.text) : wrong();
  const read = readExpression([word], { oneWord: true, response: true });
  return read.ok ? read.expression : wrong();
}

function readRuleAddress(words: RuleWords, environment: Map<string, string>): ConnectRule['address'] {
  const word = words.need("'addr' expects an address as argument.");
  const address = readAddress(word.text, environment, { port: 'optional' });
  return address.ok ? address.value.syntax : words.fail(`'addr' : ${address.message}`);
}
