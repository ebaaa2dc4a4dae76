/**
 * Patterns to compare samples with: one set for each method of matching (configuration manual, 7.1).
 * A set finds the number of a pattern that fits, which is what a map needs; ACLs ask only whether
 * there is one. Samples are converted to what the method wants before (`matchCast`).
 */
import type { AclTestPlan } from '../../../plan/expression.js';
import { bytesOfHex } from '../arguments.js';
import { type Cast, castToAddress, castToBinary, castToBool, castToInteger, castToString } from '../casts.js';
import type { Sample } from '../sample.js';
import { IntegerPatterns } from './integers.js';
import { NetworkPatterns } from './networks.js';
import { RegexPatterns } from './regexes.js';
import type { PatternSet } from './set.js';
import { exactPatterns, prefixPatterns, substringPatterns, suffixPatterns, wordPatterns } from './texts.js';

type MatchMethod = AclTestPlan['match'];

/** What holds for all patterns of a set. */
export interface PatternOptions {
  readonly method: MatchMethod;
  readonly ignoreCase: boolean;
}

const CASTS: Readonly<Record<MatchMethod, Cast>> = {
  found: () => true,
  bool: castToBool,
  int: castToInteger,
  ip: castToAddress,
  bin: castToBinary,
  len: castToString,
  str: castToString,
  beg: castToString,
  sub: castToString,
  dir: castToString,
  dom: castToString,
  end: castToString,
  reg: castToString,
};

/** Delimiters of the methods that look for whole parts of a text. */
const PATH_DELIMITERS = '/?';
const DOMAIN_DELIMITERS = '/?.:';

/** Converts a sample to what a method compares. */
export function matchCast(method: MatchMethod): Cast {
  return CASTS[method];
}

/** Methods that compare with no pattern. */
function nothing(): void {
  // there is nothing to keep
}

/** `-m bin`: patterns are hexadecimal. */
class HexadecimalPatterns implements PatternSet {
  private readonly bytes = exactPatterns([], false);

  constructor(patterns: readonly string[]) {
    for (const [number, pattern] of patterns.entries()) this.add(pattern, number);
  }

  find(sample: Sample): number {
    return this.bytes.find(sample);
  }

  add(pattern: string, number: number): void {
    this.bytes.add(bytesOfHex(pattern), number);
  }

  remove(pattern: string, number: number): void {
    this.bytes.remove(bytesOfHex(pattern), number);
  }
}

/** A set of patterns. Throws for a pattern that is none of its kind: configuration has checked them. */
export function patternSet(patterns: readonly string[], options: PatternOptions): PatternSet {
  const { ignoreCase } = options;
  switch (options.method) {
    case 'found':
      return { find: () => 0, add: nothing, remove: nothing };
    case 'bool':
      return { find: (sample) => (sample.integer !== 0 ? 0 : -1), add: nothing, remove: nothing };
    case 'int':
      return new IntegerPatterns(patterns, false);
    case 'len':
      return new IntegerPatterns(patterns, true);
    case 'ip':
      return new NetworkPatterns(patterns);
    case 'bin':
      return new HexadecimalPatterns(patterns);
    case 'str':
      return exactPatterns(patterns, ignoreCase);
    case 'beg':
      return prefixPatterns(patterns, ignoreCase);
    case 'end':
      return suffixPatterns(patterns, ignoreCase);
    case 'sub':
      return substringPatterns(patterns, ignoreCase);
    case 'dir':
      return wordPatterns(patterns, ignoreCase, PATH_DELIMITERS);
    case 'dom':
      return wordPatterns(patterns, ignoreCase, DOMAIN_DELIMITERS);
    case 'reg':
      return new RegexPatterns(patterns, ignoreCase);
  }
}
