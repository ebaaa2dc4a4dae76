/**
 * Keywords that need mode http. In mode tcp they are read and have no effect; of some HAProxy warns,
 * which `checks/ignored.ts` does once it is known which proxies are of mode tcp.
 */
import type { ProxyKeyword, SectionKind } from '../keyword.js';
import { HTTP_ARGUMENTS } from './http-arguments.js';
import { ANY_PROXY, BACKENDS, backendsOnly, FRONTENDS, keywordPlace, keywordText, type ProxyLine, refuse } from './reading.js';

interface HttpRow {
  readonly name: string;
  readonly sections: readonly SectionKind[];
  readonly arguments: string;
  readonly help: string;
  /** In `defaults` only where they have a name. */
  readonly named?: boolean;
  /** What is said in a backend. */
  readonly misplaced?: NonNullable<ProxyKeyword['misplaced']>;
  /** Arguments that there must be, where `missing` says more than one. */
  readonly least?: number;
  /** What is said when there is no argument. */
  readonly missing?: string;
  /** What the first argument may be, and what is said when it is something else (`{}` stands for it). */
  readonly first?: { readonly known: readonly string[]; readonly otherwise: string };
}

const ARGUMENTS_FIRST: ReadonlySet<string> = new Set([
  'external-check command',
  'external-check path',
  'max-keep-alive-queue',
  'unique-id-header',
]);
const LISTENING = ['frontend', 'listen'] as const;
const NOT_DEFAULTS = ['frontend', 'listen', 'backend'] as const;
const STATS_WORDS = [
  ...['admin', 'uri', 'realm', 'auth', 'scope', 'enable', 'refresh', 'http-request'],
  ...['hide-version', 'show-node', 'show-desc', 'show-legends', 'show-modules'],
];
const STATS_OTHERWISE =
  "unknown stats parameter '{}', expects 'admin', 'uri', 'realm', 'auth', 'scope', 'enable', 'hide-version', " +
  "'show-node', 'show-desc' or 'show-legends'.";

const NO_CAPTURE = { severity: 'warning', text: "'capture' ignored because {proxy} has no frontend capability." } as const;

const ROWS: readonly HttpRow[] = [
  { name: 'capture cookie', sections: LISTENING, misplaced: NO_CAPTURE, arguments: '<name> len <length>', help: 'Log a cookie.' },
  {
    name: 'capture request header',
    sections: LISTENING,
    misplaced: NO_CAPTURE,
    arguments: '<name> len <length>',
    help: 'Log a header of requests.',
  },
  {
    name: 'capture response header',
    sections: LISTENING,
    misplaced: NO_CAPTURE,
    arguments: '<name> len <length>',
    help: 'Log a header of responses.',
  },
  {
    name: 'compression',
    sections: ANY_PROXY,
    arguments: '{ algo | type | offload } ...',
    help: 'Compress responses.',
    first: {
      known: [
        'algo',
        'algo-req',
        'algo-res',
        'type',
        'type-req',
        'type-res',
        'offload',
        'direction',
        'minsize-req',
        'minsize-res',
      ],
      otherwise: "'compression' expects 'algo', 'type' or 'offload'",
    },
  },
  {
    name: 'cookie',
    sections: BACKENDS,
    arguments: '<name> [ options ]',
    help: 'Persistence by a cookie.',
    missing: "'cookie' expects <cookie_name> as argument.",
  },
  {
    name: 'errorfile',
    sections: ANY_PROXY,
    arguments: '<code> <file>',
    help: 'The answer for an error.',
    least: 2,
    missing: expects('errorfile', 'file'),
  },
  { name: 'errorfiles', sections: ANY_PROXY, arguments: '<name> [ <code> ]*', help: 'Answers of a section http-errors.' },
  {
    name: 'errorloc',
    sections: ANY_PROXY,
    arguments: '<code> <url>',
    help: 'Redirect errors.',
    least: 2,
    missing: expects('errorloc', 'url'),
  },
  {
    name: 'errorloc302',
    sections: ANY_PROXY,
    arguments: '<code> <url>',
    help: 'Redirect errors.',
    least: 2,
    missing: expects('errorloc302', 'url'),
  },
  {
    name: 'errorloc303',
    sections: ANY_PROXY,
    arguments: '<code> <url>',
    help: 'Redirect errors.',
    least: 2,
    missing: expects('errorloc303', 'url'),
  },
  {
    name: 'http-after-response',
    sections: ANY_PROXY,
    arguments: '<action> [ if | unless ]',
    help: 'Rules for all responses.',
    named: true,
  },
  { name: 'http-error', sections: ANY_PROXY, arguments: 'status <code> ...', help: 'The answer for an error.' },
  { name: 'http-request', sections: ANY_PROXY, arguments: '<action> [ if | unless ]', help: 'Rules for requests.', named: true },
  {
    name: 'http-response',
    sections: ANY_PROXY,
    arguments: '<action> [ if | unless ]',
    help: 'Rules for responses.',
    named: true,
  },
  {
    name: 'http-reuse',
    sections: BACKENDS,
    arguments: '{ never | safe | aggressive | always }',
    help: 'How idle connections of servers are shared.',
    missing: "'http-reuse' only supports 'never', 'safe', 'aggressive', 'always'.",
    first: {
      known: ['never', 'safe', 'aggressive', 'always'],
      otherwise: "'http-reuse' only supports 'never', 'safe', 'aggressive', 'always'.",
    },
  },
  { name: 'http-send-name-header', sections: BACKENDS, arguments: '[<header>]', help: 'Tell servers their names.' },
  {
    name: 'external-check command',
    sections: BACKENDS,
    arguments: '<command>',
    help: 'The program that checks.',
    missing: "missing argument after 'command'.",
  },
  {
    name: 'external-check path',
    sections: BACKENDS,
    arguments: '<path>',
    help: 'Where it finds programs.',
    missing: "missing argument after 'path'.",
  },
  { name: 'max-keep-alive-queue', sections: BACKENDS, arguments: '<value>', help: 'Longest queue for which a server is kept.' },
  { name: 'monitor fail', sections: LISTENING, arguments: '{ if | unless } <condition>', help: 'When monitor-uri fails.' },
  {
    name: 'monitor-uri',
    sections: FRONTENDS,
    arguments: '<uri>',
    help: 'A path that answers for monitoring.',
    missing: "'monitor-uri' expects an URI.",
  },
  { name: 'redirect', sections: NOT_DEFAULTS, arguments: '<kind> <to> ...', help: 'Redirect requests.' },
  {
    name: 'retry-on',
    sections: BACKENDS,
    misplaced: backendsOnly('retry-on'),
    arguments: '<events>',
    help: 'When requests are sent again.',
  },
  {
    name: 'stats',
    sections: ANY_PROXY,
    arguments: '<parameter> ...',
    help: 'The page of statistics.',
    first: { known: STATS_WORDS, otherwise: STATS_OTHERWISE },
  },
  {
    name: 'unique-id-header',
    sections: FRONTENDS,
    misplaced: { severity: 'warning', text: "'unique-id-header' ignored because {proxy} has no frontend capability." },
    arguments: '<name>',
    help: 'Pass the unique id to servers.',
    missing: 'unique-id-header expects an argument.',
  },
];

