/** What every set of patterns can do. */
import type { Sample } from '../sample.js';

/** Patterns of one method of matching. */
export interface PatternSet {
  /** The number of a pattern that a sample fits, which is already of the method's type; -1: none. */
  find(sample: Sample): number;
  /** Takes one more pattern, whose number is higher than those there are. Throws for one that is none of its kind. */
  add(pattern: string, number: number): void;
  /** Gives up a pattern that was added with that number. */
  remove(pattern: string, number: number): void;
}

/** The first number of each key. Where a key stands several times, the next one follows when the first is removed. */
export class FirstNumbers<K> {
  private readonly first = new Map<K, number>();
  /** The further ones of keys that have some, in order: hardly any, and networks of IPv6 have very many of these objects. */
  private later: Map<K, number[]> | null = null;

  /** -1: there is none. */
  of(key: K): number {
    return this.first.get(key) ?? -1;
  }

  /** @param number higher than those there are */
  add(key: K, number: number): void {
    if (!this.first.has(key)) {
      this.first.set(key, number);
      return;
    }
    this.later ??= new Map();
    const later = this.later.get(key);
    if (later === undefined) this.later.set(key, [number]);
    else later.push(number);
  }

  remove(key: K, number: number): void {
    const left = [this.of(key), ...(this.later?.get(key) ?? [])].filter((one) => one !== number);
    const [first = -1, ...later] = left;
    if (first < 0) this.first.delete(key);
    else this.first.set(key, first);
    if (later.length > 0) this.later?.set(key, later);
    else this.later?.delete(key);
  }
}

/** Takes what stands at the place of a number out of lists that belong together. */
export function removeAt(numbers: number[], number: number, ...lists: readonly unknown[][]): void {
  const at = numbers.indexOf(number);
  if (at >= 0) for (const list of [numbers, ...lists]) list.splice(at, 1);
}

/** Of two numbers of patterns the first, where -1 is none. */
export function firstOf(a: number, b: number): number {
  return a < 0 ? b : b < 0 ? a : Math.min(a, b);
}
