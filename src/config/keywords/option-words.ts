/**
 * What the options within lines `server` and `bind` have in common: going through the words of a
 * line by a table, and arguments that are numbers, times, or one of some words.
 */
import type { OptionContext, OptionKeyword } from '../keyword.js';
import type { Word } from '../tokens/line.js';
import { timeFault, timeOf, wholeNumber } from './reading.js';

/** How a mistake within a line is reported: `text` says all after `'server b/s' : `. */
export type Report = (text: string, word: Word, hint?: string) => void;

/** A table of options, looked up by name. */
export class OptionTable<Settings> {
  private readonly byName: ReadonlyMap<string, OptionKeyword<Settings>>;
  private readonly names: readonly string[];

  constructor(readonly options: readonly OptionKeyword<Settings>[]) {
    this.byName = new Map(options.flatMap((option) => forms(option).map((name) => [name, option] as const)));
    this.names = [...this.byName.keys()];
  }

  /**
   * Reads options up to the end of the words, or to the first mistake, as HAProxy does.
   *
   * @param unknown is told of a word that is no option, and the nearest that is
   */
  read(
    words: readonly Word[],
    context: Omit<OptionContext<Settings>, 'option' | 'words'>,
    unknown: (word: Word, meant: string | undefined) => void,
  ): boolean {
    const { settings, about, place, findings, file } = context;
    for (let at = 0; at < words.length; ) {
      const option = words[at];
      const keyword = this.byName.get(option.text);
      if (keyword === undefined) {
        unknown(
          option,
          findings.nearest(option.text, () => this.names),
        );
        return false;
      }
      const taken = keyword.parse({ settings, about, place, findings, file, option, words: words.slice(at + 1) });
      if (taken === null) return false;
      at += 1 + taken;
    }
    return true;
  }
}

function forms({ name, no }: { readonly name: string; readonly no?: boolean }): string[] {
  return no === true ? [name, `no-${name}`] : [name];
}

/** The option was written with `no-` before it. */
export function isNegated({ option }: { readonly option: Word }): boolean {
  return option.text.startsWith('no-');
}

/** A number within bounds, or null and a report; `missing` when there is none. */
export function integerWord(
  word: Word | undefined,
  { min, max, missing }: { readonly min: number; readonly max: number; readonly missing: string },
  option: Word,
  report: Report,
): number | null {
  if (word === undefined) {
    report(missing, option);
    return null;
  }
  const value = wholeNumber(word.text);
  if (value !== null && value >= min && value <= max) return value;
  report(
    value === null ? `${missing} Got '${word.text}'.` : `'${option.text}' : ${word.text} is not within ${min}..${max}.`,
    word,
  );
  return null;
}

/** One of some words, or null and a report. */
export function choiceWord<T extends string>(word: Word | undefined, known: readonly T[]): T | null {
  return known.find((candidate) => candidate === word?.text) ?? null;
}

/** A time above 0, or null and a report in the words of servers; `owner` is asked for mistakes only. */
export function delayWord(word: Word | undefined, option: Word, owner: () => string, report: Report): number | null {
  const text = word?.text ?? '';
  const value = timeOf(text);
  if (word === undefined) report(`'${option.text}' expects a delay as argument.`, option);
  else if (value === null) {
    const fault = timeFault(text);
    report(
      fault.kind === 'overflow'
        ? `timer overflow in argument <${text}> to <${option.text}> of ${owner()}, maximum value is 2147483647 ms (~24.8 days).`
        : `unexpected character '${fault.character}' in '${option.text}' argument of ${owner()}.`,
      word,
    );
  } else if (value === 0) report(`invalid value 0 for argument '${option.text}' of ${owner()}.`, word);
  else return value;
  return null;
}
