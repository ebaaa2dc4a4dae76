/**
 * Which commands somebody may have meant. Words are compared by which character follows which, and
 * how often, as HAProxy compares them: so a mistyped command is answered with the same list.
 */
import type { Command } from './command.js';

/** At most so many are proposed. */
const PROPOSED_MAX = 5;
/** Two texts further apart than this, for each of their characters, have nothing in common. */
const DISTANCE_PER_CHARACTER = 2.5;
/** Beside the nearest, those up to so many times as far are proposed. */
const DISTANCE_RATIO = 2.5;

/** Words of a name that are compared at most. */
const WORDS_MAX = 5;
/** A letter counts as itself, digits are all one, and so is everything else, the ends of words included. */
const DIGIT = 27;
const OTHER = 28;
const ROW = 32;

/**
 * The commands nearest to the words, at most five; null when there are no words, or none is near: then
 * every command is to be listed.
 */
export function nearestCommands(words: readonly string[], commands: readonly Command[]): readonly Command[] | null {
  const names = commands.map((command) => ({ command, name: command.name.split(' ') }));
  const common = Math.max(0, ...names.map(({ name }) => commonWords(name, words)));
  const began = names.filter(({ name }) => commonWords(name, words) === common);
  if (words.length === common) return common === 0 ? null : began.map(({ command }) => command);
  const rest = words.slice(common, WORDS_MAX);
  const near = began
    .map(({ command, name }) => ({ command, ...distance(rest, name.slice(common)) }))
    .filter(({ far, most }) => far < most)
    .sort((a, b) => a.far - b.far)
    .slice(0, PROPOSED_MAX);
  if (near.length > 0) return near.filter(({ far }) => far <= DISTANCE_RATIO * near[0].far).map(({ command }) => command);
  return common === 0 ? null : began.map(({ command }) => command);
}

/** How many words at their beginnings are the same. */
function commonWords(a: readonly string[], b: readonly string[]): number {
  const different = a.findIndex((word, i) => word !== b[i]);
  return different < 0 ? a.length : different;
}

function distance(a: readonly string[], b: readonly string[]): { far: number; most: number } {
  const left = fingerprint(a);
  const right = fingerprint(b);
  const far = left.reduce((sum, count, i) => sum + (count - right[i]) ** 2, 0);
  const characters = [...a, ...b].reduce((sum, word) => sum + word.length, 0);
  return { far, most: DISTANCE_PER_CHARACTER * characters };
}

/** Row 0: which characters occur; row `c`: how often each follows on the character `c`. */
function fingerprint(words: readonly string[]): Uint8Array {
  const counts = new Uint8Array(ROW * ROW);
  for (const word of words) {
    let from = OTHER;
    for (const character of word) {
      const to = kindOf(character);
      counts[to] = 1;
      counts[ROW * from + to]++;
      from = to;
    }
    counts[ROW * from + OTHER]++;
  }
  return counts;
}

function kindOf(character: string): number {
  if (/^[a-z]$/i.test(character)) return character.toLowerCase().charCodeAt(0) - 'a'.charCodeAt(0) + 1;
  return /^[0-9]$/.test(character) ? DIGIT : OTHER;
}
