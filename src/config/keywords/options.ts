/**
 * `option x` of proxies (configuration manual, section 4.2), one row for each. What an option does
 * is the business of whoever compiles it; options of mode http are accepted in mode tcp, some with
 * a warning that `checks/ignored.ts` gives once all is read.
 */
import type { ProxyKeyword } from '../keyword.js';
import {
  BACKENDS,
  type Capability,
  endsAfter,
  FRONTENDS,
  keywordText,
  type ProxyLine,
  refuse,
  sectionsWith,
  wholeNumber,
} from './reading.js';

/** One option without arguments of its own meaning. */
interface OptionRow {
  readonly name: string;
  /** null: either half may have it. */
  readonly needs: Capability | null;
  readonly help: string;
  /** `warned`: HAProxy says in mode tcp that it is ignored; `silent`: it has no effect and nobody says so. */
  readonly http?: 'warned' | 'silent';
  readonly inert?: boolean;
  /** `no option x` is refused. */
  readonly fixed?: boolean;
  /** Words after the option, checked; without it there may be none. */
  readonly arguments?: { readonly text: string; readonly check: (line: ProxyLine) => boolean };
}

/** Options of mode tcp. */
const TCP: readonly OptionRow[] = [
  { name: 'abortonclose', needs: 'backend', help: 'Drop sessions from the queue whose client has left.' },
  { name: 'allbackups', needs: 'backend', help: 'Use all backup servers together once the others are down.' },
  { name: 'clitcpka', needs: 'frontend', help: 'Send TCP keep-alive packets to clients.' },
  { name: 'srvtcpka', needs: 'backend', help: 'Send TCP keep-alive packets to servers.' },
  { name: 'tcpka', needs: null, help: 'Send TCP keep-alive packets on both sides.', fixed: true },
  { name: 'contstats', needs: 'frontend', help: 'Update counters during sessions; here they always are.', inert: true },
  { name: 'dontlog-normal', needs: 'frontend', help: 'Do not log sessions that went well.' },
  { name: 'dontlognull', needs: 'frontend', help: 'Do not log connections that carried no data.' },
  {
    name: 'independent-streams',
    needs: null,
    help: 'Count inactivity of each direction apart; here either ends the silence of a side.',
    inert: true,
  },
  { name: 'log-health-checks', needs: 'backend', help: 'Log every change of the state of a health check.' },
  { name: 'log-separate-errors', needs: 'frontend', help: 'Log sessions that failed at level err.' },
  { name: 'logasap', needs: 'frontend', help: 'Log as soon as the server is connected.' },
  { name: 'nolinger', needs: null, help: 'Reset connections in place of closing them.' },
  { name: 'persist', needs: 'backend', help: 'Stay with the server that persistence names even when it is down.' },
  { name: 'socket-stats', needs: 'frontend', help: 'Count for each bind apart.' },
  { name: 'splice-auto', needs: null, help: 'Splice bulk data where it pays.' },
  { name: 'splice-request', needs: null, help: 'Splice bulk data from clients to servers.' },
  { name: 'splice-response', needs: null, help: 'Splice bulk data from servers to clients.' },
  { name: 'tcp-smart-accept', needs: 'frontend', help: 'Save a packet while accepting; it is sent here.', inert: true },
  { name: 'tcp-smart-connect', needs: 'backend', help: 'Save a packet while connecting; it is sent here.', inert: true },
];

const warned = (name: string, needs: Capability | null, help: string): OptionRow => ({ name, needs, help, http: 'warned' });
const silent = (name: string, needs: Capability | null, help: string): OptionRow => ({ name, needs, help, http: 'silent' });

