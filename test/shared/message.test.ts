/** Values written once into shared memory, and read by each who gets them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readShared, writeShared } from '../../src/shared/message.js';

const VALUE = {
  name: 'é\u0000\u{1f600}',
  numbers: [0, -1, 2 ** 31, 1.5, Infinity],
  none: null,
  missing: undefined,
  map: new Map([['a', 1]]),
};

test('a value is read as it was written', () => {
  assert.equal(readShared(writeShared(VALUE)), VALUE);
});

test('every reader gets a copy of its own', () => {
  const written = writeShared({ list: [1] });
  readShared<{ list: number[] }>(written).list.push(2);
  assert.equal(readShared(written), { list: [1] });
});

test('what cannot be copied is refused', () => {
  assert.throws(() => writeShared({ call: () => undefined }), /could not be cloned/);
});

test.run();
