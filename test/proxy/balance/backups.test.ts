/** Backups, in every algorithm: without an active server the first of them alone, or all of them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BALANCE_ALGORITHMS } from '../../../src/config/config.js';
import { NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import { STATE_DOWN, STATE_DRAIN, STATE_MAINTENANCE } from '../../../src/shared/servers.js';
import { Choosers } from '../support/group.js';

const BACKUPS = [{}, { backup: true }, {}, { backup: true }];

for (const algorithm of BALANCE_ALGORITHMS) {
  const chosenOf = (choosers: Choosers): number[] => {
    const picks = Array.from({ length: 200 }, (_, key) => {
      const server = choosers.open(Math.imul(key, 0x9e3779b1) >>> 0);
      if (server !== NO_SERVER && algorithm !== 'first') choosers.groups[0].leave(server);
      return server;
    });
    return [...new Set(picks)].sort();
  };
  const start = (allBackups: boolean): Choosers => {
    const settings = BACKUPS.map((one) => ({ ...one, maxconn: algorithm === 'first' ? 20 : 0 }));
    const choosers = new Choosers(algorithm, [1, 1, 1, 1], 1, {}, settings);
    choosers.groups[0].configure(0, allBackups);
    return choosers;
  };

  test(`${algorithm} uses the first backup when no active server is left`, () => {
    const choosers = start(false);
    const [group] = choosers.groups;
    assert.equal(
      chosenOf(choosers).filter((server) => server >= 0),
      [0, 2],
    );
    group.setState(0, STATE_DOWN);
    group.setState(2, STATE_MAINTENANCE);
    assert.equal(
      chosenOf(choosers).filter((server) => server >= 0),
      [1],
    );
    group.setState(1, STATE_DRAIN);
    assert.equal(
      chosenOf(choosers).filter((server) => server >= 0),
      [3],
    );
    group.setState(3, STATE_DOWN);
    assert.equal(chosenOf(choosers), [NO_SERVER]);
    assert.is(group.set.count, 0);
  });

  test(`${algorithm} uses all backups with option allbackups`, () => {
    const choosers = start(true);
    choosers.groups[0].setState(0, STATE_DOWN);
    choosers.groups[0].setWeight(2, 0);
    assert.equal(
      chosenOf(choosers).filter((server) => server >= 0),
      [1, 3],
    );
    choosers.groups[0].setState(0, 0);
    assert.ok(chosenOf(choosers).every((server) => server <= 0));
  });
}

for (const algorithm of ['roundrobin', 'leastconn', 'first', 'source', 'hash'] as const) {
  test(`${algorithm} chooses a lone backup though it is full and to be avoided`, () => {
    const choosers = new Choosers(algorithm, [0, 1, 1], 1, {}, [{}, { backup: true, maxconn: 1 }, { backup: true }]);
    choosers.groups[0].enter(1);
    assert.is(choosers.pick(5, 1), 1);
  });
}

for (const algorithm of ['static-rr', 'random'] as const) {
  test(`${algorithm} does not choose a lone backup that is full`, () => {
    const choosers = new Choosers(algorithm, [0, 1], 1, {}, [{}, { backup: true, maxconn: 1 }]);
    assert.is(choosers.open(), 1);
    assert.is(choosers.open(), NO_SERVER);
    assert.is(choosers.groups[0].set.count, 1);
  });
}

test.run();
