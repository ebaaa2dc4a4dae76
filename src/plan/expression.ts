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
  /** Indexes in `plan.patternLists`: of the patterns in its line, and of its files. */
  readonly lists: readonly number[];
}

/** An ACL: true when one of its tests is. */
export interface AclPlan {
  /** '' for an anonymous one. */
  readonly name: string;
  readonly tests: readonly AclTestPlan[];
}

/** Patterns of a line `acl`, or the lines of a file of patterns or of a map, without comments and read in one way. */
export interface PatternListPlan {
  /** Where they come from; lists that read one file in several ways share it. */
  readonly source: PatternSource;
  /** `[key, value]`; the value of a plain pattern is ''. */
  readonly entries: readonly (readonly [string, string])[];
  /** How its lines are read. */
  readonly form: PatternForm;
  /** The keys as people are shown them, where some of them are not as they are compared. */
  readonly texts?: readonly string[];
}

/** What patterns come from: what commands about them name. */
export interface PatternSource {
  /** Its number. */
  readonly id: number;
  /** Of a file; '' of patterns that stand in the configuration itself. */
  readonly path: string;
  /** Where it is used. */
  readonly uses: readonly PatternUse[];
}

/** A place where patterns are used. */
export interface PatternUse {
  /** `acl-map`: an ACL compares with the keys of a map (`-M`). */
  readonly kind: 'acl' | 'acl-map' | 'map';
  /** What is compared with them: the name of the fetch. */
  readonly keyword: string;
  readonly file: string;
  readonly line: number;
}

/** What the lines of a list of patterns are. */
export interface PatternForm {
  /** How keys are compared. */
  readonly match: MatchMethod;
  readonly ignoreCase: boolean;
  /** Numbers have two parts, as `3.1`. */
  readonly dotted: boolean;
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
