/** Converters of strings (configuration manual, section 7.3.1). */

import type { ArgumentCheck, ConverterSignature } from '../signature.js';
import { parseVariable } from '../variables.js';

/** The variable at that place, which may be left out. */
const registered =
  (index: number): ArgumentCheck =>
  (values) => {
    const name = String(values[index] ?? '');
    return name === '' || parseVariable(name).ok ? null : `failed to register variable name '${name}'`;
  };

const requiredVariable: ArgumentCheck = ([name]) =>
  parseVariable(String(name ?? '')).ok ? null : `failed to register variable name '${name ?? ''}'`;

const assignedVariable: ArgumentCheck = ([name]) => {
  const variable = parseVariable(String(name ?? ''));
  return variable.ok ? null : variable.message;
};

const checkJson: ArgumentCheck = ([code]) =>
  /^(|ascii|utf8|utf8s|utf8p|utf8ps)$/.test(String(code ?? ''))
    ? null
    : "Unexpected input code type. Allowed value are 'ascii', 'utf8', 'utf8s', 'utf8p' and 'utf8ps'";

const checkFlags: ArgumentCheck = ([, , flags]) => {
  const wrong = /[^ig]/.exec(String(flags ?? ''));
  return wrong === null ? null : `invalid regex flag '${wrong[0]}', only 'i' and 'g' are supported`;
};

const checkEncoding: ArgumentCheck = ([type]) =>
  /^(|query)$/.test(String(type ?? '')) ? null : "Unexpected encode type. Allowed value is 'query'";

/** From strings to strings, without arguments. */
const plain = (rows: readonly (readonly [name: string, help: string])[]): ConverterSignature[] =>
  rows.map(([name, help]) => ({ name, input: 'str', arguments: [], output: 'str', help }));

const checkPieces: ArgumentCheck = ([index, separators]) => {
  if (Number(index) === 0) return 'Unexpected value 0 for index';
  return String(separators ?? '') === '' ? 'Empty separators list' : null;
};
const PIECES = ['integer', 'string', 'integer?'] as const;

/** All of them. */
export const STRING_CONVERTERS: readonly ConverterSignature[] = [
  ...plain([
    ['cut_crlf', 'Up to the first CR or LF.'],
    ['host_only', 'A Host header without its port.'],
    ['lower', 'In lower case.'],
    ['upper', 'In upper case.'],
  ]),
  { name: 'port_only', input: 'str', arguments: [], output: 'sint', help: 'The port of a Host header, 0 where there is none.' },
  { name: 'length', input: 'str', arguments: [], output: 'sint', help: 'How many bytes it has.' },
  {
    name: 'add_item',
    input: 'str',
    arguments: ['string', 'variable', 'string?'],
    output: 'str',
    check: registered(1),
    help: 'Appends a variable and a suffix, after a delimiter unless the string is empty.',
  },
  {
    name: 'concat',
    input: 'str',
    arguments: ['string', 'variable?', 'string?'],
    output: 'str',
    check: registered(1),
    help: 'Appends a text, a variable and another text.',
  },
  {
    name: 'field',
    input: 'str',
    arguments: PIECES,
    check: checkPieces,
    output: 'str',
    help: 'A field between delimiters, by its number; negative: from the end.',
  },
  {
    name: 'word',
    input: 'str',
    arguments: PIECES,
    check: checkPieces,
    output: 'str',
    help: 'A word between delimiters, by its number; negative: from the end.',
  },
  { name: 'json', input: 'str', arguments: ['string'], output: 'str', check: checkJson, help: 'Escaped as a string of JSON.' },
  {
    name: 'json_query',
    input: 'str',
    arguments: ['string', 'string?'],
    output: 'any',
    check: ([, type]) => (/^(|int)$/.test(String(type ?? '')) ? null : 'output_type only supports "int" as argument'),
    help: 'What stands at a path of JSON.',
  },
  {
    name: 'language',
    input: 'str',
    arguments: ['string', 'string?'],
    output: 'str',
    help: 'The preferred one of a list of languages.',
  },
  { name: 'ltrim', input: 'str', arguments: ['string'], output: 'str', help: 'Without those characters at its beginning.' },
  { name: 'rtrim', input: 'str', arguments: ['string'], output: 'str', help: 'Without those characters at its end.' },
  {
    name: 'regsub',
    input: 'str',
    arguments: ['regex', 'string', 'string?'],
    output: 'str',
    check: checkFlags,
    help: 'What a regular expression matches, replaced.',
  },
  {
    name: 'strcmp',
    input: 'str',
    arguments: ['variable'],
    output: 'sint',
    check: requiredVariable,
    help: 'Compared with a variable: 0 when equal.',
  },
  { name: 'url_dec', input: 'str', arguments: ['integer?'], output: 'str', help: 'Decoded from the encoding of URLs.' },
  { name: 'url_enc', input: 'str', arguments: ['string'], output: 'str', check: checkEncoding, help: 'In the encoding of URLs.' },
  {
    name: 'set-var',
    input: 'any',
    arguments: ['variable', 'string?', 'string?', 'string?', 'string?'],
    output: 'any',
    check: assignedVariable,
    help: 'Stores the sample in a variable.',
  },
  {
    name: 'unset-var',
    input: 'any',
    arguments: ['variable'],
    output: 'any',
    check: assignedVariable,
    help: 'Forgets a variable.',
  },
  {
    name: 'debug',
    input: 'any',
    arguments: ['string?', 'string?'],
    output: 'any',
    help: 'The sample as it is, shown to those who look for mistakes.',
  },
  { name: 'nbsrv', input: 'str', arguments: [], output: 'sint', help: 'Usable servers of the backend of that name.' },
  { name: 'srv_queue', input: 'str', arguments: [], output: 'sint', help: 'Sessions in the queue of the server of that name.' },
];
