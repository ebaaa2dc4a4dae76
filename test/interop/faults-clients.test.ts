/** Clients that misbehave: after each, service goes on and nothing is left behind. */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dial, echo, interop, serve } from './support/peers.js';
import { startService } from './support/service.js';

/** Clients that come and are gone at once. */
const CROWD = 10_000;
/** Clients that say a byte now and then. */
const DAWDLERS = 200;

/** Connects and resets as soon as it is connected, or is refused; resolves when it is over. */
function comeAndGo(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.resetAndDestroy());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => resolve());
  });
}

interop('ten thousand connections, opened and dropped at once: those who stay are served, nothing is left', async (engine) => {
  const server = await serve(echo);
  const service = await startService(engine, { servers: [server.address], global: ['maxconn 2000'] });
  const stays = await dial(service.port);
  await stays.echoes('before');
  const before = await service.heldAtRest(1);
  await Promise.all(Array.from({ length: CROWD }, () => comeAndGo(service.port)));
  await stays.echoes('afterwards');
  const next = await dial(service.port);
  await next.echoes('next');
  next.socket.end();
  await next.over();
  await service.holdsAgain(before);
  assert.is((await service.info()).get('CurrConns'), '1');
  assert.is(service.said(/ALERT|slows down/), 0, service.process.stderr);
  stays.socket.end();
  await stays.over();
});

interop('slow-loris clients are judged when the inspection is over, and others are served meanwhile', async (engine) => {
  const server = await serve(echo);
  const service = await startService(engine, {
    servers: [server.address],
    proxy: [
      'tcp-request inspect-delay 2s',
      'tcp-request content accept if { req.len gt 20 }',
      'tcp-request content reject if WAIT_END',
    ],
  });
  const first = await dial(service.port);
  await first.echoes('more than twenty bytes are a request');
  first.socket.end();
  await first.over();
  const before = await service.heldAtRest(0);
  const dawdlers = await Promise.all(Array.from({ length: DAWDLERS }, () => dial(service.port)));
  const talking = setInterval(() => {
    for (const one of dawdlers) if (!one.socket.destroyed) one.socket.write('x');
  }, 400);
  try {
    for (let turn = 0; turn < 3; turn++) {
      const client = await dial(service.port);
      await client.echoes(`request number ${turn} of somebody in a hurry`);
      client.socket.end();
      await client.over();
      await delay(200);
    }
    await Promise.all(dawdlers.map((one) => one.over()));
  } finally {
    clearInterval(talking);
  }
  assert.is(dawdlers.filter((one) => one.bytes > 0).length, 0);
  await service.holdsAgain(before);
  assert.is((await service.stat('FRONTEND')).number('dreq'), DAWDLERS);
});

test.run();
