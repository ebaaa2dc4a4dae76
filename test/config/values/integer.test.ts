/** Whole numbers within bounds. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseInteger } from '../../../src/config/values/integer.js';

test('both bounds are within', () => {
  assert.equal(parseInteger('0', 0, 256), { ok: true, value: 0 });
  assert.equal(parseInteger('256', 0, 256), { ok: true, value: 256 });
});

test('what lies outside is refused with the bounds', () => {
  for (const text of ['-1', '257', '99999999999999999999']) {
    assert.equal(parseInteger(text, 0, 256), { ok: false, message: 'not within 0..256' });
  }
});

test('other texts are no whole numbers', () => {
  for (const text of ['1.5', '0x10', '1e3', ' 1', '1 ', '+1', 'one', '--1']) {
    assert.equal(parseInteger(text, 0, 256), { ok: false, message: 'not a whole number' }, text);
  }
  assert.equal(parseInteger('', 0, 256), { ok: false, message: 'a number is missing' });
});

test.run();
