/**
 * Sessions that wait for a server (`maxconn`, `minconn`, `maxqueue`, `timeout queue`): who is next,
 * who gives up, and what is said of it, beside HAProxy.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dial, interop, type Peer, serve, type TestServer } from './support/peers.js';
import { type Job, planned, plannedHaproxy, type SessionLine, type TellingBalancer } from './support/planned.js';

const WORKERS = [1, 2];

/** A server that says how many connections it had before, and ends a connection that is ended. */
function counting(): Promise<TestServer> {
  let count = 0;
  return serve((peer) => {
    peer.socket.write(`number ${count++};`);
    peer.socket.once('end', () => peer.socket.end());
  });
}

/** The balancers to compare, each with the same number of threads. */
async function bothBalancers(engine: 'uring' | 'epoll', workers: number, job: (servers: TestServer[]) => Job, servers: number) {
  const make = (): Promise<TestServer[]> => Promise.all(Array.from({ length: servers }, counting));
  const ours = await make();
  const theirs = await make();
  return [
    { balancer: await planned(engine, workers, job(ours)), servers: ours },
    { balancer: await plannedHaproxy(workers, job(theirs)), servers: theirs },
  ];
}

/** What must be equal, in any order of lines: another worker, or thread, may write its own first. Times only in whether they were reached. */
const facts = ({ server, waitMs, connectMs, termination, retries, queues }: SessionLine): string =>
  `${server} ${waitMs < 0 ? 'not placed' : 'placed'} ${connectMs < 0 ? 'not connected' : 'connected'} ${termination} ${retries} ${queues}`;

/** Clients that come one after the other, all but the first `served` into the queue. */
async function crowd(balancer: TellingBalancer, count: number, served: number): Promise<Peer[]> {
  const clients: Peer[] = [];
  for (let i = 0; i < count; i++) {
    const client = await dial(balancer.port);
    clients.push(client);
    if (i < served) await client.hears('number');
    else await balancer.queues(i - served + 1);
  }
  return clients;
}

for (const workers of WORKERS) {
  interop(`who came first is served first, with ${workers} workers`, async (engine) => {
    const job = ([server]: TestServer[]): Job => ({
      lines: [`server s1 ${server.address} maxconn 1`],
    });
    const outcomes: { heard: string[]; lines: string[] }[] = [];
    for (const { balancer, servers } of await bothBalancers(engine, workers, job, 1)) {
      const clients = await crowd(balancer, 6, 1);
      const heard: string[] = [];
      for (const client of clients) {
        await client.hears(';');
        client.socket.end();
        await client.over();
        heard.push(client.heard);
      }
      assert.is(servers[0].openMost, 1);
      outcomes.push({ heard, lines: (await balancer.lines(6)).map(facts).sort() });
    }
    const [ours, theirs] = outcomes;
    assert.equal(
      ours.heard,
      [0, 1, 2, 3, 4, 5].map((i) => `number ${i};`),
    );
    assert.equal(ours, theirs);
  });

  interop(`each server takes its maxconn, and the queue is one for all, with ${workers} workers`, async (engine) => {
    const job = (servers: TestServer[]): Job => ({
      lines: ['balance leastconn', ...servers.map((server, i) => `server s${i + 1} ${server.address} maxconn ${i + 1}`)],
    });
    for (const { balancer, servers } of await bothBalancers(engine, workers, job, 2)) {
      const clients = await crowd(balancer, 12, 3);
      for (const client of clients) {
        await client.hears(';');
        client.socket.end();
        await client.over();
      }
      assert.equal(
        servers.map((server) => server.openMost),
        [1, 2],
      );
      const lines = await balancer.lines(12);
      assert.equal([...new Set(lines.map((line) => line.termination))], ['--']);
      assert.equal(lines.filter((line) => line.queues === '0/0').length, 3);
    }
  });

  interop(`who waits for longer than timeout queue is sent away, with ${workers} workers`, async (engine) => {
    const job = ([server]: TestServer[]): Job => ({
      lines: ['timeout queue 200ms', `server s1 ${server.address} maxconn 1`],
    });
    const outcomes: string[][] = [];
    for (const { balancer } of await bothBalancers(engine, workers, job, 1)) {
      const first = await dial(balancer.port);
      await first.hears(';');
      const late = await dial(balancer.port);
      assert.is(await late.over(), 'end');
      assert.is(late.heard, '');
      first.socket.end();
      await first.over();
      const lines = (await balancer.lines(2)).sort((a, b) => b.waitMs - a.waitMs);
      assert.ok(lines[0].waitMs >= 200);
      outcomes.push(lines.map(facts));
    }
    assert.equal(outcomes[0], outcomes[1]);
    assert.match(outcomes[0][0], /^<NOSRV> placed not connected sQ 0 0\/1$/);
  });

  interop(`a server with a full queue of its own takes nobody, with ${workers} workers`, async (engine) => {
    const job = ([server]: TestServer[]): Job => ({
      lines: ['balance source', `server s1 ${server.address} maxconn 1 maxqueue 2`],
    });
    const outcomes: string[][] = [];
    for (const { balancer } of await bothBalancers(engine, workers, job, 1)) {
      const clients = await crowd(balancer, 3, 1);
      const refused = await dial(balancer.port);
      assert.is(await refused.over(), 'end');
      for (const client of clients) {
        await client.hears(';');
        client.socket.end();
        await client.over();
      }
      outcomes.push((await balancer.lines(4)).map(facts).sort());
    }
    assert.equal(outcomes[0], outcomes[1]);
    assert.match(outcomes[0][0], /^s1 not placed not connected SQ 0 0\/0$/);
  });
}

/** Who waits after each end of 8 sessions: with `fullconn 8` a server takes half as many as there are, the one that ends included. */
const QUEUED_AFTER = [3, 3, 2, 2, 1, 1, 0, 0];

interop('servers with minconn take more as their backend fills', async (engine) => {
  const job = ([server]: TestServer[]): Job => ({
    lines: ['fullconn 8', `server s1 ${server.address} minconn 1 maxconn 4`],
  });
  const outcomes: string[][] = [];
  for (const { balancer, servers } of await bothBalancers(engine, 1, job, 1)) {
    const clients = await crowd(balancer, 8, 1);
    for (const [i, client] of clients.entries()) {
      await client.hears(';');
      client.socket.end();
      await client.over();
      await balancer.queues(QUEUED_AFTER[i]);
    }
    assert.is(servers[0].peers.length, 8);
    outcomes.push((await balancer.lines(8)).map(facts).sort());
  }
  assert.equal(outcomes[0], outcomes[1]);
});

test.run();
