/**
 * Rules as configurations write them (configuration manual, section 4.2 and chapter 13 of newer
 * ones): an action, and the condition under which it is carried out.
 */
import type { Place } from '../diagnostics.js';
import type { Condition, Expression, Format } from '../samples/syntax.js';
import type { Assigned } from '../samples/variables.js';

/** Where rules are evaluated, in this order in the life of a session. */
export const RULE_SETS = [
  'tcp-request connection',
  'tcp-request session',
  'tcp-request content',
  'tcp-response content',
] as const;
/** One of them. */
export type RuleSet = (typeof RULE_SETS)[number];

/**
 * What a rule does, numbers checked. Configuration and Plan have expressions E, formats F and tables T
 * in forms of their own.
 */
export type Action<E, F, T> =
  | { readonly kind: 'accept' | 'reject' | 'close' | 'silent-drop' | 'expect-proxy' }
  | ({ readonly kind: 'set-var'; readonly expression: E } & Assigned)
  | ({ readonly kind: 'set-var-fmt'; readonly format: F } & Assigned)
  | { readonly kind: 'unset-var'; readonly variable: string }
  | { readonly kind: 'track-sc'; readonly counter: number; readonly expression: E; readonly table: T }
  | { readonly kind: 'sc-inc-gpc'; readonly index: number; readonly counter: number }
  | {
      readonly kind: 'sc-set-gpt' | 'sc-add-gpc';
      readonly index: number;
      readonly counter: number;
      readonly value: number | E;
    }
  /** `slot`: its place among the captures of the proxy. */
  | { readonly kind: 'capture'; readonly expression: E; readonly length: number; readonly slot: number }
  | { readonly kind: 'set-src' | 'set-dst' | 'set-src-port' | 'set-dst-port'; readonly expression: E }
  | { readonly kind: 'set-priority-class' | 'set-priority-offset'; readonly expression: E }
  | { readonly kind: 'set-mark' | 'set-tos' | 'set-nice' | 'set-bandwidth-limit'; readonly value: number }
  | { readonly kind: 'set-log-level'; readonly level: string };

/** What a rule does; names are unresolved. A table is the name of the proxy that has it, or null for the own. */
export type RuleAction = Action<Expression, Format, NamedReference | null>;

/** One rule. */
export interface Rule {
  readonly action: RuleAction;
  readonly condition: Condition | null;
  readonly place: Place;
}

/** `stick on`, `match`, `store-request`, `store-response`; `on` becomes a match and a store-request. */
export interface StickRule {
  readonly kind: 'match' | 'store-request' | 'store-response';
  readonly expression: Expression;
  /** Name of the proxy that has the table, or null for the own. */
  readonly table: NamedReference | null;
  readonly condition: Condition | null;
  readonly place: Place;
}

/** The data that an entry of a stick table may hold (configuration manual, section 11.1 of newer, 4.2 of older ones). */
export const STICK_DATA = [
  'server_id',
  'server_key',
  'gpt0',
  'gpt',
  'gpc0',
  'gpc0_rate',
  'gpc1',
  'gpc1_rate',
  'gpc',
  'gpc_rate',
  'conn_cnt',
  'conn_rate',
  'conn_cur',
  'sess_cnt',
  'sess_rate',
  'http_req_cnt',
  'http_req_rate',
  'http_err_cnt',
  'http_err_rate',
  'http_fail_cnt',
  'http_fail_rate',
  'bytes_in_cnt',
  'bytes_in_rate',
  'bytes_out_cnt',
  'bytes_out_rate',
  'glitch_cnt',
  'glitch_rate',
] as const;
/** One of them. */
export type StickDataName = (typeof STICK_DATA)[number];

/** One piece of data that entries hold. */
export interface StickData {
  readonly name: StickDataName;
  /** Of a rate: its period in milliseconds; 0 otherwise. */
  readonly periodMs: number;
  /** Elements of an array (`gpt`, `gpc`, `gpc_rate`); 1 otherwise. */
  readonly count: number;
}

/** `stick-table` of a proxy. */
export interface StickTable {
  readonly keyType: 'ip' | 'ipv6' | 'integer' | 'string' | 'binary';
  /** Bytes of a key at most: 4, 16, 4, or as `len` says. */
  readonly keyLength: number;
  /** Entries at most. */
  readonly size: number;
  /** Milliseconds; 0: never. */
  readonly expireMs: number;
  readonly nopurge: boolean;
  readonly data: readonly StickData[];
  readonly place: Place;
}

/** A name of another proxy or server, and where it was written. */
export interface NamedReference {
  readonly name: string;
  readonly place: Place;
}
