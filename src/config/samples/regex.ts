/**
 * Regular expressions of configurations (PCRE, pcrepattern(3)) as those of JavaScript. What has no
 * counterpart there is refused by name rather than matched in another way.
 */
import { type Parsed, parsed, refused } from '../values/parsed.js';
import { classSource, escapeSource, POSIX_NAMES } from './regex-classes.js';

/** The end of the subject, or the newline before it, which is what `$` means to PCRE. */
const BEFORE_END = '(?=\\n?$)';
const QUANTIFIER = /^(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})/;
const ANCHORS: Readonly<Record<string, string>> = { A: '^', z: '$', Z: BEFORE_END, b: '\\b', B: '\\B' };
const REFERENCE = /^\\(?:([1-9][0-9]?)|g\{?([1-9][0-9]?)\}?|k(?:<(\w+)>|\{(\w+)\}|'(\w+)'))/;

interface Flags {
  readonly i: boolean;
  readonly s: boolean;
  readonly m: boolean;
}

/** Ends the translation; caught where it began. */
class RegexError extends Error {}

/**
 * The source of a JavaScript regular expression without flags; `ignoreCase` of the caller is to be
 * given as flag `i`. The reason of a refusal is `regex 'a(' is invalid (error=..., erroffset=2)`.
 */
export function translateRegex(pattern: string): Parsed<string> {
  const translator = new Translator(pattern);
  try {
    const source = translator.run();
    new RegExp(source);
    return parsed(source);
  } catch (error) {
    const reason = error instanceof RegexError ? error.message : ownWords(error);
    return refused(`regex '${pattern}' is invalid (error=${reason}, erroffset=${translator.offset})`);
  }
}

/** What JavaScript finds wrong, in the words of PCRE where it has some. */
function ownWords(error: unknown): string {
  const message = String(error);
  return message.includes('Range out of order') ? 'range out of order in character class' : 'not understood';
}

class Translator {
  offset = 0;
  private groups = 0;
  private highestReference = 0;
  private readonly named = new Set<string>();
  private output = '';
  /** The last piece can be repeated. */
  private repeatable = false;
  private flags: Flags = { i: false, s: false, m: false };
  private readonly stack: Flags[] = [];

  constructor(private readonly pattern: string) {}

  run(): string {
    while (this.offset < this.pattern.length) this.piece();
    if (this.stack.length > 0) throw new RegexError('missing closing parenthesis');
    if (this.highestReference > this.groups) throw new RegexError('reference to non-existent subpattern');
    return this.output;
  }

  private piece(): void {
    const quantifier = QUANTIFIER.exec(this.pattern.slice(this.offset));
    const character = this.pattern[this.offset];
    if (quantifier !== null) this.quantify(quantifier[0]);
    else if (character === '\\') this.escape();
    else if (character === '[') this.characterClass();
    else if (character === '(') this.open();
    else if (character === ')') this.close();
    else this.plain(character);
  }

  private emit(source: string, taken: number, repeatable = true): void {
    this.output += source;
    this.offset += taken;
    this.repeatable = repeatable;
  }

  private plain(character: string): void {
    if (character === '.') this.emit(this.flags.s ? '[^]' : '[^\\n]', 1);
    else if (character === '^') this.emit(this.flags.m ? '(?<![^\\n])' : '^', 1, false);
    else if (character === '$') this.emit(this.flags.m ? '(?![^\\n])' : BEFORE_END, 1, false);
    else if (character === '|') this.emit('|', 1, false);
    else this.emit(this.literal(character), 1);
  }

  private literal(character: string): string {
    return this.flags.i && /[a-z]/i.test(character)
      ? `[${character.toLowerCase()}${character.toUpperCase()}]`
      : escapeSource(character);
  }

  private quantify(text: string): void {
    if (!this.repeatable) throw new RegexError('quantifier does not follow a repeatable item');
    const [, least, most] = /^\{([0-9]+),([0-9]+)\}$/.exec(text) ?? [];
    if (least !== undefined && Number(least) > Number(most)) {
      this.offset += text.length - 1;
      throw new RegexError('numbers out of order in {} quantifier');
    }
    const next = this.pattern[this.offset + text.length];
    if (next === '+') this.unsupported('possessive quantifiers');
    const lazy = next === '?' ? '?' : '';
    this.emit(text + lazy, text.length + lazy.length, false);
  }

  private unsupported(what: string): never {
    throw new RegexError(`${what} are not supported`);
  }

  private open(): void {
    const rest = this.pattern.slice(this.offset);
    if (rest.startsWith('(*')) this.unsupported('verbs such as (*UTF8)');
    const inline = /^\(\?([a-z]*)(?:-([a-z]+))?([):])/.exec(rest);
    if (rest.startsWith('(?#')) this.comment(rest);
    else if (inline !== null) this.inlineFlags(inline);
    else if (rest.startsWith('(?')) this.special(rest);
    else this.begin('(', 1, true);
  }

  /** Names, lookarounds and what JavaScript lacks. */
  private special(rest: string): void {
    const form = /^\(\?(<?[=!]|P?<[A-Za-z_]\w*>|'[A-Za-z_]\w*'|P=\w+\))/.exec(rest);
    if (form === null) {
      this.offset = this.pattern.length;
      if (rest === '(?') throw new RegexError('missing closing parenthesis');
      this.unsupported(`groups of the kind '${rest.slice(0, 3)}'`);
    }
    const [whole, kind] = form;
    if (kind.startsWith('P=')) this.emit(`\\k<${kind.slice(2, -1)}>`, whole.length);
    else if (/^<?[=!]$/.test(kind)) this.begin(whole, whole.length, false);
    else this.beginNamed(kind.replace(/^P?[<']|[>']$/g, ''), whole.length);
  }

