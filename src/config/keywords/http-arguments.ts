/**
 * What is wrong with the arguments of keywords that need mode http: HAProxy refuses them in mode tcp
 * as well, and a file that it refuses is refused here. In its words, as far as files in use get there;
 * names of ACLs and files of answers are not looked up.
 */
import type { ProxyConfig } from '../config.js';
import { proxyWord, timeFault, timeOf } from './reading.js';

/** What is wrong, at which word; `tight`: HAProxy writes no space before the colon. */
export interface Complaint {
  readonly text: string;
  readonly at: number;
  readonly tight?: boolean;
}

/** Judges the words after a keyword. */
export type ArgumentCheck = (words: readonly string[], proxy: ProxyConfig) => Complaint | null;

const complain = (text: string, at = 0): Complaint => ({ text, at });
const tight = (text: string, at = 0): Complaint => ({ text, at, tight: true });

const STATUS_CODES = '200 400 401 403 404 405 407 408 410 413 421 422 425 429 431 500 501 502 503 504 507'.split(' ');

const COOKIE_SWITCHES = 'rewrite insert prefix indirect nocache postonly preserve httponly secure dynamic'.split(' ');
/** Options of `cookie` with a value, and what is expected of it. */
const COOKIE_VALUES = new Map([
  ['domain', '<domain> as argument'],
  ['maxidle', '<idletime> in seconds as argument'],
  ['maxlife', '<lifetime> in seconds as argument'],
  ['attr', '<value> as argument'],
]);

const cookie: ArgumentCheck = (words) => {
  const modes = words.slice(1).filter((word) => ['rewrite', 'insert', 'prefix'].includes(word));
  for (let i = 1; i < words.length; i++) {
    const expected = COOKIE_VALUES.get(words[i]);
    if (expected === undefined && !COOKIE_SWITCHES.includes(words[i]))
      return complain(
        "'cookie' supports 'rewrite', 'insert', 'prefix', 'indirect', 'nocache', 'postonly', 'domain', 'maxidle', " +
          "'dynamic', 'maxlife' and 'attr' options.",
        i,
      );
    if (expected === undefined) continue;
    const name = words[i++];
    if (words[i] === undefined) return tight(`'${name}' expects ${expected}.`, i - 1);
    const wrong = name.startsWith('max') ? timeWrong(words[i], `argument to <${name}>`, i) : null;
    if (wrong !== null) return wrong;
  }
  return modes.length > 1 ? complain("cookie 'rewrite', 'insert' and 'prefix' modes are incompatible.") : null;
};

function timeWrong(text: string, where: string, at: number): Complaint | null {
  if (timeOf(text, 's') !== null) return null;
  const fault = timeFault(text);
  if (fault.kind === 'overflow') return tight(`timer overflow in ${where}.`, at);
  return tight(`unexpected character '${fault.character}' in ${where}.`, at);
}

/** `errorfile` and `errorloc`: a status that is answered by HAProxy itself. */
const status =
  (name: string): ArgumentCheck =>
  ([code]) =>
    STATUS_CODES.includes(code) ? null : complain(`${name} : status code '${Number.parseInt(code, 10) || 0}' not handled.`);

const errorfiles: ArgumentCheck = ([name, ...codes]) => {
  if (name === undefined) return complain('errorfiles : expects <name> as argument.');
  const at = codes.findIndex((code) => !STATUS_CODES.includes(code));
  return at < 0 ? null : complain(`errorfiles : status code '${Number.parseInt(codes[at], 10) || 0}' not handled.`, at + 1);
};

const httpError: ArgumentCheck = ([first, code]) => {
  if (first !== 'status' || code === undefined) return complain('http-error : expects at least a <status> as arguments.');
  return STATUS_CODES.includes(code) ? null : complain(`http-error : Unexpected status code '${code}'`, 1);
};

const ALL_RULES =
  'add-header allow capture del-header replace-header replace-value set-header strict-mode set-var-fmt(*) set-var(*) unset-var(*)';
