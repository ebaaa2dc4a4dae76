/** Servers that misbehave: after each, service goes on and nothing is left behind. */
import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countersOf, eventually, freePort, isListening, startProcess } from '../harness.js';
import { dial, interop, named, serve } from './support/peers.js';
import { startService } from './support/service.js';

/** Sessions with a server that says nothing. */
const MUTE = 20;
const REPLY = 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello';

/** A server that does with each connection what it is told. */
async function misbehaving(act: (socket: Socket, connection: number) => void): Promise<{ address: string; server: Server }> {
  let connections = 0;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    act(socket, connections++);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { address: `127.0.0.1:${port}`, server };
}

interop(
  'a server that resets at every byte offset of its reply: clients get what came before, the next is served',
  async (engine) => {
    const { address, server } = await misbehaving((socket, connection) => {
      const bytes = Buffer.from(REPLY).subarray(0, connection % (REPLY.length + 1));
      socket.once('data', () => socket.write(bytes, () => setImmediate(() => socket.resetAndDestroy())));
    });
    const good = await serve(named('good'));
    const proxy = ['log stdout format raw local0', 'option tcplog'];
    const service = await startService(engine, { servers: [address, `${good.address} backup`], proxy });
    const before = await service.heldAtRest(0);
    for (let offset = 0; offset <= REPLY.length; offset++) {
      const client = await dial(service.port);
      client.socket.write('GET / HTTP/1.0\r\n\r\n');
      await client.over();
      assert.is(client.heard, REPLY.slice(0, offset), `all that came before, ${offset} bytes`);
    }
    await service.ctl('set server t/s1 state maint');
    const last = await dial(service.port);
    await last.hears('good');
    last.socket.end();
    await last.over();
    await service.holdsAgain(before);
    assert.is((await service.stat('s1')).number('scur'), 0);
    assert.is((await service.stat('s1')).number('stot'), REPLY.length + 1);
    const lines = (name: string): number => service.process.stdout.split(` t t/${name} `).length - 1;
    await eventually('each session has left one line', () => lines('s1') === REPLY.length + 1 && lines('s2') === 1);
    assert.equal(
      [...service.process.stdout.matchAll(/ t t\/s1 \S+ (\d+) (\S\S) /g)].map(([, bytes, state]) => `${bytes} ${state}`),
      Array.from({ length: REPLY.length + 1 }, (_, offset) => `${offset} SD`),
    );
    assert.is(service.said('ALERT'), 0, service.process.stderr);
    server.close();
  },
);

interop(
  'a server that accepts and never answers: sessions end by their timeout, each said once, and others go on',
  async (engine) => {
    const mute = await misbehaving((socket) => socket.resume());
    const good = await serve(named('good'));
    const service = await startService(engine, {
      servers: [`${mute.address} check inter 100ms fall 1`, good.address],
      proxy: [
        'balance roundrobin',
        'option httpchk GET /',
        'timeout check 100ms',
        'timeout server 300ms',
        'log stdout format raw local0',
        'option tcplog',
      ],
    });
    await eventually('its check has no answer', async () => (await service.stat('s1')).text('status') === 'DOWN');
    assert.match((await service.stat('s1')).text('check_status'), /L7TOUT$/);
    await service.ctl('set server t/s2 state maint; disable health t/s1; set server t/s1 health up');
    const before = await service.heldAtRest(0);
    const clients = await Promise.all(Array.from({ length: MUTE }, () => dial(service.port)));
    for (const client of clients) client.socket.write('GET / HTTP/1.0\r\n\r\n');
    await Promise.all(clients.map((client) => client.over()));
    await service.ctl('set server t/s1 state maint; set server t/s2 state ready');
    const next = await dial(service.port);
    await next.hears('good');
    next.socket.end();
    await next.over();
    await service.holdsAgain(before);
    await eventually('each session has left its line', () => service.process.stdout.split(/ t t\/s1 .* sD /).length - 1 === MUTE);
    assert.is(service.said('Server t/s1 is DOWN'), 1, service.process.stderr);
    mute.server.close();
  },
);

interop('a server that answers garbage: its check says so once, and what it says passes through untouched', async (engine) => {
  const garbage = Buffer.from(Uint8Array.from({ length: 4096 }, (_, i) => (i * 2_654_435_761) >>> 11));
  const babbler = await misbehaving((socket) => socket.end(garbage));
  const service = await startService(engine, {
    servers: [`${babbler.address} check inter 50ms fall 2`],
    proxy: ['option httpchk GET /'],
  });
  await eventually('its check fails', async () => (await service.stat('s1')).text('status') === 'DOWN');
  assert.match((await service.stat('s1')).text('check_status'), /L7RSP$/);
  await service.ctl('disable health t/s1; set server t/s1 health up');
  const before = await service.heldAtRest(0);
  for (let turn = 0; turn < 10; turn++) {
    const client = await dial(service.port);
    await client.hearsEnd();
    assert.is(client.digest(), createHash('sha256').update(garbage).digest('hex'));
    client.socket.end();
    await client.over();
  }
  await service.holdsAgain(before);
  assert.is(service.said('Server t/s1 is DOWN'), 1, service.process.stderr);
  babbler.server.close();
});

interop('a check whose server never stops talking is given up, and takes no memory with it', async (engine) => {
  const port = await freePort();
  const listen = `TCP-LISTEN:${port},fork,reuseaddr,bind=127.0.0.1`;
  const flood = await startProcess('socat', ['-d', '-d', '-U', listen, 'OPEN:/dev/zero'], { readyWhen: () => isListening(port) });
  const service = await startService(engine, {
    servers: [`127.0.0.1:${port} check inter 100ms fall 2`],
    proxy: ['option httpchk GET /', 'timeout check 1s'],
  });
  const rss = countersOf(service.process.pid).rssBytes;
  await eventually('it is down', async () => (await service.stat('s1')).text('status') === 'DOWN');
  assert.match((await service.stat('s1')).text('check_status'), /L7(?:RSP|STS|TOUT)$/);
  const fds = countersOf(service.process.pid).fds;
  const checks = (): number => flood.stderr.split('accepting connection').length - 1;
  const sofar = checks();
  await eventually('ten more checks', () => checks() >= sofar + 10);
  const after = countersOf(service.process.pid);
  assert.ok(after.rssBytes - rss < 64 * (1 << 20), `${after.rssBytes - rss} bytes more`);
  assert.ok(after.fds <= fds + 1, `${fds} descriptors, then ${after.fds}`);
  assert.is(service.said('Server t/s1 is DOWN'), 1, service.process.stderr);
});

test.run();
