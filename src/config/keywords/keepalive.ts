/** `clitcpka-*` and `srvtcpka-*`: parameters of TCP keep-alive, tcp(7) (configuration manual, section 4.2). */
import type { KeepAliveConfig } from '../config.js';
import type { ProxyKeyword } from '../keyword.js';
import {
  type Capability,
  keywordText,
  type ProxyLine,
  refuse,
  sectionsWith,
  timeFault,
  timeOf,
  timerOverflow,
  wholeNumber,
  willBeIgnored,
} from './reading.js';

interface Side {
  readonly prefix: 'clitcpka' | 'srvtcpka';
  readonly capability: Capability;
  readonly field: 'clientKeepAlive' | 'serverKeepAlive';
  readonly peer: string;
}

const SIDES: readonly Side[] = [
  { prefix: 'clitcpka', capability: 'frontend', field: 'clientKeepAlive', peer: 'clients' },
  { prefix: 'srvtcpka', capability: 'backend', field: 'serverKeepAlive', peer: 'servers' },
];
const NONE: KeepAliveConfig = { idleMs: 0, intervalMs: 0, count: 0 };
/** MAX_TCP_KEEPCNT of the kernel (include/net/tcp.h). */
const COUNT_MAX = 127;
/** MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL of the kernel, in milliseconds. */
const TIME_MAX = 32767 * 1000;

/** All of them. */
export const KEEPALIVE_KEYWORDS: readonly ProxyKeyword[] = SIDES.flatMap((side) => [
  keyword(side, 'cnt', '<count>', `Probes without an answer after which connections of ${side.peer} are given up.`, count(side)),
  keyword(
    side,
    'idle',
    '<timeout>',
    `Silence after which ${side.peer} are probed, in seconds without a unit.`,
    time(side, 'idleMs'),
  ),
  keyword(
    side,
    'intvl',
    '<timeout>',
    `Time between probes of ${side.peer}, in seconds without a unit.`,
    time(side, 'intervalMs'),
  ),
]);

function keyword(side: Side, suffix: string, argument: string, help: string, parse: ProxyKeyword['parse']): ProxyKeyword {
  const name = `${side.prefix}-${suffix}`;
  return {
    name,
    sections: sectionsWith(side.capability),
    misplaced: willBeIgnored(name, side.capability),
    argumentsFirst: true,
    arguments: argument,
    default: "the system's",
    help,
    parse,
  };
}

function store(line: ProxyLine, { field }: Side, change: Partial<KeepAliveConfig>): void {
  line.target[field] = { ...(line.target[field] ?? NONE), ...change };
}

function missing(line: ProxyLine): void {
  refuse(line, `'${keywordText(line)}' expects an integer value`);
}

function count(side: Side): (line: ProxyLine) => void {
  return (line) => {
    const [word] = line.words;
    const value = word === undefined ? null : wholeNumber(word.text);
    if (word === undefined) missing(line);
    else if (value === null)
      refuse(
        line,
        `'${keywordText(line)}' : unexpected character '${word.text.replace(/^[0-9]*/, '')[0]}' in integer value '${word.text}'`,
        word,
      );
    else if (value < 0 || value > COUNT_MAX)
      refuse(line, `'${keywordText(line)}' : ${value} is not within 0..${COUNT_MAX}`, word);
    else store(line, side, { count: value });
  };
}

function time(side: Side, field: 'idleMs' | 'intervalMs'): (line: ProxyLine) => void {
  return (line) => {
    const [word] = line.words;
    const value = word === undefined ? null : timeOf(word.text, 's');
    if (word === undefined) missing(line);
    else if (value === null) {
      const fault = timeFault(word.text);
      const what =
        fault.kind === 'overflow'
          ? timerOverflow(word.text, keywordText(line))
          : `unexpected character '${fault.character}' in argument to <${keywordText(line)}>.`;
      refuse(line, what, word);
    } else if (value > TIME_MAX) refuse(line, `'${keywordText(line)}' : at most ${TIME_MAX / 1000}s`, word);
    else store(line, side, { [field]: value });
  };
}
