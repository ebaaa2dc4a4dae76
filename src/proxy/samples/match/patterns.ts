/**
 * Patterns to compare samples with: one set for each method of matching (configuration manual, 7.1).
 * A set finds the number of a pattern that fits, which is what a map needs; ACLs ask only whether
 * there is one. Samples are converted to what the method wants before (`matchCast`).
 */
import type { AclTestPlan, PatternFilePlan } from '../../../plan/expression.js';
import { bytesOfHex } from '../arguments.js';
import { type Cast, castToAddress, castToBinary, castToBool, castToInteger, castToString } from '../casts.js';
import { IntegerPatterns } from './integers.js';
import { NetworkPatterns } from './networks.js';
import { RegexPatterns } from './regexes.js';
import type { PatternSet } from './set.js';
import { ExactPatterns, PrefixPatterns, SubstringPatterns, SuffixPatterns, WordPatterns } from './texts.js';

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

/** A set of patterns. Throws for a pattern that is none of its kind: configuration has checked them. */
export function patternSet(patterns: readonly string[], options: PatternOptions): PatternSet {
  const { ignoreCase } = options;
  switch (options.method) {
    case 'found':
      return { find: () => 0 };
    case 'bool':
      return { find: (sample) => (sample.integer !== 0 ? 0 : -1) };
    case 'int':
      return new IntegerPatterns(patterns, false);
    case 'len':
      return new IntegerPatterns(patterns, true);
    case 'ip':
      return new NetworkPatterns(patterns);
    case 'bin':
      return new ExactPatterns(patterns.map(bytesOfHex), false);
    case 'str':
      return new ExactPatterns(patterns, ignoreCase);
    case 'beg':
      return new PrefixPatterns(patterns, ignoreCase);
    case 'end':
      return new SuffixPatterns(patterns, ignoreCase);
    case 'sub':
      return new SubstringPatterns(patterns, ignoreCase);
    case 'dir':
      return new WordPatterns(patterns, ignoreCase, PATH_DELIMITERS);
    case 'dom':
      return new WordPatterns(patterns, ignoreCase, DOMAIN_DELIMITERS);
    case 'reg':
      return new RegexPatterns(patterns, ignoreCase);
  }
}

/** Sets of the keys of files, each made once for a plan however often it is used. */
const sets = new WeakMap<PatternFilePlan, Map<string, PatternSet>>();

/** The set of the keys of a file. */
export function filePatternSet(file: PatternFilePlan, options: PatternOptions): PatternSet {
  const made = sets.get(file) ?? new Map<string, PatternSet>();
  sets.set(file, made);
  const id = `${options.method} ${options.ignoreCase}`;
  const known = made.get(id);
  if (known !== undefined) return known;
  const set = patternSet(
    file.entries.map(([key]) => key),
    options,
  );
  made.set(id, set);
  return set;
}
