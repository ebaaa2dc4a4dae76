/** The limit of connections: those beyond it wait in the accept queue and are served when others leave, in all workers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually } from '../harness.js';
import { watchedBalance } from './support/balancers.js';
import { dial, interop, named, type Peer, serve } from './support/peers.js';

const MAXCONN = 10;
const CLIENTS = 60;

for (const workers of [1, 2]) {
  interop(`${CLIENTS} clients share ${MAXCONN} places, ${workers} workers`, async (engine) => {
    const server = await serve(named('served'));
    const balancer = await watchedBalance(engine, [server.address], { workers, maxconn: MAXCONN });
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => dial(balancer.port)));
    const served: Peer[] = [];
    for (const client of clients) void client.hears('served').then(() => served.push(client));
    await eventually('all places are taken', () => served.length === MAXCONN);
    for (let left = 0; left < CLIENTS; left++) {
      await eventually(`client ${left} is served`, () => served.length > left);
      assert.ok((await balancer.counters()).sessionsNow <= MAXCONN);
      served[left].socket.end();
      await served[left].closed;
    }
    assert.is(server.peers.length, CLIENTS);
    assert.is(server.openMost, MAXCONN);
    await eventually('no session is left', async () => (await balancer.counters()).sessionsNow === 0);
  });
}

interop('all waiting clients are served when all places become free at once', async (engine) => {
  const server = await serve(named('served'));
  const balancer = await watchedBalance(engine, [server.address], { workers: 2, maxconn: MAXCONN });
  const clients = await Promise.all(Array.from({ length: 2 * MAXCONN }, () => dial(balancer.port)));
  await eventually('all places are taken', () => server.open === MAXCONN);
  for (const peer of server.peers) peer.socket.end();
  const ends = clients.map((client) => client.over());
  await server.peer(2 * MAXCONN - 1);
  for (const peer of server.peers) peer.socket.end();
  await Promise.all(ends);
  for (const client of clients) assert.is(client.heard, 'served\n');
});

interop('clients that give up while they wait cost no place', async (engine) => {
  const server = await serve(named('served'));
  const balancer = await watchedBalance(engine, [server.address], { workers: 2, maxconn: 1 });
  const first = await dial(balancer.port);
  await first.hears('served');
  const gone = await Promise.all(Array.from({ length: 20 }, () => dial(balancer.port)));
  for (const client of gone) client.socket.destroy();
  const last = await dial(balancer.port);
  first.socket.end();
  await last.hears('served');
});

test.run();
