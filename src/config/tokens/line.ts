/** What the lexer makes of a configuration file: lines of words, each with its place. */
import type { Place } from '../diagnostics.js';

/** One word, unquoted, with its escapes and variables expanded. */
export interface Word {
  readonly text: string;
  readonly place: Place;
}

/** One line with at least one word. */
export interface Line {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  /** The line as it stands in the file, for showing it. */
  readonly source: string;
  readonly words: readonly Word[];
}
