/**
 * Sample expressions, conditions and log formats as configurations write them (configuration
 * manual, sections 7 and 8.2): checked against the tables of fetches and converters, with names of
 * proxies, servers and tables still unresolved.
 */
import type { Place } from '../diagnostics.js';

/** The types a sample may have (configuration manual, section 7.2). */
export const SAMPLE_TYPES = ['bool', 'sint', 'ipv4', 'ipv6', 'addr', 'str', 'bin', 'meth', 'any'] as const;
/** One of them; `addr` is either ipv4 or ipv6. */
export type SampleType = (typeof SAMPLE_TYPES)[number];

/** What an argument is, and what its value becomes in the Plan. */
export const ARGUMENT_KINDS = [
  /** string -> string */
  'string',
  /** regular expression -> its source */
  'regex',
  /** signed integer, time (milliseconds unless the table says otherwise), size -> number */
  'integer',
  'time',
  'size',
  /** address or mask -> string, as `10.0.0.0` or `24` */
  'ip',
  'mask',
  /** name of a proxy -> index in `plan.frontends` or `plan.backends` */
  'frontend',
  'backend',
  /** `backend/server` or `server` of the own backend -> ServerReference */
  'server',
  /** name of a proxy with a stick-table -> index in `plan.tables` */
  'table',
  /** `sess.name` and the like -> string, checked */
  'variable',
  /** file of patterns -> index in `plan.patternLists` */
  'map',
] as const;
/** One of them. */
export type ArgumentKind = (typeof ARGUMENT_KINDS)[number];

/** One argument as written and checked; null where an optional one is left out. */
export interface Argument {
  readonly kind: ArgumentKind;
  /** A number for integer, time and size, the text for everything else. */
  readonly value: string | number;
  readonly place: Place;
}

/** A converter with its arguments. */
export interface ConverterUse {
  readonly name: string;
  readonly arguments: readonly (Argument | null)[];
}

/** `src`, `req.payload(0,4),hex`, `table_conn_rate(st)`: a fetch and the converters after it. */
export interface Expression {
  readonly fetch: string;
  readonly arguments: readonly (Argument | null)[];
  readonly converters: readonly ConverterUse[];
  /** The type after the last converter. */
  readonly type: SampleType;
  readonly place: Place;
}

/** How patterns are compared with a sample (configuration manual, section 7.1). */
export const MATCH_METHODS = [
  'found',
  'bool',
  'int',
  'ip',
  'bin',
  'len',
  'str',
  'beg',
  'sub',
  'dir',
  'dom',
  'end',
  'reg',
] as const;
/** One of them, as `-m` takes it. */
export type MatchMethod = (typeof MATCH_METHODS)[number];

/** One line `acl`, or what stands within `{ }`. */
export interface AclTest {
  readonly expression: Expression;
  readonly match: MatchMethod;
  /** `-i` */
  readonly ignoreCase: boolean;
  readonly written: AclPatterns;
  /** `-f`, in the order given. */
  readonly files: readonly { readonly path: string; readonly place: Place }[];
  /** `-M`: files hold maps, of which the keys are compared. */
  readonly filesAreMaps: boolean;
}

/** The patterns that stand in the line itself. */
export interface AclPatterns {
  /** As they are compared, and as people are shown them. */
  readonly patterns: readonly string[];
  readonly texts: readonly string[];
  /** Numbers have two parts, as `3.1`. */
  readonly dotted: boolean;
  /** `-u`: the number by which commands name them. */
  readonly id: number | null;
  readonly place: Place;
}

/** All lines `acl` of one name in one proxy: true when one of its tests is. */
export interface Acl {
  readonly name: string;
  readonly tests: AclTest[];
  /** Some condition uses it. */
  used: boolean;
  readonly place: Place;
}

/** A term of a condition: an ACL by name, predefined or of the proxy, or an anonymous one. */
export interface Term {
  readonly negated: boolean;
  readonly acl: Acl;
}

/** `if a !b or { src 10.0.0.0/8 }`: true when all terms of one of the alternatives are. */
export interface Condition {
  readonly unless: boolean;
  readonly alternatives: readonly (readonly Term[])[];
  readonly place: Place;
}

/** How a piece of a log format is written out (configuration manual, section 8.2.6). */
export interface FormatFlags {
  /** Q: in quotes. */
  readonly quoted: boolean;
  /** X: addresses and numbers in hexadecimal. */
  readonly hexadecimal: boolean;
  /** E: quotes, backslashes and brackets escaped. */
  readonly escaped: boolean;
  /** M: "-" in place of an empty value (mandatory). */
  readonly mandatory: boolean;
}

/** A piece of a log format: text as it is, a variable such as `%ci`, or `%[expression]`. */
export type FormatPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly argument: string; readonly flags: FormatFlags }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly flags: FormatFlags };

/** A log format, piece after piece. */
export interface Format {
  readonly parts: readonly FormatPart[];
  /** As written. */
  readonly source: string;
  readonly place: Place;
}
