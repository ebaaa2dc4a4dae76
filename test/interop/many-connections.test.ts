/** Five thousand connections at once, each with data in both directions; afterwards nothing of them is left. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countersOf, eventually } from '../harness.js';
import { watchedBalance } from './support/balancers.js';
import { dial, echo, interop, type Peer, serve } from './support/peers.js';

const CONNECTIONS = 5000;
/** Dialled at a time: less than any accept queue here. */
const BATCH = 250;

async function dialMany(port: number, count: number): Promise<Peer[]> {
  const peers: Peer[] = [];
  while (peers.length < count)
    peers.push(...(await Promise.all(Array.from({ length: Math.min(BATCH, count) }, () => dial(port)))));
  return peers;
}

interop(`${CONNECTIONS} simultaneous connections exchange data, and leave nothing behind`, async (engine) => {
  const server = await serve(echo);
  const balancer = await watchedBalance(engine, [server.address], { workers: 2, maxconn: CONNECTIONS });
  const [first] = await dialMany(balancer.port, 1);
  await first.echoes('warm');
  first.socket.end();
  await first.closed;
  const idle = async (): Promise<boolean> => (await balancer.counters()).sessionsNow === 0;
  await eventually('the first session has ended', idle);
  const fdsBefore = countersOf(balancer.pid).fds;

  const clients = await dialMany(balancer.port, CONNECTIONS);
  await Promise.all(clients.map((client, i) => client.echoes(`message ${i}.`)));
  const { sessionsNow, servers } = await balancer.counters();
  assert.equal(
    { sessionsNow, servers, open: server.open },
    { sessionsNow: CONNECTIONS, servers: [CONNECTIONS], open: CONNECTIONS },
  );
  assert.is(countersOf(balancer.pid).fds, fdsBefore + 2 * CONNECTIONS);

  // A third each way: by the client, by the server, by a reset.
  for (const [i, client] of clients.entries()) {
    if (i % 3 === 0) client.socket.end();
    else if (i % 3 === 1) client.socket.destroy();
    else client.socket.resetAndDestroy();
  }
  await Promise.all(clients.map((client) => client.closed));
  await eventually('all sessions have ended', idle);
  const after = await balancer.counters();
  assert.equal(after.servers, [0]);
  assert.is(after.lateCompletions, 0);
  await eventually('every descriptor is closed', () => countersOf(balancer.pid).fds === fdsBefore);
});

test.run();
