/** Times, against what HAProxy 2.6 makes of the same texts. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseTime, TIME_MS_MAX } from '../../../src/config/values/time.js';

const VALID: readonly [text: string, milliseconds: number][] = [
  ['0', 0],
  ['5', 5],
  ['5000', 5000],
  ['50s', 50_000],
  ['5ms', 5],
  ['2m', 120_000],
  ['3h', 10_800_000],
  ['24d', 2_073_600_000],
  ['2147483647', TIME_MS_MAX],
  ['0us', 0],
  ['1us', 1],
  ['999us', 1],
  ['1000us', 1],
  ['1001us', 2],
];

for (const [text, milliseconds] of VALID) {
  test(`${text} is ${milliseconds} ms`, () => {
    assert.equal(parseTime(text), { ok: true, value: milliseconds });
  });
}

const INVALID: readonly [text: string, message: RegExp][] = [
  ['', /missing/],
  ['x', /unexpected character 'x'/],
  ['-5', /unexpected character '-'/],
  ['5x', /unexpected 'x' after the number, known units are us, ms, s, m, h, d/],
  ['5S', /unexpected 'S'/],
  ['5sx', /unexpected 'sx'/],
  ['1.5s', /unexpected '.5s'/],
  ['5 s', /unexpected ' s'/],
  ['25d', /overflow \(maximum value is 2147483647 ms/],
  ['2147483648', /overflow/],
  ['18446744073709551617', /overflow/],
  ['99999999999999999999999d', /overflow/],
];

for (const [text, message] of INVALID) {
  test(`'${text}' is no time`, () => {
    const result = parseTime(text);
    assert.not(result.ok);
    if (!result.ok) assert.match(result.message, message);
  });
}

test('a number without a unit counts what the keyword says', () => {
  assert.equal(parseTime('3', 's'), { ok: true, value: 3000 });
  assert.equal(parseTime('3ms', 's'), { ok: true, value: 3 });
});

test.run();
