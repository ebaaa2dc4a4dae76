/** `balance first`: the lowest id that has a connection free. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import { STATE_DOWN } from '../../../src/shared/servers.js';
import { Choosers } from '../support/group.js';

test('a server is filled before the next one is used, in the order of ids', () => {
  const choosers = new Choosers('first', [1, 1, 1], 2, {}, [
    { id: 30, maxconn: 2 },
    { id: 10, maxconn: 3 },
    { id: 20, maxconn: 1 },
  ]);
  assert.is(
    choosers.sequence(6, () => choosers.open()),
    '111200',
  );
  assert.is(choosers.open(), NO_SERVER);
});

test('a server that has a connection free again is the first again', () => {
  const choosers = new Choosers('first', [1, 1], 1, {}, [{ maxconn: 1 }, {}]);
  assert.is(
    choosers.sequence(3, () => choosers.open()),
    '011',
  );
  choosers.groups[0].leave(0);
  assert.is(choosers.open(), 0);
});

test('the server to avoid is passed over, unless the others are full', () => {
  const choosers = new Choosers('first', [1, 1], 1, {}, [{}, { maxconn: 1 }]);
  assert.is(choosers.open(0, 0), 1);
  assert.is(choosers.open(0, 0), 0);
});

test('a server that is down is not used, nor one of weight 0', () => {
  const choosers = new Choosers('first', [1, 0, 1]);
  choosers.groups[0].setState(0, STATE_DOWN);
  assert.is(choosers.pick(), 2);
});

test.run();
