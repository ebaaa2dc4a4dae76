/** The keys of servers in stick tables. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { serverKey } from '../../src/shared/server-key.js';

test('names have keys of 32 bits of their own', () => {
  assert.is(serverKey('a'), 0xe40c292c); // a vector of FNV-1a's authors
  const keys = new Set(Array.from({ length: 2000 }, (_, i) => serverKey(`web${i}`)));
  assert.is(keys.size, 2000);
  for (const key of keys) assert.ok(Number.isInteger(key) && key > 0 && key < 2 ** 32);
});

test.run();
