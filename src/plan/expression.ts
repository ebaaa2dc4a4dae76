/**
 * Expressions, conditions and log formats of a Plan: as in `config/samples/syntax.ts`, with every
 * name replaced by an index. A worker turns them into closures once.
 */
import type { ArgumentKind, FormatFlags, MatchMethod, SampleType } from '../config/samples/syntax.js';

/** A server of a Plan, by indexes. */
export interface ServerReference {
  readonly backend: number;
  readonly server: number;
}

/** The value of an argument; see ArgumentKind for what each kind becomes. */
export type ArgumentPlan = string | number | ServerReference | null;

/** A converter with its arguments; `kinds` tells what they are. */
export interface ConverterPlan {
  readonly name: string;
  readonly arguments: readonly ArgumentPlan[];
  readonly kinds: readonly (ArgumentKind | null)[];
}

/** A fetch and the converters after it. */
export interface ExpressionPlan {
  readonly fetch: string;
  readonly arguments: readonly ArgumentPlan[];
  readonly kinds: readonly (ArgumentKind | null)[];
  readonly converters: readonly ConverterPlan[];
  readonly type: SampleType;
}

/** One test of an ACL. */
export interface AclTestPlan {
  readonly expression: ExpressionPlan;
  readonly match: MatchMethod;
  readonly ignoreCase: boolean;
  readonly patterns: readonly string[];
  /** Indexes in `plan.patternFiles`. */
  readonly files: readonly number[];
}

/** An ACL: true when one of its tests is. */
export interface AclPlan {
  /** '' for an anonymous one. */
  readonly name: string;
  readonly tests: readonly AclTestPlan[];
}

/** A file of patterns or of a map: its lines without comments, key and value apart. */
export interface PatternFilePlan {
  readonly path: string;
  /** `[key, value]`; the value of a plain pattern is ''. */
  readonly entries: readonly (readonly [string, string])[];
  /** How its lines are read; absent where nobody may change them. */
  readonly form?: PatternFileForm;
  /** The keys as written, where some of them are not as they are compared. */
  readonly texts?: readonly string[];
}

/** What the lines of a file of patterns are. */
export interface PatternFileForm {
  /** How keys are compared. */
  readonly match: MatchMethod;
  /** Lines are keys and values. */
  readonly map: boolean;
  /** What the values must be; `any` where they are not looked at. */
  readonly value: 'any' | 'str' | 'int' | 'ip';
}

/** A condition; `acl` is an index in `plan.acls`. */
export interface ConditionPlan {
  readonly unless: boolean;
  readonly alternatives: readonly (readonly { readonly negated: boolean; readonly acl: number }[])[];
}

/** A piece of a log format. */
export type FormatPartPlan =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly argument: string; readonly flags: FormatFlags }
  | { readonly kind: 'expression'; readonly expression: ExpressionPlan; readonly flags: FormatFlags };

/** A log format. */
export type FormatPlan = readonly FormatPartPlan[];
