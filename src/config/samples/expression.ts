/**
 * Sample expressions: a fetch and the converters after it, as `req.payload(0,4),hex,lower`
 * (configuration manual, section 7.3). Messages are HAProxy's, without what stands around them.
 */
import type { Place } from '../diagnostics.js';
import type { Word } from '../tokens/line.js';
import { nearestWord } from '../values/nearest.js';
import { OPERAND_EXPECTED, readArguments } from './arguments.js';
import { canCast } from './casts.js';
import { CONVERTERS } from './converters.js';
import { FETCHES } from './fetches.js';
import { type EvaluationPlace, isAvailable, ORIGINS } from './origins.js';
import type { ConverterSignature, FetchSignature } from './signature.js';
import type { Argument, ConverterUse, Expression, SampleType } from './syntax.js';
import { UNSUPPORTED_CONVERTERS, UNSUPPORTED_FETCHES } from './unsupported.js';

/** What is wrong with an expression, and perhaps what was meant. */
export interface ExpressionFault {
  readonly ok: false;
  readonly message: string;
  readonly hint?: string;
}

/** An expression, and what it was read from. */
export interface ReadExpression {
  readonly ok: true;
  readonly expression: Expression;
  /** The fetch that was named, before aliases are replaced. */
  readonly signature: FetchSignature;
  /** Words that belong to it. */
  readonly taken: number;
  /** What follows it in the last of them. */
  readonly rest: string;
}

/** How an expression is read where it stands. */
export interface ExpressionUse {
  /** In an ACL: names that only ACLs know are allowed. */
  readonly acl?: boolean;
  /** One word only, as in ACLs and log formats: the next word is no converter. */
  readonly oneWord?: boolean;
  /** It may be followed by something else, as in `%[src]x`. */
  readonly open?: boolean;
  /** Among responses: other aliases hold. */
  readonly response?: boolean;
}

/** End of names of fetches and converters. */
const NAME = /[A-Za-z0-9_.:+-]*/y;

const fault = (message: string, hint?: string): ExpressionFault => ({ ok: false, message, ...(hint !== undefined && { hint }) });

/** Reads the expression that begins with the first of the words. */
export function readExpression(words: readonly Word[], use: ExpressionUse): ReadExpression | ExpressionFault {
  const text = words[0]?.text ?? '';
  const place = words[0]?.place as Place;
  const name = nameAt(text, 0);
  if (name === '') return fault('missing fetch method');
  const signature = FETCHES.get(name);
  if (signature === undefined || (signature.aclOnly && !use.acl)) return unknownFetch(name);
  const read = readArguments(text, name.length, signature.arguments, place);
  if (!read.ok) return fault(`fetch method '${name}' : ${read.message}`);
  const wrong = judge(signature, read.value.values);
  if (wrong !== null) return fault(`invalid args in fetch method '${name}' : ${wrong}`);
  const chain = new Chain(words, use, name, signature.type, read.value.end).read();
  if (!chain.ok) return chain;
  const fetch = (use.response ? signature.responseAlias : undefined) ?? signature.alias ?? name;
  const { converters, type, taken, rest } = chain;
  return { ok: true, expression: { fetch, arguments: read.value.values, converters, type, place }, signature, taken, rest };
}

/**
 * Whether an expression's information is at hand where it is used: null, or
 * `fetch method 'req.len' extracts information from 'request buffer', none of which is available here`.
 */
export function unavailable(signature: FetchSignature, places: readonly EvaluationPlace[], where = 'here'): string | null {
  if (isAvailable(signature.origin, places)) return null;
  const { label } = ORIGINS[signature.origin];
  return `fetch method '${signature.name}' extracts information from '${label}', none of which is available ${where}`;
}

function nameAt(text: string, start: number): string {
  NAME.lastIndex = start;
  return (NAME.exec(text) as RegExpExecArray)[0];
}

function unknownFetch(name: string): ExpressionFault {
  const reason = UNSUPPORTED_FETCHES.get(name);
  return reason === undefined
    ? fault(`unknown fetch method '${name}'`, nearestWord(name, [...FETCHES.keys()]))
    : fault(`fetch method '${name}' ${reason}`);
}

function unknownConverter(name: string): ExpressionFault {
  const reason = UNSUPPORTED_CONVERTERS.get(name);
  return reason === undefined
    ? fault(`unknown converter '${name}'`, nearestWord(name, [...CONVERTERS.keys()]))
    : fault(`converter '${name}' ${reason}`);
}

function judge(signature: FetchSignature | ConverterSignature, values: readonly (Argument | null)[]): string | null {
  return signature.check?.(values.map((argument) => argument?.value ?? null)) ?? null;
}

interface ReadChain {
  readonly ok: true;
  readonly converters: readonly ConverterUse[];
  readonly type: SampleType;
  readonly taken: number;
  readonly rest: string;
}

/** The converters after a fetch: `,lower,hex`, and in rules also those of the next word after a comma or blank. */
class Chain {
  private word = 0;
  private readonly converters: ConverterUse[] = [];

  constructor(
    private readonly words: readonly Word[],
    private readonly use: ExpressionUse,
    /** What messages call the part before. */
    private before: string,
    private type: SampleType,
    private at: number,
  ) {}

  read(): ReadChain | ExpressionFault {
    let isFetch = true;
    for (;;) {
      const text = this.words[this.word].text;
      if (this.at < text.length && text[this.at] !== ',') return this.stop(text, isFetch);
      while (text[this.at] === ',') this.at++;
      const next = this.nextConverter(text);
      if (next === null) return this.done('');
      const failed = this.convert(next);
      if (failed !== null) return failed;
      isFetch = false;
    }
  }

  private stop(text: string, isFetch: boolean): ReadChain | ExpressionFault {
    if (this.use.open) return this.done(text.slice(this.at));
    return fault(`missing comma after ${isFetch ? 'fetch keyword' : 'converter'} '${this.before}'`);
  }

  /** The name of the next converter; null where the expression ends. */
  private nextConverter(text: string): string | null {
    if (this.at < text.length) return nameAt(text, this.at);
    const following = this.words[this.word + 1];
    if (this.use.oneWord || following === undefined) return null;
    const name = nameAt(following.text, 0);
    if (!CONVERTERS.has(name)) return null;
    this.word++;
    this.at = 0;
    return name;
  }

  private convert(name: string): ExpressionFault | null {
    const { text, place } = this.words[this.word];
    const signature = CONVERTERS.get(name);
    if (signature === undefined) return unknownConverter(name);
    if (!canCast(this.type, signature.input)) return fault(`converter '${name}' cannot be applied`);
    const read = readArguments(text, this.at + name.length, signature.arguments, place);
    if (!read.ok) {
      const which = read.message === OPERAND_EXPECTED ? 'args' : `arg ${read.index}`;
      return fault(`invalid ${which} in converter '${name}' : ${read.message}`);
    }
    const wrong = judge(signature, read.value.values);
    if (wrong !== null) return fault(`invalid args in converter '${name}' : ${wrong}`);
    this.converters.push({ name, arguments: read.value.values });
    const keepsType = signature.input === 'any' && signature.output === 'any';
    if (!keepsType) this.type = signature.output;
    this.before = name;
    this.at = read.value.end;
    return null;
  }

  private done(rest: string): ReadChain {
    return { ok: true, converters: this.converters, type: this.type, taken: this.word + 1, rest };
  }
}
