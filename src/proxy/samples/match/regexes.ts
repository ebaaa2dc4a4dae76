/** Patterns that are regular expressions (configuration manual, 7.1.4), tried in their order. */
import { Regex } from '../regex.js';
import type { Sample } from '../sample.js';
import { type PatternSet, removeAt } from './set.js';

/** `-m reg`. */
export class RegexPatterns implements PatternSet {
  private readonly expressions: Regex[] = [];
  private readonly numbers: number[] = [];

  constructor(
    patterns: readonly string[],
    private readonly ignoreCase: boolean,
  ) {
    for (const [number, pattern] of patterns.entries()) this.add(pattern, number);
  }

  add(pattern: string, number: number): void {
    this.expressions.push(new Regex(pattern, this.ignoreCase));
    this.numbers.push(number);
  }

  remove(_pattern: string, number: number): void {
    removeAt(this.numbers, number, this.expressions);
  }

  find(sample: Sample): number {
    const { expressions } = this;
    for (let i = 0; i < expressions.length; i++) if (expressions[i].test(sample.text)) return this.numbers[i];
    return -1;
  }
}
