/** Numbers never take more columns than they are given. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { duration, short } from '../../../src/admin/top/numbers.js';

test('short numbers', () => {
  const texts = [0, 0.04, 0.5, 9.94, 9.96, 12.4, 9999, 9999.6, 12_345, 99_950, 123_456, 999_600, 1e6, 4_560_000, 1.5e9, 7e15];
  const shown = [
    '0',
    '0.0',
    '0.5',
    '9.9',
    '10',
    '12',
    '9999',
    '10.0k',
    '12.3k',
    '100k',
    '123k',
    '1.00M',
    '1.00M',
    '4.56M',
    '1.50G',
    '7.00P',
  ];
  assert.equal(
    texts.map((value) => short(value)),
    shown,
  );
});

test('in as few characters as there are', () => {
  for (const chars of [4, 5]) {
    for (let value = 0.01; value < 1e19; value *= 1.37) {
      assert.ok(short(value, chars).length <= chars, `${value}: ${short(value, chars)}`);
      assert.ok(short(Math.round(value), chars).length <= chars, `${value}: ${short(Math.round(value), chars)}`);
    }
  }
});

test('durations', () => {
  const seconds = [0, 59.9, 60, 3599, 3600, 86_399, 86_400, 8_640_000];
  assert.equal(seconds.map(duration), ['0s', '59s', '1m00s', '59m59s', '1h00m', '23h59m', '1d00h', '100d00h']);
});

test.run();
