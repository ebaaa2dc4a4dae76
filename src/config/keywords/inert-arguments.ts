/**
 * The arguments of global keywords that change nothing: as in HAProxy, a wrong one refuses the file.
 * In its words, for those that files in use have.
 */
import type { Word } from '../tokens/line.js';
import { parseSize } from '../values/size.js';
import { type GlobalLine, nameOf, onlyTime, refuse } from './global-line.js';

/** Reads the words after a keyword, of which there is one; a mistake goes to the findings. */
type Reader = (line: GlobalLine, word: Word) => void;

/** A number within bounds; `text` says what is expected, after the keyword. */
const number =
  (min: number, max: number, text: string): Reader =>
  (line, word) => {
    // C's atoi: what is no number is 0.
    const value = Number.parseInt(word.text, 10) || 0;
    if (value < min || value > max) refuse(line, `'${nameOf(line)}' ${text}`, word);
  };

const positive = number(0, Number.MAX_SAFE_INTEGER, 'expects a positive numeric value.');
const percent = number(0, 100, 'expects an integer argument between 0 and 100.');

/** One of some words. */
const oneOf =
  (words: readonly string[], text: string): Reader =>
  (line, word) => {
    if (!words.includes(word.text)) refuse(line, `'${nameOf(line)}' ${text.replace('{}', () => word.text)}`, word);
  };

const onOff = oneOf(['on', 'off'], "expects either 'on' or 'off' but got '{}'.");
const verify = oneOf(['none', 'required'], "expects 'none' or 'required' as argument.");

const time: Reader = (line) => void onlyTime(line, `argument to <${nameOf(line)}>`, 'expects a time.');

const size: Reader = (line, word) => {
  if (!parseSize(word.text).ok) refuse(line, `${nameOf(line)}: '${word.text}' is an invalid size`, word);
};

