/** Sizes with and without units. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSize } from '../../../src/config/values/size.js';

const SIZES: readonly [text: string, bytes: number][] = [
  ['0', 0],
  ['16384', 16_384],
  ['16k', 16_384],
  ['16K', 16_384],
  ['1m', 1_048_576],
  ['2g', 2_147_483_648],
];

for (const [text, bytes] of SIZES) {
  test(`${text} is ${bytes} bytes`, () => assert.equal(parseSize(text), { ok: true, value: bytes }));
}

const FAULTS: readonly [text: string, message: string][] = [
  ['', 'a size is missing'],
  ['k', "unexpected character 'k'"],
  ['-1', "unexpected character '-'"],
  ['5x', "unexpected character 'x'"],
  ['5kb', "unexpected character 'b'"],
  ['99999999999g', 'too large'],
];

for (const [text, message] of FAULTS) {
  test(`'${text}' is no size`, () => assert.equal(parseSize(text), { ok: false, message }));
}

test.run();
