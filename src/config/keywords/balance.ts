/**
 * `balance`, `hash-type`, `hash-balance-factor` (configuration manual, section 4.2). Algorithms that
 * look into HTTP requests fall back to roundrobin in mode tcp, with a warning of `checks/ignored.ts`.
 */
import { BALANCE_ALGORITHMS, type BalanceAlgorithm, type BalanceConfig, HASH_FUNCTIONS, type HashFunction } from '../config.js';
import type { ProxyKeyword } from '../keyword.js';
import type { Expression } from '../samples/syntax.js';
import type { Word } from '../tokens/line.js';
import { parseBalanceExpression } from './balance-expression.js';
import { BACKENDS, keywordPlace, onlyInteger, type ProxyLine, refuse, wholeNumber } from './reading.js';

/** `random` chooses the least loaded of this many where nothing is said. */
const DRAWS_DEFAULT = 2;
/** Draws at most; more would look at all servers of most backends. */
const DRAWS_MAX = 1000;
/** HAProxy's list, which leaves out two that it knows as well. */
const SUPPORTED =
  "balance only supports 'roundrobin', 'static-rr', 'leastconn', 'source', 'uri', 'url_param', 'hash', 'hdr(name)', " +
  "'rdp-cookie(name)', 'log-hash' and 'sticky' options.";
/** Algorithms that are a word and nothing else. */
const PLAIN: readonly string[] = BALANCE_ALGORITHMS.filter((name) => name !== 'random' && name !== 'hash');

/** Balancing. */
export const BALANCE_KEYWORDS: readonly ProxyKeyword[] = [
  {
    name: 'balance',
    sections: BACKENDS,
    arguments: '<algorithm> [ <arguments> ]',
    default: 'roundrobin',
    help: 'How servers are chosen.',
    parse: parseBalance,
  },
  {
    name: 'hash-type',
    sections: BACKENDS,
    arguments: '<method> <function> <modifier>',
    default: 'map-based sdbm',
    help: 'How hashes choose servers.',
    parse: parseHashType,
  },
  {
    name: 'hash-balance-factor',
    sections: BACKENDS,
    argumentsFirst: true,
    arguments: '<factor>',
    default: '0',
    help: 'Percent of the average load that consistent hashing lets a server have; 0: any.',
    parse: parseBalanceFactor,
  },
];

function parseBalance(line: ProxyLine): void {
  const { target } = line;
  const [word] = line.words;
  const value = word === undefined ? balance('roundrobin') : algorithm(line, word);
  if (value === null) return;
  forget(line);
  if (value === 'http') target.httpOnly.push({ keyword: 'balance', place: keywordPlace(line) });
  target.balance = { value: value === 'http' ? balance('roundrobin') : value, place: keywordPlace(line) };
}

/** A later `balance` replaces an earlier one of mode http, and with it the warning. */
function forget({ target }: ProxyLine): void {
  const at = target.httpOnly.findIndex(({ keyword }) => keyword === 'balance');
  if (at >= 0) target.httpOnly.splice(at, 1);
}

function balance(name: BalanceAlgorithm, draws = DRAWS_DEFAULT, expression: Expression | null = null): BalanceConfig {
  return { algorithm: name, draws, expression };
}

