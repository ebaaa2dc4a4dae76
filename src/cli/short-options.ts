/**
 * The command line as HAProxy reads it (management manual, section 3): an option of several letters
 * is one word, `-sf` and `-st` take numbers up to the next option, after `--` come files only. The
 * library that reads the long flags would split such words into letters.
 */
import { type Parsed, parsed, refused } from '../config/values/parsed.js';
import type { IoEngineChoice } from '../plan/plan.js';
import { parseIoEngine, parseWorkers } from './check-flags.js';
import { whyInert } from './inert-options.js';

/** What was typed, checked as far as one option alone can be. */
export interface ShortOptions {
  /** Files and directories, `-f` and those after `--`. */
  readonly files: string[];
  check: boolean;
  /** `-cc`: a condition to judge. */
  condition: string | null;
  verbose: boolean;
  quiet: boolean;
  daemon: boolean;
  foreground: boolean;
  /** `-d`: as `-db`, and says more. */
  debug: boolean;
  masterWorker: boolean;
  notifySystemd: boolean;
  pidfile: string | null;
  directory: string | null;
  /** `-n`, `-N`, `-m`; 0: not given. */
  maxconn: number;
  proxyMaxconn: number;
  megabytes: number;
  localpeer: string | null;
  /** `-sf`, `-st`: processes to end once this one is ready. */
  readonly finish: number[];
  readonly terminate: number[];
  masterSocket: string | null;
  oldSocket: string | null;
  version: string | null;
  diagnostics: boolean;
  warningsFatal: boolean;
  ignoreUnresolved: boolean;
  ipv4Only: boolean;
  noSplice: boolean;
  noReusePort: boolean;
  /** `-dK`: classes of keywords to list; '' : none. `-dL`, `-dC`: loaded libraries, the files. */
  keywordClasses: string;
  listLibraries: boolean;
  listConfiguration: boolean;
  /** Options that change nothing. */
  readonly inert: string[];
  /** `--proc-name`: what ps, pgrep and killall find. */
  procName: string | null;
  /** Flags of our own, which may stand beside `-f`; null: not given. */
  noPin: boolean;
  workers: number | 'auto' | null;
  ioEngine: IoEngineChoice | null;
  format: 'text' | 'json';
}

/** Options without an argument, and what they say. */
const SWITCHES: Readonly<Record<string, Partial<ShortOptions>>> = {
  '-c': { check: true },
  '-V': { verbose: true },
  '-q': { quiet: true },
  '-D': { daemon: true },
  '-db': { foreground: true },
  '-d': { foreground: true, debug: true },
  '-W': { masterWorker: true },
  '-Ws': { masterWorker: true, foreground: true, notifySystemd: true },
  '-dD': { diagnostics: true },
  '-dW': { warningsFatal: true },
  '-dr': { ignoreUnresolved: true },
  '-4': { ipv4Only: true },
  '-dS': { noSplice: true },
  '-dR': { noReusePort: true },
  '-dL': { listLibraries: true },
  '-dC': { listConfiguration: true },
  '--no-pin': { noPin: true },
  '--diag=json': { format: 'json' },
  '--diag=text': { format: 'text' },
};

/** Options with a text, and with a number. */
const TEXTS = {
  '-p': 'pidfile',
  '-C': 'directory',
  '-L': 'localpeer',
  '-S': 'masterSocket',
  '-x': 'oldSocket',
  '-cc': 'condition',
} as const;
const NUMBERS = { '-n': 'maxconn', '-N': 'proxyMaxconn', '-m': 'megabytes' } as const;

/** PID_MAX_LIMIT of the kernel: no process has a higher number. */
const PID_MAX = 2 ** 22;

const KEYWORD_DUMP = /^-dK(.*)$/;
const VERSION = /^-v(v|q|qs|qb)?$/;
const SHORT = /^-[^-]/;

/** Whether words are meant as HAProxy's: one of them looks like its options. */
export function isShortStyle(words: readonly string[]): boolean {
  return words.some((word) => SHORT.test(word)) || words[0] === '--';
}

/** Reads the words. */
export function parseShortOptions(words: readonly string[]): Parsed<ShortOptions> {
  const options = nothingGiven();
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === '--') {
      options.files.push(...words.slice(at + 1));
      break;
    }
    const value = words[at + 1];
    const taken =
      takePids(options, words, at) ??
      takeFlag(options, word, value) ??
      takeValue(options, word, value) ??
      takeSwitch(options, word);
    if (!taken.ok) return refused(`${word}: ${taken.message}`);
    at += taken.value;
  }
  return parsed(options);
}

