/** `store` of stick tables: the data that entries hold (configuration manual, section 4.2, stick-table). */
import { type Parsed, parsed, refused } from '../values/parsed.js';
import { parseTime } from '../values/time.js';
import { STICK_DATA, type StickData, type StickDataName } from './syntax.js';

/** Elements of an array at most. */
export const ELEMENTS_MAX = 100;
/** The name that HAProxy once gave to `server_key`. */
const ALIASES: Readonly<Record<string, StickDataName>> = { server_name: 'server_key' };

/** `conn_rate(10s)`, `gpc(3)`, `gpc_rate(2,1m)`, `conn_cnt`. The reason is HAProxy's text. */
export function parseStickData(text: string): Parsed<StickData> {
  const [, written, argument, close] = /^([^(]*)(?:\(([^)]*)(\)?))?/s.exec(text) as RegExpExecArray;
  const name = ALIASES[written] ?? STICK_DATA.find((known) => known === written);
  if (name === undefined) return refused(`unknown store option '${written}'`);
  if (argument !== undefined && close === '') return refused(`missing closing parenthesis after store option '${written}'`);
  const array = name === 'gpt' || name === 'gpc' || name === 'gpc_rate';
  const rate = name.endsWith('_rate');
  if (!array && !rate) {
    return argument === undefined || argument === ''
      ? parsed({ name, periodMs: 0, count: 1 })
      : refused(`unexpected argument to store option '${written}'`);
  }
  if (argument === undefined) return refused(`missing argument to store option '${written}'`);
  return parseNumbers(name, argument, array, rate);
}

function parseNumbers(name: StickDataName, argument: string, array: boolean, rate: boolean): Parsed<StickData> {
  const [first, second] = argument.split(',');
  const count = array ? Number(/^[0-9]+/.exec(first)?.[0] ?? 0) : 1;
  if (count < 1 || count > ELEMENTS_MAX)
    return refused(`array size is out of allowed range (1-${ELEMENTS_MAX}) for store option '${name}'`);
  if (!rate) return parsed({ name, periodMs: 0, count });
  const text = array ? second : argument;
  if (text === undefined) return refused(`missing argument to store option '${name}'`);
  const period = parseTime(text);
  if (!period.ok) return refused(`error when processing store option '${name}'`);
  return parsed({ name, periodMs: Math.max(1, period.value), count });
}

/** Arrays take the place of the single counters and tags: both in one table is refused. */
export function conflictOf(data: readonly StickData[]): string | null {
  const has = (...names: StickDataName[]): boolean => data.some(({ name }) => names.includes(name));
  const refusal = (array: string, single: string): string =>
    `simultaneous usage of '${array}' and '${single}' in a same table is not permitted as '${array}' overrides '${single}'`;
  if (has('gpt') && has('gpt0')) return refusal('gpt', 'gpt0');
  if (has('gpc') && has('gpc0', 'gpc1')) return refusal('gpc', 'gpc[0/1]');
  if (has('gpc_rate') && has('gpc0_rate', 'gpc1_rate')) return refusal('gpc_rate', 'gpc[0/1]_rate');
  return null;
}
