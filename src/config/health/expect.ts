/** `tcp-check expect` and `http-check expect`. */
import type { Expression, Format } from '../samples/syntax.js';
import {
  ERROR_STATUSES,
  type ExpectPattern,
  type ExpectRule,
  HEADER_MATCHES,
  type HeaderMatch,
  type HeaderPattern,
  OK_STATUSES,
  TIMEOUT_STATUSES,
} from './syntax.js';
import { type DataForm, type RuleWords, textWord } from './words.js';

const MINIMUM_MAX = 2 ** 31 - 1;

const ONLY_SUPPORTS = {
  'tcp-check':
    "'only supports min-recv, '[!]binary', '[!]string', '[!]rstring', '[!]string-lf''[!]rbinary', '[!]binary-lf' or comment",
  'http-check':
    "'only supports min-recv, [!]string', '[!]rstring', '[!]string-lf', '[!]status', '[!]rstatus', [!]hdr, [!]fhdr or comment",
} as const;

/** Patterns that each of the two knows. */
const PATTERNS = {
  'tcp-check': ['string', 'string-lf', 'rstring', 'binary', 'binary-lf', 'rbinary'],
  'http-check': ['string', 'string-lf', 'rstring', 'status', 'rstatus', 'hdr', 'fhdr'],
} as const;

type Mutable = { -readonly [K in keyof ExpectRule]: ExpectRule[K] };

/** Reads the words after `expect`; the comment apart. */
export function readExpect(words: RuleWords, family: keyof typeof PATTERNS): { rule: ExpectRule; comment: string } {
  if (words.next === undefined) words.fail('expects at least a matching pattern as arguments');
  const reader = new ExpectReader(words, family);
  return reader.read();
}

/** An `expect` about which nothing but its pattern is said. */
export const EXPECT_DEFAULTS: Omit<ExpectRule, 'pattern'> = {
  kind: 'expect',
  negated: false,
  minReceive: -1,
  okStatus: null,
  errorStatus: null,
  timeoutStatus: null,
  onSuccess: null,
  onError: null,
  statusCode: null,
};

class ExpectReader {
  private readonly rule: Omit<Mutable, 'pattern'> = { ...EXPECT_DEFAULTS };
  private pattern: ExpectPattern | null = null;
  private comment = '';

  constructor(
    private readonly words: RuleWords,
    private readonly family: keyof typeof PATTERNS,
  ) {}

  read(): { rule: ExpectRule; comment: string } {
    const { words } = this;
    while (words.next !== undefined) this.word(words.take());
    if (this.pattern === null) return words.fail('pattern not found');
    return { rule: { ...this.rule, pattern: this.pattern }, comment: this.comment };
  }

  private word(name: string): void {
    if (name === '!') this.match(this.words.take(), true);
    else if (name.startsWith('!')) this.match(name.slice(1), true);
    else if (!this.option(name)) this.match(name, false);
  }

  private match(name: string, negated: boolean): void {
    const { words } = this;
    if (!(PATTERNS[this.family] as readonly string[]).includes(name))
      words.fail(`${ONLY_SUPPORTS[this.family]} but got '${name}' as argument.`);
    if (this.pattern !== null) words.fail('only on pattern expected');
    this.rule.negated = negated;
    this.pattern = readPattern(name, words);
  }

  /** True when it is one. */
  private option(name: string): boolean {
    const { rule, words } = this;
    switch (name) {
      case 'comment':
        this.comment = words.need("'comment' expects a string as argument").text;
        return true;
      case 'min-recv':
        rule.minReceive = this.minimum();
        return true;
      case 'ok-status':
        rule.okStatus = this.status(name, OK_STATUSES, "'L4OK', 'L6OK', 'L7OK' or 'L7OKC'");
        return true;
      case 'error-status':
        rule.errorStatus = this.status(name, ERROR_STATUSES, "'L4CON', 'L6RSP', 'L7RSP' or 'L7STS'");
        return true;
      case 'tout-status':
        rule.timeoutStatus = this.status(name, TIMEOUT_STATUSES, "'L4TOUT', 'L6TOUT' or 'L7TOUT'");
        return true;
      case 'on-success':
        rule.onSuccess = this.format(name);
        return true;
      case 'on-error':
        rule.onError = this.format(name);
        return true;
      case 'status-code':
        rule.statusCode = this.expression();
        return true;
      default:
        return false;
    }
  }

