/** Converters of numbers, booleans and dates (configuration manual, section 7.3.1). */
import { checkTimeUnit } from '../checks.js';
import type { ConverterSignature } from '../signature.js';
import type { SampleType } from '../syntax.js';

const simple = (rows: readonly (readonly [name: string, output: SampleType, help: string])[]): ConverterSignature[] =>
  rows.map(([name, output, help]) => ({ name, input: 'sint', arguments: [], output, help }));

/** With a number, or the variable that holds it. */
const arithmetic = (rows: readonly (readonly [name: string, help: string])[]): ConverterSignature[] =>
  rows.map(([name, help]) => ({ name, input: 'sint', arguments: ['operand'], output: 'sint', help }));

/** All of them. */
export const NUMBER_CONVERTERS: readonly ConverterSignature[] = [
  ...arithmetic([
    ['add', 'Adds a number.'],
    ['and', 'Bits that are set in both numbers.'],
    ['div', 'Divides by a number; by 0: the greatest number there is.'],
    ['mod', 'Remainder of a division; by 0: 0.'],
    ['mul', 'Multiplies by a number.'],
    ['or', 'Bits that are set in one of the numbers.'],
    ['sub', 'Subtracts a number.'],
    ['xor', 'Bits that are set in only one of the numbers.'],
  ]),
  ...simple([
    ['bool', 'bool', 'False for 0, true for everything else.'],
    ['cpl', 'sint', "Ones' complement."],
    ['even', 'bool', 'Whether it is even.'],
    ['neg', 'sint', 'The opposite number.'],
    ['not', 'bool', 'True for 0, false for everything else.'],
    ['odd', 'bool', 'Whether it is odd.'],
    ['htonl', 'bin', 'Its lower 32 bits in network byte order.'],
  ]),
  {
    name: 'iif',
    input: 'bool',
    arguments: ['string', 'string'],
    output: 'str',
    help: 'The first text for true, the second for false.',
  },
  {
    name: 'http_date',
    input: 'sint',
    arguments: ['integer?', 'string?'],
    output: 'str',
    check: checkTimeUnit,
    help: 'A date since 1970 in the form of HTTP headers.',
  },
  {
    name: 'ltime',
    input: 'sint',
    arguments: ['string', 'integer?'],
    output: 'str',
    help: 'A local time in the format of strftime(3).',
  },
  {
    name: 'utime',
    input: 'sint',
    arguments: ['string', 'integer?'],
    output: 'str',
    help: 'A UTC time in the format of strftime(3).',
  },
  {
    name: 'ipmask',
    input: 'addr',
    arguments: ['mask4', 'mask6?'],
    output: 'addr',
    help: 'The network of an address, by its masks.',
  },
];
