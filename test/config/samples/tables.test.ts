/** The tables of fetches and converters hold together. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { canCast } from '../../../src/config/samples/casts.js';
import { CONVERTERS } from '../../../src/config/samples/converters.js';
import { CONNECTION_FETCHES } from '../../../src/config/samples/fetches/connection.js';
import { COUNTER_FETCHES } from '../../../src/config/samples/fetches/counters.js';
import { INTERNAL_FETCHES } from '../../../src/config/samples/fetches/internal.js';
import { PAYLOAD_FETCHES } from '../../../src/config/samples/fetches/payload.js';
import { PROXY_FETCHES } from '../../../src/config/samples/fetches/proxies.js';
import { FETCHES } from '../../../src/config/samples/fetches.js';
import { UNSUPPORTED_CONVERTERS, UNSUPPORTED_FETCHES } from '../../../src/config/samples/unsupported.js';

test('every fetch is in one table, once', () => {
  const all = [INTERNAL_FETCHES, PROXY_FETCHES, CONNECTION_FETCHES, COUNTER_FETCHES, PAYLOAD_FETCHES].flat();
  assert.is(all.length, FETCHES.size);
});

test('what is supported is not among what is not', () => {
  assert.equal(
    [...FETCHES.keys()].filter((name) => UNSUPPORTED_FETCHES.has(name)),
    [],
  );
  assert.equal(
    [...CONVERTERS.keys()].filter((name) => UNSUPPORTED_CONVERTERS.has(name)),
    [],
  );
});

test('other names stand for fetches with the same arguments and type', () => {
  const aliases = [...FETCHES.values()].flatMap((fetch) =>
    [fetch.alias, fetch.responseAlias].flatMap((name) => (name === undefined ? [] : [[fetch, FETCHES.get(name)] as const])),
  );
  assert.ok(aliases.length > 10);
  for (const [fetch, meant] of aliases) {
    assert.ok(meant !== undefined && meant.alias === undefined, fetch.name);
    assert.equal([meant?.arguments, meant?.type], [fetch.arguments, fetch.type], fetch.name);
  }
});

test('every entry has one line of help', () => {
  for (const { name, help } of [...FETCHES.values(), ...CONVERTERS.values()]) assert.match(help, /^[^\n]+$/, name);
});

test('arguments that may be left out stand at the end', () => {
  for (const entry of [...FETCHES.values(), ...CONVERTERS.values()]) {
    const optional = entry.arguments.map((spec) => spec.endsWith('?'));
    assert.equal(optional, [...optional].sort(), entry.name);
  }
});

test('addresses become texts and numbers, bytes never numbers', () => {
  assert.ok(canCast('ipv4', 'str') && canCast('ipv4', 'sint') && canCast('sint', 'ipv4') && canCast('str', 'addr'));
  assert.not.ok(canCast('bin', 'sint') || canCast('ipv6', 'sint') || canCast('ipv4', 'bool') || canCast('bool', 'addr'));
});

test.run();
