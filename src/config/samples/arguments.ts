/**
 * Arguments of fetches and converters: `(24,"a,b")`, split, unquoted and checked against the types
 * of the tables (configuration manual, sections 2.2 and 7.3).
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Place } from '../diagnostics.js';
import { readArgumentWord } from '../tokens/argument-word.js';
import { type Parsed, parsed, refused } from '../values/parsed.js';
import { type ArgumentSpec, type ArgumentType, argumentType, requiredArguments } from './signature.js';
import type { Argument } from './syntax.js';
import { parseVariable } from './variables.js';

/** Arguments as they were read, and where the text goes on after them. */
export interface ReadArguments {
  readonly values: readonly (Argument | null)[];
  readonly end: number;
}

/** What an argument list may do wrong, with the number of the argument that is to blame (from 1). */
export type ArgumentsResult = { readonly ok: true; readonly value: ReadArguments } | ArgumentsFault;
/** A fault, and the argument where it was found. */
export interface ArgumentsFault {
  readonly ok: false;
  readonly message: string;
  readonly index: number;
}

/** HAProxy checks it after the types, and says so in other words; see readExpression. */
export const OPERAND_EXPECTED = 'expects an integer or a variable name';
const INTEGER = /^[+-]?[0-9]+$/;

/** Reads the list that begins at `start` with its parenthesis; without one, nothing is given. */
export function readArguments(text: string, start: number, specs: readonly ArgumentSpec[], place: Place): ArgumentsResult {
  const open = text[start] === '(';
  const values: (Argument | null)[] = [];
  let at = open ? start + 1 : start;
  while (values.length < specs.length) {
    const word = open ? readArgumentWord(text, at) : { text: '', end: at };
    const spec = specs[values.length];
    const value = checkArgument(word.text, spec, values.length + 1, place);
    if (!value.ok) return { ...value, index: values.length + 1 };
    if (value.value === null && !argumentType(spec).mayBeEmpty) break;
    values.push(value.value);
    at = word.end;
    if (!open || text[at] !== ',' || values.length === specs.length) break;
    at++;
  }
  if (values.length < requiredArguments(specs)) return tooFew(values.length, specs);
  if (open && text[at] !== ')') return notClosed(text.slice(at), Math.max(1, Math.min(values.length + 1, specs.length)));
  while (values.length < specs.length) values.push(null);
  return { ok: true, value: { values, end: open ? at + 1 : at } };
}

function tooFew(count: number, specs: readonly ArgumentSpec[]): ArgumentsFault {
  const { label } = argumentType(specs[count]);
  const message = `missing arguments (got ${count}/${requiredArguments(specs)}), type '${label}' expected`;
  return { ok: false, message, index: count + 1 };
}

function notClosed(rest: string, index: number): ArgumentsFault {
  return { ok: false, message: rest === '' ? "expected ')'" : `expected ')' before '${rest}'`, index };
}

function checkArgument(text: string, spec: ArgumentSpec, position: number, place: Place): Parsed<Argument | null> {
  const type = argumentType(spec);
  if (text === '' && (spec.endsWith('?') || type.mayBeEmpty)) return parsed(null);
  if (text === '') return refused(`expected type '${type.label}' at position ${position}, but got nothing`);
  if (spec.startsWith('operand')) return operand(text, place);
  const value = convert(text, type);
  return value === null
    ? refused(`failed to parse '${text}' as type '${type.label}' at position ${position}`)
    : parsed({ kind: type.kind, value, place });
}

function convert(text: string, { kind, label }: ArgumentType): string | number | null {
  if (kind === 'integer') return INTEGER.test(text) ? integerOf(text) : null;
  if (kind === 'ip' || kind === 'mask') return isAddressOf(label, text) ? text : null;
  return text;
}

/** A number, or the text of one that JavaScript's numbers do not hold exactly. */
function integerOf(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

function operand(word: string, place: Place): Parsed<Argument> {
  if (INTEGER.test(word)) return parsed({ kind: 'integer', value: integerOf(word), place });
  const variable = parseVariable(word);
  return variable.ok ? parsed({ kind: 'variable', value: word, place }) : refused(OPERAND_EXPECTED);
}

function isAddressOf(label: string, word: string): boolean {
  if (label === 'IPv4 address') return isIPv4(word);
  if (label === 'IPv6 address') return isIPv6(word) && !word.includes('%');
  if (label === 'IPv4 mask') return isBits(word, 32) || isIPv4(word);
  return isBits(word, 128) || isIPv6(word);
}

function isBits(word: string, max: number): boolean {
  return /^[0-9]{1,3}$/.test(word) && Number(word) <= max;
}
