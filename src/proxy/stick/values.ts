/**
 * What fetches (`sc_*`, `src_*`) and converters (`table_*`) read of an entry, and what some of them
 * change in it (configuration manual, sections 7.3.1 and 7.3.3). One table of names for all of them.
 */
import { NO_ENTRY, type StickTable } from '../../shared/stick-table.js';
import { addToCounter, clearCounter, elementOf, type Naming } from './general.js';

/** Reads, or changes and reads, a value of an entry; -1 when the table has no such data. Called under the table's lock. */
export type EntryValue = (stick: StickTable, entry: number, nowMs: number) => number;

/** Makes the reader of a value; `index` is the element of those that are arrays. */
export type EntryValueFactory = (index: number) => EntryValue;

/** A value by its name behind `sc_`, `src_` or `table_`. */
export interface NamedValue {
  readonly make: EntryValueFactory;
  /** Its first argument is the element of an array. */
  readonly indexed: boolean;
  /** `src_` makes the entry where there is none. */
  readonly creates: boolean;
}

const KILO_SHIFT = 10;

function field(name: string, scaleShift = 0): NamedValue {
  return plain((stick, entry, nowMs) => {
    if (entry === NO_ENTRY) return 0;
    const found = stick.fields.get(name);
    if (found === undefined) return -1;
    return Math.floor(stick.read(entry, found, 0, nowMs) / 2 ** scaleShift);
  });
}

function plain(value: EntryValue): NamedValue {
  return { make: () => value, indexed: false, creates: false };
}

/** Makes the reader of a value by the way it is named. */
type NamingFactory = (naming: Naming) => EntryValueFactory;

const element =
  (name: 'gpc' | 'gpt', suffix: '' | '_rate'): NamingFactory =>
  (naming) =>
  (index) =>
  (stick, entry, nowMs) => {
    if (entry === NO_ENTRY) return 0;
    const found = elementOf(stick, name, suffix, index, naming);
    return found === null ? -1 : stick.read(entry, found.field, found.element, nowMs);
  };

const increment: NamingFactory = (naming) => (index) => (stick, entry, nowMs) =>
  entry === NO_ENTRY ? 0 : addToCounter(stick, entry, index, 1, nowMs, naming);

const clear: NamingFactory = (naming) => (index) => (stick, entry, nowMs) =>
  entry === NO_ENTRY ? 0 : clearCounter(stick, entry, index, nowMs, naming);

function indexed(make: NamingFactory, creates = false): NamedValue {
  return { make: make('array'), indexed: true, creates };
}

function numbered(make: NamingFactory, index: number, creates = false): NamedValue {
  return { make: () => make('older')(index), indexed: false, creates };
}

const counter = element('gpc', '');
const counterRate = element('gpc', '_rate');
const tag = element('gpt', '');

/** Data that are read as they are, under the same names. */
const READ_AS_THEY_ARE = [
  'conn_cnt',
  'conn_cur',
  'conn_rate',
  'sess_cnt',
  'sess_rate',
  'bytes_in_rate',
  'bytes_out_rate',
  'http_req_cnt',
  'http_req_rate',
  'http_err_cnt',
  'http_err_rate',
  'http_fail_cnt',
  'http_fail_rate',
] as const;

/** All values, by the name behind `sc_` and `src_`. */
export const ENTRY_VALUES: Readonly<Record<string, NamedValue>> = {
  ...Object.fromEntries(READ_AS_THEY_ARE.map((name) => [name, field(name)])),
  kbytes_in: field('bytes_in_cnt', KILO_SHIFT),
  kbytes_out: field('bytes_out_cnt', KILO_SHIFT),
  get_gpc: indexed(counter),
  get_gpc0: numbered(counter, 0),
  get_gpc1: numbered(counter, 1),
  gpc_rate: indexed(counterRate),
  gpc0_rate: numbered(counterRate, 0),
  gpc1_rate: numbered(counterRate, 1),
  get_gpt: indexed(tag),
  get_gpt0: numbered(tag, 0),
  inc_gpc: indexed(increment, true),
  inc_gpc0: numbered(increment, 0, true),
  inc_gpc1: numbered(increment, 1, true),
  clr_gpc: indexed(clear),
  clr_gpc0: numbered(clear, 0),
  clr_gpc1: numbered(clear, 1),
};

/** `src_updt_conn_cnt`: counts a connection of the address, and reads the count. */
export const COUNT_CONNECTION: NamedValue = {
  make: () => (stick, entry, nowMs) => {
    if (entry === NO_ENTRY) return 0;
    const found = stick.fields.get('conn_cnt');
    if (found === undefined) return -1;
    stick.add(entry, found, 0, 1, nowMs);
    return stick.read(entry, found, 0, nowMs);
  },
  indexed: false,
  creates: true,
};

/** Sessions that track the entry (`sc_trackers`). */
export const TRACKERS: NamedValue = plain((stick, entry) => (entry === NO_ENTRY ? 0 : stick.trackers(entry)));

/** As HAProxy answers `table_trackers`: who looks an entry up is one of those that hold it. */
const HOLDERS: NamedValue = plain((stick, entry) => (entry === NO_ENTRY ? 0 : stick.trackers(entry) + 1));

/** The server that the entry names (`table_server_id`). */
export const SERVER_ID: NamedValue = field('server_id');

/** Converters have other names for those that only read: `table_gpc0` for `get_gpc0`. */
export const TABLE_VALUES: Readonly<Record<string, NamedValue>> = {
  ...Object.fromEntries(READ_AS_THEY_ARE.map((name) => [name, field(name)])),
  kbytes_in: ENTRY_VALUES.kbytes_in,
  kbytes_out: ENTRY_VALUES.kbytes_out,
  gpc: ENTRY_VALUES.get_gpc,
  gpc0: ENTRY_VALUES.get_gpc0,
  gpc1: ENTRY_VALUES.get_gpc1,
  gpc_rate: ENTRY_VALUES.gpc_rate,
  gpc0_rate: ENTRY_VALUES.gpc0_rate,
  gpc1_rate: ENTRY_VALUES.gpc1_rate,
  gpt: ENTRY_VALUES.get_gpt,
  gpt0: ENTRY_VALUES.get_gpt0,
  server_id: SERVER_ID,
  trackers: HOLDERS,
};
