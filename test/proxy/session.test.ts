/** The pool of sessions: it grows to its bound, hands each out once, and gives back clean ones. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CONNECTING, NO_FD, type Session, SessionPool } from '../../src/proxy/session.js';

function takeAll(pool: SessionPool): Session[] {
  const taken: Session[] = [];
  for (let session = pool.take(); session !== null; session = pool.take()) taken.push(session);
  return taken;
}

for (const max of [1, 63, 64, 65, 200]) {
  test(`a pool of ${max} hands out ${max}, each with slots of its own`, () => {
    const pool = new SessionPool(max);
    const taken = takeAll(pool);
    assert.is(taken.length, max);
    assert.is(pool.size, max);
    const slots = taken.flatMap(({ client, server }) => [client.slot, server.slot]).sort((a, b) => a - b);
    assert.equal(
      slots,
      slots.map((_, i) => i),
    );
    for (const { client, server } of taken) {
      assert.is(pool.endpoint(client.slot), client);
      assert.is(pool.endpoint(server.slot), server);
      assert.is(client.peer, server);
      assert.is(server.peer, client);
    }
  });
}

test('a session given back is used again, as good as new', () => {
  const pool = new SessionPool(1);
  const session = pool.take() as Session;
  const fresh = JSON.stringify(visible(session));
  Object.assign(session, { state: CONNECTING, failures: 3, chosen: 2, timedOut: true, resetting: true, termination: 'CD' });
  Object.assign(session.client, { fd: 7, ended: true, delivered: true, broken: true, queued: 2, pending: 8, cancelled: 8 });
  Object.assign(session.server, { fd: 8, starved: true, reading: 2, pipeBytes: 5, activeAt: 9, timeoutMs: 9, sentOfHead: 1 });
  pool.give(session);
  assert.is(pool.size, 0);
  const again = pool.take() as Session;
  assert.is(again, session);
  assert.is(JSON.stringify(visible(again)), fresh);
  assert.is(again.client.fd, NO_FD);
});

/** All that a session is, without the references that go round in circles. */
function visible(session: Session): object {
  const { client, server, nextFree, ...own } = session;
  const [one, other] = [client, server].map(({ session: _session, peer: _peer, ...fields }) => fields);
  return { own, one, other, nextFree: nextFree === null };
}

test.run();
