/** `balance static-rr`: in turn by a map, which the greatest divisor of the file's weights keeps small. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_HASH, NO_SERVER } from '../../../src/proxy/balance/balancer.js';
import { WeightMap } from '../../../src/proxy/balance/weight-map.js';
import { STATE_DOWN } from '../../../src/shared/servers.js';
import { Choosers } from '../support/group.js';

test('servers are served by weight, whichever worker accepts', () => {
  assert.is(new Choosers('static-rr', [3, 2, 1], 3).sequence(12), '001012001012');
  assert.is(new Choosers('static-rr', [30, 20, 10], 3).sequence(12), '001012001012');
});

test('the map is no larger than the weights need, whatever servers are down', () => {
  const [group] = new Choosers('static-rr', [30, 20, 10]).groups;
  const map = new WeightMap(group);
  assert.is(map.servers.length, 6);
  group.setState(0, STATE_DOWN);
  map.refresh();
  assert.is(map.servers.join(''), '112');
});

test('full servers are passed over; when all are, there is none', () => {
  const choosers = new Choosers('static-rr', [1, 1, 1], 1, {}, [{ maxconn: 1 }, { maxconn: 2 }, { maxconn: 1 }]);
  assert.is(
    choosers.sequence(4, () => choosers.open()),
    '0121',
  );
  assert.is(choosers.open(), NO_SERVER);
});

test('the server to avoid is passed over, unless it is alone', () => {
  const choosers = new Choosers('static-rr', [1, 1]);
  for (let i = 0; i < 6; i++) assert.is(choosers.pick(0, 1), 0);
  choosers.groups[0].setState(0, STATE_DOWN);
  assert.is(choosers.pick(0, 1), 1);
});

test('a hash that could not be made is served in turn', () => {
  const choosers = new Choosers('hash', [1, 1, 1]);
  assert.is(
    choosers.sequence(6, () => choosers.pick(NO_HASH)),
    '012012',
  );
  assert.is(choosers.pick(4), 1);
});

test.run();