/** Options of mode http. */
const HTTP: readonly OptionRow[] = [
  warned('accept-invalid-http-request', 'frontend', 'Pass requests that break the rules of HTTP.'),
  warned('accept-invalid-http-response', 'backend', 'Pass responses that break the rules of HTTP.'),
  warned('accept-unsafe-violations-in-http-request', 'frontend', 'The newer name of accept-invalid-http-request.'),
  warned('accept-unsafe-violations-in-http-response', 'backend', 'The newer name of accept-invalid-http-response.'),
  warned('checkcache', 'backend', 'Refuse responses that would put cookies into caches.'),
  warned('disable-h2-upgrade', 'frontend', 'Do not speak HTTP/2 to clients that begin with its preface.'),
  {
    ...warned('forwardfor', null, 'Add the header X-Forwarded-For.'),
    fixed: true,
    arguments: {
      text: '[ except <network> ] [ header <name> ] [ if-none ]',
      check: (line) => optionalWords(line, { except: 1, header: 1, 'if-none': 0 }, "'except', 'header' and 'if-none'"),
    },
  },
  silent('h1-case-adjust-bogus-client', 'frontend', 'Adjust the case of header names towards clients.'),
  silent('h1-case-adjust-bogus-server', 'backend', 'Adjust the case of header names towards servers.'),
  warned('http-buffer-request', null, 'Wait for the whole request.'),
  warned('http-ignore-probes', 'frontend', 'Neither log nor answer probes of browsers.'),
  silent('http-keep-alive', null, 'Keep connections alive.'),
  warned('http-no-delay', null, 'Send every piece at once.'),
  warned('http-pretend-keepalive', 'backend', 'Announce keep-alive to servers and close.'),
  {
    ...silent('http-restrict-req-hdr-names', null, 'What to do with header names of unusual characters.'),
    fixed: true,
    arguments: { text: '{ preserve | delete | reject }', check: restrictedNames },
  },
  silent('http-server-close', null, 'Close the connection to the server after each response.'),
  warned('http-use-proxy-header', 'frontend', 'Use Proxy-Connection in place of Connection.'),
  silent('httpclose', null, 'Close both connections after each response.'),
  warned('idle-close-on-response', 'frontend', 'Close idle connections of clients only after their response.'),
  {
    ...warned('originalto', null, 'Add the header X-Original-To.'),
    fixed: true,
    arguments: {
      text: '[ except <network> ] [ header <name> ]',
      check: (line) => optionalWords(line, { except: 1, header: 1 }, "'except' and 'header'"),
    },
  },
  warned('prefer-last-server', 'backend', 'Send a client to the server it had last.'),
];

/** The options whose place in a proxy is its log format. */
export const LOG_FORMAT_OPTIONS = ['tcplog', 'httplog', 'httpslog'] as const;

/** Every `option x`. */
export const PROXY_OPTION_KEYWORDS: readonly ProxyKeyword[] = [
  ...[...TCP, ...HTTP].map(keywordOf),
  {
    name: 'option redispatch',
    sections: BACKENDS,
    arguments: '[<interval>]',
    no: true,
    default: 'off',
    help: 'Retry on another server: every <interval> retries, or -1 for the last one only.',
    parse: parseRedispatch,
  },
  ...LOG_FORMAT_OPTIONS.map(logFormatKeyword),
  refusedOption('transparent', true, 'Connect to the address that the client asked for; not supported.'),
  refusedOption('external-check', false, 'Check servers with a program; not supported.'),
  refusedOption('spop-check', false, 'Check agents of SPOE; not supported.'),
];

function keywordOf(row: OptionRow): ProxyKeyword {
  return {
    name: `option ${row.name}`,
    sections: sectionsWith(row.needs),
    arguments: row.arguments?.text ?? '',
    ...(row.fixed !== true && { no: true }),
    argumentsFirst: true,
    default: 'off',
    help: row.help,
    ...(row.inert && { inert: true }),
    ...(row.http && { http: true, inert: true }),
    parse: (line) => parseOption(line, row),
  };
}

function parseOption(line: ProxyLine, row: OptionRow): void {
  if (row.arguments === undefined ? !endsAfter(line, 0) : !row.arguments.check(line)) return;
  setOption(line, row.name);
}

function setOption(line: ProxyLine, name: string): void {
  if (line.negated === 'default') line.target.options.delete(name);
  else line.target.options.set(name, { value: line.negated === null, place: line.keyword[0].place });
}