/** `http`: known, and of mode http. null: refused. */
function algorithm(line: ProxyLine, word: Word): BalanceConfig | 'http' | null {
  const { text } = word;
  if (PLAIN.includes(text)) return balance(text as BalanceAlgorithm);
  if (text === 'hash') return hash(line);
  if (/^random(\(|$)/.test(text)) return random(line, word);
  if (text === 'uri') return uri(line);
  if (text === 'url_param') return urlParam(line);
  if (text.startsWith('hdr('))
    return named(line, word, 'balance hdr requires an http header field name.') === null ? null : 'http';
  if (/^rdp-cookie(\(|$)/.test(text)) return rdpCookie(line, word);
  refuse(line, SUPPORTED, word);
  return null;
}

function hash(line: ProxyLine): BalanceConfig | null {
  const [, word, extra] = line.words;
  if (word === undefined || extra !== undefined) {
    refuse(
      line,
      word === undefined
        ? 'balance hash requires a sample expression.'
        : `balance hash takes no other argument (got '${extra.text}').`,
      extra,
    );
    return null;
  }
  const expression = parseBalanceExpression(line, word);
  return expression === null ? null : balance('hash', DRAWS_DEFAULT, expression);
}

/** The cookie that RDP clients send is one more thing to hash. */
function rdpCookie(line: ProxyLine, word: Word): BalanceConfig | null {
  const bare = word.text === 'rdp-cookie';
  const name = bare ? 'mstshash' : named(line, word, 'balance rdp-cookie : missing closing parenthesis or name.');
  if (name === null) return null;
  const expression = parseBalanceExpression(line, { text: `rdp_cookie(${name})`, place: word.place });
  return expression === null ? null : balance('hash', DRAWS_DEFAULT, expression);
}

function random(line: ProxyLine, word: Word): BalanceConfig | null {
  const [, draws, close] = /^random\(([^)]*)(\)?)/.exec(word.text) ?? [undefined, '', ')'];
  const value = draws === '' ? DRAWS_DEFAULT : wholeNumber(draws);
  const fault =
    close === ''
      ? 'missing closing parenthesis.'
      : value === null
        ? `unexpected character '${draws.replace(/^[0-9]*/, '')[0]}' after argument.`
        : value < 1 || value > DRAWS_MAX
          ? `number of draws must be at least 1${value > DRAWS_MAX ? ` and at most ${DRAWS_MAX}` : ''}.`
          : null;
  if (fault !== null) refuse(line, `balance random : ${fault}`, word);
  return fault === null && value !== null ? balance('random', value) : null;
}

/** What stands within `hdr( )`, or null when there is nothing. */
function named(line: ProxyLine, word: Word, text: string): string | null {
  const name = /\(([^)]+)\)$/.exec(word.text)?.[1];
  if (name === undefined) refuse(line, text, word);
  return name ?? null;
}

function uri(line: ProxyLine): 'http' | null {
  for (let i = 1; i < line.words.length; i++) {
    const word = line.words[i];
    if (word.text === 'len' || word.text === 'depth') {
      const value = line.words[++i];
      if (/^[1-9][0-9]*$/.test(value?.text ?? '')) continue;
      refuse(line, `balance uri : '${word.text}' expects a positive integer (got '${value?.text ?? ''}').`, value ?? word);
      return null;
    }
    if (word.text === 'path-only' || word.text === 'whole') continue;
    refuse(line, `balance uri only accepts parameters 'len', 'depth', 'path-only', and 'whole' (got '${word.text}').`, word);
    return null;
  }
  return 'http';
}

function urlParam(line: ProxyLine): 'http' | null {
  if (line.words.length > 1) return 'http';
  refuse(line, 'balance url_param requires an URL parameter name.');
  return null;
}

const FUNCTIONS = "'hash-type' only supports 'sdbm', 'djb2', 'crc32', 'wt6' or 'none' hash functions.";

function parseHashType(line: ProxyLine): void {
  const [method, name, modifier] = line.words;
  if (method?.text === 'avalanche') {
    refuse(
      line,
      "experimental feature 'hash-type avalanche' is not supported anymore, please use 'hash-type map-based sdbm avalanche' instead.",
      method,
    );
  } else if (method?.text !== 'consistent' && method?.text !== 'map-based') {
    refuse(line, "'hash-type' only supports 'consistent' and 'map-based'.", method);
  } else if (name !== undefined && !(HASH_FUNCTIONS as readonly string[]).includes(name.text)) {
    refuse(line, FUNCTIONS, name);
  } else if (modifier !== undefined && modifier.text !== 'avalanche') {
    refuse(line, "'hash-type' only supports 'avalanche' as a modifier for hash functions.", modifier);
  } else {
    const value = {
      method: method.text,
      function: name === undefined ? null : (name.text as HashFunction),
      avalanche: modifier !== undefined,
    } as const;
    line.target.hashType = { value, place: keywordPlace(line) };
  }
}

function parseBalanceFactor(line: ProxyLine): void {
  const value = onlyInteger(line, { min: 0, max: 65535 });
  if (value === null) return;
  if (value !== 0 && value <= 100) refuse(line, "'hash-balance-factor' must be 0 or greater than 100.", line.words[0]);
  else line.target.hashBalanceFactor = { value, place: line.words[0].place };
}
