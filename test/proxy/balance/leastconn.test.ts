/**
 * `balance leastconn`: the fewest connections by weight, idle servers in turn. The sequences were
 * recorded from HAProxy 2.6.12 with one thread: 12 connections one after the other, then 24 that stay.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import { Choosers } from '../support/group.js';

const RECORDED: readonly (readonly [readonly number[], string, string])[] = [
  [[1, 1, 1], '012012012012', '012012012012012012012012'],
  [[1, 2, 3], '012012012012', '012212212012212012212012'],
  [[3, 2, 1], '012012012012', '012010010210010210010210'],
  [[5, 1, 1], '012012012012', '012000000001200000120000'],
];

for (const [weights, passing, staying] of RECORDED) {
  test(`weights ${weights.join(' ')} are filled in HAProxy's order`, () => {
    const choosers = new Choosers('leastconn', weights);
    const brief = (): number => {
      const server = choosers.open();
      choosers.groups[0].leave(server);
      return server;
    };
    assert.is(choosers.sequence(passing.length, brief), passing);
    assert.is(
      choosers.sequence(staying.length, () => choosers.open()),
      staying,
    );
  });
}

test('100 idle connections over four workers end at 34, 33 and 33', () => {
  const choosers = new Choosers('leastconn', [1, 1, 1], 4);
  for (let i = 0; i < 100; i++) choosers.open();
  assert.equal(choosers.active, [34, 33, 33]);
});

test('connections that stay are spread by weight', () => {
  const choosers = new Choosers('leastconn', [1, 2, 5]);
  for (let i = 0; i < 80; i++) choosers.open();
  assert.equal(choosers.active, [10, 20, 50]);
});

test('the server that lost its connections gets the next ones', () => {
  const choosers = new Choosers('leastconn', [1, 1, 1]);
  for (let i = 0; i < 9; i++) choosers.open();
  for (let i = 0; i < 3; i++) choosers.groups[0].leave(1);
  assert.is(
    choosers.sequence(3, () => choosers.open()),
    '111',
  );
});

test('a server of weight 0 is not chosen, however idle', () => {
  const choosers = new Choosers('leastconn', [1, 0, 1]);
  for (let i = 0; i < 10; i++) choosers.open();
  assert.equal(choosers.active, [5, 0, 5]);
});

test('without any weight there is no server', () => {
  assert.is(new Choosers('leastconn', [0, 0]).pick(), NO_SERVER);
});

test('the server to avoid is chosen only when it is alone', () => {
  const choosers = new Choosers('leastconn', [1, 1, 0]);
  for (let i = 0; i < 5; i++) assert.is(choosers.open(0, 0), 1);
  choosers.setWeights([1, 0, 0]);
  assert.is(choosers.pick(0, 0), 0);
});

test('sessions that wait for a server count as its load', () => {
  const choosers = new Choosers('leastconn', [1, 1]);
  for (let i = 0; i < 3; i++) choosers.groups[0].changeQueued(0, 1);
  assert.is(
    choosers.sequence(4, () => choosers.open()),
    '1110',
  );
  choosers.groups[0].changeQueued(0, -1);
  choosers.groups[0].changeQueued(0, -1);
  assert.is(choosers.open(), 0);
});

test('full servers are passed over, but for what may wait in a queue of their own', () => {
  const choosers = new Choosers('leastconn', [1, 1], 2, {}, [{ maxconn: 2, maxqueue: 2 }, { maxconn: 1 }]);
  const [group] = choosers.groups;
  assert.is(
    choosers.sequence(3, () => choosers.open()),
    '010',
  );
  for (let i = 0; i < 2; i++) {
    assert.is(choosers.pick(), 0);
    group.changeQueued(0, 1);
  }
  assert.is(choosers.pick(), NO_SERVER);
  assert.is(group.set.count, 2, 'the session waits, there are servers');
  group.leave(1);
  assert.is(choosers.pick(), 1);
});

test('what a worker left half done is made anew', () => {
  const choosers = new Choosers('leastconn', [1, 1, 1], 2);
  choosers.sequence(5, () => choosers.open());
  choosers.groups[0].lock(1);
  choosers.groups[0].heaps.remove(2);
  choosers.groups[1].unlockFor(1);
  assert.is(choosers.open(), 2);
});

test.run();