  private beginNamed(name: string, taken: number): void {
    if (this.named.has(name)) this.offset += taken;
    if (this.named.has(name)) throw new RegexError('two named subpatterns have the same name (PCRE2_DUPNAMES not set)');
    this.named.add(name);
    this.begin(`(?<${name}>`, taken, true);
  }

  private begin(source: string, taken: number, captures: boolean): void {
    if (captures) this.groups++;
    this.stack.push(this.flags);
    this.emit(source, taken, false);
  }

  private comment(rest: string): void {
    const end = rest.indexOf(')');
    if (end < 0) throw new RegexError('missing ) after (?# comment');
    this.offset += end + 1;
  }

  /** `(?i)` to the end of the group, `(?i:...)` for a group of its own. */
  private inlineFlags([whole, on, off, end]: RegExpExecArray): void {
    const unknown = /[^ism]/.exec(on + (off ?? ''));
    if (unknown !== null) this.unsupported(`options such as (?${unknown[0]})`);
    if (end === ':') this.begin('(?:', whole.length, false);
    else this.offset += whole.length;
    const value = (flag: keyof Flags): boolean => (this.flags[flag] || on.includes(flag)) && !off?.includes(flag);
    this.flags = { i: value('i'), s: value('s'), m: value('m') };
  }

  private close(): void {
    const flags = this.stack.pop();
    if (flags === undefined) throw new RegexError('unmatched closing parenthesis');
    this.flags = flags;
    this.emit(')', 1);
  }

  private escape(): void {
    const next = this.pattern[this.offset + 1];
    if (next === undefined) {
      this.offset++;
      throw new RegexError('\\ at end of pattern');
    }
    const reference = REFERENCE.exec(this.pattern.slice(this.offset));
    const anchor = ANCHORS[next];
    if (next === 'Q') this.quoted();
    else if (reference !== null && !this.isOctal(reference[1])) this.reference(reference);
    else if (anchor !== undefined) this.emit(anchor, 2, false);
    else this.escapedCharacter();
  }

  /** `\\12` is a reference where there are that many groups, a character otherwise. */
  private isOctal(digits: string | undefined): boolean {
    return digits !== undefined && Number(digits) > 9 && Number(digits) > this.groups && /^[0-7]{2}$/.test(digits);
  }

  private escapedCharacter(): void {
    const escaped = classSource(this.pattern, this.offset, false);
    if (escaped === null) this.unsupported(`sequences of the kind '${this.pattern.slice(this.offset, this.offset + 2)}'`);
    const code = /^\\x([0-9a-f]{2})$/.exec(escaped.source)?.[1];
    const letter = code === undefined ? '' : String.fromCharCode(Number.parseInt(code, 16));
    this.emit(/[a-z]/i.test(letter) ? this.literal(letter) : escaped.source, escaped.length);
  }

  private reference([whole, digits, group, ...names]: RegExpExecArray): void {
    const name = names.find((candidate) => candidate !== undefined);
    const number = Number(digits ?? group ?? 0);
    this.highestReference = Math.max(this.highestReference, number);
    this.emit(name === undefined ? `(?:\\${number})` : `\\k<${name}>`, whole.length);
  }

  /** `\Q...\E` */
  private quoted(): void {
    const end = this.pattern.indexOf('\\E', this.offset);
    const text = this.pattern.slice(this.offset + 2, end < 0 ? undefined : end);
    const source = [...text].map((character) => this.literal(character)).join('');
    this.emit(source, text.length + (end < 0 ? 2 : 4), text !== '');
  }

  private characterClass(): void {
    const negated = this.pattern[this.offset + 1] === '^';
    let at = this.offset + (negated ? 2 : 1);
    let source = '';
    const first = at;
    while (this.pattern[at] !== ']' || at === first) {
      if (at >= this.pattern.length) {
        this.offset = this.pattern.length;
        throw new RegexError('missing terminating ] for character class');
      }
      const member = this.member(at);
      source += member.source;
      at += member.length;
    }
    this.emit(`[${negated ? '^' : ''}${this.flags.i ? bothCases(source) : source}]`, at + 1 - this.offset);
  }

  private member(at: number): { source: string; length: number } {
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(this.pattern.slice(at));
    if (posix !== null) {
      const names = POSIX_NAMES[posix[2]];
      if (names === undefined) {
        this.offset = at + 2;
        throw new RegexError('unknown POSIX class name');
      }
      if (posix[1] !== '') this.unsupported('negated POSIX classes');
      return { source: names, length: posix[0].length };
    }
    if (this.pattern[at] !== '\\') {
      const character = this.pattern[at];
      return { source: character === '-' ? '-' : /[[\]^\\]/.test(character) ? `\\${character}` : character, length: 1 };
    }
    const escaped = classSource(this.pattern, at, true);
    if (escaped === null) this.unsupported(`sequences of the kind '${this.pattern.slice(at, at + 2)}'`);
    return escaped;
  }
}

/** Letters and ranges of letters of a class in both cases. */
function bothCases(source: string): string {
  const letters = source.replace(/\\(?:x[0-9a-f]{2}|.)/gis, '').match(/[a-z](?:-[a-z])?/gi) ?? [];
  const others = letters.map((range) => (range === range.toLowerCase() ? range.toUpperCase() : range.toLowerCase()));
  return others.join('') + source;
}
