/** Keywords `timeout` of proxies (configuration manual, section 4.2). Those of mode http are kept and unused in mode tcp. */
import type { TimeoutName } from '../config.js';
import type { ProxyKeyword } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import {
  type Capability,
  type ProxyLine,
  proxyWord,
  refuse,
  sectionsWith,
  suspiciousTime,
  timeFault,
  timeOf,
  timerOverflow,
  willBeIgnored,
} from './reading.js';

interface TimeoutRow {
  readonly name: TimeoutName;
  /** null: either half may have it. */
  readonly needs: Capability | null;
  readonly help: string;
  readonly http?: boolean;
  readonly inert?: boolean;
}

/** In the order of HAProxy's list of them; the last came with newer versions. */
const ROWS: readonly TimeoutRow[] = [
  { name: 'client', needs: 'frontend', help: 'Longest inactivity of a client.' },
  { name: 'server', needs: 'backend', help: 'Longest inactivity of a server.' },
  {
    name: 'connect',
    needs: 'backend',
    help: 'Longest time to connect to a server, and in the queue unless timeout queue is set.',
  },
  { name: 'check', needs: 'backend', help: 'Longest time a health check may take after it connected.' },
  { name: 'queue', needs: 'backend', help: 'Longest time in the queue for a free slot of a server.' },
  { name: 'http-keep-alive', needs: null, help: 'Longest time to wait for another request.', http: true },
  { name: 'http-request', needs: null, help: 'Longest time for a complete request.', http: true },
  { name: 'tunnel', needs: 'backend', help: 'Longest inactivity of both sides once data flows both ways.' },
  { name: 'tarpit', needs: null, help: 'How long a tarpitted request is kept.', http: true },
  { name: 'client-fin', needs: 'frontend', help: 'Longest inactivity of a client whose connection is half closed.' },
  { name: 'server-fin', needs: 'backend', help: 'Longest inactivity of a server whose connection is half closed.' },
  { name: 'client-hs', needs: 'frontend', help: 'Longest time for a TLS handshake; there is none here.', inert: true },
];

/** Every `timeout x`. */
export const TIMEOUT_KEYWORDS: readonly ProxyKeyword[] = ROWS.map((row) => ({
  name: `timeout ${row.name}`,
  sections: sectionsWith(row.needs),
  ...(row.needs !== null && { misplaced: willBeIgnored(`'timeout ${row.name}'`, row.needs) }),
  argumentsFirst: true,
  arguments: '<timeout>',
  default: 'none',
  help: row.help,
  ...(row.inert && { inert: true }),
  ...(row.http && { http: true, inert: true }),
  parse: (line) => parseTimeout(line, row),
}));

function parseTimeout(line: ProxyLine, row: TimeoutRow): void {
  const [word, extra] = line.words;
  if (word === undefined) {
    refuse(line, `'timeout ${row.name}' expects an integer value (in milliseconds)`);
    return;
  }
  const value = timeOf(word.text);
  if (value === null) {
    refuse(line, badTime(row.name, word.text), word);
    return;
  }
  if (extra !== undefined) {
    refuse(line, `'timeout ${row.name}' : unexpected extra argument '${extra.text}' after value '${word.text}'.`, extra);
    return;
  }
  warnSmall(line, row.name, word);
  store(line, row.name, value, word);
}

function badTime(name: string, text: string): string {
  const fault = timeFault(text);
  return fault.kind === 'overflow'
    ? timerOverflow(text, `timeout ${name}`)
    : `unexpected character '${fault.character}' in 'timeout ${name}'`;
}

function warnSmall(line: ProxyLine, name: string, word: Word): void {
  const advice = suspiciousTime(`timeout ${name}`, word.text, () => `${proxyWord(line.target)} '${line.target.name}'`);
  if (advice !== null) line.findings.warning(word.place, advice.text, advice.hint);
}

/** A value of this very section is said twice; one of `defaults` is meant to be replaced. */
function store(line: ProxyLine, name: TimeoutName, value: number, word: Word): void {
  const { target, findings } = line;
  const previous = target.timeouts.get(name);
  const own = previous !== undefined && previous.place.file === target.place.file && previous.place.line >= target.place.line;
  if (own && target.kind !== 'defaults')
    findings.warning(line.keyword[0].place, `overwriting 'timeout ${name}' which was already specified`);
  target.timeouts.set(name, { value, place: word.place });
}
