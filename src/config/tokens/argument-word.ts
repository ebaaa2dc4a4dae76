/**
 * One argument of a list in parentheses, as conditions, fetches and converters have them
 * (configuration manual, section 2.2): the second level of quotes and backslashes.
 */

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', ' ': ' ', '\\': '\\', '"': '"', "'": "'" };

/** An argument without its quotes and escapes, and where the text goes on after it. */
export interface ArgumentWord {
  readonly text: string;
  readonly end: number;
}

/** Reads from `start` up to a comma or parenthesis outside of quotes. */
export function readArgumentWord(text: string, start: number): ArgumentWord {
  let quote = '';
  let word = '';
  let at = start;
  for (; at < text.length; at++) {
    const character = text[at];
    if (quote === '' && (character === ',' || character === ')')) break;
    if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === '\\' && quote !== "'" && ESCAPES[text[at + 1]] !== undefined) word += ESCAPES[text[++at]];
    else word += character;
  }
  return { text: word, end: at };
}
