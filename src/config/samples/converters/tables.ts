/** Converters that look keys up in maps and in stick tables (configuration manual, section 7.3.1). */
import { isIP } from 'node:net';
import type { ArgumentCheck, ConverterSignature } from '../signature.js';
import type { MatchMethod } from '../syntax.js';

const MAP_MATCHES: readonly MatchMethod[] = ['str', 'beg', 'sub', 'dir', 'dom', 'end', 'reg', 'int', 'ip'];
const MAP_VALUES = [
  { suffix: '', value: 'str', output: 'str', name: 'texts' },
  { suffix: '_int', value: 'int', output: 'sint', name: 'numbers' },
  { suffix: '_ip', value: 'ip', output: 'addr', name: 'addresses' },
] as const;

const checkDefaultAddress: ArgumentCheck = ([, address]) =>
  address === null || address === undefined || isIP(String(address)) !== 0 ? null : `map: cannot parse default ip <${address}>.`;

/** `map_beg_int` and the like; a second argument is the default. */
const maps = MAP_MATCHES.flatMap((match) =>
  MAP_VALUES.map(
    ({ suffix, value, output, name }): ConverterSignature => ({
      name: `map_${match}${suffix}`,
      input: match === 'int' ? 'sint' : match === 'ip' ? 'addr' : 'str',
      arguments: ['map', value === 'int' ? 'integer?' : 'string?'],
      output,
      map: { match, value },
      ...(value === 'ip' && { check: checkDefaultAddress }),
      help: `Looked up in a map of ${name}, whose keys are compared as -m ${match}.`,
    }),
  ),
);

const map: ConverterSignature = {
  name: 'map',
  input: 'str',
  arguments: ['map', 'string?'],
  output: 'str',
  map: { match: 'str', value: 'str' },
  help: 'As map_str.',
};

const regm: ConverterSignature = {
  name: 'map_regm',
  input: 'str',
  arguments: ['map', 'string?'],
  output: 'str',
  map: { match: 'reg', value: 'str' },
  help: 'As map_reg, with \\1 and the like in the value replaced by what the groups matched.',
};

/** Of an entry of a table: what it holds. */
const ENTRY: readonly (readonly [name: string, what: string])[] = [
  ['bytes_in_rate', 'bytes from the client in the period of the table'],
  ['bytes_out_rate', 'bytes to the client in the period of the table'],
  ['conn_cnt', 'connections so far'],
  ['conn_cur', 'connections at the moment'],
  ['conn_rate', 'connections in the period of the table'],
  ['gpc0', 'first general purpose counter'],
  ['gpc0_rate', 'increments of the first general purpose counter in the period of the table'],
  ['gpc1', 'second general purpose counter'],
  ['gpc1_rate', 'increments of the second general purpose counter in the period of the table'],
  ['gpt0', 'first general purpose tag'],
  ['http_err_cnt', 'HTTP errors so far'],
  ['http_err_rate', 'HTTP errors in the period of the table'],
  ['http_fail_cnt', 'HTTP failures of servers so far'],
  ['http_fail_rate', 'HTTP failures of servers in the period of the table'],
  ['http_req_cnt', 'HTTP requests so far'],
  ['http_req_rate', 'HTTP requests in the period of the table'],
  ['kbytes_in', 'kilobytes from the client so far'],
  ['kbytes_out', 'kilobytes to the client so far'],
  ['server_id', 'number of the server'],
  ['sess_cnt', 'sessions so far'],
  ['sess_rate', 'sessions in the period of the table'],
  ['trackers', 'connections that track the key'],
];

const lookups = ENTRY.map(
  ([name, what]): ConverterSignature => ({
    name: `table_${name}`,
    input: 'any',
    arguments: ['table'],
    output: 'sint',
    help: `Of the entry of a table: ${what}; 0 where there is none.`,
  }),
);

const elements = ['gpc', 'gpc_rate', 'gpt'].map(
  (name): ConverterSignature => ({
    name: `table_${name}`,
    input: 'any',
    arguments: ['integer', 'table'],
    output: 'sint',
    help: `Of the entry of a table: an element of its array ${name}; 0 where there is none.`,
  }),
);

const times = ['expire', 'idle'].map(
  (name): ConverterSignature => ({
    name: `table_${name}`,
    input: 'any',
    arguments: ['table', 'integer?'],
    output: 'sint',
    help: `Milliseconds of an entry of a table: ${name === 'idle' ? 'since it was used' : 'until it expires'}, or the default.`,
  }),
);

/** All of them. */
export const TABLE_CONVERTERS: readonly ConverterSignature[] = [
  map,
  ...maps,
  regm,
  { name: 'in_table', input: 'any', arguments: ['table'], output: 'bool', help: 'Whether a table has an entry of that key.' },
  ...lookups,
  ...elements,
  ...times,
];
