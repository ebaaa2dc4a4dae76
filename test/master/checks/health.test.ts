/** The health that rows of results amount to, and the pace of checks on the way. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Health } from '../../../src/master/checks/health.js';

const INTERVALS = { interMs: 2000, fastinterMs: 500, downinterMs: 9000 };

/** '+' is a good result, '-' a bad one: the server's states after each, U and D. */
function states(health: Health, results: string): string {
  return [...results]
    .map((result) => {
      health.note(result === '+');
      return health.up ? 'U' : 'D';
    })
    .join('');
}

test('down after `fall` bad results in a row, up after `rise` good ones', () => {
  const health = new Health(2, 3);
  assert.is(states(health, '+---'), 'UUUD');
  assert.is(states(health, '+-++'), 'DDDU');
  assert.is(states(health, '--+--+---'), 'UUUUUUUUD');
});

test('a server that has just begun is on probation: the first bad result counts', () => {
  assert.is(states(new Health(2, 3), '-'), 'D');
  assert.is(states(new Health(1, 1), '-+-'), 'DUD');
});

test('checks come fast while it is undecided, and as downinter says when it is down', () => {
  const health = new Health(2, 3);
  assert.is(health.interval(INTERVALS), 500);
  states(health, '+');
  assert.is(health.interval(INTERVALS), 2000);
  states(health, '-');
  assert.is(health.interval(INTERVALS), 500);
  states(health, '--');
  assert.is(health.interval(INTERVALS), 9000);
  states(health, '+');
  assert.is(health.interval(INTERVALS), 500);
  assert.is(health.interval({ ...INTERVALS, fastinterMs: null }), 2000);
});

test('how far it has come, for people', () => {
  const health = new Health(2, 3, false);
  assert.equal(health.progress, '0/2');
  states(health, '+');
  assert.equal(health.progress, '1/2');
  states(health, '+');
  assert.equal(health.progress, '3/3');
});

test.run();
