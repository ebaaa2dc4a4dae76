/** `balance random(draws)`: points of the ring are drawn, the least loaded of the servers is taken. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_BACKEND } from '../../../src/plan/plan.js';
import { NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import { Random } from '../../../src/proxy/balance/random.js';
import { Random as Chance } from '../../sim/random.js';
import { Choosers } from '../support/group.js';

/** Choices with draws of a seed. */
function randomOver(choosers: Choosers, draws: number): Random {
  const chance = new Chance(7);
  return new Random(choosers.groups[0], { ...DEFAULT_BACKEND.balance, draws }, () => chance.below(2 ** 30) / 2 ** 30);
}

test('connections that pass are spread by weight', () => {
  const choosers = new Choosers('random', [10, 20, 70]);
  const random = randomOver(choosers, 1);
  const counts = [0, 0, 0];
  for (let i = 0; i < 10_000; i++) counts[random.pick(0, NO_SERVER)]++;
  assert.ok(
    counts.every((count, server) => Math.abs(count - [1000, 2000, 7000][server]) < 1500),
    `${counts}`,
  );
});

test('of many draws, the least loaded server is taken', () => {
  const choosers = new Choosers('random', [10, 10, 10]);
  const [group] = choosers.groups;
  for (let i = 0; i < 300; i++) group.enter(randomOver(choosers, 64).pick(0, NO_SERVER));
  assert.equal(choosers.active, [100, 100, 100]);
});

test('load counts by weight', () => {
  const choosers = new Choosers('random', [10, 30]);
  const [group] = choosers.groups;
  const random = randomOver(choosers, 64);
  for (let i = 0; i < 400; i++) group.enter(random.pick(0, NO_SERVER));
  assert.equal(choosers.active, [100, 300]);
});

test('when what was drawn is full, there is no server, although another is free', () => {
  const choosers = new Choosers('random', [1, 1], 1, {}, [{ maxconn: 1 }, {}]);
  const [group] = choosers.groups;
  group.enter(0);
  const picks = new Set(Array.from({ length: 100 }, () => randomOver(choosers, 1)).map((random) => random.pick(0, 1)));
  assert.equal([...picks], [NO_SERVER]);
  assert.is(group.set.count, 2, 'the session waits, there are servers');
});

test('without servers there is none', () => {
  const choosers = new Choosers('random', [0]);
  assert.is(choosers.pick(), NO_SERVER);
  assert.is(choosers.groups[0].set.count, 0);
});

test.run();
