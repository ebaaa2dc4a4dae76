/**
 * Which server a connection gets, decided by several workers together, over real connections:
 * exact in turn, exact by load, and by source and weight as HAProxy decides with the same servers.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type EngineChoice, eventually } from '../harness.js';
import { balance, balanceWithHaproxy, type Flags, watchedBalance } from './support/balancers.js';
import { dial, interop, named, type Peer, serve, type Target } from './support/peers.js';

const WORKERS = 4;

/** So many servers that say their number, from 1; `settings` as `weight=2`, one for each. */
async function startServers(settings: readonly string[]): Promise<string[]> {
  const servers = await Promise.all(settings.map((_, i) => serve(named(String(i + 1)))));
  return servers.map(({ address }, i) => (settings[i] === '' ? address : `${address},${settings[i]}`));
}

/** Connects and answers the server's number. */
async function join(target: Target): Promise<{ client: Peer; server: string }> {
  const client = await dial(target);
  await client.hears('\n');
  return { client, server: client.heard.trim() };
}

/** The servers that connections get which are made one after the other, each ended before the next. */
async function sequence(port: number, count: number): Promise<string> {
  let servers = '';
  for (let i = 0; i < count; i++) {
    const { client, server } = await join(port);
    servers += server;
    client.socket.end();
    await client.closed;
  }
  return servers;
}

interop(`roundrobin serves 1, 2, 3, 1, 2, 3, whichever of ${WORKERS} workers accepts`, async (engine) => {
  const { port } = await balance(engine, await startServers(['', '', '']), { workers: WORKERS });
  assert.is(await sequence(port, 30), '123'.repeat(10));
});

interop(`leastconn spreads 100 idle connections 34/33/33 over ${WORKERS} workers, all at once`, async (engine) => {
  const flags = { workers: WORKERS, balance: 'leastconn' };
  const { port, counters } = await watchedBalance(engine, await startServers(['', '', '']), flags);
  await Promise.all(Array.from({ length: 100 }, () => join(port)));
  const { servers } = await counters();
  assert.equal([...servers].sort(), [33, 33, 34]);
});

interop('leastconn gives the next connections to the server that has lost some', async (engine) => {
  const flags = { workers: WORKERS, balance: 'leastconn' };
  const { port, counters } = await watchedBalance(engine, await startServers(['', '', '']), flags);
  const joined = await Promise.all(Array.from({ length: 30 }, () => join(port)));
  const left = joined.filter(({ server }) => server === '2');
  for (const { client } of left) client.socket.end();
  await eventually('they have left', async () => (await counters()).servers[1] === 0);
  for (let i = 0; i < left.length; i++) assert.is((await join(port)).server, '2');
});

/** The servers of every `length` connections, sorted: the order within a round is each balancer's own. */
function rounds(servers: string, length: number): string {
  const parts = servers.match(new RegExp(`.{${length}}`, 'g')) ?? [];
  return parts.map((part) => [...part].sort().join('')).join(' ');
}

/** Runs the same clients through HAProxy and turbo-lb, freshly started, in front of the same servers. */
async function asHaproxy(
  engine: EngineChoice,
  settings: readonly string[],
  algorithm: string,
  run: (port: number) => Promise<string>,
  flags: Flags = {},
): Promise<void> {
  const servers = await startServers(settings);
  const haproxy = await balanceWithHaproxy(servers, [`balance ${algorithm}`]);
  const turbo = await balance(engine, servers, { balance: algorithm, ...flags });
  assert.is(await run(turbo.port), await run(haproxy.port));
}

const WEIGHTS = [
  ['weight=2', 'weight=1'],
  ['weight=3', 'weight=1', 'weight=2'],
  ['weight=1', 'weight=5'],
  ['weight=10', 'weight=20'],
];

for (const settings of WEIGHTS) {
  interop(`roundrobin with ${settings.join(', ')} gives every round the shares that HAProxy gives it`, (engine) =>
    asHaproxy(engine, settings, 'roundrobin', async (port) => rounds(await sequence(port, 24), 6)),
  );

  interop(`leastconn with ${settings.join(', ')} loads the servers as HAProxy does`, (engine) =>
    asHaproxy(engine, settings, 'leastconn', async (port) => {
      let servers = '';
      for (let i = 0; i < 30; i++) servers += (await join(port)).server;
      return servers;
    }),
  );
}

for (const settings of [['', '', ''], ...WEIGHTS]) {
  const weights = settings.map((setting) => setting || 'weight=1').join(', ');
  interop(`source gives 200 addresses the server that HAProxy gives them, ${weights}`, (engine) =>
    asHaproxy(
      engine,
      settings,
      'source',
      async (port) => {
        const clients = Array.from({ length: 200 }, (_, i) => `127.0.${i % 7}.${i + 1}`);
        const joined = await Promise.all(clients.map((localAddress) => join({ host: '127.0.0.1', port, localAddress })));
        return joined.map(({ server }) => server).join('');
      },
      { workers: WORKERS },
    ),
  );
}

test.run();
