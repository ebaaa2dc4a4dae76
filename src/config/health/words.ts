/** How the words of rules `tcp-check` and `http-check` are read: one after the other, with HAProxy's texts for mistakes. */
import type { ProxyLine } from '../keywords/reading.js';
import {
  type ExpressionFault,
  type ExpressionUse,
  type ReadExpression,
  readExpression,
  unavailable,
} from '../samples/expression.js';
import { readFormat } from '../samples/format.js';
import { translateRegex } from '../samples/regex.js';
import type { Expression, Format } from '../samples/syntax.js';
import type { Word } from '../tokens/line.js';
import type { CheckData, CheckText } from './syntax.js';

/** A mistake within a rule; caught where the rule is read. */
export class RuleMistake extends Error {
  constructor(
    message: string,
    readonly word: Word | undefined,
  ) {
    super(message);
  }
}

/** The words of one rule. */
export class RuleWords {
  private at = 0;

  /** @param words those after the name of the rule */
  constructor(private readonly words: readonly Word[]) {}

  /** The next word, which stays the next; undefined: there is none. */
  get next(): Word | undefined {
    return this.words[this.at];
  }

  /** Takes the next word; '' when there is none. */
  take(): string {
    return this.words[this.at++]?.text ?? '';
  }

  /** Takes the words that are left. */
  rest(): readonly Word[] {
    const rest = this.words.slice(this.at);
    this.at = this.words.length;
    return rest;
  }

  /** Takes so many words. */
  skip(count: number): void {
    this.at += count;
  }

  /** Takes a word that must be there; throws RuleMistake. */
  need(missing: string): Word {
    const word = this.next;
    if (word === undefined) return this.fail(missing);
    this.at++;
    return word;
  }

  /** Throws RuleMistake about the word that was taken last, or the next one. */
  fail(message: string, word: Word | undefined = this.words[this.at - 1] ?? this.next): never {
    throw new RuleMistake(message, word);
  }

  /** Takes a format. @param before goes before what is wrong, in place of the format itself */
  format(missing: string, { before }: { readonly before?: string } = {}): Format {
    const word = this.need(missing);
    const read = readFormat(word.text, word.place, ['check']);
    if (read.ok) return read.format;
    const quoted = `'${word.text}' invalid log-format string (${read.message}).\n`;
    return this.fail(before === undefined ? quoted : `${before}${read.message}`);
  }

  /** Takes an expression of one word; its information has to be at hand in checks. @param about goes before what is wrong */
  expression(missing: string, about: string): Expression {
    const word = this.need(missing);
    const read = readCheckExpression([word], { oneWord: true });
    return read.ok ? read.expression : this.fail(`${about}${read.message}`);
  }

  /** Takes a regular expression: its translated source, and its text. */
  regex(missing: string): { readonly regex: string; readonly text: string } {
    const { text } = this.need(missing);
    const translated = translateRegex(text);
    return translated.ok ? { regex: translated.value, text } : this.fail(translated.message);
  }

  /** Takes what is sent or expected, in one of its four forms. @param quoted digits that are none are quoted before what is wrong */
  data(form: DataForm, missing: string, { quoted }: { readonly quoted: boolean }): CheckData {
    const hexadecimal = form.startsWith('binary');
    if (form.endsWith('-lf')) return { text: this.format(missing), hexadecimal };
    const { text } = this.need(missing);
    const fault = hexadecimal ? hexadecimalFault(text) : null;
    if (fault !== null) this.fail(quoted ? `'${text}' invalid binary string (${fault}).\n` : `invalid binary string (${fault})`);
    return { text, hexadecimal };
  }
}

/** Why a text is no hexadecimal digits of bytes; null: it is. */
function hexadecimalFault(text: string): string | null {
  if (text.length % 2 === 1) return 'an even number of hex digit is expected';
  const odd = /[^0-9a-fA-F]/.exec(text)?.[0];
  return odd === undefined ? null : `an hex digit is expected (found '${odd}')`;
}

/** Reads an expression whose information has to be at hand in checks. */
export function readCheckExpression(words: readonly Word[], use: ExpressionUse = {}): ReadExpression | ExpressionFault {
  const read = readExpression(words, { response: true, ...use });
  const missing = read.ok ? unavailable(read.signature, ['check']) : null;
  return missing === null ? read : { ok: false, message: missing };
}

/** Forms of what is sent or expected. */
export type DataForm = 'string' | 'string-lf' | 'binary' | 'binary-lf';

/** A text or a format, by the keyword. */
export function textWord(words: RuleWords, isFormat: boolean, missing: string): CheckText {
  return isFormat ? words.format(missing) : words.need(missing).text;
}

/** Reads a rule; what is wrong with it is reported and answered with null. `name` begins the message: `tcp-check send`. */
export function reading<T>(line: ProxyLine, name: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RuleMistake)) throw error;
    line.findings.alert(error.word?.place ?? line.keyword[0].place, `'${name}' : ${error.message}.`);
    return null;
  }
}