  private minimum(): number {
    const text = this.words.need("'min-recv' expects a integer as argument").text;
    const value = /^-?[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= -1 && value <= MINIMUM_MAX) return value;
    return this.words.fail("'min-recv' expects -1 or an integer from 0 to INT_MAX");
  }

  private status<T extends string>(name: string, known: readonly T[], list: string): T {
    const { text } = this.words.need(`'${name}' expects a string as argument`);
    return known.find((one) => one === text) ?? this.words.fail(`'${name}' only supports ${list} status (got '${text}').`);
  }

  private format(name: string): Format {
    return this.words.format(`'${name}' expects a string as argument`);
  }

  private expression(): Expression {
    const missing = "'status-code' expects an expression as argument";
    return this.words.expression(missing, 'error detected while parsing status-code expression : ');
  }
}

function readPattern(name: string, words: RuleWords): ExpectPattern {
  const missing = `'${name}' expects a <pattern> as argument`;
  switch (name) {
    case 'rstring':
    case 'rbinary':
    case 'rstatus':
      return { kind: name, ...words.regex(missing) };
    case 'status':
      return readStatus(words, missing);
    case 'hdr':
    case 'fhdr':
      return readHeader(name, words);
    default:
      return {
        kind: name.startsWith('binary') ? 'binary' : 'string',
        data: words.data(name as DataForm, missing, { quoted: false }),
      };
  }
}

/** `200,201,300-399`. */
function readStatus(words: RuleWords, missing: string): ExpectPattern {
  const { text } = words.need(missing);
  const odd = /[^0-9,-]/.exec(text)?.[0] ?? /(?<=[0-9]-[0-9]+)-/.exec(text)?.[0];
  if (odd !== undefined) words.fail(`invalid character '${odd}' in the list of status codes`);
  const ranges = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => readRange(part, words));
  return { kind: 'status', ranges, text };
}

function readRange(part: string, words: RuleWords): readonly [number, number] {
  const [, first, last] = /^([0-9]+)(?:-([0-9]+))?$/.exec(part) ?? [];
  const [from, to] = [Number(first), Number(last ?? first)];
  if (!(from <= to)) words.fail(`invalid range of status codes '${part}'`);
  return [from, to];
}

function readHeader(kind: 'hdr' | 'fhdr', words: RuleWords): ExpectPattern {
  const nameMissing = `'${kind}' expects at the name keyword as first argument followed by a pattern`;
  const first = words.take();
  if ((first !== 'name' && first !== 'name-lf') || words.next === undefined) words.fail(nameMissing);
  const name = readHeaderPattern(kind, first === 'name-lf', words, nameMissing);
  const next = words.next?.text;
  if (next !== 'value' && next !== 'value-lf') return { kind, name, value: null };
  words.skip(1);
  const valueMissing = `'${kind}' expect a pattern with the value keyword`;
  return { kind, name, value: readHeaderPattern(kind, next === 'value-lf', words, valueMissing) };
}

function readHeaderPattern(kind: string, isFormat: boolean, words: RuleWords, missing: string): HeaderPattern {
  let match: HeaderMatch = 'str';
  if (words.next?.text === '-m') {
    words.skip(1);
    const { text } = words.need(`'${kind}' : '-m' expects at a matching pattern ('str', 'beg', 'end', 'sub' or 'reg')`);
    match =
      HEADER_MATCHES.find((one) => one === text) ??
      words.fail(`'${kind}' : '-m' only supports 'str', 'beg', 'end', 'sub' or 'reg' (got '${text}')`);
  }
  if (match !== 'reg') return { match, text: textWord(words, isFormat, missing) };
  if (isFormat) words.fail(`'${kind}': log-format string is not supported with a regex matching method`);
  return { match, text: words.regex(missing).regex };
}
