/** The line of a session in the log, beside HAProxy's: every way in which a session in mode tcp can end. */
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import { type Ends, ending, waitsInVain } from './support/ends.js';
import { echo, type Peer } from './support/peers.js';
import { type Situation, situations } from './support/situations.js';

/** What a balancer does with a connection by itself is done after this time: the middle of a class of durations. */
const PAUSE_MS = 500;

/** A session in which both have said something. */
async function talk({ client, server }: Ends): Promise<Peer> {
  client.socket.write('hello');
  const peer = await server();
  await peer.hears('hello');
  peer.socket.write('welcome');
  await client.hears('welcome');
  return peer;
}

/** A client's stay, that it leaves in this way after a while. */
function leaves(how: (client: Peer) => void, sends = false): Situation['traffic'] {
  return async ({ client }) => {
    if (sends) client.socket.write('hello');
    await delay(PAUSE_MS);
    how(client);
    return [await client.closed];
  };
}

const ends = (client: Peer): void => void client.socket.end();
const resets = (client: Peer): void => void client.socket.resetAndDestroy();
const waits = async ({ client }: Ends): Promise<string[]> => [await ending(client)];

situations('sessions with a server', {
  'both end': {
    traffic: async (all) => {
      const server = await talk(all);
      all.client.socket.end();
      await server.hearsEnd();
      server.socket.end();
      return [await ending(all.client)];
    },
  },
  'the server ends first': {
    traffic: async (all) => {
      const server = await talk(all);
      server.socket.end();
      await all.client.hearsEnd();
      all.client.socket.end();
      return [await ending(server)];
    },
  },
  'nothing is said': {
    traffic: async ({ client, server }) => {
      const peer = await server();
      await delay(PAUSE_MS);
      client.socket.end();
      return [await peer.over()];
    },
  },
  'the client resets': {
    traffic: async (all) => {
      const server = await talk(all);
      all.client.socket.resetAndDestroy();
      return [await server.closed];
    },
  },
  'the client resets after the server has ended': {
    traffic: async (all) => {
      const server = await talk(all);
      server.socket.end();
      await all.client.hearsEnd();
      all.client.socket.resetAndDestroy();
      await server.closed;
      return [];
    },
  },
  'the server resets': {
    traffic: async (all) => {
      const server = await talk(all);
      server.socket.resetAndDestroy();
      await all.client.over();
      return [];
    },
  },
  'the server resets after the client has ended': {
    traffic: async (all) => {
      const server = await talk(all);
      all.client.socket.end();
      await server.hearsEnd();
      server.socket.resetAndDestroy();
      await all.client.closed;
      return [];
    },
  },
  'the server resets at once': {
    serves: (peer) => void peer.socket.once('data', () => peer.socket.resetAndDestroy()),
    traffic: async ({ client }) => {
      client.socket.write('hello');
      await client.over();
      return [];
    },
  },
  'the client falls silent': {
    lines: ['timeout client 500'],
    traffic: async (all) => {
      const server = await talk(all);
      await server.hearsEnd();
      server.socket.end();
      return [await ending(all.client)];
    },
  },
  'the client falls silent, and so does the server': {
    lines: ['timeout client 500', 'timeout server 1500'],
    traffic: async (all) => {
      const server = await talk(all);
      return [await ending(all.client), await ending(server)];
    },
  },
  'the server falls silent': {
    lines: ['timeout server 500'],
    traffic: async (all) => {
      await talk(all);
      await all.client.hearsEnd();
      all.client.socket.end();
      return [];
    },
  },
  'the server falls silent after the client has ended': {
    lines: ['timeout server 500'],
    traffic: async (all) => {
      const server = await talk(all);
      all.client.socket.end();
      return [await ending(all.client), await ending(server)];
    },
  },
  'client-fin': {
    lines: ['timeout client-fin 500'],
    traffic: async (all) => {
      const server = await talk(all);
      server.socket.end();
      return [await ending(all.client), await ending(server)];
    },
  },
  'server-fin': {
    lines: ['timeout server-fin 500'],
    traffic: async (all) => {
      const server = await talk(all);
      all.client.socket.end();
      return [await ending(all.client), await ending(server)];
    },
  },
  'the answer is refused': {
    lines: ['tcp-response inspect-delay 10s', 'tcp-response content reject if { res.payload(0,2) -m str NO }'],
    traffic: async ({ client, server }) => {
      const peer = await server();
      peer.socket.write('NO way');
      return [await ending(client), await ending(peer)];
    },
  },
  nolinger: {
    lines: ['option nolinger'],
    traffic: async (all) => {
      const server = await talk(all);
      all.client.socket.end();
      return [await server.closed, await all.client.closed];
    },
  },
  'nolinger, the server ends': {
    lines: ['option nolinger'],
    traffic: async (all) => {
      const server = await talk(all);
      server.socket.end();
      await all.client.hearsEnd();
      all.client.socket.end();
      return [await server.closed, await all.client.closed];
    },
  },
});

