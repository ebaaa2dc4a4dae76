/** What readers of global keywords have in common: the number of arguments, numbers, settings made once. */
import type { GlobalConfig, Setting } from '../config.js';
import type { Place } from '../diagnostics.js';
import type { GlobalKeyword, LineContext, SectionKind } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import { parseInteger } from '../values/integer.js';
import { parseTime } from '../values/time.js';
import { timeFault, timerOverflow } from './reading.js';

/** A line of section `global`. */
export type GlobalLine = LineContext<GlobalConfig>;

/** The only section of these keywords. */
export const GLOBAL: readonly SectionKind[] = ['global'];
/** The largest number that HAProxy keeps. */
export const INTEGER_MAX = 2 ** 31 - 1;

/** The keyword as written, `stats timeout`. */
export function nameOf(line: LineContext<unknown>): string {
  return line.keyword.map(({ text }) => text).join(' ');
}

/** Reports a mistake at a word, or at the keyword when the word is missing. Answers null. */
export function refuse(line: LineContext<unknown>, text: string, word?: Word, hint?: string): null {
  line.findings.alert((word ?? line.keyword[0]).place, text, hint);
  return null;
}

/** Refuses words beyond the first `max`; true when there were none. */
export function endsAfter(line: LineContext<unknown>, max: number): boolean {
  const extra = line.words[max];
  if (extra !== undefined) refuse(line, `'${nameOf(line)}' cannot handle unexpected argument '${extra.text}'.`, extra);
  return extra === undefined;
}

/** The only word after the keyword, or null when there is none or more; `missing` says what was expected. */
export function onlyWord(line: LineContext<unknown>, missing: string): Word | null {
  const [word] = line.words;
  if (word === undefined) return refuse(line, `'${nameOf(line)}' ${missing}`);
  return endsAfter(line, 1) ? word : null;
}

/** The only argument as a whole number. HAProxy takes what is no number for 0; this does not. */
export function onlyInteger(line: LineContext<unknown>, min: number, max = INTEGER_MAX): number | null {
  const word = onlyWord(line, 'expects an integer argument.');
  if (word === null) return null;
  const value = parseInteger(word.text, min, max);
  if (value.ok) return value.value;
  return refuse(line, `'${nameOf(line)}' expects an integer argument: '${word.text}' is ${value.message}.`, word);
}

/** The only argument as milliseconds; `about` is the keyword as HAProxy's message about it shows it. */
export function onlyTime(line: LineContext<unknown>, about: string, missing: string): number | null {
  const word = onlyWord(line, missing);
  if (word === null) return null;
  const time = parseTime(word.text);
  if (time.ok) return time.value;
  const fault = timeFault(word.text);
  if (fault.kind === 'overflow') return refuse(line, `${timerOverflow(word.text, nameOf(line))}.`, word);
  return refuse(line, `unexpected character '${fault.character}' in ${about}.`, word);
}

/** A setting of a line. */
export function setting<T>(line: LineContext<unknown>, value: T): Setting<T> {
  return { value, place: line.keyword[0].place };
}

/** True when nothing was set before; HAProxy keeps the first of several and says so. */
export function isFirst(line: LineContext<unknown>, before: { readonly place: Place } | undefined): boolean {
  if (before === undefined) return true;
  const at = `${before.place.file}:${before.place.line}`;
  line.findings.warning(line.keyword[0].place, `'${nameOf(line)}' already specified. Continuing.`, `the one at ${at} holds`);
  return false;
}

/** What a keyword without arguments needs beside its name. */
type Plain = Pick<GlobalKeyword, 'help'> & Partial<Pick<GlobalKeyword, 'no' | 'default' | 'inert'>>;

/** A keyword that stands alone, and what it does; a line `no x` is told apart by `negated`. */
export function switchKeyword(name: string, plain: Plain, apply: (line: GlobalLine) => void): GlobalKeyword {
  return {
    name,
    sections: GLOBAL,
    arguments: '',
    ...plain,
    parse: (line) => {
      if (endsAfter(line, 0)) apply(line);
    },
  };
}
