/**
 * Where log lines go: the arguments of `log`, in section `global` and in proxies alike
 * (configuration manual, sections 3.1 and 4.2).
 */
import { FACILITIES, LEVELS, LOG_LINE_FORMATS, type LogLineFormat, type LogTarget } from '../config.js';
import type { LineContext } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import type { AddressSyntax, PortRange } from '../values/address.js';
import { nearestWord } from '../values/nearest.js';
import { type Parsed, parsed, refused } from '../values/parsed.js';
import { readAddress } from './addresses.js';

/** What `log` takes, as the manual writes it. */
export const LOG_TARGET_ARGUMENTS =
  '<address> [len <length>] [format <format>] [sample <ranges>:<sample_size>] <facility> [<max level> [<min level>]]';

/** The port of syslog over UDP. */
const SYSLOG_PORT = 514;
const LENGTH_DEFAULT = 1024;
const LENGTH_MIN = 80;
const LENGTH_MAX = 65_535;
/** Descriptors by their names. */
const DESCRIPTORS: Readonly<Record<string, number>> = { stdout: 1, stderr: 2 };
/** Ways to write addresses of datagram sockets, and how other sockets write the same. */
const DATAGRAM_PREFIXES: Readonly<Record<string, string>> = {
  'udp@': '',
  'udp4@': 'ipv4@',
  'udp6@': 'ipv6@',
  'uxdg@': 'unix@',
};

interface Options {
  length: number;
  format: LogLineFormat | null;
  sample: LogTarget['sample'];
}

/** Reads the words after `log`. Reports what is wrong and answers null. */
export function parseLogTarget(line: LineContext<unknown>): LogTarget | null {
  const [address, ...rest] = line.words;
  if (address === undefined || rest.length === 0) return refuse(line, 'expects <address> and <facility>  as arguments', address);
  const target = parseTarget(address.text, line.file.environment);
  if (!target.ok) return refuse(line, target.message, address);
  const options: Options = { length: LENGTH_DEFAULT, format: null, sample: null };
  const taken = readOptions(line, rest, options);
  const levels = taken === null ? null : readLevels(line, rest.slice(taken));
  if (levels === null) return null;
  const { length, format, sample } = options;
  return {
    target: target.value,
    text: address.text,
    ...{ length, sample, format: format ?? 'local' },
    ...(format === null && { formatIsDefault: true }),
    ...levels,
    place: line.keyword[0].place,
  };
}

function refuse(line: LineContext<unknown>, text: string, word?: Word, hint?: string): null {
  line.findings.alert((word ?? line.keyword[0]).place, `log : ${text}`, hint);
  return null;
}

/** Where to: a UDP or UNIX datagram socket, a descriptor, a ring. */
function parseTarget(text: string, environment: ReadonlyMap<string, string>): Parsed<LogTarget['target']> {
  const descriptor = /^fd@([0-9]+)$/.exec(text)?.[1] ?? DESCRIPTORS[text];
  if (descriptor !== undefined) return parsed({ kind: 'fd', fd: Number(descriptor) });
  if (text.startsWith('ring@')) return parsed({ kind: 'ring', name: text.slice('ring@'.length) });
  if (/^tcp[46]?@/.test(text)) return refused(`'${text}' : logs over TCP are not supported, use UDP or a UNIX socket`);
  const prefix = Object.keys(DATAGRAM_PREFIXES).find((candidate) => text.startsWith(candidate));
  const plain = prefix === undefined ? text : DATAGRAM_PREFIXES[prefix] + text.slice(prefix.length);
  const address = readAddress(plain, environment, { port: 'optional' }, text);
  return address.ok ? parsed(withPort(address.value.syntax)) : address;
}

function withPort(address: AddressSyntax): LogTarget['target'] {
  if (address.kind === 'unix') return { kind: 'unix', address };
  return { kind: 'udp', address: { ...address, ports: address.ports ?? { first: SYSLOG_PORT, last: SYSLOG_PORT } } };
}

