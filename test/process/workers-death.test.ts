/**
 * A worker that dies: its stack is reported, its clients notice, nothing that it held leaks, and
 * another one takes its place; the other workers' connections do not notice.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countersOf, type EngineChoice, eventually, runProcess, scratchFolder } from '../harness.js';
import { type Flags, type WatchedBalancer, watchedBalance } from '../interop/support/balancers.js';
import { dial, echo, interop, named, type Peer, serve } from '../interop/support/peers.js';

const DYING_WORKER = new URL('../master/fixtures/dying-worker.js', import.meta.url);
const OTHER_VERSION_WORKER = new URL('../master/fixtures/other-version-worker.js', import.meta.url);
/** Connections that a dying worker takes along. */
const CONNECTIONS = 20;
/** A heap that is exhausted within a second, in MB; the main thread needs a third of it. */
const SMALL_HEAP_MB = 64;

interface Mortal {
  readonly balancer: WatchedBalancer;
  /** Makes the worker die at its next turn. */
  strike(): void;
  /** It has died. */
  struck(): Promise<unknown>;
}

async function mortal(
  engine: EngineChoice,
  servers: string[],
  death: string,
  flags: Flags = {},
  nodeArgs: string[] = [],
): Promise<Mortal> {
  const marker = join(scratchFolder(), 'die');
  const env = { TEST_DEATH: death, TEST_DEATH_MARKER: marker };
  const balancer = await watchedBalance(engine, servers, flags, { workerUrl: DYING_WORKER, env, nodeArgs });
  return {
    balancer,
    strike: () => writeFileSync(marker, ''),
    struck: () => eventually('the worker has died', () => !existsSync(marker)),
  };
}

async function connectMany(port: number, count: number): Promise<Peer[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => dial(port)));
  await Promise.all(clients.map((client, i) => client.echoes(`I am ${i}.`)));
  return clients;
}

/** Those whose connections go on. */
async function stillServed(clients: readonly Peer[]): Promise<Peer[]> {
  const answers = await Promise.allSettled(clients.map((client) => client.echoes('anybody?')));
  return clients.filter((_, i) => answers[i].status === 'fulfilled');
}

/** What must be as before when a worker with connections has died and been replaced. */
interface Holdings {
  readonly fds: number;
  readonly threads: number;
  readonly sessionsNow: number;
  readonly servers: number[];
}

async function holdings(balancer: WatchedBalancer): Promise<Holdings> {
  const { sessionsNow, servers } = await balancer.counters();
  const { fds, threads } = countersOf(balancer.pid);
  return { fds, threads, sessionsNow, servers };
}

const DEATHS = {
  throw: /planted failure\n.*\n.*DataPlane\.failing/,
  exit: /exit code 3/,
  memory: /ERR_WORKER_OUT_OF_MEMORY|memory limit/,
};

for (const [death, report] of Object.entries(DEATHS)) {
  interop(`a worker dies (${death}): its connections end, nothing leaks, and another one serves`, async (engine) => {
    const server = await serve(echo);
    const nodeArgs = death === 'memory' ? [`--max-old-space-size=${SMALL_HEAP_MB}`] : [];
    const { balancer, strike, struck } = await mortal(engine, [server.address], death, { maxconn: CONNECTIONS }, nodeArgs);
    const [first] = await connectMany(balancer.port, 1);
    first.socket.end();
    await first.closed;
    await eventually('the first session is over', async () => (await balancer.counters()).sessionsNow === 0);
    const before = await holdings(balancer);

    const clients = await connectMany(balancer.port, CONNECTIONS);
    strike();
    clients[0].socket.write('wake up');
    await struck();
    await Promise.all(clients.map((peer) => peer.over()));
    await Promise.all(server.peers.map((peer) => peer.over()));
    await eventually('it is reported', () => report.test(balancer.process.stderr));
    assert.match(balancer.process.stderr, /\[ALERT\] .* worker 0 died, its connections are closed/);

    assert.is(balancer.process.stderr.split('worker 0 died').length - 1, 1);

    // As many again as maxconn allows: the places of the dead are free.
    const next = await connectMany(balancer.port, CONNECTIONS);
    assert.equal((await balancer.counters()).servers, [CONNECTIONS]);
    for (const client of next) client.socket.end();
    await Promise.all(next.map((peer) => peer.over()));
    await eventually(
      'everything is as before',
      async () => JSON.stringify(await holdings(balancer)) === JSON.stringify(before),
    ).catch(async (error) => assert.equal(await holdings(balancer), before, String(error)));
  });
}