const TLS_OPTIONS = [
  ...['no-sslv3', 'no-tlsv10', 'no-tlsv11', 'no-tlsv12', 'no-tlsv13', 'no-tls-tickets', 'force-sslv3', 'force-tlsv10'],
  ...['force-tlsv11', 'force-tlsv12', 'force-tlsv13', 'ssl-min-ver', 'ssl-max-ver', 'prefer-client-ciphers', 'tls-tickets'],
  ...['strict-sni', 'no-strict-sni', 'SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
];

const tlsOptions: Reader = (line) => {
  for (const word of line.words)
    if (!TLS_OPTIONS.includes(word.text))
      return void refuse(line, `unknown option '${word.text}' on global statement '${nameOf(line)}'.`, word);
};

const anything: Reader = () => undefined;

/** What is read, and how many words there may be; 1 unless said. */
interface Shape {
  readonly names: readonly string[];
  readonly read: Reader;
  readonly most?: number;
}

const SHAPES: readonly Shape[] = [
  {
    names: [
      ...['tune.buffers.limit', 'tune.buffers.reserve', 'tune.maxpollevents', 'tune.runqueue-depth', 'tune.recv_enough'],
      ...['tune.http.cookielen', 'tune.http.logurilen', 'maxcomprate', 'maxzlibmem', 'maxsslrate', 'fd-hard-limit'],
      ...['ca-base', 'crt-base', 'ssl-default-bind-ciphers', 'ssl-default-bind-ciphersuites', 'ssl-default-bind-curves'],
      ...['ssl-default-server-ciphers', 'ssl-default-server-ciphersuites'],
    ],
    read: anything,
  },
  { names: ['tune.listener.multi-queue'], read: oneOf(['on', 'off', 'fair'], "expects either 'on' or 'off' but got '{}'.") },
  { names: ['tune.sched.low-latency', 'tune.idle-pool.shared', 'tune.ssl.keylog', 'tune.fd.edge-triggered'], read: onOff },
  { names: ['profiling.tasks'], read: oneOf(['on', 'auto', 'off'], "expects either 'on', 'auto', or 'off' but got '{}'.") },
  { names: ['tune.idletimer', 'tune.ssl.lifetime', 'close-spread-time'], read: time },
  { names: ['tune.fail-alloc'], read: number(0, 100, 'expects a numeric value between 0 and 100.') },
  { names: ['tune.pool-high-fd-ratio', 'tune.pool-low-fd-ratio', 'maxcompcpuusage'], read: percent },
  { names: ['tune.http.maxhdr'], read: number(1, 32_767, 'expects a numeric value between 1 and 32767') },
  { names: ['tune.maxrewrite'], read: number(0, Number.MAX_SAFE_INTEGER, 'expects a positive integer argument.') },
  { names: ['tune.comp.maxlevel'], read: number(1, 9, 'expects a numeric value between 1 and 9') },
  { names: ['tune.h2.header-table-size'], read: number(4096, 65_536, 'expects a numeric value between 4096 and 65536.') },
  { names: ['tune.h2.max-frame-size'], read: number(16_384, 16_777_215, 'expects a numeric value between 16384 and 16777215.') },
  {
    names: [
      ...['tune.h2.initial-window-size', 'tune.h2.max-concurrent-streams', 'maxsslconn', 'tune.pattern.cache-size'],
      ...['cachesize', 'capture-buffer-size', 'capture-cipherlist-size', 'hard-maxrecord', 'maxrecord', 'ssl-ctx-cache-size'].map(
        (name) => `tune.ssl.${name}`,
      ),
    ],
    read: positive,
  },
  { names: ['tune.ssl.default-dh-param'], read: number(1024, Number.MAX_SAFE_INTEGER, 'expects a value >= 1024.') },
  {
    names: ['tune.peers.max-updates-at-once'],
    read: number(1, Number.MAX_SAFE_INTEGER, 'expects an integer argument greater than 0.'),
  },
  { names: ['global', 'proc', 'reqres', 'sess', 'txn', 'check'].map((scope) => `tune.vars.${scope}-max-size`), read: size },
  {
    names: ['ssl-default-bind-options', 'ssl-default-server-options'],
    read: tlsOptions,
    most: Number.POSITIVE_INFINITY,
  },
  { names: ['httpclient.ssl.verify'], read: verify },
  {
    names: ['thread-groups', 'thread-group'],
    read: (line, word) => {
      if (!/^[0-9]+$/.test(word.text))
        refuse(line, `'${nameOf(line)}' passed a missing or unparsable integer value in '${word.text}'`, word);
    },
    most: Number.POSITIVE_INFINITY,
  },
];

/** Keywords that stand alone. */
const BARE: readonly string[] = [
  ...['h2-workaround-bogus-websocket-clients', 'ssl-skip-self-issued-ca', 'tune.ssl.force-private-cache', 'noepoll', 'nopoll'],
  ...['nokqueue', 'noevports', 'nogetaddrinfo', 'no-memory-trimming', 'quiet', 'strict-limits', 'busy-polling'],
  ...['insecure-fork-wanted', 'insecure-setuid-wanted', 'pp2-never-send-local', 'expose-experimental-directives'],
  ...['expose-deprecated-directives', 'h1-accept-payload-with-any-method', 'no-quic', 'prealloc-fd'],
  ...['h1-do-not-close-on-insecure-transfer-encoding', 'tune.disable-fast-forward', 'tune.disable-zero-copy-forwarding'],
];

const BY_NAME = new Map<string, Shape>([
  ...SHAPES.flatMap((shape) => shape.names.map((name) => [name, shape] as const)),
  ...BARE.map((name) => [name, { names: [name], read: anything, most: 0 }] as const),
]);

/** Reads the arguments of a keyword that changes nothing; those of others are not looked at. True unless they are wrong. */
export function readInertArguments(line: GlobalLine): boolean {
  const shape = BY_NAME.get(nameOf(line));
  if (shape === undefined) return true;
  const before = line.findings.list.length;
  const { most = 1 } = shape;
  const extra = line.words[most];
  if (extra !== undefined) refuse(line, `'${nameOf(line)}' cannot handle unexpected argument '${extra.text}'.`, extra);
  else if (line.words.length > 0) shape.read(line, line.words[0]);
  return line.findings.list.length === before;
}
