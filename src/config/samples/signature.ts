/**
 * What the tables of fetches and converters say about each of them (configuration manual, section
 * 7.3). The tables are data: parsing, `-c`, suggestions and help come from them.
 */
import type { Origin } from './origins.js';
import type { ArgumentKind, MatchMethod, SampleType } from './syntax.js';

/** How an argument is written. */
export interface ArgumentType {
  /** What it becomes. */
  readonly kind: ArgumentKind;
  /** What messages call it. */
  readonly label: string;
  /** It may be left empty although it is required: names then mean the own proxy. */
  readonly mayBeEmpty: boolean;
}

/** The types of arguments that the tables use. */
export const ARGUMENT_TYPES = {
  string: { kind: 'string', label: 'string', mayBeEmpty: true },
  regex: { kind: 'regex', label: 'regex', mayBeEmpty: true },
  integer: { kind: 'integer', label: 'integer', mayBeEmpty: false },
  /** A number, or the variable that holds it. */
  operand: { kind: 'integer', label: 'string', mayBeEmpty: true },
  ipv4: { kind: 'ip', label: 'IPv4 address', mayBeEmpty: false },
  ipv6: { kind: 'ip', label: 'IPv6 address', mayBeEmpty: false },
  mask4: { kind: 'mask', label: 'IPv4 mask', mayBeEmpty: false },
  mask6: { kind: 'mask', label: 'IPv6 mask', mayBeEmpty: false },
  frontend: { kind: 'frontend', label: 'frontend', mayBeEmpty: true },
  backend: { kind: 'backend', label: 'backend', mayBeEmpty: true },
  server: { kind: 'server', label: 'server', mayBeEmpty: true },
  table: { kind: 'table', label: 'table', mayBeEmpty: true },
  variable: { kind: 'variable', label: 'string', mayBeEmpty: true },
  map: { kind: 'map', label: 'string', mayBeEmpty: true },
} as const satisfies Readonly<Record<string, ArgumentType>>;

/** One of them. */
export type ArgumentTypeName = keyof typeof ARGUMENT_TYPES;
/** A type of argument; `?` marks those that may be left out. */
export type ArgumentSpec = ArgumentTypeName | `${ArgumentTypeName}?`;

/** Judges arguments beyond their types: what is wrong with them, as HAProxy says it, or null. */
export type ArgumentCheck = (values: readonly (string | number | null)[]) => string | null;

/** A sample fetch method. */
export interface FetchSignature {
  readonly name: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly type: SampleType;
  /** Where its information comes from, which says where it may be used. */
  readonly origin: Origin;
  /** One line of help. */
  readonly help: string;
  readonly check?: ArgumentCheck;
  /** The name that it is another name of. */
  readonly alias?: string;
  /** What it is another name of among responses. */
  readonly responseAlias?: string;
  /** How an ACL compares it where the type does not say. */
  readonly match?: MatchMethod;
  /** Only ACLs know this name. */
  readonly aclOnly?: boolean;
  /** Numbers compared with it may be of the kind `3.1`. */
  readonly dotted?: boolean;
}

/** A converter. */
export interface ConverterSignature {
  readonly name: string;
  readonly input: SampleType;
  readonly arguments: readonly ArgumentSpec[];
  readonly output: SampleType;
  readonly help: string;
  readonly check?: ArgumentCheck;
  /** Entries of the map that it reads: how keys are compared, and what values must be. */
  readonly map?: { readonly match: MatchMethod; readonly value: 'str' | 'int' | 'ip' };
}

/** The type of an argument without its `?`. */
export function argumentType(spec: ArgumentSpec): ArgumentType {
  return ARGUMENT_TYPES[spec.replace('?', '') as ArgumentTypeName];
}

/** How many arguments must be given. */
export function requiredArguments(specs: readonly ArgumentSpec[]): number {
  return specs.filter((spec) => !spec.endsWith('?')).length;
}