interop('a worker that dies with a stream under way takes neither pipes nor buffers along', async (engine) => {
  const server = await serve((peer) => {
    const block = Buffer.alloc(1 << 20);
    const more = (): void => {
      while (!peer.socket.destroyed && peer.socket.write(block));
    };
    peer.socket.on('drain', more);
    more();
  });
  const { balancer, strike, struck } = await mortal(engine, [server.address], 'throw');
  const before = (await holdings(balancer)).fds;
  for (let round = 0; round < 3; round++) {
    const client = await dial(balancer.port);
    await client.receives(16 << 20);
    strike();
    await struck();
    await client.over();
    await eventually('every descriptor is back', () => countersOf(balancer.pid).fds === before);
  }
});

interop('the connections of the other workers go on', async (engine) => {
  const server = await serve(named('hello'));
  const { balancer, strike, struck } = await mortal(engine, [server.address], 'throw', { workers: 2 });
  const clients = await connectMany(balancer.port, 40);
  strike();
  for (const client of clients) client.socket.write('wake up');
  await struck();
  await eventually('it is reported', () => balancer.process.stderr.includes('worker 0 died'));
  const survivors = await stillServed(clients);
  // The kernel spreads the connections over the listeners; 40 of them on one has a chance of 2^-39.
  assert.ok(survivors.length > 0 && survivors.length < clients.length, `${survivors.length} of ${clients.length} live on`);
  assert.equal((await balancer.counters()).servers, [survivors.length]);
  const more = await connectMany(balancer.port, 40);
  for (const client of [...survivors, ...more]) await client.echoes('here');
});

interop('where no thread can be had for a dead worker, the others go on, and it is tried again until one can', async (engine) => {
  const server = await serve(echo);
  const { balancer, strike, struck } = await mortal(engine, [server.address], 'throw', { workers: 2 });
  const limitDescriptors = (limit: number) => runProcess('prlimit', ['--pid', String(balancer.pid), `--nofile=${limit}:`]);
  const said = (text: string): number => balancer.process.stderr.split(text).length - 1;
  const clients = await connectMany(balancer.port, 40);
  const { code, stderr } = await limitDescriptors(3);
  assert.is(code, 0, stderr);
  strike();
  for (const client of clients) client.socket.write('wake up');
  await struck();
  await eventually('it is reported', () => said('no thread can take the place of worker 0') > 0);
  const survivors = await stillServed(clients);
  assert.ok(survivors.length > 0 && survivors.length < clients.length, `${survivors.length} of ${clients.length} live on`);
  await limitDescriptors(4000);
  await eventually('another one has taken its place', () => said('worker 0 is at work again') > 0);
  const more = await connectMany(balancer.port, 40);
  for (const client of more) client.socket.end();
  await Promise.all(more.map((peer) => peer.over()));
  assert.equal([said('worker 0 died'), said('no thread can take')], [1, 1], balancer.process.stderr);
});

interop('workers that keep dying end the process with exit code 1', async (engine) => {
  const marker = join(scratchFolder(), 'die');
  const server = await serve(echo);
  const env = { TEST_DEATH_MARKER: marker, TEST_DEATH_AGAIN: 'yes', TEST_DEATH_WORKERS: '0' };
  const balancer = await watchedBalance(engine, [server.address], { workers: 2 }, { workerUrl: DYING_WORKER, env });
  const clients = await connectMany(balancer.port, 20);
  writeFileSync(marker, '');
  for (const client of clients) client.socket.write('wake up');
  assert.equal(await balancer.process.exited, { code: 1, signal: null });
  assert.is(balancer.process.stderr.split('worker 0 died').length - 1, 5);
  assert.match(balancer.process.stderr, /\[ALERT\] .* workers died 5 times in 10 s: giving up/);
  await Promise.all(clients.map((peer) => peer.over()));
});

interop('a process that is asked to stop ends although its worker is dead', async (engine) => {
  const server = await serve(echo);
  const { balancer, strike, struck } = await mortal(engine, [server.address], 'throw');
  const [client] = await connectMany(balancer.port, 1);
  strike();
  client.socket.write('wake up');
  await struck();
  assert.equal(await balancer.process.stop('SIGTERM'), { code: null, signal: 'SIGTERM' });
});

interop('once another version is installed no worker of that one takes the place of a dead one', async (engine) => {
  const server = await serve(echo);
  const [marker, installed] = ['die', 'installed'].map((name) => join(scratchFolder(), name));
  const env = { TEST_DEATH: 'throw', TEST_DEATH_MARKER: marker, TEST_OTHER_VERSION: installed };
  const balancer = await watchedBalance(engine, [server.address], {}, { workerUrl: OTHER_VERSION_WORKER, env });
  const client = await dial(balancer.port);
  await client.echoes('hello');
  writeFileSync(installed, '');
  writeFileSync(marker, '');
  client.socket.write('wake up');
  assert.equal(await balancer.process.exited, { code: 1, signal: null });
  assert.match(
    balancer.process.stderr,
    /no worker can take its place: version \S+ has been installed, and this process is 0\.0\.0: giving up/,
  );
});

test.run();
