/**
 * Each timeout ends a silent side and leaves a busy session alone: what client and server see, in
 * which order, and what is logged is what HAProxy with the same configuration shows.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineChoice } from '../harness.js';
import { type Balancer, type Flags, watchedBalance } from './support/balancers.js';
import { ending, firstEnd } from './support/ends.js';
import { dial, echo, interop, type Peer, serve, silent, type TestServer } from './support/peers.js';
import { type Situation, situations } from './support/situations.js';

/** A timeout that shall fire. */
const SHORT = '300ms';
/** One that a busy session must survive: many times the pause between its messages. */
const BUSY_TIMEOUT_MS = 1500;
const BUSY_PAUSE_MS = 100;
const BUSY = `${BUSY_TIMEOUT_MS}ms`;
/** How long it is busy. */
const BUSY_MS = 2 * BUSY_TIMEOUT_MS;

interface Sides {
  readonly client: Peer;
  readonly server: Peer;
}

/** How the session looked to a side when it was over: 'end', or the name of an error. */
function end(peer: Peer): Promise<string> {
  return peer.hearsEnd().then(
    () => 'end',
    () => peer.error,
  );
}

/** Brings a session about through a balancer. */
async function session(balancer: Balancer, listener: TestServer, nth: number): Promise<Sides> {
  const client = await dial(balancer.port);
  client.socket.write('hello');
  const server = await listener.peer(nth);
  await server.hears('hello');
  return { client, server };
}

/** Timeouts as flags, by their names in HAProxy. */
type Timeouts = Readonly<Record<string, string>>;

function flagsOf(timeouts: Timeouts): Flags {
  return Object.fromEntries(Object.entries(timeouts).map(([name, value]) => [`timeout-${name}`, value]));
}

/** The same timeouts for HAProxy and for us, in milliseconds; the others are 20 s. */
interface Limits {
  readonly client?: number;
  readonly server?: number;
  readonly clientFin?: number;
  readonly serverFin?: number;
  readonly tunnel?: number;
}

const LONG_MS = 20_000;
/** A timeout that fires first, and one that follows: far apart, since the order of the ends is what a slow machine sees too. */
const FIRST_MS = 500;
const SECOND_MS = 3000;

/**
 * A session that stands, with these timeouts. Clients are accepted with what they say first: on a
 * slow machine it would come after their timeout.
 */
function situation(limits: Limits, traffic: (sides: Sides) => Promise<readonly string[]>): Situation {
  const { client = LONG_MS, server = LONG_MS, clientFin = 0, serverFin = 0, tunnel = 0 } = limits;
  const words = { client, server, 'client-fin': clientFin, 'server-fin': serverFin, tunnel };
  const lines = Object.entries(words).flatMap(([name, ms]) => (ms > 0 ? [`timeout ${name} ${ms}`] : []));
  return {
    format: '%ft %b/%s %B %U %ts',
    bind: 'defer-accept',
    lines,
    traffic: async (ends) => {
      ends.client.socket.write('hello');
      const server = await ends.server();
      await server.hears('hello');
      return traffic({ client: ends.client, server });
    },
  };
}

/** Nobody says anything more: who sees an end first, and how it ends for both. */
async function silence({ client, server }: Sides): Promise<string[]> {
  const first = await firstEnd(client, server);
  return [first, await ending(client), await ending(server)];
}

situations('timeouts', {
  'a silent client ends its own stream, and later the server falls silent too': situation(
    { client: FIRST_MS, server: SECOND_MS },
    silence,
  ),
  'a silent server ends its own stream, and later the client falls silent too': situation(
    { client: SECOND_MS, server: FIRST_MS },
    silence,
  ),
  'after its timeout a client still gets what the server sends': situation({ client: FIRST_MS }, async ({ client, server }) => {
    await server.hearsEnd();
    server.socket.end('late');
    return [await ending(client), await ending(server)];
  }),
  'after its timeout a server still gets what the client sends': situation({ server: FIRST_MS }, async ({ client, server }) => {
    await client.hearsEnd();
    client.socket.end('late');
    return [await ending(client), await ending(server)];
  }),
  'timeout client-fin follows the timeout of the server': situation({ server: FIRST_MS, clientFin: SECOND_MS }, silence),
  'timeout server-fin follows the timeout of the client': situation({ client: FIRST_MS, serverFin: SECOND_MS }, silence),
  'timeout server after the client has ended': situation({ server: FIRST_MS }, ({ client, server }) => {
    client.socket.end();
    return silence({ client, server });
  }),
  'timeout client after the server has ended': situation({ client: FIRST_MS }, ({ client, server }) => {
    server.socket.end();
    return silence({ client, server });
  }),
  'timeout client does not concern a client that has ended': situation(
    { client: FIRST_MS, server: SECOND_MS },
    ({ client, server }) => {
      client.socket.end();
      return silence({ client, server });
    },
  ),
  'timeout client-fin ends a session that its server has half closed': situation(
    { clientFin: FIRST_MS },
    ({ client, server }) => {
      server.socket.end('bye');
      return silence({ client, server });
    },
  ),
  'timeout server-fin ends a session that its client has half closed': situation(
    { serverFin: FIRST_MS },
    ({ client, server }) => {
      client.socket.end('bye');
      return silence({ client, server });
    },
  ),
  // Both are due at the same time: whom HAProxy names as the reason, and whether it resets the server, is chance.
  'timeout tunnel ends a session in which both sides are silent': {
    ...situation({ tunnel: FIRST_MS }, async ({ client, server }) => {
      await ending(server);
      return [await ending(client)];
    }),
    format: '%ft %b/%s %B %U',
  },
});

