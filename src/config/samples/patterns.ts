/**
 * Patterns of ACLs and keys of maps (configuration manual, section 7.1), checked and brought into
 * one form for each match method: numbers as `N`, `N:M`, `N:` or `:M`, networks as `address/bits`,
 * regular expressions in the syntax of JavaScript, everything else as written, byte by byte.
 */
import { type Parsed, parsed, refused } from '../values/parsed.js';
import { parseNetwork } from './addresses.js';
import { bytesOf } from './bytes.js';
import { checkHexadecimal } from './checks.js';
import { translateRegex } from './regex.js';
import type { MatchMethod, SampleType } from './syntax.js';

/** The type that each match method compares. */
export const COMPARED_TYPES: Readonly<Record<MatchMethod, SampleType>> = {
  found: 'any',
  bool: 'sint',
  int: 'sint',
  ip: 'addr',
  bin: 'bin',
  len: 'str',
  str: 'str',
  beg: 'str',
  sub: 'str',
  dir: 'str',
  dom: 'str',
  end: 'str',
  reg: 'str',
};

const OPERATORS = ['eq', 'ge', 'gt', 'le', 'lt'] as const;
type Operator = (typeof OPERATORS)[number];

const INTEGER_MAX = 2n ** 63n - 1n;

/** Patterns as they are compared, and as people are shown them. */
export interface WrittenPatterns {
  readonly patterns: readonly string[];
  readonly texts: readonly string[];
}

/** All patterns of a line; operators hold for the numbers after them. The reason is HAProxy's text. */
export function parsePatterns(match: MatchMethod, words: readonly string[], dotted: boolean): Parsed<WrittenPatterns> {
  const patterns: string[] = [];
  const texts: string[] = [];
  let operator: Operator | null = null;
  for (const word of words) {
    const numeric = match === 'int' || match === 'len';
    const known = numeric ? OPERATORS.find((candidate) => candidate === word) : undefined;
    if (known !== undefined) {
      operator = known;
      continue;
    }
    const pattern = numeric ? parseRange(word, operator, dotted) : parsePattern(match, word);
    if (!pattern.ok) return pattern;
    patterns.push(pattern.value);
    texts.push(operator === null || operator === 'eq' || word.includes(':') ? word : pattern.value);
  }
  return parsed({ patterns, texts });
}

/** One pattern, as lines of files have them, and commands. */
export function parsePattern(match: MatchMethod, word: string, dotted = false): Parsed<string> {
  if (match === 'int' || match === 'len') return parseRange(word, null, dotted);
  if (match === 'reg') return translateRegex(bytesOf(word));
  if (match === 'ip') {
    const network = parseNetwork(word);
    return network === null ? refused(`'${word}' is not a valid IPv4 or IPv6 address`) : parsed(network);
  }
  const wrong = match === 'bin' ? checkHexadecimal([word]) : null;
  return wrong === null ? parsed(bytesOf(word)) : refused(wrong);
}

function parseRange(word: string, operator: Operator | null, dotted: boolean): Parsed<string> {
  const kind = dotted ? 'dotted number' : 'number';
  const [low, high, ...more] = word.split(':');
  if (high === undefined) {
    const value = dotted ? dottedNumber(word) : wholeNumber(word);
    if (value !== null) return parsed(compared(value, operator ?? 'eq', dotted));
    return refused(operator === null ? `'${word}' is not a ${kind}` : `'${word}' is neither a number nor a supported operator`);
  }
  const bounds = [low, high].map((text) => (text === '' ? null : dotted ? dottedNumber(text) : positiveNumber(text)));
  const malformed = more.length > 0 || [low, high].some((text, index) => text !== '' && bounds[index] === null);
  const [least, most] = bounds;
  const reversed = least !== null && most !== null && least > most;
  if (malformed || reversed || (least === null && most === null)) return refused(`'${word}' is not a valid ${kind} range`);
  return parsed(`${least === null ? '' : written(least, dotted)}:${most === null ? '' : written(most, dotted)}`);
}

/** `gt 3` is `4:`. */
function compared(value: bigint, operator: Operator, dotted: boolean): string {
  if (operator === 'eq') return written(value, dotted);
  if (operator === 'ge' || operator === 'gt') return `${written(operator === 'gt' ? value + 1n : value, dotted)}:`;
  return `:${written(operator === 'lt' ? value - 1n : value, dotted)}`;
}

function written(value: bigint, dotted: boolean): string {
  return dotted ? `${value >> 16n}.${value & 65535n}` : String(value);
}

function positiveNumber(text: string): bigint | null {
  return /^[0-9]+$/.test(text) ? wholeNumber(text) : null;
}

function wholeNumber(text: string): bigint | null {
  if (!/^-?[0-9]+$/.test(text)) return null;
  const value = BigInt(text);
  return value <= INTEGER_MAX && value >= -INTEGER_MAX ? value : null;
}

/** `3.1` counts as 3 * 65536 + 1. */
function dottedNumber(text: string): bigint | null {
  const [, major, minor] = /^([0-9]{1,5})(?:\.([0-9]{1,5}))?$/.exec(text) ?? [];
  if (major === undefined || Number(major) > 65535 || Number(minor ?? 0) > 65535) return null;
  return BigInt(major) * 65536n + BigInt(minor ?? 0);
}