/** An option that takes a value, which answers one word; null when this is none. */
function takeValue(options: ShortOptions, word: string, value: string | undefined): Parsed<number> | null {
  const isText = Object.hasOwn(TEXTS, word);
  const isNumeric = Object.hasOwn(NUMBERS, word);
  if (word !== '-f' && !isText && !isNumeric) return null;
  if (value === undefined) return refused('expects a value');
  if (isText) options[TEXTS[word as keyof typeof TEXTS]] = value;
  else if (!isNumeric) options.files.push(value);
  else if (isNumber(value)) options[NUMBERS[word as keyof typeof NUMBERS]] = Number(value);
  else return refused(`expects a number, not '${value}'`);
  return parsed(1);
}

const FLAGS: ReadonlySet<string> = new Set(['--workers', '--io-engine', '--proc-name']);

/** A long flag of our own, as `--workers 2` or `--workers=2`; null when this is none. */
function takeFlag(options: ShortOptions, word: string, next: string | undefined): Parsed<number> | null {
  const [flag, joined] = word.split('=', 2);
  if (!FLAGS.has(flag)) return null;
  const value = joined ?? next;
  if (value === undefined) return refused('expects a value');
  if (flag === '--proc-name') {
    options.procName = value;
  } else if (flag === '--workers') {
    const workers = parseWorkers(value);
    if (!workers.ok) return workers;
    options.workers = workers.value;
  } else {
    const engine = parseIoEngine(value);
    if (!engine.ok) return engine;
    options.ioEngine = engine.value;
  }
  return parsed(joined === undefined ? 1 : 0);
}

/** Any other option; it takes no further words. */
function takeSwitch(options: ShortOptions, word: string): Parsed<number> {
  const classes = KEYWORD_DUMP.exec(word)?.[1];
  if (Object.hasOwn(SWITCHES, word)) Object.assign(options, SWITCHES[word]);
  else if (classes !== undefined) options.keywordClasses = classes;
  else if (VERSION.test(word)) options.version = word.slice(1);
  else if (whyInert(word) !== null) options.inert.push(word);
  else return refused(unknownText(word));
  return parsed(0);
}

function unknownText(word: string): string {
  if (word.startsWith('--')) return "cannot stand beside options in HAProxy's style";
  if (word.startsWith('-dC')) return 'the dump cannot be anonymized; -dC shows it as it is';
  return SHORT.test(word) ? 'unknown option' : 'unexpected word; files follow -f or --';
}

/**
 * `-sf`, `-st`: numbers up to the next option; answers how many words they are, and null when it is another one.
 * What is no process is refused, as HAProxy does: to kill(2), 0 means this process and its neighbours.
 */
function takePids(options: ShortOptions, words: readonly string[], at: number): Parsed<number> | null {
  const word = words[at];
  if (word !== '-sf' && word !== '-st') return null;
  const pids = word === '-sf' ? options.finish : options.terminate;
  let next = at + 1;
  for (; next < words.length && !words[next].startsWith('-'); next++) {
    const text = words[next].trim();
    if (!isNumber(text) || Number(text) === 0 || Number(text) > PID_MAX)
      return refused(`expects numbers of processes up to the next option, not '${text}'`);
    pids.push(Number(text));
  }
  return parsed(next - at - 1);
}

function isNumber(text: string): boolean {
  return /^[0-9]{1,10}$/.test(text);
}

function nothingGiven(): ShortOptions {
  return {
    files: [],
    check: false,
    condition: null,
    verbose: false,
    quiet: false,
    daemon: false,
    foreground: false,
    debug: false,
    masterWorker: false,
    notifySystemd: false,
    pidfile: null,
    directory: null,
    maxconn: 0,
    proxyMaxconn: 0,
    megabytes: 0,
    localpeer: null,
    finish: [],
    terminate: [],
    masterSocket: null,
    oldSocket: null,
    version: null,
    diagnostics: false,
    warningsFatal: false,
    ignoreUnresolved: false,
    ipv4Only: false,
    noSplice: false,
    noReusePort: false,
    keywordClasses: '',
    listLibraries: false,
    listConfiguration: false,
    inert: [],
    procName: null,
    noPin: false,
    workers: null,
    ioEngine: null,
    format: 'text',
  };
}