/** `len`, `format` and `sample`, in this order; answers how many words they took. */
function readOptions(line: LineContext<unknown>, words: readonly Word[], options: Options): number | null {
  let at = 0;
  if (words[at]?.text === 'len') {
    if (!readLength(line, words[at + 1], options)) return null;
    at += 2;
  }
  if (words[at]?.text === 'format') {
    if (!readFormat(line, words[at + 1], options)) return null;
    at += 2;
  }
  if (words[at]?.text === 'sample') {
    const sample = parseSample(words[at + 1]?.text ?? '');
    if (!sample.ok) return refuse(line, sample.message, words[at + 1]);
    options.sample = sample.value;
    at += 2;
  }
  return at;
}

function readLength(line: LineContext<unknown>, word: Word | undefined, options: Options): boolean {
  options.length = /^[0-9]+$/.test(word?.text ?? '') ? Number(word?.text) : 0;
  if (options.length >= LENGTH_MIN && options.length <= LENGTH_MAX) return true;
  const text = `invalid log length '${word?.text ?? ''}', must be between ${LENGTH_MIN} and ${LENGTH_MAX}`;
  return refuse(line, text, word) !== null;
}

function readFormat(line: LineContext<unknown>, word: Word | undefined, options: Options): boolean {
  const text = word?.text ?? '';
  options.format = LOG_LINE_FORMATS.find((format) => format === text) ?? null;
  if (options.format !== null) return true;
  return refuse(line, `unknown log format '${text}'`, word, nearestWord(text, LOG_LINE_FORMATS)) !== null;
}

/** `1-3,5:10`: of each ten lines the first three and the fifth. */
function parseSample(text: string): Parsed<LogTarget['sample']> {
  const colon = text.lastIndexOf(':');
  if (colon < 0) return refused('Missing sample size');
  const ranges: PortRange[] = [];
  for (const part of text.slice(0, colon).split(',')) {
    const [, from, to = from] = /^([0-9]+)(?:-([0-9]+))?$/.exec(part) ?? [];
    const range = { first: Number(from), last: Number(to) };
    if (from === undefined || range.first < 1 || range.last < range.first) return refused(`wrong sample range '${part}'`);
    ranges.push(range);
  }
  ranges.sort((a, b) => a.first - b.first);
  if (ranges.some((range, i) => i > 0 && range.first <= ranges[i - 1].last)) return refused('ranges are overlapping');
  const size = text.slice(colon + 1);
  const high = ranges[ranges.length - 1].last;
  if (!/^[0-9]+$/.test(size) || Number(size) === 0) return refused(`wrong sample size '${size}'`);
  if (Number(size) < high)
    return refused(`sample size ${size} should be greater or equal to ${high} the maximum of the high ranges limits`);
  return parsed({ ranges, size: Number(size) });
}

/** The facility, the least and the greatest importance. */
function readLevels(
  line: LineContext<unknown>,
  [facility, max, min, extra]: readonly Word[],
): Pick<LogTarget, 'facility' | 'maxLevel' | 'minLevel'> | null {
  const facilityNumber = indexOf(FACILITIES, facility?.text);
  if (facilityNumber < 0) return unknown(line, 'log facility', facility, FACILITIES);
  const maxLevel = max === undefined ? LEVELS.length - 1 : indexOf(LEVELS, max.text);
  if (maxLevel < 0) return unknown(line, 'optional log level', max, LEVELS);
  const minLevel = min === undefined ? 0 : indexOf(LEVELS, min.text);
  if (minLevel < 0) return unknown(line, 'optional minimum log level', min, LEVELS);
  if (extra !== undefined) return refuse(line, `cannot handle unexpected argument '${extra.text}'`, extra);
  return { facility: facilityNumber, maxLevel, minLevel };
}

function indexOf(names: readonly string[], text: string | undefined): number {
  return text === undefined ? -1 : names.indexOf(text);
}

function unknown(line: LineContext<unknown>, what: string, word: Word | undefined, known: readonly string[]): null {
  const text = word?.text ?? '';
  const meant = nearestWord(text, known);
  return refuse(line, `unknown ${what} '${text}'`, word, meant);
}
