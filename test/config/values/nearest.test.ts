/** Which known word somebody meant. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { didYouMean, nearestWord } from '../../../src/config/values/nearest.js';

const KNOWN = ['bind', 'server', 'balance', 'timeout-client', 'timeout-server'];

const MEANT: readonly [typed: string, meant: string][] = [
  ['bnid', 'bind'],
  ['bin', 'bind'],
  ['BIND', 'bind'],
  ['serverr', 'server'],
  ['balence', 'balance'],
  ['timeout-cleint', 'timeout-client'],
  ['timeoutserver', 'timeout-server'],
];

for (const [typed, meant] of MEANT) {
  test(`${typed} means ${meant}`, () => {
    assert.is(nearestWord(typed, KNOWN), meant);
  });
}

test('a word that is near to none means none', () => {
  for (const typed of ['frobnicate', 'x', '', 'q']) assert.is(nearestWord(typed, KNOWN), undefined, typed);
});

test('of words that are as near the longest is meant, and none that shares nothing', () => {
  assert.is(nearestWord('ind', ['id', 'bind']), 'bind');
  assert.is(nearestWord('d', ['id']), undefined);
});

test('swapped neighbours are nearer than two other letters', () => {
  assert.is(nearestWord('bnid', ['band', 'bond', 'bind']), 'bind');
});

test('the hint is worded as HAProxy words it, and empty without a word', () => {
  assert.is(didYouMean('bnid', KNOWN), "; did you mean 'bind' maybe ?");
  assert.is(didYouMean('frobnicate', KNOWN), '');
});

test.run();
