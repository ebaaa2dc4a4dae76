/** What every set of patterns can do. */
import type { Sample } from '../sample.js';

/** Patterns of one method of matching. */
export interface PatternSet {
  /** The number of a pattern that a sample fits, which is already of the method's type; -1: none. */
  find(sample: Sample): number;
  /** Takes one more pattern, whose number is higher than those there are. Throws for one that is none of its kind. */
  add(pattern: string, number: number): void;
}

/** Of two numbers of patterns the first, where -1 is none. */
export function firstOf(a: number, b: number): number {
  return a < 0 ? b : b < 0 ? a : Math.min(a, b);
}