const GO = ['tcp-request inspect-delay 10s', 'tcp-request content accept if { req.payload(0,2) -m str GO }'];

situations('sessions without a server', {
  'it refuses': { lines: ['server s {nobody}'], traffic: waits },
  'it refuses a client that talks': {
    lines: ['server s {nobody}'],
    traffic: async ({ client }) => {
      client.socket.write('hello');
      return [await ending(client)];
    },
  },
  'it refuses twice': { lines: ['server s {nobody}', 'retries 1'], traffic: waits },
  'it refuses twice, every half second': { lines: ['server s {nobody}', 'retries 2', 'timeout connect 500'], traffic: waits },
  'it does not answer': { lines: ['server s {deaf}', 'timeout connect 1s'], traffic: waits },
  'it does not answer twice': { lines: ['server s {deaf}', 'timeout connect 500', 'retries 1'], traffic: waits },
  'another one answers': {
    lines: ['server s {nobody}', 'server other {server}', 'option redispatch', 'retries 1'],
    serves: (peer) => void peer.socket.end('bye'),
    traffic: async ({ client }) => [await ending(client), await client.over()],
  },
  'another one answers in time': {
    lines: ['server s {deaf}', 'server other {server}', 'option redispatch', 'retries 3', 'timeout connect 500'],
    serves: (peer) => void peer.socket.end('bye'),
    traffic: async ({ client }) => [await ending(client), await client.over()],
  },
  'there is none': { lines: ['default_backend none{number}'], sections: ['backend none{number}'], traffic: waits },
  'all are disabled': { lines: ['server s {nobody} disabled'], traffic: waits },
  'the client leaves while it connects': { lines: ['server s {deaf}'], traffic: leaves(ends) },
  'the client resets while it connects': { lines: ['server s {deaf}'], traffic: leaves(resets) },
  'a client that talks leaves while it connects': {
    lines: ['server s {deaf}', 'timeout connect 1s'],
    traffic: leaves(ends, true),
  },
  'a client that talks resets while it connects': { lines: ['server s {deaf}'], traffic: leaves(resets, true) },
  'abortonclose: the client leaves while it connects': {
    lines: ['server s {deaf}', 'option abortonclose'],
    traffic: leaves(ends, true),
  },
  'abortonclose: the client leaves between attempts': {
    lines: ['server s {nobody}', 'option abortonclose', 'retries 1'],
    traffic: leaves(ends, true),
  },
  'timeout client while it connects': {
    lines: ['server s {deaf}', 'timeout client 500', 'timeout connect 1500'],
    traffic: waits,
  },
  'timeout client between attempts': {
    lines: ['server s {nobody}', 'timeout client 500', 'retries 2'],
    traffic: waits,
  },
  'the queue takes too long': {
    lines: ['server s {server} maxconn 1', 'timeout queue 1s'],
    serves: echo,
    traffic: waitsInVain,
    logged: 2,
  },
  'timeout client in the queue': {
    lines: ['server s {server} maxconn 1', 'timeout queue 1500', 'timeout client 500'],
    serves: echo,
    traffic: async ({ client, dial }) => {
      await client.echoes('first');
      const next = await dial();
      await delay(PAUSE_MS / 2);
      await client.echoes('again');
      const seen = await ending(next);
      client.socket.end();
      return [seen, await ending(client)];
    },
    logged: 2,
  },
  'the client leaves the queue': {
    lines: ['server s {server} maxconn 1'],
    serves: echo,
    traffic: async ({ client, dial, logged }) => {
      await client.echoes('first');
      const next = await dial();
      await delay(PAUSE_MS);
      next.socket.end();
      await logged(1);
      client.socket.end();
      return [await ending(next)];
    },
    logged: 2,
  },
  'the queue is full': {
    lines: ['server s {server} maxconn 1 maxqueue 1', 'option redispatch', 'timeout queue 1s'],
    serves: echo,
    traffic: async ({ client, dial, logged }) => {
      await client.echoes('first');
      const next = await dial();
      await delay(PAUSE_MS);
      const third = await dial();
      const seen = [await ending(third), await ending(next)];
      await logged(2);
      client.socket.end();
      return seen;
    },
    logged: 3,
  },
  'places in the queue': {
    format: '%b/%s %B %ts %fc/%bc/%sc/%rc %sq/%bq',
    lines: ['server s {server} maxconn 1'],
    serves: echo,
    traffic: async ({ client, dial, logged }) => {
      await client.echoes('first');
      const others: Peer[] = [];
      for (let i = 0; i < 3; i++) {
        others.push(await dial());
        await delay(PAUSE_MS / 5);
      }
      for (const [i, peer] of [client, ...others].entries()) {
        await peer.echoes('here');
        peer.socket.end();
        await logged(i + 1);
      }
      return [];
    },
    logged: 4,
  },
  'the request is refused': {
    lines: ['tcp-request inspect-delay 10s', 'tcp-request content reject if { req.payload(0,2) -m str NO }'],
    traffic: async ({ client }) => {
      client.socket.write('NO');
      return [await ending(client)];
    },
  },
  'the client leaves while it is inspected': { lines: GO, traffic: leaves(ends), serves: (peer) => void peer.socket.end() },
  'the client leaves while it is inspected, and the server does not answer': {
    lines: [...GO, 'server s {deaf}', 'timeout connect 1s'],
    traffic: leaves(ends),
  },
  'the client leaves while it is inspected, and the server is full': {
    lines: [...GO, 'server s {server} maxconn 1'],
    serves: echo,
    traffic: async ({ client, dial }) => {
      await client.echoes('GO');
      const next = await dial();
      await delay(PAUSE_MS);
      next.socket.end();
      const seen = [await ending(next)];
      client.socket.end();
      return [...seen, await ending(client)];
    },
    logged: 2,
  },
  'the client leaves while it is inspected, and the server refuses': {
    lines: [...GO, 'server s {nobody}'],
    traffic: leaves(ends),
  },
  'the client leaves while it is inspected, and the server refuses twice': {
    lines: [...GO, 'server s {nobody}', 'retries 1'],
    traffic: leaves(ends),
  },
  'timeout client while it connects after talking': {
    lines: ['server s {deaf}', 'timeout client 500', 'timeout connect 1500'],
    traffic: async ({ client }) => {
      client.socket.write('hello');
      return [await ending(client)];
    },
  },
  'timeout client between attempts after talking': {
    lines: ['server s {nobody}', 'timeout client 500', 'retries 1'],
    traffic: async ({ client }) => {
      client.socket.write('hello');
      return [await ending(client)];
    },
  },
  'timeout client while it connects twice': {
    lines: ['server s {deaf}', 'timeout client 500', 'timeout connect 1s', 'retries 1'],
    traffic: waits,
  },
  'timeout client, and then another one answers': {
    lines: [
      'server s {deaf}',
      'server other {server}',
      'option redispatch',
      'timeout client 500',
      'timeout connect 1s',
      'retries 3',
    ],
    serves: (peer) => void peer.socket.once('end', () => peer.socket.end('bye')),
    traffic: waits,
  },
  'timeout client of one that has talked, and then another one answers': {
    lines: [
      'server s {deaf}',
      'server other {server}',
      'option redispatch',
      'timeout client 500',
      'timeout connect 1s',
      'retries 3',
    ],
    serves: (peer) => void peer.socket.once('end', () => peer.socket.end('bye')),
    traffic: async ({ client }) => {
      client.socket.write('hello');
      return [await ending(client)];
    },
  },
  'timeout client in the queue after talking': {
    lines: ['server s {server} maxconn 1', 'timeout queue 1500', 'timeout client 500'],
    serves: echo,
    traffic: async ({ client, dial }) => {
      await client.echoes('first');
      const next = await dial();
      next.socket.write('hello');
      const seen = await ending(next);
      client.socket.end();
      return [seen, await ending(client)];
    },
    logged: 2,
  },
  'the client resets while it is inspected': { lines: GO, traffic: leaves(resets) },
  'the client falls silent while it is inspected': { lines: [...GO, 'timeout client 500'], traffic: waits },
  'the backend refuses': {
    lines: ['default_backend inner{number}'],
    sections: ['backend inner{number}', '  tcp-request content reject', '  server s {server}'],
    traffic: waits,
  },
  'the client falls silent while the backend inspects': {
    lines: ['timeout client 500', 'default_backend inner{number}'],
    sections: ['backend inner{number}', ...GO, '  server s {server}'],
    traffic: waits,
  },
});

test.run();
