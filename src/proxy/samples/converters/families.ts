/** All converters but those of stick tables, which come with them. */
import type { ConverterFamily } from '../context.js';
import { INTEGER_CONVERTERS } from './arithmetic.js';
import { DATE_CONVERTERS } from './dates.js';
import { ENCODING_CONVERTERS } from './encodings.js';
import { HASH_CONVERTERS } from './hashes.js';
import { JSON_CONVERTERS } from './json-query.js';
import { LANGUAGE_CONVERTERS } from './language.js';
import { MAP_CONVERTERS } from './maps.js';
import { ADDRESS_CONVERTERS } from './networks.js';
import { SERVER_CONVERTERS } from './servers.js';
import { STRING_CONVERTERS } from './strings.js';
import { VARIABLE_CONVERTERS } from './variables.js';

/** The families that every worker has. */
export const CONVERTER_FAMILIES: readonly ConverterFamily[] = [
  STRING_CONVERTERS,
  INTEGER_CONVERTERS,
  ENCODING_CONVERTERS,
  HASH_CONVERTERS,
  DATE_CONVERTERS,
  ADDRESS_CONVERTERS,
  MAP_CONVERTERS,
  VARIABLE_CONVERTERS,
  JSON_CONVERTERS,
  LANGUAGE_CONVERTERS,
  SERVER_CONVERTERS,
];
