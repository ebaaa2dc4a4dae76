/**
 * Patterns of integers: values, and ranges `low:high` with either end open (configuration manual,
 * 7.1.2); of lengths too. Configuration has turned operators into ranges, and versions have two
 * numbers, as `3.1`.
 */
import type { Sample } from '../sample.js';
import { FirstNumbers, firstOf, type PatternSet } from './set.js';

interface Range {
  readonly low: number;
  readonly high: number;
  readonly number: number;
}

/** `-m int`, `-m len`. */
export class IntegerPatterns implements PatternSet {
  /** Single values: files may have thousands. */
  private readonly values = new FirstNumbers<number>();
  private ranges: Range[] = [];

  /** @param ofLength compares the length of a text */
  constructor(
    patterns: readonly string[],
    private readonly ofLength: boolean,
  ) {
    for (const [number, pattern] of patterns.entries()) this.add(pattern, number);
  }

  add(pattern: string, number: number): void {
    const range = rangeOf(pattern, number);
    if (range.low !== range.high) this.ranges.push(range);
    else this.values.add(range.low, number);
  }

  remove(pattern: string, number: number): void {
    const { low, high } = rangeOf(pattern, number);
    if (low === high) this.values.remove(low, number);
    else this.ranges = this.ranges.filter((range) => range.number !== number);
  }

  find(sample: Sample): number {
    const value = this.ofLength ? sample.text.length : sample.integer;
    return firstOf(this.values.of(value), this.findRange(value));
  }

  private findRange(value: number): number {
    const { ranges } = this;
    for (let i = 0; i < ranges.length; i++) if (value >= ranges[i].low && value <= ranges[i].high) return ranges[i].number;
    return -1;
  }
}

function rangeOf(pattern: string, number: number): Range {
  const [low, high = low] = pattern.split(':');
  return { low: boundOf(low, -Infinity), high: boundOf(high, Infinity), number };
}

/** A version is its major number times 65536 and its minor one. */
function boundOf(text: string, open: number): number {
  if (text === '') return open;
  const [major, minor] = text.split('.');
  return minor === undefined ? Number(text) : Number(major) * 65536 + Number(minor);
}
