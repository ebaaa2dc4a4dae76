/**
 * Servers that die or do not answer: what their clients see, what it costs the other servers, and
 * that HAProxy with the same configuration behaves the same.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { closeDescriptor } from '../../src/kernel/descriptors.js';
import { openListener } from '../../src/kernel/listener.js';
import { type EngineChoice, eventually, freePort, isListening, type RunningProcess, startProcess } from '../harness.js';
import { balanceWithHaproxy, type Flags, haproxyStatistics, watchedBalance } from './support/balancers.js';
import { dial, interop, named, type Peer, serve, silent } from './support/peers.js';

/** A server in a process of its own that greets, and then sends without end once it is asked to. */
const ENDLESS = `
  require('node:net').createServer((socket) => {
    socket.write('hello ');
    socket.on('error', () => {});
    socket.once('data', () => {
      const more = () => { while (socket.write(Buffer.alloc(65536, 'x'))); };
      socket.on('drain', more);
      more();
    });
  }).listen(Number(process.argv[1]), '127.0.0.1');`;

async function startEndless(): Promise<{ process: RunningProcess; address: string }> {
  const port = await freePort();
  const process = await startProcess(globalThis.process.execPath, ['-e', ENDLESS, String(port)], {
    readyWhen: () => isListening(port),
  });
  return { process, address: `127.0.0.1:${port}` };
}

/** What a client meets that connects and waits: all it hears, and how it ends. */
async function fate(port: number): Promise<{ heard: string; closed: string }> {
  const client = await dial(port);
  const closed = await client.over();
  return { heard: client.heard, closed };
}

interop('a server killed while its connections are idle and while it sends: all its clients notice', async (engine) => {
  const { process, address } = await startEndless();
  const balancer = await watchedBalance(engine, [address], { workers: 2 });
  const clients = await Promise.all(Array.from({ length: 20 }, () => dial(balancer.port)));
  await Promise.all(clients.map((client) => client.hears('hello ')));
  const busy = clients.slice(10);
  for (const client of busy) client.socket.write('go');
  await Promise.all(busy.map((client) => client.receives(1 << 20)));
  process.kill();
  await Promise.all(clients.map((client) => client.over()));
  await eventually('no session is left', async () => (await balancer.counters()).sessionsNow === 0);
  assert.equal((await balancer.counters()).servers, [0]);
});

/** What both balancers make of the same clients and servers. */
interface Outcome {
  readonly fates: { heard: string; closed: string }[];
  readonly retries: number;
  readonly redispatches: number;
}

/** Some clients, one after the other. */
async function withTurbo(engine: EngineChoice, servers: string[], flags: Flags, clients: number): Promise<Outcome> {
  const balancer = await watchedBalance(engine, servers, flags);
  const fates: Outcome['fates'] = [];
  for (let i = 0; i < clients; i++) fates.push(await fate(balancer.port));
  const { retries, redispatches } = await balancer.counters();
  return { fates, retries, redispatches };
}

/** The same with HAProxy. */
async function withHaproxy(servers: string[], lines: string[], clients: number): Promise<Outcome> {
  const balancer = await balanceWithHaproxy(servers, lines);
  const fates: Outcome['fates'] = [];
  for (let i = 0; i < clients; i++) fates.push(await fate(balancer.port));
  const { wretr, wredis } = await haproxyStatistics(balancer);
  return { fates, retries: Number(wretr), redispatches: Number(wredis) };
}

/** Greets, and ends. */
const brief = (peer: Peer): void => {
  peer.socket.end('served');
};

interop('refused by one of two servers, a client reaches the other one, with as many retries as in HAProxy', async (engine) => {
  const refusing = `127.0.0.1:${await freePort()}`;
  const alive = await serve(brief);
  const expected = await withHaproxy([refusing, alive.address], ['retries 3', 'option redispatch'], 2);
  const acceptedByHaproxy = alive.peers.length;
  const found = await withTurbo(engine, [refusing, alive.address], { retries: 3, redispatch: true }, 2);
  assert.equal(found, expected);
  assert.is(alive.peers.length - acceptedByHaproxy, acceptedByHaproxy);
  assert.equal(found.fates[0], { heard: 'served', closed: 'end' });
});

interop('refused by the only server, a client is closed after the retries that HAProxy makes', async (engine) => {
  const refusing = [`127.0.0.1:${await freePort()}`];
  const expected = await withHaproxy(refusing, ['retries 2'], 1);
  assert.equal(await withTurbo(engine, refusing, { retries: 2 }, 1), expected);
});

interop('with redispatch and every server refusing, a client is closed after the retries that HAProxy makes', async (engine) => {
  const refusing = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const expected = await withHaproxy(refusing, ['retries 2', 'option redispatch'], 1);
  assert.equal(await withTurbo(engine, refusing, { retries: 2, redispatch: true }, 1), expected);
});

interop('without retries, a refused client is closed at once, and the next one served', async (engine) => {
  const refusing = `127.0.0.1:${await freePort()}`;
  const alive = await serve(brief);
  const expected = await withHaproxy([refusing, alive.address], ['retries 0'], 2);
  assert.equal(await withTurbo(engine, [refusing, alive.address], { retries: 0 }, 2), expected);
});

interop('a server that accepts and never answers is given up after timeout server', async (engine) => {
  const server = await serve(silent);
  const balancer = await watchedBalance(engine, [server.address], { 'timeout-server': '300ms' });
  const client = await dial(balancer.port);
  client.socket.write('anybody there?');
  const peer = await server.peer(0);
  await client.hearsEnd();
  client.socket.end();
  await peer.hearsEnd(); // as behind HAProxy, the server's connection lasts until the client ends its own
  assert.is(peer.heard, 'anybody there?');
  assert.is((await balancer.counters()).serverTimeouts, 1);
});

interop('a server that drops connection requests is given up after timeout connect, and another one used', async (engine) => {
  const port = await freePort();
  // A queue for one connection, which nobody takes: further requests get no answer at all.
  const listener = openListener({ address: { family: 'ipv4', host: '127.0.0.1', port }, backlog: 0, reusePort: false });
  try {
    await dial(port);
    const alive = await serve(named('alive'));
    const flags = { 'timeout-connect': '200ms', retries: 1, redispatch: true } as const;
    const balancer = await watchedBalance(engine, [`127.0.0.1:${port}`, alive.address], flags);
    const client = await dial(balancer.port);
    await client.hears('alive');
    const { connectTimeouts, retries, redispatches } = await balancer.counters();
    assert.equal({ connectTimeouts, retries, redispatches }, { connectTimeouts: 1, retries: 0, redispatches: 1 });
  } finally {
    closeDescriptor(listener);
  }
});

test.run();
