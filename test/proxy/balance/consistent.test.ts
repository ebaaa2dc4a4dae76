/** Consistent hashing: who goes or comes moves only its own clients. That points lie as HAProxy's is tested in interop. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_HASH, NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import { avalanche } from '../../../src/proxy/hashes.js';
import { STATE_DOWN } from '../../../src/shared/servers.js';
import { Choosers } from '../support/group.js';

const CONSISTENT = { method: 'consistent', function: null, avalanche: false } as const;
const KEYS = Array.from({ length: 2000 }, (_, n) => avalanche(n));

function ringOf(weights: readonly number[], balanceFactor = 0): Choosers {
  return new Choosers('source', weights, 1, { hashType: CONSISTENT, balanceFactor });
}

const choicesOf = (choosers: Choosers): number[] => KEYS.map((key) => choosers.pick(key));

test('the clients of a server that goes are spread; all others stay', () => {
  const choosers = ringOf([10, 10, 10, 10]);
  const before = choicesOf(choosers);
  choosers.groups[0].setState(2, STATE_DOWN);
  const after = choicesOf(choosers);
  assert.ok(KEYS.every((_, i) => before[i] === 2 || after[i] === before[i]));
  assert.equal([...new Set(after.filter((_, i) => before[i] === 2))].sort(), [0, 1, 3]);
  choosers.groups[0].setState(2, 0);
  assert.equal(choicesOf(choosers), before);
});

test('a server that becomes heavier takes clients, and gives none away', () => {
  const choosers = ringOf([10, 10, 10]);
  const before = choicesOf(choosers);
  choosers.setWeights([10, 40, 10]);
  const after = choicesOf(choosers);
  assert.ok(KEYS.every((_, i) => after[i] === before[i] || after[i] === 1));
  assert.ok(after.filter((server) => server === 1).length > before.filter((server) => server === 1).length);
  assert.equal(choicesOf(ringOf([10, 40, 10])), after, 'it does not matter how the weights came about');
});

test('of two points, the nearer one counts, also across the end of the circle', () => {
  const choosers = new Choosers('source', [1, 1], 1, { hashType: CONSISTENT });
  const points = [0, 1].flatMap((server) =>
    Array.from({ length: 16 }, (_, n) => ({ server, place: avalanche((server + 1) * 4096 + n) })),
  );
  const distance = (a: number, b: number): number => Math.min((a - b) >>> 0, (b - a) >>> 0);
  for (const key of [0, 1, 2 ** 32 - 1, ...KEYS]) {
    const nearest = points.reduce((best, point) => (distance(point.place, key) < distance(best.place, key) ? point : best));
    assert.is(choosers.pick(key), nearest.server);
  }
});

test('the server to avoid is left for the next along the ring, unless it is alone', () => {
  const choosers = ringOf([1, 1, 0]);
  for (const key of KEYS.slice(0, 100)) assert.is(choosers.pick(key, 0), 1);
  choosers.setWeights([1, 0, 0]);
  assert.is(choosers.pick(5, 0), 0);
});

test('full servers are chosen all the same', () => {
  const choosers = new Choosers('source', [1], 1, { hashType: CONSISTENT }, [{ maxconn: 1 }]);
  assert.is(choosers.open(1), 0);
  assert.is(choosers.open(1), 0);
});

test('no server exceeds its share by more than the factor', () => {
  const choosers = ringOf([1, 1, 1, 1], 125);
  for (let i = 0; i < 400; i++) choosers.open(KEYS[0]);
  assert.ok(
    choosers.active.every((active) => active <= 125),
    `${choosers.active}`,
  );
  assert.is(
    choosers.active.reduce((sum, active) => sum + active),
    400,
  );
});

test('without a hash, the ring is walked in the order of HAProxy', () => {
  const choosers = new Choosers('source', [1, 1], 3, { hashType: CONSISTENT });
  assert.is(
    choosers.sequence(12, () => choosers.pick(NO_HASH)),
    '100010001101', // HAProxy 2.6.12, clients of a UNIX socket
  );
});

test('without a hash, all servers are served, full ones not', () => {
  const choosers = new Choosers('hash', [1, 1, 1], 2, { hashType: CONSISTENT }, [{}, { maxconn: 1 }, {}]);
  choosers.groups[0].enter(1);
  const picks = Array.from({ length: 64 }, () => choosers.pick(NO_HASH));
  assert.equal([...new Set(picks)].sort(), [0, 2]);
  assert.is(picks.filter((server) => server === 0).length, 32, 'each point once');
});

test('without servers there is none', () => {
  assert.is(ringOf([0, 0]).pick(1), NO_SERVER);
  assert.is(ringOf([]).pick(NO_HASH), NO_SERVER);
});

test.run();