interop('timeout client ends a session whose client takes nothing of what the server sends', async (engine) => {
  const listener = await serve(silent);
  const balancer = await watchedBalance(engine, [listener.address], { 'timeout-client': BUSY });
  const { client, server } = await session(balancer, listener, 0);
  client.socket.pause();
  const block = Buffer.alloc(1 << 20);
  const more = (): void => {
    while (!server.socket.destroyed && server.socket.write(block));
  };
  server.socket.on('drain', more);
  more();
  assert.match(await server.closed, /ECONNRESET|EPIPE/);
  const { clientTimeouts, serverTimeouts } = await balancer.counters();
  assert.equal({ clientTimeouts, serverTimeouts }, { clientTimeouts: 1, serverTimeouts: 0 });
});

/** A session whose sides say something every now and then, for longer than these timeouts. */
interface Busy {
  readonly timeouts: Timeouts;
  readonly talk: (sides: Sides) => Promise<void>;
}

async function survives(engine: EngineChoice, { timeouts, talk }: Busy): Promise<void> {
  const listener = await serve(silent);
  const balancer = await watchedBalance(engine, [listener.address], flagsOf(timeouts));
  const sides = await session(balancer, listener, 0);
  for (const end = performance.now() + BUSY_MS; performance.now() < end; ) {
    await talk(sides);
    await delay(BUSY_PAUSE_MS);
  }
  const { clientTimeouts, serverTimeouts, sessionsNow } = await balancer.counters();
  assert.equal({ clientTimeouts, serverTimeouts, sessionsNow }, { clientTimeouts: 0, serverTimeouts: 0, sessionsNow: 1 });
}

/** `from` sends one more byte, and `to` has it. */
async function oneMore(from: Peer, to: Peer): Promise<void> {
  const before = to.bytes;
  from.socket.write('x');
  await to.receives(before + 1);
}

const BUSY_SESSIONS: Readonly<Record<string, Busy>> = {
  'only the server talks': { timeouts: { client: BUSY }, talk: ({ client, server }) => oneMore(server, client) },
  'only the client talks': { timeouts: { server: BUSY }, talk: ({ client, server }) => oneMore(client, server) },
  'half closed, the other side still talks': {
    timeouts: { 'client-fin': BUSY, 'server-fin': BUSY },
    talk: async ({ client, server }) => {
      if (!server.sawEnd) client.socket.end();
      await server.hearsEnd();
      await oneMore(server, client);
    },
  },
  'timeout tunnel takes the place of shorter ones': {
    timeouts: { tunnel: BUSY, client: '200ms', server: '200ms' },
    talk: async ({ client, server }) => {
      await delay(3 * BUSY_PAUSE_MS);
      await oneMore(client, server);
    },
  },
};

interop('timeouts spare busy sessions', async (engine) => {
  const all = Object.entries(BUSY_SESSIONS).map(async ([name, busy]) => {
    await survives(engine, busy).catch((cause) => {
      throw new Error(`${name}: ${cause.message}`, { cause });
    });
  });
  await Promise.all(all);
});

interop('a session without a timeout lives while others die of theirs', async (engine) => {
  const listener = await serve(echo);
  const patient = await watchedBalance(engine, [listener.address], { 'timeout-client': 0, 'timeout-server': 0 });
  const client = await dial(patient.port);
  const hasty = await watchedBalance(engine, [listener.address], { 'timeout-client': SHORT });
  assert.is(await end(await dial(hasty.port)), 'end');
  await client.echoes('still here');
});

test.run();