/** Known words, each with that many words after it. */
function optionalWords(line: ProxyLine, known: Readonly<Record<string, number>>, list: string): boolean {
  for (let i = 0; i < line.words.length; ) {
    const word = line.words[i];
    const follow = Object.hasOwn(known, word.text) ? known[word.text] : null;
    if (follow === null) {
      refuse(line, `'${keywordText(line)}' only supports optional values: ${list}.`, word);
      return false;
    }
    if (i + follow >= line.words.length) {
      refuse(line, `'${keywordText(line)}' : '${word.text}' expects a value.`, word);
      return false;
    }
    i += 1 + follow;
  }
  return true;
}

function restrictedNames(line: ProxyLine): boolean {
  const good = ['preserve', 'reject', 'delete'].includes(line.words[0]?.text);
  if (!good)
    refuse(
      line,
      `missing parameter. option 'http-restrict-req-hdr-names' expects 'preserve', 'reject' or 'delete' option.`,
      line.words[0],
    );
  return good;
}

/** On the last retry only, as `option redispatch` without a number says it. */
const REDISPATCH_LAST = -1;

function parseRedispatch(line: ProxyLine): void {
  const { target } = line;
  const [word] = line.words;
  if (!endsAfter(line, 1)) return;
  const value = word === undefined ? REDISPATCH_LAST : wholeNumber(word.text);
  if (value === null) refuse(line, `'option redispatch' expects an integer argument. Got '${word.text}'.`, word);
  else if (line.negated === 'default') delete target.redispatch;
  else target.redispatch = { value: line.negated === 'no' ? 0 : value, place: line.keyword[0].place };
}

function logFormatKeyword(name: (typeof LOG_FORMAT_OPTIONS)[number]): ProxyKeyword {
  return {
    name: `option ${name}`,
    sections: FRONTENDS,
    misplaced: { severity: 'warning', text: `{proxy} : 'option ${name}' directive is ignored in backends.` },
    argumentsFirst: true,
    arguments: name === 'httplog' ? '[ clf ]' : '',
    help:
      name === 'tcplog'
        ? 'Log each session in the format of mode tcp.'
        : 'The log format of mode http; in mode tcp that of tcplog.',
    ...(name !== 'tcplog' && { http: true }),
    parse: (line) => parseLogFormat(line, name),
  };
}

/** The last of these and of `log-format` holds. */
function parseLogFormat(line: ProxyLine, name: (typeof LOG_FORMAT_OPTIONS)[number]): void {
  const { target } = line;
  if (!logFormatEnds(line, name)) return;
  if (target.kind === 'defaults') warnOverride(line, name);
  for (const other of LOG_FORMAT_OPTIONS) target.options.delete(other);
  delete target.logFormat;
  target.options.set(name, { value: true, place: line.keyword[0].place });
}

function logFormatEnds(line: ProxyLine, name: string): boolean {
  const [word] = line.words;
  if (name !== 'httplog' || word === undefined) return endsAfter(line, 0);
  if (word.text !== 'clf') refuse(line, `keyword 'httplog' only supports option 'clf'.`, word);
  return word.text === 'clf' && endsAfter(line, 1);
}

/** HAProxy tells in `defaults` only. */
function warnOverride(line: ProxyLine, name: string): void {
  const { target, findings } = line;
  const other = LOG_FORMAT_OPTIONS.find((option) => option !== name && target.options.has(option));
  const previous = target.logFormat !== undefined ? 'log-format' : other === undefined ? undefined : `option ${other}`;
  if (previous === undefined) return;
  findings.line('warning', line.keyword[0].place, `'option ${name}' overrides previous '${previous}' in 'defaults' section.`);
}

/** Known, and refused by name, because without it traffic would go elsewhere than the file says. */
function refusedOption(name: string, no: boolean, help: string): ProxyKeyword {
  return {
    name: `option ${name}`,
    sections: BACKENDS,
    arguments: '',
    ...(no && { no }),
    refused: true,
    help,
    parse: (line) => {
      if (line.negated === null) refuse(line, `'option ${name}' is not supported.`);
    },
  };
}
