/**
 * The conditions of `.if` and `.elif` (configuration manual, section 2.4): integers, predicates,
 * `!`, parentheses, `&&` and `||`. The whole is read before it is judged, so that a mistake in a
 * part that does not matter shows all the same.
 */

import { compareVersions, ENABLED, FEATURES, LANGUAGE_VERSION } from '../version.js';
import { readArgumentWord } from './argument-word.js';

/** True or false, or what is wrong with the condition and where, from 1. `{directive}` is left for the caller to fill in. */
export type ConditionResult =
  | { readonly ok: true; readonly value: boolean }
  | { readonly ok: false; readonly message: string; readonly position: number };

/** What predicates look at. */
export interface ConditionContext {
  readonly environment: ReadonlyMap<string, string>;
}

interface Predicate {
  readonly arguments: number;
  readonly test: (values: readonly string[], context: ConditionContext) => boolean;
}

/** No comparison with what is no version holds. */
const comparedWith = (text: string, holds: (difference: number) => boolean): boolean => {
  const difference = compareVersions(LANGUAGE_VERSION, text);
  return difference !== null && holds(difference);
};

const PREDICATES: ReadonlyMap<string, Predicate> = new Map<string, Predicate>([
  ['defined', { arguments: 1, test: ([name], { environment }) => environment.has(name) }],
  ['feature', { arguments: 1, test: ([name]) => FEATURES.has(name) }],
  ['enabled', { arguments: 1, test: ([name]) => ENABLED.has(name) }],
  ['streq', { arguments: 2, test: ([a, b]) => a === b }],
  ['strneq', { arguments: 2, test: ([a, b]) => a !== b }],
  ['strstr', { arguments: 2, test: ([a, b]) => a.includes(b) }],
  ['version_atleast', { arguments: 1, test: ([version]) => comparedWith(version, (difference) => difference >= 0) }],
  ['version_before', { arguments: 1, test: ([version]) => comparedWith(version, (difference) => difference < 0) }],
]);
const PREDICATE_NAME = /[a-z_]+/y;
const INTEGER = /[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)/y;
/** Parentheses and exclamation marks within each other at most, so that no line can exhaust the stack. */
const DEPTH_MAX = 200;

/** A mistake on the way; never leaves this file. */
class Mistake {
  constructor(
    readonly message: string,
    readonly index: number,
  ) {}
}

/** Judges a condition. An empty one is false. */
export function evaluateCondition(text: string, context: ConditionContext): ConditionResult {
  if (text.trim() === '') return { ok: true, value: false };
  const reader = new Reader(text, context);
  const result = reader.or(0);
  if (result instanceof Mistake) return { ok: false, message: result.message, position: result.index + 1 };
  reader.skipBlanks();
  if (reader.at === text.length) return { ok: true, value: result };
  const found = text[reader.at];
  const message = `unexpected character '${found}' at the end of conditional expression '${text}' in '{directive}'`;
  return { ok: false, message, position: reader.at + 1 };
}

/** Recursive descent; each method reads from `at` and answers a value or a mistake. */
class Reader {
  at = 0;

  constructor(
    private readonly text: string,
    private readonly context: ConditionContext,
  ) {}

  skipBlanks(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at++;
  }

  /** `from`: where to point when nothing follows. */
  or(from: number, depth = 0): boolean | Mistake {
    return this.chain(
      '||',
      from,
      (start) => this.and(start, depth),
      (a, b) => a || b,
    );
  }

  private and(from: number, depth: number): boolean | Mistake {
    return this.chain(
      '&&',
      from,
      (start) => this.term(start, depth),
      (a, b) => a && b,
    );
  }

  private chain(
    operator: string,
    from: number,
    operand: (from: number) => boolean | Mistake,
    combine: (a: boolean, b: boolean) => boolean,
  ): boolean | Mistake {
    let value = operand(from);
    for (;;) {
      if (value instanceof Mistake) return value;
      this.skipBlanks();
      if (!this.text.startsWith(operator, this.at)) return value;
      const operatorAt = this.at;
      this.at += operator.length;
      const right = operand(operatorAt);
      value = right instanceof Mistake ? right : combine(value, right);
    }
  }

  private term(from: number, depth: number): boolean | Mistake {
    this.skipBlanks();
    const start = this.at;
    if (start >= this.text.length || depth > DEPTH_MAX) return this.unparsable(from);
    if (this.text[start] === '!') {
      this.at++;
      const value = this.term(start, depth + 1);
      return value instanceof Mistake ? value : !value;
    }
    if (this.text[start] === '(') return this.parenthesis(start, depth);
    return this.integer() ?? this.predicate(start);
  }

  private parenthesis(start: number, depth: number): boolean | Mistake {
    this.at++;
    const value = this.or(start, depth + 1);
    if (value instanceof Mistake) return value;
    this.skipBlanks();
    if (this.text[this.at] !== ')')
      return new Mistake(`expected ')' after conditional expression '${this.text.slice(start)}' in '{directive}'`, start);
    this.at++;
    return value;
  }

  private integer(): boolean | null {
    INTEGER.lastIndex = this.at;
    const found = INTEGER.exec(this.text);
    if (found === null) return null;
    this.at += found[0].length;
    return Number(found[0].replace(/^[+-]/, '')) !== 0;
  }

  private predicate(start: number): boolean | Mistake {
    PREDICATE_NAME.lastIndex = start;
    const name = PREDICATE_NAME.exec(this.text)?.[0] ?? '';
    const predicate = PREDICATES.get(name);
    if (predicate === undefined) return this.unparsable(start);
    this.at = start + name.length;
    const about = `in argument 1 of predicate '${name}' used in conditional expression in '{directive}'`;
    const values = this.arguments(predicate.arguments, about);
    if (values instanceof Mistake) return values;
    return predicate.test(values, this.context);
  }

  /** `(a,b)`; without parentheses a single empty one. */
  private arguments(count: number, about: string): readonly string[] | Mistake {
    const values: string[] = [];
    if (this.text[this.at] === '(') {
      do {
        this.at++;
        const { text, end } = readArgumentWord(this.text, this.at);
        values.push(text);
        this.at = end;
      } while (this.text[this.at] === ',' && values.length < count);
      if (this.at >= this.text.length) return new Mistake(`expected ')' ${about}`, this.at);
      if (this.text[this.at] === ',') return new Mistake(`expected ')' before '${this.text.slice(this.at)}' ${about}`, this.at);
      if (values.length === count) this.at++;
    } else values.push('');
    if (values.length === count) return values;
    return new Mistake(`missing arguments (got ${values.length}/${count}), type 'string' expected ${about}`, this.at);
  }

  private unparsable(index: number): Mistake {
    return new Mistake(`unparsable conditional expression '${this.text.slice(index)}' in '{directive}'`, index);
  }
}
