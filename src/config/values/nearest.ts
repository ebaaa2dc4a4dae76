/** The word that somebody meant who wrote another one. */

/** Words further away than this share of their length are not meant; of short ones, one mistake is. */
const DISTANCE_SHARE_MAX = 0.4;

/**
 * The known word nearest to an unknown one, or undefined when none is near. Case does not count; of words
 * that are as near the longest is meant: letters are left out more often than added.
 */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const most = Math.max(1, Math.floor(candidate.length * DISTANCE_SHARE_MAX));
    if (Math.abs(candidate.length - word.length) > most) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const nearer = distance < least || (distance === least && candidate.length > (nearest?.length ?? 0));
    if (nearer && distance <= most && distance < word.length) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** `; did you mean 'bind' maybe ?` as HAProxy says it, or nothing when no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known);
  return nearest === undefined ? '' : `; did you mean '${nearest}' maybe ?`;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, last[j] + 1, row[j - 1] + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