function expects(name: string, second: string): string {
  return `${name} : expects <status_code> and <${second}> as arguments.`;
}

/** All of them. */
export const HTTP_ONLY_KEYWORDS: readonly ProxyKeyword[] = ROWS.map((row) => ({
  name: row.name,
  sections: row.sections,
  ...(row.misplaced && { misplaced: row.misplaced }),
  ...(ARGUMENTS_FIRST.has(row.name) && { argumentsFirst: true }),
  arguments: row.arguments,
  help: row.name.startsWith('external-check') ? `${row.help} Not supported.` : `${row.help} Mode http.`,
  http: true,
  inert: true,
  parse: (line) => keep(line, row),
}));

function keep(line: ProxyLine, row: HttpRow): void {
  const first = line.words[0]?.text ?? '';
  if (row.named && line.target.kind === 'defaults' && line.target.name === '') {
    refuse(line, `'${row.name}' not allowed in anonymous 'defaults' section.`);
    return;
  }
  if (row.missing !== undefined && line.words.length < (row.least ?? 1)) refuse(line, row.missing);
  else if (row.first !== undefined && !row.first.known.includes(first)) refuseFirst(line, row, first);
  else if (!refuseArguments(line, row)) line.target.httpOnly.push({ keyword: keywordText(line), place: keywordPlace(line) });
}

function refuseArguments(line: ProxyLine, row: HttpRow): boolean {
  const texts = line.words.map(({ text }) => text);
  const wrong = HTTP_ARGUMENTS[row.name]?.(texts, line.target) ?? null;
  if (wrong === null) return false;
  const { text, at, tight } = wrong;
  if (tight) line.findings.line('alert', line.words[at]?.place ?? keywordPlace(line), text);
  else refuse(line, text, line.words[at]);
  return true;
}

/** About `stats` HAProxy writes no space before the colon. */
function refuseFirst(line: ProxyLine, row: HttpRow, first: string): void {
  const text = row.first?.otherwise.replace('{}', () => first) ?? '';
  if (row.name === 'stats') line.findings.line('alert', line.words[0]?.place ?? keywordPlace(line), text);
  else refuse(line, text, line.words[0]);
}
