/**
 * `balance roundrobin`: in turn, by weight, spread evenly. The long sequences were recorded from
 * HAProxy 2.6.12 with one thread, each from a fresh start.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import { Choosers } from '../support/group.js';

const RECORDED: readonly (readonly [readonly number[], string])[] = [
  [[1, 1, 1], '012012012'],
  [[2, 1], '001001001'],
  [[3, 2, 1], '010201010201010201'],
  [[5, 1, 1], '000100200010020001002'],
  [[1, 2, 3], '212021212021212021'],
  [[4, 2, 2], '010201020102010201020102'],
  [[1, 3, 1, 2], '131031213103121310312'],
  [[7, 5, 3], '010210012010012010210012010012010210012010012'],
  [[3, 3, 2], '010120102101201021012010'],
  [[10, 10, 5, 1], '010120101201301201012010120101201012013012010120101201012010'],
  [[5, 2, 1], '001002010010020100100201'],
  [[3, 1, 2, 4, 9], '434043424043414302443404342404341430244340434240434143024'],
  [[5, 8, 3, 2], '101210130121012013101210130121012013101210130121012013'],
];

for (const [weights, sequence] of RECORDED) {
  test(`weights ${weights.join(' ')} are served in HAProxy's order`, () => {
    assert.is(new Choosers('roundrobin', weights).sequence(sequence.length), sequence);
  });
}

test('the turn goes on whichever worker accepts', () => {
  assert.is(new Choosers('roundrobin', [1, 1, 1], 4).sequence(12), '012012012012');
});

test('of 2 to 1, the heavier one is never served three times in a row', () => {
  const sequence = new Choosers('roundrobin', [2, 1]).sequence(300);
  assert.not.match(sequence, /000|11/);
  assert.is(sequence.replaceAll('1', '').length, 200);
});

test('every server gets its exact share in each round', () => {
  for (const weights of [[5, 1, 1], [256, 128, 1], [7, 11, 13, 17], [1]]) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const choosers = new Choosers('roundrobin', weights);
    const counts = weights.map(() => 0);
    for (let i = 0; i < 20 * total; i++) counts[choosers.pick()]++;
    assert.equal(
      counts,
      weights.map((weight) => 20 * weight),
    );
  }
});

test('a server of weight 0 is not chosen', () => {
  assert.is(new Choosers('roundrobin', [1, 0, 1]).sequence(6), '020202');
});

test('without any weight there is no server', () => {
  assert.is(new Choosers('roundrobin', [0, 0]).pick(), NO_SERVER);
  assert.is(new Choosers('roundrobin', []).pick(), NO_SERVER);
});

test('the server to avoid is not chosen while there is another', () => {
  const choosers = new Choosers('roundrobin', [1, 1, 1]);
  for (let i = 0; i < 30; i++) assert.is.not(choosers.pick(0, i % 3), i % 3);
  assert.is(
    new Choosers('roundrobin', [5, 1]).sequence(3, () => new Choosers('roundrobin', [5, 1]).pick(0, 0)),
    '111',
  );
});

test('the only server is chosen although it should be avoided', () => {
  assert.is(new Choosers('roundrobin', [1]).pick(0, 0), 0);
  assert.is(new Choosers('roundrobin', [0, 3]).pick(0, 1), 1);
});

test('a server that comes back does not make up for the turns it missed', () => {
  const choosers = new Choosers('roundrobin', [1, 1, 1]);
  choosers.sequence(9);
  choosers.setWeights([0, 1, 1]);
  choosers.sequence(1000);
  choosers.setWeights([1, 1, 1]);
  const after = choosers.sequence(30);
  assert.not.match(after, /00/);
  assert.is(after.replaceAll(/[12]/g, '').length, 10);
});

test('a server that becomes heavier does not wait for the turn of its former weight', () => {
  const choosers = new Choosers('roundrobin', [256, 1]);
  choosers.sequence(100);
  choosers.setWeights([1, 256]);
  const after = choosers.sequence(30);
  assert.ok(after.replaceAll('0', '').length >= 24, after);
});

test('full servers are passed over; when all are, there is none', () => {
  const choosers = new Choosers('roundrobin', [1, 1, 1], 2, {}, [{ maxconn: 1 }, { maxconn: 3 }, { maxconn: 1 }]);
  const [group] = choosers.groups;
  assert.is(
    choosers.sequence(5, () => choosers.open()),
    '01211',
  );
  assert.is(choosers.pick(), NO_SERVER);
  assert.is(group.set.count, 3, 'the session waits, there are servers');
  group.leave(2);
  assert.is(choosers.pick(), 2);
});

test('a server for which sessions wait is full', () => {
  const choosers = new Choosers('roundrobin', [1, 1], 1, {}, [{ maxconn: 5 }, {}]);
  choosers.groups[0].changeQueued(0, 1);
  assert.is(choosers.sequence(4), '1111');
});

test('what a worker left half done is made anew', () => {
  const choosers = new Choosers('roundrobin', [1, 1, 1], 2);
  choosers.sequence(5);
  choosers.groups[0].lock(1);
  for (const server of [0, 1, 2]) choosers.groups[0].heaps.remove(server);
  choosers.groups[1].unlockFor(1);
  assert.is(choosers.sequence(6), '012012');
});

test.run();
