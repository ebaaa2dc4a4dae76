/**
 * Cuts one line into words (configuration manual, sections 2.2 and 2.3): comments, quotes, escapes
 * and variables. What the words mean is no business of this file.
 */
import type { Place } from '../diagnostics.js';
import type { Word } from './line.js';

/** Words of a line at most, the keyword included; HAProxy's MAX_LINE_ARGS. */
export const WORDS_MAX = 64;

/** Characters of a line at most when its variables are expanded: one that names itself doubles with every line. */
export const EXPANDED_MAX = 1 << 20;

/** What keeps a line from being cut into words; `column` counts from 1. */
export interface LexicalFault {
  readonly text: string;
  readonly column: number;
}

/** A line cut into words, as far as it could be. */
export interface LexedLine {
  readonly words: readonly Word[];
  readonly fault: LexicalFault | null;
}

/** The value of a variable of the environment, or of a pseudo-variable such as `.LINE`. */
export type Variables = (name: string) => string | undefined;

const TAB = 9;
const VERTICAL_TAB = 11;
const FORM_FEED = 12;
const CR = 13;
const SPACE = 32;
const DOUBLE_QUOTE = 34;
const HASH = 35;
const DOLLAR = 36;
const SINGLE_QUOTE = 39;
const BACKSLASH = 92;

/** What a backslash and this letter stand for. */
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
/** Characters that a backslash takes their meaning from. */
const ESCAPABLE = ' \\#\'"';
const NAME_START = /[A-Za-z_]/;
const NAME = /[A-Za-z0-9_]*/y;
const HEXADECIMAL = /^[0-9a-fA-F]{2}$/;
const BLANKS = /[ \t\n\r\v\f]+/;

/** Cuts `source` into words. `file` and `number` go into the places of the words. */
export function lexLine(file: string, number: number, source: string, variables: Variables): LexedLine {
  const scanner = new Scanner(file, number, source, variables);
  scanner.line();
  return scanner;
}

/** A word whose place is made when somebody asks for it: most words of a large file are right. */
class PlacedWord implements Word {
  constructor(
    readonly text: string,
    private readonly file: string,
    private readonly line: number,
    private readonly column: number,
    private readonly length: number,
  ) {}

  get place(): Place {
    const { file, line, column, length } = this;
    return { file, line, column, length };
  }
}

class Scanner implements LexedLine {
  readonly words: Word[] = [];
  fault: LexicalFault | null = null;
  private at = 0;
  /** Of the word that is being read: its first character, and its text so far. */
  private start = 0;
  private text = '';
  /** The word holds bytes written as \xNN, which may be parts of a character of UTF-8. */
  private bytes = false;
  /** Characters that variables have brought. */
  private expanded = 0;
  private readonly end: number;

  constructor(
    private readonly file: string,
    private readonly number: number,
    private readonly source: string,
    private readonly variables: Variables,
  ) {
    this.end = source.length;
  }

  line(): void {
    const { source, end } = this;
    // Form feeds and vertical tabs are blanks at the beginning of a line, and nowhere else.
    while (this.at < end && isLeadingBlank(source.charCodeAt(this.at))) this.at++;
    for (;;) {
      while (this.at < end && isBlank(source.charCodeAt(this.at))) this.at++;
      if (this.at >= end || isEndOfLine(source.charCodeAt(this.at)) || this.fault !== null) return;
      this.word();
    }
  }

  private word(): void {
    this.begin();
    while (this.fault === null) {
      this.takePlain();
      if (this.at >= this.end) break;
      const code = this.source.charCodeAt(this.at);
      if (code === DOUBLE_QUOTE) this.weakQuotes();
      else if (code === SINGLE_QUOTE) this.strongQuotes();
      else if (code === BACKSLASH) this.escape(ESCAPABLE);
      else break;
    }
    this.finish();
  }

  /** Characters that stand for themselves outside of quotes. */
  private takePlain(): void {
    const { source, end } = this;
    const from = this.at;
    let at = from;
    while (at < end) {
      const code = source.charCodeAt(at);
      if (code <= BACKSLASH && isSpecial(code)) break;
      at++;
    }
    this.text += source.slice(from, at);
    this.at = at;
  }

  private strongQuotes(): void {
    const close = this.source.indexOf("'", this.at + 1);
    if (close < 0) {
      this.fail('unmatched quote', this.at);
      return;
    }
    this.text += this.source.slice(this.at + 1, close);
    this.at = close + 1;
  }

  private weakQuotes(): void {
    const open = this.at++;
    while (this.at < this.end && this.fault === null) {
      const code = this.source.charCodeAt(this.at);
      if (code === DOUBLE_QUOTE) {
        this.at++;
        return;
      }
      if (code === BACKSLASH) this.escape(`${ESCAPABLE}$`);
      else if (code === DOLLAR) this.variable();
      else this.text += this.source[this.at++];
    }
    if (this.fault === null) this.fail('unmatched quote', open);
  }

