/**
 * Keywords `tune.*` (configuration manual, section 3.2), and our own ones, which go there because
 * HAProxy has none of the name: what a worker makes of them is told by the plan.
 */
import type { GlobalKeyword } from '../keyword.js';
import { didYouMean } from '../values/nearest.js';
import { parseSize } from '../values/size.js';
import { GLOBAL, type GlobalLine, onlyWord, refuse, setting } from './global-line.js';

/** Reads the only argument of `tune.x`; null when there was a mistake, which it has reported. */
type TuneReader = (line: GlobalLine, name: string) => number | string | null;

interface TuneRow {
  /** Without `tune.`. */
  readonly name: string;
  readonly arguments: string;
  readonly default?: string;
  readonly help: string;
  readonly read: TuneReader;
}

const IO_ENGINES = ['auto', 'uring', 'epoll'] as const;
/** Below this a buffer holds no PROXY header or TLS hello worth the name. */
const BUFSIZE_MIN = 1024;
const BUFFER_MAX = 2 ** 30;
const SIZE_MAX = 2 ** 31 - 1;

const size =
  (min: number, max: number): TuneReader =>
  (line, name) => {
    const word = onlyWord(line, 'expects an integer argument.');
    if (word === null) return null;
    const value = parseSize(word.text);
    if (!value.ok)
      return refuse(line, `'${name}' expects a positive integer argument: ${value.message} in '${word.text}'.`, word);
    if (value.value >= min && value.value <= max) return value.value;
    return refuse(line, `'${name}' expects a value between ${min} and ${max}, got '${word.text}'.`, word);
  };

const ioEngine: TuneReader = (line, name) => {
  const word = onlyWord(line, "expects 'auto', 'uring' or 'epoll'.");
  if (word === null) return null;
  const engine = IO_ENGINES.find((candidate) => candidate === word.text);
  return (
    engine ??
    refuse(line, `'${name}' expects 'auto', 'uring' or 'epoll' (got '${word.text}')${didYouMean(word.text, IO_ENGINES)}`, word)
  );
};

const maxaccept: TuneReader = (line, name) => {
  const word = onlyWord(line, 'expects an integer argument.');
  if (word === null) return null;
  if (word.text === '-1') return 0;
  return /^[0-9]{1,9}$/.test(word.text)
    ? Number(word.text)
    : refuse(line, `'${name}' expects an integer argument, got '${word.text}'.`, word);
};

const ROWS: readonly TuneRow[] = [
  {
    name: 'bufsize',
    arguments: '<number>',
    default: '16384',
    help: 'Bytes of a receive buffer.',
    read: size(BUFSIZE_MIN, BUFFER_MAX),
  },
  {
    name: 'io-engine',
    arguments: 'auto | uring | epoll',
    default: 'auto',
    help: 'How workers talk to the kernel. HAProxy has no such keyword.',
    read: ioEngine,
  },
  {
    name: 'maxaccept',
    arguments: '<number>',
    default: '-1, no limit',
    help: 'Connections taken from one listener in one turn of a worker.',
    read: maxaccept,
  },
  {
    name: 'pipesize',
    arguments: '<number>',
    default: '262144',
    help: 'Bytes that a pipe for splicing holds.',
    read: size(0, SIZE_MAX),
  },
  ...(['client', 'server'] as const).flatMap((side): TuneRow[] => [
    {
      name: `rcvbuf.${side}`,
      arguments: '<number>',
      default: "0, the system's",
      help: `Bytes of the kernel's receive buffer of ${side} sockets.`,
      read: size(0, SIZE_MAX),
    },
    {
      name: `sndbuf.${side}`,
      arguments: '<number>',
      default: "0, the system's",
      help: `Bytes of the kernel's send buffer of ${side} sockets.`,
      read: size(0, SIZE_MAX),
    },
  ]),
];

/** `tune.*` that have a meaning here. */
export const TUNE_KEYWORDS: readonly GlobalKeyword[] = ROWS.map(({ name, read, ...row }) => ({
  name: `tune.${name}`,
  sections: GLOBAL,
  ...row,
  parse: (line) => {
    const value = read(line, `tune.${name}`);
    if (value !== null) line.target.tune.set(name, setting(line, value));
  },
}));
