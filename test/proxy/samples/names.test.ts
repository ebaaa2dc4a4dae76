/** What configurations may name and what workers can execute are the same fetches and converters. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CONVERTERS } from '../../../src/config/samples/converters.js';
import { FETCHES } from '../../../src/config/samples/fetches.js';
import { UNSUPPORTED_CONVERTERS, UNSUPPORTED_FETCHES } from '../../../src/config/samples/unsupported.js';
import { CONVERTER_FAMILIES } from '../../../src/proxy/samples/converters/families.js';
import { FETCH_FAMILIES } from '../../../src/proxy/samples/fetches/families.js';
import { STICK_CONVERTERS } from '../../../src/proxy/stick/converters.js';
import { STICK_FETCHES } from '../../../src/proxy/stick/fetches.js';

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();
const keys = (families: readonly object[]): string[] => sorted(families.flatMap(Object.keys));

test('every fetch that configurations may name is executed, and no other', () => {
  const named = [...FETCHES.values()].flatMap(({ name, alias, responseAlias }) => [
    alias ?? name,
    ...(responseAlias ? [responseAlias] : []),
  ]);
  const executed = keys([...FETCH_FAMILIES, STICK_FETCHES]);
  assert.equal(
    sorted(named).filter((name) => !executed.includes(name)),
    [],
  );
  assert.equal(
    executed.filter((name) => !FETCHES.has(name)),
    [],
  );
});

test('every converter that configurations may name is executed, and no other', () => {
  assert.equal(sorted(CONVERTERS.keys()), keys([...CONVERTER_FAMILIES, STICK_CONVERTERS]));
});

test('nothing is both supported and refused', () => {
  assert.equal(
    [...UNSUPPORTED_FETCHES.keys()].filter((name) => FETCHES.has(name)),
    [],
  );
  assert.equal(
    [...UNSUPPORTED_CONVERTERS.keys()].filter((name) => CONVERTERS.has(name)),
    [],
  );
});

test.run();
