/** Variables of the process, as several threads see them: here, two views of one table. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ProcessVariables,
  type StoredValue,
  VARIABLE_NAME_MAX,
  VARIABLE_TEXT_MAX,
  VARIABLES_MAX,
} from '../../src/shared/process-variables.js';

const text = (value: string): StoredValue => ({ type: 4, integer: 0, wide: null, text: value, words: [0, 0, 0, 0] });

function twoViews(): [ProcessVariables, ProcessVariables] {
  const table = ProcessVariables.create();
  return [new ProcessVariables(table, 1), new ProcessVariables(table, 2)];
}

test('what one sets another reads, and the copy is kept while it holds', () => {
  const [one, other] = twoViews();
  assert.is(other.read('proc.a'), null);
  assert.ok(one.write('proc.a', text('first')));
  const first = other.read('proc.a');
  assert.is(first?.text, 'first');
  assert.is(other.read('proc.a'), first, 'the same object');
  other.write('proc.a', text('ÿ second'));
  assert.is(one.read('proc.a')?.text, 'ÿ second');
  one.unset('proc.a');
  assert.is(other.read('proc.a'), null);
  one.unset('proc.never');
});

test('every kind of value', () => {
  const [one, other] = twoViews();
  const values: StoredValue[] = [
    { type: 0, integer: 1, wide: null, text: '', words: [0, 0, 0, 0] },
    { type: 1, integer: -5, wide: null, text: '', words: [0, 0, 0, 0] },
    { type: 1, integer: 2 ** 63, wide: 2n ** 63n - 1n, text: '', words: [0, 0, 0, 0] },
    { type: 2, integer: 0xffffffff, wide: null, text: '', words: [0, 0, 0, 0] },
    { type: 3, integer: 0, wide: null, text: '', words: [0x20010db8, 0, -1, 1] },
    { type: 5, integer: 0, wide: null, text: '\0\x80', words: [0, 0, 0, 0] },
  ];
  for (const value of values) {
    one.write('proc.v', value);
    assert.equal(other.read('proc.v'), value);
  }
});

test('bounds: names, texts, and how many there are', () => {
  const [one, other] = twoViews();
  assert.ok(one.write('n'.repeat(VARIABLE_NAME_MAX), text('x'.repeat(VARIABLE_TEXT_MAX))));
  assert.is(other.read('n'.repeat(VARIABLE_NAME_MAX))?.text.length, VARIABLE_TEXT_MAX);
  assert.not.ok(one.write('n'.repeat(VARIABLE_NAME_MAX + 1), text('')));
  assert.not.ok(one.write('proc.a', text('x'.repeat(VARIABLE_TEXT_MAX + 1))));
  for (let i = 1; i < VARIABLES_MAX; i++) assert.ok((i % 2 ? one : other).write(`proc.v${i}`, text(String(i))));
  assert.not.ok(other.write('proc.more', text('')));
  for (let i = 1; i < VARIABLES_MAX; i++) assert.is(one.read(`proc.v${i}`)?.text, String(i));
  assert.is(one.read('proc.more'), null);
});

test('what a dead thread was about to set is not set, and the lock is free', () => {
  const table = ProcessVariables.create();
  const one = new ProcessVariables(table, 1);
  one.write('proc.a', text('old'));
  Atomics.store(new Int32Array(table), 0, 2); // thread 2 holds the lock
  one.unlockFor(2);
  one.write('proc.a', text('new'));
  assert.is(one.read('proc.a')?.text, 'new');
});

test.run();
