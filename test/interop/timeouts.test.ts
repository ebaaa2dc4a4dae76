/**
 * Each timeout ends a silent session and leaves a busy one alone. Half-closed sessions end for both
 * sides as they do behind HAProxy with the same configuration; of a session with both streams open
 * HAProxy ends only the silent one first, so that there is no like to compare.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineChoice } from '../harness.js';
import { type Balancer, balanceWithHaproxy, type Flags, watchedBalance } from './support/balancers.js';
import { dial, echo, interop, type Peer, serve, silent, type TestServer } from './support/peers.js';

/** A timeout that shall fire. */
const SHORT = '300ms';
/** One that a busy session must survive: many times the pause between its messages. */
const BUSY_TIMEOUT_MS = 1500;
const BUSY_PAUSE_MS = 100;
/** Messages of a busy session: together twice the timeout. */
const BUSY_MESSAGES = (2 * BUSY_TIMEOUT_MS) / BUSY_PAUSE_MS;

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

/** Lets a session run into a timeout: both sides see its end. Answers the counters. */
async function fires(
  engine: EngineChoice,
  timeouts: Timeouts,
  prepare?: (sides: Sides) => Promise<unknown>,
): Promise<Record<string, number>> {
  const listener = await serve(silent);
  const balancer = await watchedBalance(engine, [listener.address], flagsOf(timeouts));
  assert.is(await outcome(balancer, listener, 0, prepare), 'end end');
  return balancer.counters();
}

/** How a session ended for the client and for the server. */
async function outcome(
  balancer: Balancer,
  listener: TestServer,
  nth: number,
  prepare?: (sides: Sides) => Promise<unknown>,
): Promise<string> {
  const sides = await session(balancer, listener, nth);
  await prepare?.(sides);
  return (await Promise.all([end(sides.client), end(sides.server)])).join(' ');
}

/** The same before HAProxy: both sides must see the same. */
async function firesAsInHaproxy(
  engine: EngineChoice,
  timeouts: Timeouts,
  prepare: (sides: Sides) => Promise<unknown>,
): Promise<Record<string, number>> {
  const listener = await serve(silent);
  const lines = Object.entries(timeouts).map(([name, value]) => `timeout ${name} ${value}`);
  const turbo = await watchedBalance(engine, [listener.address], flagsOf(timeouts));
  const haproxy = await balanceWithHaproxy([listener.address], lines);
  assert.is(await outcome(turbo, listener, 0, prepare), await outcome(haproxy, listener, 1, prepare));
  return turbo.counters();
}

interop('timeout client ends a session whose client is silent', async (engine) => {
  const { clientTimeouts, serverTimeouts } = await fires(engine, { client: SHORT });
  assert.equal({ clientTimeouts, serverTimeouts }, { clientTimeouts: 1, serverTimeouts: 0 });
});

interop('timeout server ends a session whose server is silent', async (engine) => {
  const { clientTimeouts, serverTimeouts } = await fires(engine, { server: SHORT });
  assert.equal({ clientTimeouts, serverTimeouts }, { clientTimeouts: 0, serverTimeouts: 1 });
});

interop('timeout client ends a session whose client takes nothing of what the server sends', async (engine) => {
  const listener = await serve(silent);
  const balancer = await watchedBalance(engine, [listener.address], { 'timeout-client': SHORT });
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

interop('timeout client-fin ends a session that its server has half closed', async (engine) => {
  const { clientTimeouts } = await firesAsInHaproxy(engine, { 'client-fin': SHORT }, ({ server, client }) => {
    server.socket.end('bye');
    return client.hearsEnd();
  });
  assert.is(clientTimeouts, 1);
});

interop('timeout server-fin ends a session that its client has half closed', async (engine) => {
  const { serverTimeouts } = await firesAsInHaproxy(engine, { 'server-fin': SHORT }, ({ server, client }) => {
    client.socket.end('bye');
    return server.hearsEnd();
  });
  assert.is(serverTimeouts, 1);
});

interop('timeout tunnel ends a session in which both sides are silent', async (engine) => {
  await fires(engine, { tunnel: SHORT });
});

/** Two sides that say something every now and then, for longer than the timeout. */
async function survives(engine: EngineChoice, timeouts: Timeouts, talk: (sides: Sides) => Promise<void>): Promise<void> {
  const listener = await serve(silent);
  const balancer = await watchedBalance(engine, [listener.address], flagsOf(timeouts));
  const sides = await session(balancer, listener, 0);
  for (let i = 0; i < BUSY_MESSAGES; i++) {
    await talk(sides);
    await delay(BUSY_PAUSE_MS);
  }
  const { clientTimeouts, serverTimeouts, sessionsNow } = await balancer.counters();
  assert.equal({ clientTimeouts, serverTimeouts, sessionsNow }, { clientTimeouts: 0, serverTimeouts: 0, sessionsNow: 1 });
}

const BUSY = `${BUSY_TIMEOUT_MS}ms`;

/** `from` sends one more byte, and `to` has it. */
async function oneMore(from: Peer, to: Peer): Promise<void> {
  const before = to.bytes;
  from.socket.write('x');
  await to.receives(before + 1);
}

interop('timeouts of client and server spare a session in which only the server talks', (engine) =>
  survives(engine, { client: BUSY }, ({ client, server }) => oneMore(server, client)),
);

interop('timeouts of client and server spare a session in which only the client talks', (engine) =>
  survives(engine, { server: BUSY }, ({ client, server }) => oneMore(client, server)),
);

interop('the fin timeouts spare a half-closed session in which the other side still talks', (engine) =>
  survives(engine, { 'client-fin': BUSY, 'server-fin': BUSY }, async ({ client, server }) => {
    if (!server.sawEnd) client.socket.end();
    await server.hearsEnd();
    await oneMore(server, client);
  }),
);

interop('timeout tunnel takes the place of the shorter timeouts of client and server, and spares a busy session', (engine) =>
  survives(engine, { tunnel: BUSY, client: '200ms', server: '200ms' }, async ({ client, server }) => {
    await delay(3 * BUSY_PAUSE_MS);
    await oneMore(client, server);
  }),
);

interop('a session without a timeout lives while others die of theirs', async (engine) => {
  const listener = await serve(echo);
  const patient = await watchedBalance(engine, [listener.address], { 'timeout-client': 0, 'timeout-server': 0 });
  const client = await dial(patient.port);
  const hasty = await watchedBalance(engine, [listener.address], { 'timeout-client': SHORT });
  assert.is(await end(await dial(hasty.port)), 'end');
  await client.echoes('still here');
});

test.run();
