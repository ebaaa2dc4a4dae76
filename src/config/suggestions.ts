/**
 * The words that were probably meant, within one run: the same unknown word is looked at once, and
 * a file of nothing but unknown words costs no more than some of them.
 */
import { nearestWord } from './values/nearest.js';

/** Different unknown words at most that are looked at; who has more needs no help with each. */
const LOOKED_AT_MAX = 200;

/** Remembers what was meant by what. */
export class Suggestions {
  private readonly meant = new Map<string, string | undefined>();

  /** The nearest known word. `scope` tells the lists of known words apart. */
  nearest(scope: string, word: string, known: () => readonly string[]): string | undefined {
    const key = `${scope} ${word}`;
    if (this.meant.has(key) || this.meant.size >= LOOKED_AT_MAX) return this.meant.get(key);
    const nearest = nearestWord(word, known());
    this.meant.set(key, nearest);
    return nearest;
  }
}