const BOTH_RULES =
  'set-log-level set-nice sc-add-gpc(*) sc-inc-gpc(*) sc-inc-gpc0(*) sc-inc-gpc1(*) sc-set-gpt(*) sc-set-gpt0(*) ' +
  'send-spoe-group add-acl(*) del-acl(*) del-map(*) set-map(*) deny redirect return track-sc(*) wait-for-body ' +
  'set-mark set-tos set-fc-mark set-fc-tos set-bc-mark set-bc-tos silent-drop set-timeout set-headers-bin del-headers-bin do-log ' +
  'add-headers-bin';
/** Actions of each set of rules, of HAProxy 2.6 and later. */
const ACTIONS = {
  'http-request':
    `${ALL_RULES} ${BOTH_RULES} wait-for-handshake use-service do-resolve(*) cache-use auth disable-l7-retry early-hint normalize-uri ` +
    'reject replace-path replace-pathq replace-uri set-method set-path set-pathq set-query set-uri tarpit set-src ' +
    'set-src-port set-dst set-dst-port set-priority-class set-priority-offset set-bandwidth-limit set-retries pause ocsp-set',
  'http-response': `${ALL_RULES} ${BOTH_RULES} cache-store set-status set-bandwidth-limit pause`,
  'http-after-response': `${ALL_RULES} set-status set-log-level sc-add-gpc(*) sc-inc-gpc(*) sc-inc-gpc0(*) sc-inc-gpc1(*) sc-set-gpt(*) sc-set-gpt0(*) del-map(*) set-map(*) add-acl(*) del-acl(*) do-log`,
} as const;

