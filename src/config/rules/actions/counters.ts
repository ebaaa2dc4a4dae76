/** Actions on what stick tables hold, and captures: track-sc, sc-inc-gpc, sc-set-gpt, capture. */
import { TRACKED_COUNTERS } from '../../samples/fetches/counters.js';
import { type Parsed, parsed, refused } from '../../values/parsed.js';
import type { RuleContext } from '../context.js';
import { ELEMENTS_MAX } from '../stick-data.js';
import { type ActionKeyword, ALL_SETS, expressionAt, REQUEST_SETS, type ReadAction, wrong } from './outcome.js';

/** `track-sc0 <expression> [table <name>]`; the number may be left out. */
function readTrack(context: RuleContext): ReadAction {
  const { set, words } = context;
  const about = `'${set} ${words[0].text}' :`;
  const number = words[0].text.slice('track-sc'.length);
  const counter = Number(number);
  if (!/^[0-9]*$/.test(number)) return wrong(`${about} Wrong track-sc number '${number}'`);
  if (counter >= TRACKED_COUNTERS)
    return wrong(`${about} ${counter} track-sc number exceeding ${TRACKED_COUNTERS - 1} (MAX_SESS_STKCTR-1) value`);
  const read = expressionAt(context, 1);
  if (!read.ok) return { ...read, message: `${about} ${read.message}` };
  const next = 1 + read.taken;
  const named = words[next]?.text === 'table';
  const name = words[next + 1];
  if (named && name === undefined) return wrong(`${about} missing table name`);
  const table = named ? { name: name.text, place: name.place } : null;
  const action = { kind: 'track-sc', counter, expression: read.expression, table } as const;
  return { ok: true, action, taken: named ? next + 2 : next };
}

/** The numbers between parentheses: `(idx,counter)` of arrays, `(counter)` of the others. */
function numbersOf(word: string, array: boolean): Parsed<{ index: number; counter: number }> {
  const [, name, inner] = /^([^(]*)(?:\((.*))?$/s.exec(word) as RegExpExecArray;
  const [, first, second, end] = /^([0-9]*)(?:,([0-9]*))?(.*)$/s.exec(inner ?? '') as RegExpExecArray;
  const single = name.startsWith('sc-inc-gpc') && !array;
  const element = name.endsWith('gpt') ? 'GPT' : 'GPC';
  const usage = `${single ? word : name}(${array ? `<${element} ID>,` : ''}<Track ID>)`;
  const invalid = single ? 'invalid stick table track ID.' : `invalid stick table track ID '${word}'.`;
  if (array && second === undefined) return refused(`Missing ${name.slice(-3)} ID '${word}'. Expects ${usage}`);
  const counter = array ? second : first;
  if (inner !== undefined && (counter === '' || end !== ')')) return refused(`${invalid} Expects ${usage}`);
  if (Number(counter) >= TRACKED_COUNTERS) return refused(`${invalid} The max allowed ID is ${TRACKED_COUNTERS - 1}`);
  if (array && Number(first) >= ELEMENTS_MAX)
    return refused(`invalid element '${first}' in '${word}', expected 0..${ELEMENTS_MAX - 1}`);
  return parsed({ index: array ? Number(first) : Number(/[01]$/.exec(name)?.[0] ?? 0), counter: Number(counter) });
}

const readIncrement =
  (array: boolean): ActionKeyword['read'] =>
  ({ words }) => {
    const numbers = numbersOf(words[0].text, array);
    return numbers.ok ? { ok: true, action: { kind: 'sc-inc-gpc', ...numbers.value }, taken: 1 } : numbers;
  };

/** A number, or an expression that yields one. */
const readAssignment =
  (kind: 'sc-set-gpt' | 'sc-add-gpc', array: boolean): ActionKeyword['read'] =>
  (context) => {
    const numbers = numbersOf(context.words[0].text, array);
    if (!numbers.ok) return numbers;
    const text = context.words[1]?.text ?? '';
    if (/^[0-9]+$/.test(text)) return { ok: true, action: { kind, ...numbers.value, value: Number(text) }, taken: 2 };
    const read = expressionAt(context, 1);
    if (!read.ok) return read;
    return { ok: true, action: { kind, ...numbers.value, value: read.expression }, taken: 1 + read.taken };
  };

/** `capture <expression> len <length>` makes one more capture of the frontend. */
function readCapture(context: RuleContext): ReadAction {
  const { set, proxy, words, about } = context;
  if (set !== 'tcp-request content')
    return wrong(`'capture ${words[1]?.text ?? ''}' is not allowed in '${set}' rules in ${about}`);
  if (proxy.kind === 'defaults') return wrong(`'${set} capture' is not supported in 'defaults' sections`);
  if (proxy.kind === 'backend') return wrong(`'${set} capture' : proxy '${proxy.name}' has no frontend capability`);
  const read = expressionAt(context, 1);
  if (!read.ok) return { ...read, message: `'${set} capture' : ${read.message}` };
  const next = 1 + read.taken;
  if (words[next]?.text !== 'len') return wrong(`'${set} capture' : a positive 'len' argument is mandatory`);
  const text = words[next + 1]?.text ?? '';
  const length = /^[0-9]+$/.test(text) ? Number(text) : 0;
  if (length === 0) return wrong(`'${set} capture' : length must be > 0`);
  const slot = proxy.captures.request.push(length) - 1;
  return { ok: true, action: { kind: 'capture', expression: read.expression, length, slot }, taken: next + 2 };
}

/** All of them. */
export const COUNTER_ACTIONS: readonly ActionKeyword[] = [
  { name: 'capture', sets: REQUEST_SETS, read: readCapture },
  { name: 'track-sc*', sets: REQUEST_SETS, read: readTrack },
  { name: 'sc-inc-gpc(*)', sets: ALL_SETS, read: readIncrement(true) },
  { name: 'sc-inc-gpc0(*)', sets: ALL_SETS, read: readIncrement(false) },
  { name: 'sc-inc-gpc1(*)', sets: ALL_SETS, read: readIncrement(false) },
  { name: 'sc-add-gpc(*)', sets: ALL_SETS, read: readAssignment('sc-add-gpc', true) },
  { name: 'sc-set-gpt(*)', sets: ALL_SETS, read: readAssignment('sc-set-gpt', true) },
  { name: 'sc-set-gpt0(*)', sets: ALL_SETS, read: readAssignment('sc-set-gpt', false) },
];
