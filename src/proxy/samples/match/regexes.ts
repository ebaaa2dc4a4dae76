/** Patterns that are regular expressions (configuration manual, 7.1.4), tried in their order. */
import { Regex } from '../regex.js';
import type { Sample } from '../sample.js';
import type { PatternSet } from './set.js';

/** `-m reg`. */
export class RegexPatterns implements PatternSet {
  private readonly expressions: readonly Regex[];

  constructor(patterns: readonly string[], ignoreCase: boolean) {
    this.expressions = patterns.map((pattern) => new Regex(pattern, ignoreCase));
  }

  find(sample: Sample): number {
    const { expressions } = this;
    for (let i = 0; i < expressions.length; i++) if (expressions[i].test(sample.text)) return i;
    return -1;
  }
}
