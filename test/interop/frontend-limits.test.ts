/** Limits of frontends and binds: connections at a time, sessions per second, connections taken in one turn. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, freePort, startHaproxy } from '../harness.js';
import { planBalance } from './support/balancers.js';
import { dial, interop, named, type Peer, serve, type TestServer } from './support/peers.js';
import { PlanMaker, type Wishes } from './support/plans.js';

async function ours(engine: 'uring' | 'epoll', server: TestServer, wishes: Wishes): Promise<number> {
  const port = await freePort();
  await planBalance(new PlanMaker().plan(engine, port, server.port, wishes), port);
  return port;
}

function crowd(port: number, count: number): Promise<Peer[]> {
  return Promise.all(Array.from({ length: count }, () => dial(port)));
}

const served = (peers: readonly Peer[]): number => peers.filter((peer) => peer.bytes > 0).length;

for (const [name, wishes] of [
  ['a frontend', { frontend: { maxconn: 2 } }],
  ['a bind', { bind: { maxconn: 2 } }],
  ['a frontend with two workers', { frontend: { maxconn: 2 }, workers: 2 }],
] as const) {
  interop(`the maxconn of ${name} holds, and who goes makes room for the next`, async (engine) => {
    const server = await serve(named('here'));
    const peers = await crowd(await ours(engine, server, wishes), 7);
    for (let gone = 0; gone < 7; gone++) {
      const expected = Math.min(7, gone + 2);
      await eventually(`${expected} are served`, () => served(peers) >= expected);
      assert.is(server.open <= 2, true, `${server.open} at a time`);
      const next = peers.find((peer) => peer.bytes > 0 && !peer.socket.destroyed) as Peer;
      next.socket.end();
      await next.hearsEnd();
      next.socket.destroy();
    }
    assert.is(server.openMost, 2);
  });
}

/** When each connection came to the server, in milliseconds after the first. */
async function arrivals(port: number, server: { times: number[] }, count: number): Promise<number[]> {
  const peers = await crowd(port, count);
  await eventually(`${count} are served`, () => served(peers) === count);
  return server.times.map((time) => time - server.times[0]);
}

async function timed(): Promise<TestServer & { times: number[] }> {
  const times: number[] = [];
  const server = await serve((peer) => {
    times.push(performance.now());
    peer.socket.write('x');
  });
  return Object.assign(server, { times });
}

interop('rate-limit sessions lets as many through as HAProxy', async (engine) => {
  const RATE = 4;
  const COUNT = 10;
  const [one, other] = [await timed(), await timed()];
  const port = await ours(engine, one, { frontend: { sessionRateLimit: RATE } });
  const theirPort = await freePort();
  await startHaproxy(`
    global
      nbthread 1
    defaults
      mode tcp
      timeout connect 2s
      timeout client 20s
      timeout server 20s
    listen t
      bind 127.0.0.1:${theirPort}
      rate-limit sessions ${RATE}
      server s 127.0.0.1:${other.port}
    `);
  const [mine, theirs] = await Promise.all([arrivals(port, one, COUNT), arrivals(theirPort, other, COUNT)]);
  // As many as the rate at once; the others with the pace of the rate, after the second is over.
  const early = (times: readonly number[]): number => times.filter((time) => time < 900).length;
  assert.equal([early(mine), early(theirs)], [RATE, RATE]);
  assert.ok(mine[COUNT - 1] >= 0.8 * theirs[COUNT - 1], `${mine} beside ${theirs}`);
});

interop('tune.maxaccept of 1 serves a crowd all the same', async (engine) => {
  const server = await serve(named('here'));
  const port = await freePort();
  const plan = new PlanMaker().plan(engine, port, server.port, {});
  const tune = { ...plan.process.tune, maxaccept: 1 };
  await planBalance({ ...plan, process: { ...plan.process, tune } }, port);
  const peers = await crowd(port, 50);
  await eventually('all are served', () => served(peers) === 50);
});

test.run();
