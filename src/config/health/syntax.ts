/**
 * Health checks as they are written: the kind that an option chooses, and the rules `tcp-check` and
 * `http-check` (configuration manual, 4.2). Texts are characters as in the file; bytes are made of
 * them when they are compiled.
 */
import type { Place } from '../diagnostics.js';
import type { Expression, Format } from '../samples/syntax.js';
import type { Assigned } from '../samples/variables.js';
import type { AddressSyntax } from '../values/address.js';

/** The two keywords of rules. */
export type CheckFamily = 'tcp-check' | 'http-check';

/** The options that choose a kind of check; the last one holds. */
export const CHECK_KINDS = [
  ...(['tcp-check', 'httpchk', 'ldap-check', 'mysql-check', 'pgsql-check', 'redis-check', 'smtpchk', 'ssl-hello-chk'] as const),
] as const;
/** One of them. */
export type CheckKindName = (typeof CHECK_KINDS)[number];

/** `option httpchk GET /` and its like. */
export interface CheckKind {
  readonly name: CheckKindName;
  /** The words after the option. */
  readonly words: readonly string[];
  /** The section has a rule `http-check send` before it: what the option says goes first. */
  readonly afterRequest: boolean;
  readonly place: Place;
}

/** A text as it is, or a format that becomes one. */
export type CheckText = string | Format;

/** A string that stands for itself, or a log format, as bytes or as hexadecimal digits of them. */
export interface CheckData {
  readonly text: CheckText;
  readonly hexadecimal: boolean;
}

/** How a name or value of a header is compared. */
export const HEADER_MATCHES = ['str', 'beg', 'end', 'sub', 'reg'] as const;
/** One of them. */
export type HeaderMatch = (typeof HEADER_MATCHES)[number];

/** A pattern of a header's name or value; `reg` holds the translated source of a regular expression. */
export interface HeaderPattern {
  readonly match: HeaderMatch;
  readonly text: CheckText;
}

/** What is expected of an answer. */
export type ExpectPattern =
  | { readonly kind: 'string' | 'binary'; readonly data: CheckData }
  /** The source of a regular expression, translated; `rbinary` is matched with hexadecimal digits. */
  | { readonly kind: 'rstring' | 'rbinary' | 'rstatus'; readonly regex: string; readonly text: string }
  | { readonly kind: 'status'; readonly ranges: readonly (readonly [first: number, last: number])[]; readonly text: string }
  | { readonly kind: 'hdr' | 'fhdr'; readonly name: HeaderPattern; readonly value: HeaderPattern | null };

/** `connect`. */
export interface ConnectRule {
  readonly kind: 'connect';
  /** null: that of the server's check. */
  readonly port: number | Expression | null;
  readonly address: AddressSyntax | null;
  readonly sendProxy: boolean;
  readonly ssl: boolean;
  readonly sni: string | null;
  readonly alpn: readonly string[];
  /** With the server's own settings where the rule says nothing. */
  readonly default: boolean;
  readonly linger: boolean;
}

/** `send` and its variants of tcp-check. */
export interface SendRule {
  readonly kind: 'send';
  readonly data: CheckData;
}

/** `http-check send`; null and undefined: as `option httpchk` says. */
export interface HttpSendRule {
  readonly kind: 'http-send';
  readonly method: string | null;
  readonly uri: CheckText | null;
  readonly version: string | null;
  readonly headers: readonly { readonly name: string; readonly value: Format }[];
  readonly body: CheckText | null;
}

/** Statuses that an expectation may end with. */
export const OK_STATUSES = ['L4OK', 'L6OK', 'L7OK', 'L7OKC'] as const;
export const ERROR_STATUSES = ['L7OKC', 'L7RSP', 'L7STS', 'L6RSP', 'L4CON'] as const;
export const TIMEOUT_STATUSES = ['L7TOUT', 'L6TOUT', 'L4TOUT'] as const;

/** `expect`. */
export interface ExpectRule {
  readonly kind: 'expect';
  readonly pattern: ExpectPattern;
  readonly negated: boolean;
  /** Bytes that must have come before it is decided; 0: whatever has come decides; -1: not said. */
  readonly minReceive: number;
  readonly okStatus: (typeof OK_STATUSES)[number] | null;
  readonly errorStatus: (typeof ERROR_STATUSES)[number] | null;
  readonly timeoutStatus: (typeof TIMEOUT_STATUSES)[number] | null;
  readonly onSuccess: Format | null;
  readonly onError: Format | null;
  readonly statusCode: Expression | null;
}

/** What a rule does. */
export type CheckAction =
  | ConnectRule
  | SendRule
  | HttpSendRule
  | ExpectRule
  | { readonly kind: 'comment' }
  | ({ readonly kind: 'set-var'; readonly value: Expression } & Assigned)
  | ({ readonly kind: 'set-var-fmt'; readonly value: Format } & Assigned)
  | { readonly kind: 'unset-var'; readonly variable: string };

/** One rule. */
export interface CheckRule {
  readonly action: CheckAction;
  /** '' when there is none. */
  readonly comment: string;
  readonly place: Place;
}

/** The rules of one keyword in a proxy. */
export interface CheckRules {
  readonly rules: CheckRule[];
  /** They stand in `defaults`: the first one of the proxy itself takes their place. */
  inherited: boolean;
}