/** The name of an action; some have an argument in parentheses, `track-sc` a number. */
const rules = (name: keyof typeof ACTIONS): ArgumentCheck => {
  const known = ACTIONS[name].split(' ');
  const plain = new Set(known.map((one) => one.replace('(*)', '')));
  return ([action = '']) => {
    if (plain.has(action.replace(/\(.*$/s, '').replace(/^(track-sc)[0-9]+$/, '$1'))) return null;
    return tight(`'${name}' expects ${known.map((one) => `'${one}'`).join(', ')}, but got '${action}'.`);
  };
};

const STATS_VALUES = new Map([
  ['uri', 'an URI prefix'],
  ['auth', 'a user:password account'],
  ['realm', 'an realm name'],
  ['scope', 'a proxy name'],
]);

const stats: ArgumentCheck = ([parameter, ...words], proxy) => {
  const [value] = words;
  const ruled = parameter === 'admin' ? "'stats admin'" : "'stats'";
  if (proxy.kind === 'defaults' && (parameter === 'admin' || parameter === 'http-request'))
    return tight(`${ruled} not allowed in 'defaults' section.`);
  if (parameter === 'http-request') return rules('http-request')(words, proxy);
  const needs = STATS_VALUES.get(parameter);
  if (needs !== undefined && value === undefined) return complain(`'${parameter}' needs ${needs}.`);
  if (parameter === 'refresh')
    return value === undefined
      ? complain("'refresh' needs a positive interval.")
      : timeWrong(value, 'argument to stats refresh interval', 1);
  if (parameter === 'admin' && value !== 'if' && value !== 'unless')
    return complain("'stats admin' requires either 'if' or 'unless' followed by a condition.");
  return null;
};

const capture =
  (text: string): ArgumentCheck =>
  ([, len, length]) =>
    len === 'len' && length !== undefined ? null : complain(text);

const REDIRECT_VALUES = ['location', 'prefix', 'scheme', 'code', 'set-cookie', 'clear-cookie'];
const REDIRECT_SWITCHES = ['drop-query', 'append-slash', 'ignore-empty', 'keep-query'];

const redirect: ArgumentCheck = (words, proxy) => {
  const where = `error detected in ${proxyWord(proxy)} '${proxy.name}' while parsing redirect rule : `;
  const end = words.findIndex((word) => word === 'if' || word === 'unless');
  const own = end < 0 ? words : words.slice(0, end);
  for (let i = 0; i < own.length; i++) {
    if (REDIRECT_SWITCHES.includes(own[i])) continue;
    if (!REDIRECT_VALUES.includes(own[i]))
      return complain(
        `${where}expects 'code', 'prefix', 'location', 'scheme', 'set-cookie', 'clear-cookie', 'drop-query', 'ignore-empty' ` +
          `or 'append-slash' (was '${own[i]}').`,
        i,
      );
    if (own[i + 1] === undefined) return complain(`${where}missing argument for '${own[i]}'.`, i);
    if (own[i] === 'code' && !/^30[12378]$/.test(own[i + 1]))
      return complain(`${where}'code': unsupported HTTP code '${own[i + 1]}' (must be one of 301, 302, 303, 307 or 308).`, i + 1);
    i++;
  }
  if (own.some((word) => ['location', 'prefix', 'scheme'].includes(word))) return null;
  return complain(`${where}redirection type expected ('prefix', 'location', or 'scheme').`);
};

const RETRY_EVENTS =
  'none conn-failure empty-response junk-response response-timeout 0rtt-rejected all-retryable-errors receive-timeout'.split(' ');
const RETRY_CODES = '401 403 404 408 421 425 429 500 501 502 503 504'.split(' ');

const retryOn: ArgumentCheck = (words) => {
  if (words.length === 0) return complain("'retry-on' needs at least one keyword to specify when to retry");
  const at = words.findIndex((word) => !RETRY_EVENTS.includes(word) && !RETRY_CODES.includes(word));
  if (at >= 0) return complain(`'retry-on': unknown keyword '${words[at]}'`, at);
  return words.includes('none') && words.length > 1 ? complain("'retry-on' 'none' keyworld only usable alone") : null;
};

const keepAliveQueue: ArgumentCheck = ([value]) => {
  if (value === undefined) return complain("'max-keep-alive-queue' expects expects an integer value (or -1 to disable)");
  const odd = /^-?[0-9]*(.?)/s.exec(value)?.[1];
  return odd ? complain(`'max-keep-alive-queue' : unexpected character '${odd}' in integer value '${value}'`) : null;
};

/** No more words than that. */
const atMost =
  (name: string, max: number): ArgumentCheck =>
  (words) =>
    words[max] === undefined ? null : complain(`'${name}' cannot handle unexpected argument '${words[max]}'.`, max);

/** `external-check command` and `path`, which HAProxy calls by their second word. */
const onlyArgument =
  (name: string): ArgumentCheck =>
  (words, proxy) =>
    words.length === 0 ? complain(`missing argument after '${name}'.`) : atMost(name, 1)(words, proxy);

/** By the names of keywords. */
export const HTTP_ARGUMENTS: Readonly<Record<string, ArgumentCheck | undefined>> = {
  'capture cookie': capture("'capture' expects 'cookie' <cookie_name> 'len' <len>."),
  'capture request header': capture("'capture request' expects 'header' <header_name> 'len' <len>."),
  'capture response header': capture("'capture response' expects 'header' <header_name> 'len' <len>."),
  cookie,
  errorfile: status('errorfile'),
  errorfiles,
  errorloc: status('errorloc'),
  errorloc302: status('errorloc302'),
  errorloc303: status('errorloc303'),
  'external-check command': onlyArgument('command'),
  'external-check path': onlyArgument('path'),
  'http-after-response': rules('http-after-response'),
  'http-error': httpError,
  'http-request': rules('http-request'),
  'http-response': rules('http-response'),
  'http-reuse': (words, proxy) => atMost(`http-reuse ${words[0]}`, 1)(words, proxy),
  'http-send-name-header': ([name]) =>
    name === undefined ? complain("'http-send-name-header' requires a header string.") : null,
  'max-keep-alive-queue': keepAliveQueue,
  'monitor fail': ([word]) =>
    word === 'if' || word === 'unless'
      ? null
      : complain("'monitor fail' requires either 'if' or 'unless' followed by a condition."),
  'monitor-uri': atMost('monitor-uri', 1),
  redirect,
  'retry-on': retryOn,
  stats,
};
