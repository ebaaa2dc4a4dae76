/** `tcp-check connect` and `http-check connect`. */
import { readAddress } from '../keywords/addresses.js';
import type { Expression } from '../samples/syntax.js';
import type { CheckFamily, ConnectRule } from './syntax.js';
import type { RuleWords } from './words.js';

const PORT_MAX = 65535;
const KNOWN = "'comment', 'port', 'addr', 'send-proxy', 'ssl', 'sni', 'alpn' or 'via-socks4', 'linger', 'default'";

type Mutable = { -readonly [K in keyof ConnectRule]: ConnectRule[K] };

/** A connection about which nothing is said: it has nothing of what the server's line asks for, but for its address. */
const PLAIN_CONNECT: ConnectRule = {
  kind: 'connect',
  port: null,
  address: null,
  sendProxy: false,
  ssl: false,
  sni: null,
  alpn: [],
  default: false,
  linger: false,
};

/** Reads the words after `connect`; the comment apart. */
export function readConnect(
  words: RuleWords,
  family: CheckFamily,
  environment: Map<string, string>,
): { rule: ConnectRule; comment: string } {
  const rule: Mutable = { ...PLAIN_CONNECT };
  let comment = '';
  while (words.next !== undefined) {
    const name = words.take();
    if (name === 'comment') comment = words.need("'comment' expects a string as argument.").text;
    else if (name === 'proto') checkProtocol(words, family);
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
      rule.alpn = words.need("'alpn' : missing the comma-delimited ALPN protocol suite.").text.split(',');
      break;
    case 'via-socks4':
      words.fail("'via-socks4' is not supported: no proxy is between checks and servers");
      break;
    default:
      words.fail(`expects ${KNOWN} but got '${name}' as argument.`);
  }
}

function readPort(words: RuleWords): number | Expression {
  const missing = "'port' expects a port number or a sample expression as argument.";
  const { text } = words.next ?? { text: '' };
  if (!/^[0-9]+$/.test(text)) return words.expression(missing, 'error detected while parsing port expression : ');
  words.skip(1);
  if (Number(text) >= 1 && Number(text) <= PORT_MAX) return Number(text);
  return words.fail(`expects a valid TCP port (from range 1 to ${PORT_MAX}) or a sample expression, got ${text}.`);
}

/** The protocol is the one that the rules speak; naming it changes nothing. */
function checkProtocol(words: RuleWords, family: CheckFamily): void {
  const { text: name } = words.need("'proto' expects a MUX protocol as argument.");
  if (name === (family === 'http-check' ? 'h1' : 'none')) return;
  if (['none', 'h1', 'fcgi'].includes(name)) words.fail(`'proto' : invalid MUX protocol '${name}' for ${family}`);
  words.fail(name === 'h2' ? "'proto' : 'h2' is not supported in checks" : `'proto' : unknown MUX protocol '${name}'.`);
}

function readRuleAddress(words: RuleWords, environment: Map<string, string>): ConnectRule['address'] {
  const word = words.need("'addr' expects <ipv4|ipv6> as argument.");
  const address = readAddress(word.text, environment, { port: 'optional' });
  return address.ok ? address.value.syntax : words.fail(`'addr' : ${address.message}`);
}
