/** `hash-type`: what keys become. The numbers were recorded from HAProxy 2.6.12's converters of the same names. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HashTypeConfig } from '../../../src/config/config.js';
import { HostAddress } from '../../../src/kernel/host-address.js';
import { DEFAULT_BACKEND } from '../../../src/plan/plan.js';
import { KeyHash, none } from '../../../src/proxy/balance/hash.js';
import { avalanche, crc32, djb2, sdbm, wt6 } from '../../../src/proxy/hashes.js';

const KEY = Buffer.from('1234567');

const RECORDED = [
  [wt6, 2123381160, 2501828337],
  [djb2, 939490257, 3341835352],
  [sdbm, 1756052532, 1229542274],
  [crc32, 1342400927, 2807281673],
] as const;

for (const [hash, plain, mixed] of RECORDED) {
  test(`${hash.name} and its avalanche are HAProxy's`, () => {
    assert.is(hash(KEY, 0, KEY.length), plain);
    assert.is(avalanche(plain), mixed);
  });

  test(`${hash.name} heeds only the bytes that it is given`, () => {
    assert.is(hash(Buffer.from('xx1234567yy'), 2, 9), plain);
    assert.is.not(hash(KEY, 0, 6), plain);
  });
}

test('bytes above 127 are no negative numbers', () => {
  assert.is(crc32(Buffer.from([0xff, 0xfe]), 0, 2), 0x88f83096);
  assert.is(sdbm(Buffer.from([0xff]), 0, 1), 255);
  assert.is(djb2(Buffer.from([0xff]), 0, 1), 5381 * 33 + 255);
});

test('none takes the digits that a key begins with', () => {
  const number = (text: string): number => none(Buffer.from(text), 0, text.length);
  assert.equal(['0', '4294967295', '12ab', 'x', ''].map(number), [0, 4294967295, 12, 0, 0]);
});

function keyHash(hashType: Partial<HashTypeConfig>): KeyHash {
  return new KeyHash({
    ...DEFAULT_BACKEND.balance,
    hashType: { method: 'map-based', function: null, avalanche: false, ...hashType },
  });
}

test('the default function is sdbm, with avalanche when consistent hashing is not given one', () => {
  assert.is(keyHash({}).ofBytes(KEY, 0, 7), 1756052532);
  assert.is(keyHash({ avalanche: true, function: 'sdbm' }).ofBytes(KEY, 0, 7), 1229542274);
  assert.is(keyHash({ method: 'consistent' }).ofBytes(KEY, 0, 7), 1229542274);
  assert.is(keyHash({ method: 'consistent', function: 'sdbm' }).ofBytes(KEY, 0, 7), 1756052532);
});

test('addresses are hashed by their words, whatever the function', () => {
  const address = new HostAddress();
  address.setIpv6(1, 2, 4, -8, 1024);
  for (const name of ['sdbm', 'djb2', 'wt6', 'crc32', 'none'] as const) {
    assert.is(keyHash({ function: name }).ofSource(address), (7 ^ -8) >>> 0);
    assert.is(keyHash({ function: name, avalanche: true }).ofSource(address), avalanche((7 ^ -8) >>> 0));
  }
});

test.run();
