/** When the process has no descriptors left it slows down, says so once, stays calm, and recovers by itself. */
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countersOf, eventually, runProcess } from '../harness.js';
import { watchedBalance } from './support/balancers.js';
import { dial, interop, named, type Peer, serve } from './support/peers.js';

/** Descriptors left to the process when the clients come: for about ten sessions. */
const DESCRIPTORS_LEFT = 21;
const CLIENTS = 60;
/**
 * How long the process is watched. Both workers try to accept ten times a second; a loop that spins makes tens of
 * thousands of turns, and tries as often, also on a machine that is busy.
 */
const WATCHED_MS = 1500;
const TRIES_MAX = 200;
const TURNS_MAX = 2000;

async function limitDescriptors(pid: number, limit: number): Promise<void> {
  const { code, stderr } = await runProcess('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
  assert.is(code, 0, stderr);
}

const isServed = (client: Peer): boolean => client.heard.includes('served');

interop('out of descriptors, accepting slows down, is announced once, does not spin, and recovers', async (engine) => {
  const server = await serve(named('served'));
  const balancer = await watchedBalance(engine, [server.address], { workers: 2, maxconn: 500, 'timeout-connect': '5s' });
  const first = await dial(balancer.port);
  await first.hears('served');
  const { fds } = countersOf(balancer.pid);
  // Descriptor numbers are given from the lowest free one on: the limit counts numbers, not descriptors.
  await limitDescriptors(balancer.pid, fds + DESCRIPTORS_LEFT);

  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => dial(balancer.port)));
  await eventually('it says so', () => balancer.process.stderr.includes('accepting slows down'));
  const before = await balancer.counters();
  await delay(WATCHED_MS);
  const after = await balancer.counters();
  const tries = after.acceptErrors - before.acceptErrors;
  assert.ok(tries > 0 && tries < TRIES_MAX, `${tries} tries in ${WATCHED_MS} ms`);
  assert.ok(after.turns - before.turns < TURNS_MAX, `${after.turns - before.turns} turns in ${WATCHED_MS} ms`);
  const served = clients.filter(isServed);
  assert.ok(served.length > 0 && served.length < CLIENTS, `${served.length} served`);
  await first.echoes('sessions go on');

  for (const client of served) client.socket.end();
  const others = clients.filter((client) => !served.includes(client));
  for (const client of others) client.socket.destroy();
  const last = await dial(balancer.port);
  await last.hears('served');
  await last.echoes('as before');
  assert.is(balancer.process.stderr.split('accepting slows down').length - 1, 1, balancer.process.stderr);
  assert.match(balancer.process.stderr, /EMFILE/);

  for (const client of [first, last]) client.socket.end();
  await Promise.all([first, last].map((client) => client.over()));
  await eventually('no session is left', async () => (await balancer.counters()).sessionsNow === 0);
  // The first session had two of them.
  await eventually('every descriptor is closed', () => countersOf(balancer.pid).fds === fds - 2);
});

test.run();
