/** Data of entries of stick tables as people name, write and compare them: `gpc0`, `conn_rate(10000)=3`, `data.gpc0 gt 4`. */
import type { TablePlan } from '../../plan/rules.js';
import type { StickField } from '../../shared/stick-data.js';
import type { StickTable } from '../../shared/stick-table.js';
import { Refused } from '../places.js';

/** The order in which HAProxy shows them. */
const SHOWN = [
  ...['server_id', 'gpt0', 'gpc0', 'gpc0_rate', 'conn_cnt', 'conn_rate', 'conn_cur', 'sess_cnt', 'sess_rate'],
  ...['http_req_cnt', 'http_req_rate', 'http_err_cnt', 'http_err_rate', 'bytes_in_cnt', 'bytes_in_rate', 'bytes_out_cnt'],
  ...['bytes_out_rate', 'gpc1', 'gpc1_rate', 'server_key', 'http_fail_cnt', 'http_fail_rate', 'gpt', 'gpc', 'gpc_rate'],
  ...['glitch_cnt', 'glitch_rate'],
];
/** A text, not a number: nobody may set it, and it is not kept by itself. */
const SERVER_KEY = 'server_key';

const OPERATORS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
};
/** Filters of one command at most; HAProxy's. */
const FILTERS_MAX = 4;

/** A value of an entry, by its name. */
export interface NamedDatum {
  readonly field: StickField;
  readonly element: number;
}

/** Says whether an entry is meant. Called under the table's lock. */
export type EntryFilter = (stick: StickTable, entry: number, nowMs: number) => boolean;

/**
 * `data.gpc0`, and of arrays `data.gpc` or `data.gpc(1)`. Throws Refused.
 * @param about what a refusal begins with
 */
export function datumOf(word: string, stick: StickTable, about = ''): NamedDatum {
  const [, name, index = '0'] = /^data\.([a-z0-9_]+)(?:[([]([0-9]+)[)\]])?$/.exec(word) ?? [];
  if (name === undefined || !SHOWN.includes(name)) throw new Refused(`${about}Unknown data type\n`);
  const field = stick.fields.get(name);
  if (field === undefined || Number(index) >= field.count) throw new Refused(`${about}Data type not stored in this table\n`);
  return { field, element: Number(index) };
}

/** A whole number; null when a word is none, or is a text's place. */
export function datumValue(word: string | undefined, { field }: NamedDatum): number | null {
  return word !== undefined && /^[0-9]{1,15}$/.test(word) && field.name !== SERVER_KEY ? Number(word) : null;
}

/** `data.<type> <operator> <value>`, several of which all have to hold. Throws Refused, with `usage` where words are none. */
export function filtersOf(words: readonly string[], stick: StickTable, usage: string): EntryFilter {
  const filters: EntryFilter[] = [];
  for (let at = 0; at < words.length; at += 3) {
    const about = `Filter entry #${filters.length + 1}: `;
    const [name, operator, value] = words.slice(at, at + 3);
    if (!name.startsWith('data.') || filters.length === FILTERS_MAX) throw new Refused(usage);
    const datum = datumOf(name, stick, about);
    const compare = Object.hasOwn(OPERATORS, operator ?? '') ? OPERATORS[operator] : undefined;
    if (compare === undefined) throw new Refused(`${about}Require and operator among "eq", "ne", "le", "ge", "lt", "gt"\n`);
    const wanted = datumValue(value, datum);
    if (wanted === null) throw new Refused(`${about}Require a valid integer value to compare against\n`);
    filters.push((table, entry, nowMs) => compare(table.read(entry, datum.field, datum.element, nowMs), wanted));
  }
  return (table, entry, nowMs) => filters.every((filter) => filter(table, entry, nowMs));
}

/**
 * All data of an entry, ` gpc0=1 conn_rate(10000)=3`. Called under the table's lock.
 * @param serverName what is shown as `server_key`
 */
export function dataText(stick: StickTable, entry: number, nowMs: number, serverName: ServerName): string {
  let text = '';
  for (const name of SHOWN) {
    const field = stick.fields.get(name);
    if (field === undefined) continue;
    for (let element = 0; element < field.count; element++)
      text += ` ${label(field, element)}=${shownValue(stick, entry, field, element, nowMs, serverName)}`;
  }
  return text;
}

/** `gpc1_rate(10000)` of an array of rates. */
function label({ name, periodMs }: StickField, element: number): string {
  const array = name === 'gpt' || name === 'gpc' || name === 'gpc_rate';
  const shown = array ? name.replace(/^(gp[ct])/, `$1${element}`) : name;
  return periodMs > 0 ? `${shown}(${periodMs})` : shown;
}

function shownValue(
  stick: StickTable,
  entry: number,
  field: StickField,
  element: number,
  nowMs: number,
  serverName: ServerName,
): string {
  const value = stick.read(entry, field, element, nowMs);
  if (field.name !== SERVER_KEY) return String(value);
  const id = stick.fields.get('server_id');
  return serverName(value, id === undefined ? 0 : stick.read(entry, id, 0, nowMs));
}

/** The name of a server by its key, or, where that is 0, by its id; '-' when there is none. */
export type ServerName = (key: number, id: number) => string;

/** How a table is introduced. */
export function tableLine({ name, keyType, size }: TablePlan, used: number): string {
  return `# table: ${name}, type: ${keyType}, size:${size}, used:${used}\n`;
}
