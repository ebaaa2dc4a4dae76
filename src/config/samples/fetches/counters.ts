/**
 * Fetches of what stick tables count (configuration manual, section 7.3.3): `src_*` of the client's
 * address, `sc_*` of what rules track, with `sc0_*` to `sc2_*` for one tracked counter.
 */
import type { FetchSignature } from '../signature.js';

/** Tracked counters of a session (`track-sc0` to `track-sc2`). */
export const TRACKED_COUNTERS = 3;

/** Of an entry: what it holds, by the end of the names. */
const COUNTERS: readonly (readonly [name: string, what: string])[] = [
  ['bytes_in_rate', 'bytes from the client in the period of the table'],
  ['bytes_out_rate', 'bytes to the client in the period of the table'],
  ['clr_gpc0', 'first general purpose counter, cleared, with its value before'],
  ['clr_gpc1', 'second general purpose counter, cleared, with its value before'],
  ['conn_cnt', 'connections so far'],
  ['conn_cur', 'connections at the moment'],
  ['conn_rate', 'connections in the period of the table'],
  ['get_gpc0', 'first general purpose counter'],
  ['get_gpc1', 'second general purpose counter'],
  ['get_gpt0', 'first general purpose tag'],
  ['gpc0_rate', 'increments of the first general purpose counter in the period of the table'],
  ['gpc1_rate', 'increments of the second general purpose counter in the period of the table'],
  ['http_err_cnt', 'HTTP errors so far'],
  ['http_err_rate', 'HTTP errors in the period of the table'],
  ['http_fail_cnt', 'HTTP failures of servers so far'],
  ['http_fail_rate', 'HTTP failures of servers in the period of the table'],
  ['http_req_cnt', 'HTTP requests so far'],
  ['http_req_rate', 'HTTP requests in the period of the table'],
  ['inc_gpc0', 'first general purpose counter, incremented'],
  ['inc_gpc1', 'second general purpose counter, incremented'],
  ['kbytes_in', 'kilobytes from the client so far'],
  ['kbytes_out', 'kilobytes to the client so far'],
  ['sess_cnt', 'sessions so far'],
  ['sess_rate', 'sessions in the period of the table'],
];

/** Of an element of an array, whose index is the first argument. */
const ELEMENTS: readonly (readonly [name: string, what: string])[] = [
  ['clr_gpc', 'a general purpose counter of the array, cleared, with its value before'],
  ['get_gpc', 'a general purpose counter of the array'],
  ['get_gpt', 'a general purpose tag of the array'],
  ['gpc_rate', 'increments of a general purpose counter of the array in the period of the table'],
  ['inc_gpc', 'a general purpose counter of the array, incremented'],
];

/** Only of what is tracked. */
const TRACKING: readonly (readonly [name: string, type: 'bool' | 'sint', what: string])[] = [
  ['tracked', 'bool', 'whether it is tracked'],
  ['trackers', 'sint', 'connections that track the same key'],
];

const source = COUNTERS.map(
  ([name, what]): FetchSignature => ({
    name: `src_${name}`,
    arguments: ['table'],
    type: 'sint',
    origin: 'client',
    help: `Of the client's address: ${what}.`,
  }),
);

const sourceElements = ELEMENTS.map(
  ([name, what]): FetchSignature => ({
    name: `src_${name}`,
    arguments: ['integer', 'table'],
    type: 'sint',
    origin: 'client',
    help: `Of the client's address: ${what}.`,
  }),
);

/** The tracked counter by its number in front of the table. */
const tracked = [...COUNTERS.map(([name, what]) => [name, 'sint', what] as const), ...TRACKING].map(
  ([name, type, what]): FetchSignature => ({
    name: `sc_${name}`,
    arguments: ['integer', 'table?'],
    type,
    origin: 'internal',
    help: `Of a tracked counter: ${what}.`,
  }),
);

const trackedElements = ELEMENTS.map(
  ([name, what]): FetchSignature => ({
    name: `sc_${name}`,
    arguments: ['integer', 'integer', 'table?'],
    type: 'sint',
    origin: 'internal',
    help: `Of a tracked counter: ${what}.`,
  }),
);

/** `sc0_x(table)` is `sc_x(0,table)`. */
const numbered = Array.from({ length: TRACKED_COUNTERS }, (_, counter) =>
  tracked.map(
    (signature): FetchSignature => ({
      ...signature,
      name: signature.name.replace('sc_', `sc${counter}_`),
      arguments: ['table?'],
      help: signature.help.replace('a tracked counter', `tracked counter ${counter}`),
    }),
  ),
).flat();

/** All of them. */
export const COUNTER_FETCHES: readonly FetchSignature[] = [
  ...source,
  ...sourceElements,
  {
    name: 'src_updt_conn_cnt',
    arguments: ['table'],
    type: 'sint',
    origin: 'client',
    help: "Of the client's address: connections so far, with this one, for which an entry is made.",
  },
  ...tracked,
  ...trackedElements,
  ...numbered,
];
