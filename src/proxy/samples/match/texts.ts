/**
 * Patterns of texts: equal, at the beginning, at the end, anywhere, and whole parts between
 * delimiters (configuration manual, 7.1.3). Equal ones, beginnings and ends cost one look-up for
 * each length among the patterns, however many these are.
 */
import { lowerAscii } from '../converters/strings.js';
import type { Sample } from '../sample.js';
import { FirstNumbers, firstOf, type PatternSet, removeAt } from './set.js';

/** Texts with the number of the first pattern that says so, and the lengths among them, the greatest first. */
class NumberedTexts {
  readonly lengths: number[] = [];
  private readonly numbers = new FirstNumbers<string>();

  add(text: string, number: number): void {
    this.numbers.add(text, number);
    if (this.lengths.includes(text.length)) return;
    this.lengths.push(text.length);
    this.lengths.sort((a, b) => b - a);
  }

  /** Its length stays: another text may have it, and to look in vain costs next to nothing. */
  remove(text: string, number: number): void {
    this.numbers.remove(text, number);
  }

  /** -1: none says so. */
  of(text: string): number {
    return this.numbers.of(text);
  }
}

/** A way of looking for patterns, all in one case where case does not matter. */
interface TextSearch {
  add(pattern: string, number: number): void;
  remove(pattern: string, number: number): void;
  search(text: string): number;
}

/** Patterns and texts in the same case when case does not matter. */
class TextPatterns implements PatternSet {
  constructor(
    patterns: readonly string[],
    private readonly ignoreCase: boolean,
    private readonly way: TextSearch,
  ) {
    for (const [number, pattern] of patterns.entries()) this.add(pattern, number);
  }

  find(sample: Sample): number {
    return this.way.search(this.inCase(sample.text));
  }

  add(pattern: string, number: number): void {
    this.way.add(this.inCase(pattern), number);
  }

  remove(pattern: string, number: number): void {
    this.way.remove(this.inCase(pattern), number);
  }

  private inCase(text: string): string {
    return this.ignoreCase ? lowerAscii(text) : text;
  }
}

class ExactSearch implements TextSearch {
  private readonly texts = new NumberedTexts();

  add(pattern: string, number: number): void {
    this.texts.add(pattern, number);
  }

  remove(pattern: string, number: number): void {
    this.texts.remove(pattern, number);
  }

  search(text: string): number {
    return this.texts.of(text);
  }
}

class PrefixSearch implements TextSearch {
  private readonly texts = new NumberedTexts();

  add(pattern: string, number: number): void {
    this.texts.add(pattern, number);
  }

  remove(pattern: string, number: number): void {
    this.texts.remove(pattern, number);
  }

  search(text: string): number {
    for (const length of this.texts.lengths) {
      if (length > text.length) continue;
      const number = this.texts.of(text.slice(0, length));
      if (number >= 0) return number;
    }
    return -1;
  }
}

class SuffixSearch implements TextSearch {
  private readonly texts = new NumberedTexts();

  add(pattern: string, number: number): void {
    this.texts.add(pattern, number);
  }

  remove(pattern: string, number: number): void {
    this.texts.remove(pattern, number);
  }

  search(text: string): number {
    let found = -1;
    for (const length of this.texts.lengths) {
      if (length <= text.length) found = firstOf(found, this.texts.of(text.slice(text.length - length)));
    }
    return found;
  }
}

class SubstringSearch implements TextSearch {
  private readonly patterns: string[] = [];
  private readonly numbers: number[] = [];

  add(pattern: string, number: number): void {
    this.patterns.push(pattern);
    this.numbers.push(number);
  }

  remove(_pattern: string, number: number): void {
    removeAt(this.numbers, number, this.patterns);
  }

  search(text: string): number {
    const { patterns } = this;
    for (let i = 0; i < patterns.length; i++) if (text.includes(patterns[i])) return this.numbers[i];
    return -1;
  }
}

class WordSearch implements TextSearch {
  private readonly bare: string[] = [];
  private readonly numbers: number[] = [];

  constructor(private readonly delimiters: string) {}

  add(pattern: string, number: number): void {
    this.bare.push(this.strip(pattern));
    this.numbers.push(number);
  }

  remove(_pattern: string, number: number): void {
    removeAt(this.numbers, number, this.bare);
  }

  search(text: string): number {
    const { bare } = this;
    for (let i = 0; i < bare.length; i++) if (this.contains(text, bare[i])) return this.numbers[i];
    return -1;
  }

  /** Delimiters at both ends of a pattern mean nothing. */
  private strip(pattern: string): string {
    let start = 0;
    let end = pattern.length;
    while (start < end && this.delimiters.includes(pattern[start])) start++;
    while (end > start && this.delimiters.includes(pattern[end - 1])) end--;
    return pattern.slice(start, end);
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

/** `-m str`, `-m bin`: the same text. */
export function exactPatterns(patterns: readonly string[], ignoreCase: boolean): PatternSet {
  return new TextPatterns(patterns, ignoreCase, new ExactSearch());
}

/** `-m beg`: the longest beginning. */
export function prefixPatterns(patterns: readonly string[], ignoreCase: boolean): PatternSet {
  return new TextPatterns(patterns, ignoreCase, new PrefixSearch());
}

/** `-m end`: the first pattern that is its end. */
export function suffixPatterns(patterns: readonly string[], ignoreCase: boolean): PatternSet {
  return new TextPatterns(patterns, ignoreCase, new SuffixSearch());
}

/** `-m sub`: the first pattern that is anywhere in it. */
export function substringPatterns(patterns: readonly string[], ignoreCase: boolean): PatternSet {
  return new TextPatterns(patterns, ignoreCase, new SubstringSearch());
}

/** `-m dir`, `-m dom`: the first pattern that is one or several whole parts between delimiters. */
export function wordPatterns(patterns: readonly string[], ignoreCase: boolean, delimiters: string): PatternSet {
  return new TextPatterns(patterns, ignoreCase, new WordSearch(delimiters));
}
