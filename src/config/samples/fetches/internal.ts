/** Fetches of internal states: constants, time, the process (configuration manual, section 7.3.2). */

import { checkHexadecimal, checkTimeUnit } from '../checks.js';
import type { ArgumentCheck, FetchSignature } from '../signature.js';
import { parseVariable } from '../variables.js';

const checkBool: ArgumentCheck = ([value]) =>
  /^(true|false|0|1)$/i.test(String(value ?? '')) ? null : "Expects 'true', 'false', '0' or '1'";

const checkUuid: ArgumentCheck = ([version]) =>
  version === null || version === undefined || version === 4 || version === 0 ? null : `Unsupported UUID version: '${version}'`;

/** A required variable, as `var` and the converters of variables have it. */
const checkVariable: ArgumentCheck = ([name]) => {
  const variable = parseVariable(String(name ?? ''));
  return variable.ok ? null : variable.message;
};

/** Always at hand, and the same for every session. */
export const INTERNAL_FETCHES: readonly FetchSignature[] = [
  { name: 'always_false', arguments: [], type: 'bool', origin: 'constant', help: 'Always false.' },
  { name: 'always_true', arguments: [], type: 'bool', origin: 'constant', help: 'Always true.' },
  {
    name: 'bin',
    arguments: ['string'],
    type: 'bin',
    origin: 'constant',
    check: checkHexadecimal,
    help: 'The bytes that are written as hexadecimal digits.',
  },
  {
    name: 'bool',
    arguments: ['string'],
    type: 'bool',
    origin: 'constant',
    check: checkBool,
    help: 'The boolean that is written.',
  },
  {
    name: 'date',
    arguments: ['integer?', 'string?'],
    type: 'sint',
    origin: 'constant',
    check: checkTimeUnit,
    help: 'The current date since 1970, plus an offset, in seconds or the unit given.',
  },
  { name: 'date_us', arguments: [], type: 'sint', origin: 'constant', help: 'The microseconds within the current second.' },
  { name: 'env', arguments: ['string'], type: 'str', origin: 'constant', help: 'A variable of the environment.' },
  { name: 'hostname', arguments: [], type: 'str', origin: 'constant', help: 'The name of this host.' },
  { name: 'int', arguments: ['integer'], type: 'sint', origin: 'constant', help: 'The number that is written.' },
  { name: 'ipv4', arguments: ['ipv4'], type: 'ipv4', origin: 'constant', help: 'The IPv4 address that is written.' },
  { name: 'ipv6', arguments: ['ipv6'], type: 'ipv6', origin: 'constant', help: 'The IPv6 address that is written.' },
  { name: 'nbproc', arguments: [], type: 'sint', origin: 'constant', help: 'The number of processes: 1.' },
  { name: 'proc', arguments: [], type: 'sint', origin: 'constant', help: 'The number of this process: 1.' },
  { name: 'prio_class', arguments: [], type: 'sint', origin: 'internal', help: 'What set-priority-class has set.' },
  {
    name: 'prio_offset',
    arguments: [],
    type: 'sint',
    origin: 'internal',
    help: 'What set-priority-offset has set, in milliseconds.',
  },
  {
    name: 'rand',
    arguments: ['integer?'],
    type: 'sint',
    origin: 'constant',
    help: 'A random number below the one given, or below 2^32.',
  },
  { name: 'stopping', arguments: [], type: 'bool', origin: 'internal', help: 'Whether the process is stopping.' },
  { name: 'str', arguments: ['string'], type: 'str', origin: 'constant', help: 'The string that is written.' },
  { name: 'thread', arguments: [], type: 'sint', origin: 'constant', help: 'The number of the thread, from 0.' },
  {
    name: 'uuid',
    arguments: ['integer?'],
    type: 'str',
    origin: 'constant',
    check: checkUuid,
    help: 'A random UUID (RFC 4122, version 4).',
  },
  {
    name: 'var',
    arguments: ['variable', 'string?'],
    type: 'any',
    origin: 'constant',
    check: checkVariable,
    help: 'A variable, or the default where it is not set.',
  },
  { name: 'wait_end', arguments: [], type: 'bool', origin: 'internal', help: 'True once the inspection delay is over.' },
];
