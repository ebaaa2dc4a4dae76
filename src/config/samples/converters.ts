/** All converters, by their names. */
import { BINARY_CONVERTERS } from './converters/binary.js';
import { NUMBER_CONVERTERS } from './converters/numbers.js';
import { STRING_CONVERTERS } from './converters/strings.js';
import { TABLE_CONVERTERS } from './converters/tables.js';
import type { ConverterSignature } from './signature.js';

/** Every one that is supported. */
export const CONVERTERS: ReadonlyMap<string, ConverterSignature> = new Map(
  [...NUMBER_CONVERTERS, ...STRING_CONVERTERS, ...BINARY_CONVERTERS, ...TABLE_CONVERTERS].map((signature) => [
    signature.name,
    signature,
  ]),
);
