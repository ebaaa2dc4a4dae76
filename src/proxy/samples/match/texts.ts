/**
 * Patterns of texts: equal, at the beginning, at the end, anywhere, and whole parts between
 * delimiters (configuration manual, 7.1.3). Equal ones, beginnings and ends cost one look-up for
 * each length among the patterns, however many these are.
 */
import { lowerAscii } from '../converters/strings.js';
import type { Sample } from '../sample.js';
import { firstOf, type PatternSet } from './set.js';

/** Texts with the number of the first pattern that says so. */
function numbered(patterns: readonly string[]): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const [number, pattern] of patterns.entries()) {
    if (!numbers.has(pattern)) numbers.set(pattern, number);
  }
  return numbers;
}

/** The lengths among texts, the greatest first. */
function lengthsOf(patterns: readonly string[]): number[] {
  return [...new Set(patterns.map((pattern) => pattern.length))].sort((a, b) => b - a);
}

/** Patterns and texts in the same case when case does not matter. */
abstract class TextPatterns implements PatternSet {
  protected readonly patterns: readonly string[];

  constructor(
    patterns: readonly string[],
    private readonly ignoreCase: boolean,
  ) {
    this.patterns = ignoreCase ? patterns.map(lowerAscii) : patterns;
  }

  find(sample: Sample): number {
    return this.search(this.ignoreCase ? lowerAscii(sample.text) : sample.text);
  }

  protected abstract search(text: string): number;
}

/** `-m str`, `-m bin`: the same text. */
export class ExactPatterns extends TextPatterns {
  private readonly numbers = numbered(this.patterns);

  protected override search(text: string): number {
    return this.numbers.get(text) ?? -1;
  }
}

/** `-m beg`: the longest beginning. */
export class PrefixPatterns extends TextPatterns {
  private readonly numbers = numbered(this.patterns);
  private readonly lengths = lengthsOf(this.patterns);

  protected override search(text: string): number {
    for (const length of this.lengths) {
      if (length > text.length) continue;
      const number = this.numbers.get(text.slice(0, length));
      if (number !== undefined) return number;
    }
    return -1;
  }
}

/** `-m end`: the first pattern that is its end. */
export class SuffixPatterns extends TextPatterns {
  private readonly numbers = numbered(this.patterns);
  private readonly lengths = lengthsOf(this.patterns);

  protected override search(text: string): number {
    let found = -1;
    for (const length of this.lengths) {
      if (length <= text.length) found = firstOf(found, this.numbers.get(text.slice(text.length - length)) ?? -1);
    }
    return found;
  }
}

/** `-m sub`: the first pattern that is anywhere in it. */
export class SubstringPatterns extends TextPatterns {
  protected override search(text: string): number {
    const { patterns } = this;
    for (let i = 0; i < patterns.length; i++) if (text.includes(patterns[i])) return i;
    return -1;
  }
}

/** `-m dir`, `-m dom`: the first pattern that is one or several whole parts between delimiters. */
export class WordPatterns extends TextPatterns {
  private readonly bare: readonly string[];

  constructor(
    patterns: readonly string[],
    ignoreCase: boolean,
    private readonly delimiters: string,
  ) {
    super(patterns, ignoreCase);
    this.bare = this.patterns.map((pattern) => this.strip(pattern));
  }

  /** Delimiters at both ends of a pattern mean nothing. */
  private strip(pattern: string): string {
    let start = 0;
    let end = pattern.length;
    while (start < end && this.delimiters.includes(pattern[start])) start++;
    while (end > start && this.delimiters.includes(pattern[end - 1])) end--;
    return pattern.slice(start, end);
  }

  protected override search(text: string): number {
    const { bare } = this;
    for (let i = 0; i < bare.length; i++) if (this.contains(text, bare[i])) return i;
    return -1;
  }

  private contains(text: string, pattern: string): boolean {
    if (pattern === '') return false;
    for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) {
      if (this.isBoundary(text, at - 1) && this.isBoundary(text, at + pattern.length)) return true;
    }
    return false;
  }

  private isBoundary(text: string, at: number): boolean {
    return at < 0 || at >= text.length || this.delimiters.includes(text[at]);
  }
}