  /** A backslash before anything else than it can change stands for itself. */
  private escape(escapable: string): void {
    const next = this.source[this.at + 1] ?? '';
    if (next === 'x') {
      this.hexadecimal();
    } else if (next !== '' && (escapable.includes(next) || next in CONTROLS)) {
      this.text += CONTROLS[next] ?? next;
      this.at += 2;
    } else {
      this.text += '\\';
      this.at++;
    }
  }

  private hexadecimal(): void {
    const digits = this.source.slice(this.at + 2, this.at + 4);
    if (!HEXADECIMAL.test(digits)) {
      this.fail('truncated or invalid hexadecimal sequence', this.at);
      return;
    }
    const byte = Number.parseInt(digits, 16);
    if (byte >= 0x80 && !this.bytes) {
      this.bytes = true;
      this.text = Buffer.from(this.text, 'utf8').toString('latin1');
    }
    this.text += String.fromCharCode(byte);
    this.at += 4;
  }

  /** `$NAME`, `${NAME}`, `${NAME-default}`, `${NAME[*]}`, and pseudo-variables that begin with a dot. */
  private variable(): void {
    const brace = this.source[this.at + 1] === '{' ? this.at + 1 : -1;
    const nameAt = brace < 0 ? this.at + 1 : brace + 1;
    const name = this.variableName(nameAt);
    if (name === null) return;
    const rest = nameAt + name.length;
    if (brace < 0) {
      this.at = rest;
      this.expand(this.variables(name) ?? '', false);
    } else this.braced(name, brace, rest);
  }

  /** What may follow the name within braces, from `rest` on: `[*]`, then a default. */
  private braced(name: string, brace: number, rest: number): void {
    const { source } = this;
    const split = source.startsWith('[*]', rest);
    const at = split ? rest + 3 : rest;
    const close = source.indexOf('}', at);
    if (source[at] === '[') this.fail('truncated or invalid word expansion sequence', at);
    else if (close < 0 || (close > at && source[at] !== '-')) this.fail('unmatched brace in environment variable name', brace);
    else {
      this.at = close + 1;
      this.expand(this.variables(name) ?? source.slice(at + 1, close), split);
    }
  }

  private variableName(at: number): string | null {
    NAME.lastIndex = at;
    if (NAME_START.test(this.source[at] ?? '')) return NAME.exec(this.source)?.[0] ?? null;
    NAME.lastIndex = at + 1;
    const pseudo = this.source[at] === '.' ? `.${NAME.exec(this.source)?.[0]}` : '';
    if (pseudo !== '' && this.variables(pseudo) !== undefined) return pseudo;
    this.fail('forbidden first char in environment variable name', at);
    return null;
  }

  /** A value's blanks separate words only where `[*]` asks for it. */
  private expand(value: string, split: boolean): void {
    this.expanded += value.length;
    if (this.expanded > EXPANDED_MAX) {
      this.fail(`line of more than ${EXPANDED_MAX} characters when variables are expanded`, this.start);
      return;
    }
    const text = this.bytes ? Buffer.from(value, 'utf8').toString('latin1') : value;
    const [first, ...more] = split ? text.split(BLANKS) : [text];
    this.text += first;
    for (const piece of more) {
      const { start } = this;
      this.finish();
      this.begin();
      this.start = start;
      this.text = piece;
    }
  }

  private begin(): void {
    this.start = this.at;
    this.text = '';
    this.bytes = false;
  }

  /** A NUL, which only \x00 can write, ends the word as it does in C. */
  private finish(): void {
    if (this.fault !== null) return;
    const { file, number, start } = this;
    const whole = this.bytes ? Buffer.from(this.text, 'latin1').toString('utf8') : this.text;
    const nul = whole.indexOf('\0');
    const text = nul < 0 ? whole : whole.slice(0, nul);
    this.words.push(new PlacedWord(text, file, number, start + 1, Math.max(1, this.at - start)));
  }

  private fail(what: string, index: number): void {
    this.fault = { text: `${what} at position ${index + 1}:`, column: index + 1 };
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

function isLeadingBlank(code: number): boolean {
  return isBlank(code) || code === VERTICAL_TAB || code === FORM_FEED;
}

function isEndOfLine(code: number): boolean {
  return code === HASH || code === CR;
}

/** It ends plain text: a blank, a comment, a quote or a backslash. */
function isSpecial(code: number): boolean {
  return isBlank(code) || isEndOfLine(code) || code === DOUBLE_QUOTE || code === SINGLE_QUOTE || code === BACKSLASH;
}
